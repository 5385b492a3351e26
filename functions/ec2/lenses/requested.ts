/**
 * The ingress rules that a CloudTrail record of EC2 tells of. Shapes:
 * - AuthorizeSecurityGroupIngress, `requestParameters.ipPermissions.items[].ipRanges.items[].cidrIp`, and `ipv6Ranges`
 *   with `cidrIpv6`; or flat, `cidrIp/fromPort/toPort/ipProtocol` beside `ipPermissions: {}`. Answered by
 *   `responseElements.securityGroupRuleSet.items[]`, flat. Recorded: Stratus Red Team,
 *   aws.exfiltration.ec2-security-group-open-port-22-ingress.
 * - ModifySecurityGroupRules, `requestParameters.ModifySecurityGroupRulesRequest` with GroupId and SecurityGroupRule, one
 *   object or a list, each `{SecurityGroupRuleId, SecurityGroupRule: {CidrIpv4, FromPort, ToPort, IpProtocol}}`: AWS's
 *   CloudTrail Lake sample query for changes of security groups, and Sumo Logic's rule for sensitive ports.
 */
import { at, type JsonObject, text } from '../../../shared/core/json.ts';
import type { Call } from '../../../shared/core/signal.ts';
import type { Door } from './doors.ts';
import { items } from './record.ts';

export type Requested = Door & { readonly cidr: string };

/** The CIDR rules that the call added or changed: what EC2 answered, else what was asked for. */
export function requested({ name, request, response }: Call): readonly Requested[] {
  if (name === 'ModifySecurityGroupRules')
    return items(at(request, 'ModifySecurityGroupRulesRequest', 'SecurityGroupRule')).flatMap((update) => {
      const changed = at(update, 'SecurityGroupRule');
      const door = doorOf(changed, 'IpProtocol', 'FromPort', 'ToPort');
      return cidrs(text(changed, 'CidrIpv4'), text(changed, 'CidrIpv6')).map((cidr) => ({ ...door, cidr }));
    });
  const made = items(at(response, 'securityGroupRuleSet')).filter((one) => one['isEgress'] !== true);
  const told = made.flatMap((one) => flat(one, text(one, 'cidrIpv4'), text(one, 'cidrIpv6')));
  return told.length > 0
    ? told
    : [...flat(request, text(request, 'cidrIp')), ...items(at(request, 'ipPermissions')).flatMap(permitted)];
}

/** The group's id, or undefined. A group of a default VPC may be called by its name: then the answer tells its id. */
export function groupOf(call: Call): string | undefined {
  const answered = items(at(call.response, 'securityGroupRuleSet')).map((one) => text(one, 'groupId'));
  return [idIn(call), ...answered].find((id) => id !== undefined && /^sg-[0-9a-f]{8,17}$/.test(id));
}

/** Whether the call says at all which group it is about, be it by what is no id of EC2's: redacted, or made up. */
export const isCalled = (call: Call): boolean => (idIn(call) ?? text(call.request, 'groupName')) !== undefined;

const idIn = ({ name, request }: Call): string | undefined =>
  name === 'ModifySecurityGroupRules'
    ? text(request, 'ModifySecurityGroupRulesRequest', 'GroupId')
    : text(request, 'groupId');

function permitted(permission: JsonObject): readonly Requested[] {
  const v4 = items(permission['ipRanges']).map((range) => text(range, 'cidrIp'));
  const v6 = items(permission['ipv6Ranges']).map((range) => text(range, 'cidrIpv6'));
  return flat(permission, ...v4, ...v6);
}

const flat = (source: unknown, ...found: readonly (string | undefined)[]): readonly Requested[] =>
  cidrs(...found).map((cidr) => ({ ...doorOf(source, 'ipProtocol', 'fromPort', 'toPort'), cidr }));

const cidrs = (...found: readonly (string | undefined)[]): readonly string[] =>
  found.filter((cidr) => cidr !== undefined);

function doorOf(source: unknown, protocol: string, from: string, to: string): Door {
  const spoken = at(source, protocol);
  // A change that names no protocol is taken for all: only the read can tell what it made.
  const known = typeof spoken === 'string' || typeof spoken === 'number' ? `${spoken}` : '-1';
  return { protocol: known, from: port(at(source, from)), to: port(at(source, to)) };
}

const port = (value: unknown): number | null => {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= 0 ? number : null;
};
