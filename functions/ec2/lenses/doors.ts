/** What a security group rule lets in, whatever shape it was read or recorded in. Pure. */

/** Protocol by IANA's number or AWS's name, `-1` for all; ports inclusive, null where the protocol has none or the event tells none. */
export type Door = { readonly protocol: string; readonly from: number | null; readonly to: number | null };

const lastPort = 65_535;

/**
 * The ports that Security Hub's control EC2.19 forbids to open to the world; SSH and RDP are among them.
 * https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-19
 */
export const highRisk: readonly number[] = [
  20, 21, 22, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 3389, 4333, 5000, 5432, 5500, 5601, 8080, 8088, 8888,
  9200, 9300,
];

/** Any prefix of length 0, host bits or not: EC2 takes `1.2.3.4/0` and stores `0.0.0.0/0` (API_IpRange, CidrIp). */
export const isWorld = (cidr: string): boolean => /^[0-9a-f.:]{2,45}\/0+$/i.test(cidr);

/** AWS names four protocols and numbers the others: API_IpPermission, IpProtocol. */
function protocolOf({ protocol }: Pick<Door, 'protocol'>): 'all' | 'tcp' | 'udp' | 'other' {
  const name = protocol.toLowerCase();
  if (name === '-1' || name === 'all') return 'all';
  if (name === 'tcp' || name === '6') return 'tcp';
  return name === 'udp' || name === '17' ? 'udp' : 'other';
}

/** Which of these ports the rule lets in over TCP or UDP, in ascending order. All traffic lets in all of them. */
export function reached(door: Door, ports: readonly number[]): readonly number[] {
  const protocol = protocolOf(door);
  if (protocol === 'other') return [];
  const { from, to } =
    protocol === 'all' ? { from: 0, to: lastPort } : { from: door.from ?? 0, to: door.to ?? lastPort };
  return [...new Set(ports)].filter((port) => port >= from && port <= to).sort((a, b) => a - b);
}

/** The rule around these ports: one for each range that is left, from low to high. Nothing is left of all traffic. */
export function around<D extends Door>(door: D, ports: readonly number[]): readonly D[] {
  const holes = reached(door, ports);
  if (holes.length === 0) return [door];
  if (protocolOf(door) === 'all') return [];
  const starts = [door.from ?? 0, ...holes.map((port) => port + 1)];
  const ends = [...holes.map((port) => port - 1), door.to ?? lastPort];
  return starts.flatMap((from, index) => {
    const to = ends[index] ?? lastPort;
    return from <= to ? [{ ...door, from, to }] : [];
  });
}

/** `tcp 22`, or `tcp 20-25 (with 20, 21, 22, 23 and 1 more)` where some of the ports are these; for a person. */
export function named(door: Door, ports: readonly number[]): string {
  const protocol = protocolOf(door);
  const { from, to } = { from: door.from ?? 0, to: door.to ?? lastPort };
  if (protocol !== 'all' && from === to) return `${protocol} ${from}`;
  const within = reached(door, ports);
  const more = within.length > 5 ? ` and ${within.length - 4} more` : '';
  const some = within.slice(0, more === '' ? 5 : 4).join(', ');
  return `${protocol === 'all' ? 'all traffic' : `${protocol} ${from}-${to}`} (with ${some}${more})`;
}
