/** IP addresses and the ranges that they lie in. Pure. */

/** An address as a number, with how many bits it has. */
type Address = { readonly bits: 32 | 128; readonly value: bigint };

/** `203.0.113.9`, `2001:db8::9`; null for any other text. IPv6 with an IPv4 tail is no form that AWS writes. */
function parsed(text: string): Address | null {
  if (!text.includes(':')) {
    const bytes = text.split('.').map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : 256));
    if (bytes.length !== 4 || bytes.some((byte) => byte > 255)) return null;
    return { bits: 32, value: bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n) };
  }
  const [head = '', tail, more] = text.split('::');
  if (more !== undefined) return null;
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = 8 - front.length - back.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  const groups = [...front, ...Array<string>(tail === undefined ? 0 : missing).fill('0'), ...back];
  if (groups.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return null;
  return { bits: 128, value: BigInt(`0x${groups.map((group) => group.padStart(4, '0')).join('')}`) };
}

export const isAddress = (text: string): boolean => parsed(text) !== null;

/** The range of this address alone: `203.0.113.9/32`, `2001:db8::9/128`. */
export const only = (address: string): string => `${address}/${address.includes(':') ? 128 : 32}`;

/** A CIDR as address and prefix length, or null where it is none. */
function range(cidr: string): { readonly base: Address; readonly length: number } | null {
  const [, address = '', length = ''] = /^([0-9a-f.:]+)\/(\d{1,3})$/i.exec(cidr) ?? [];
  const base = parsed(address);
  return base === null || Number(length) > base.bits ? null : { base, length: Number(length) };
}

export const isCidr = (text: string): boolean => range(text) !== null;

/** Whether the address lies in the range; false where either is none, or they are of different kinds. */
export function within(address: string, cidr: string): boolean {
  const [one, all] = [parsed(address), range(cidr)];
  if (one === null || all === null || one.bits !== all.base.bits) return false;
  const rest = BigInt(all.base.bits - all.length);
  return one.value >> rest === all.base.value >> rest;
}

/** Whether two ranges are the same, however they are written. */
export const sameRange = (a: string, b: string): boolean => {
  const [one, other] = [range(a), range(b)];
  return one !== null && other !== null && one.length === other.length && within(b.split('/')[0] ?? '', a);
};

/**
 * Ranges that no stranger on the internet has: IANA's special-purpose address registries (RFC 6890), as far as they are
 * not routed: https://www.iana.org/assignments/iana-ipv4-special-registry and …/iana-ipv6-special-registry
 */
const unrouted = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '::/127',
  'fc00::/7',
  'fe80::/10',
];

export const isPrivate = (address: string): boolean => unrouted.some((cidr) => within(address, cidr));
