/**
 * One entry of a network ACL, as CloudTrail records it: `{networkAclId, ruleNumber, egress, ruleAction, aclProtocol,
 * cidrBlock, portRange: {from, to}, icmpTypeCode}`; `portRange: {}` for all. IPv6: `ipv6CidrBlock` (API_CreateNetworkAclEntry).
 */
import { member, named } from '../../../shared/aws/telling.ts';
import { isObject } from '../../../shared/core/json.ts';
import type { Call } from '../../../shared/core/signal.ts';
import { type Door, isWorld, reached } from './doors.ts';

/**
 * Where an entry stands: numbers are given once for each direction. `created`: there was none before, for EC2 refuses to
 * create an entry of a number that is taken (API_CreateNetworkAclEntry).
 */
export type AclEntry = {
  readonly acl: string;
  readonly entry: number;
  readonly egress: boolean;
  readonly created: boolean;
};

/** What an entry says. */
export type Said = Door & { readonly action: string; readonly cidr: string };

export type Told = { readonly target: AclEntry; readonly said: Said } | { readonly unreadable: string };

export function entryOf({ name, request }: Pick<Call, 'name' | 'request'>): Told {
  const acl = named(request, 'networkAclId');
  const number = numberOf(member(request, 'ruleNumber'));
  const egress = member(request, 'egress');
  if (acl === undefined) return { unreadable: 'networkAclId' };
  if (number === null) return { unreadable: 'ruleNumber' };
  if (typeof egress !== 'boolean') return { unreadable: 'egress' };
  const action = named(request, 'ruleAction');
  if (action === undefined) return { unreadable: 'ruleAction' };
  const cidr = named(request, 'cidrBlock') ?? named(request, 'ipv6CidrBlock');
  if (cidr === undefined) return { unreadable: 'cidrBlock' };
  const spoken = member(request, 'aclProtocol') ?? member(request, 'protocol');
  const protocol = typeof spoken === 'string' || typeof spoken === 'number' ? `${spoken}` : '-1';
  const range = member(request, 'portRange');
  const [from, to] = isObject(range) ? [numberOf(member(range, 'from')), numberOf(member(range, 'to'))] : [null, null];
  return {
    target: { acl, entry: number, egress, created: name === 'CreateNetworkAclEntry' },
    said: { action, cidr, protocol, from, to },
  };
}

/** Whether it lets the world in to one of these ports. */
export const isOpen = ({ action, cidr, ...door }: Said, ports: readonly number[]): boolean =>
  action.toLowerCase() === 'allow' && isWorld(cidr) && reached(door, ports).length > 0;

function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= 0 ? number : null;
}
