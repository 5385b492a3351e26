/** A security group's rule as EC2 describes it, and as it is asked for. */
import type { IpPermission, SecurityGroupRule } from '@aws-sdk/client-ec2';
import type { GroupRule, Source } from './group-rule.ts';

/** Protocols with ports, or with ICMP's types and codes; EC2 ignores the ports of all others: API_IpPermission, FromPort. */
const ported = new Set(['tcp', 'udp', 'icmp', 'icmpv6']);

export function ruleOf(rule: SecurityGroupRule): GroupRule {
  const protocol = rule.IpProtocol ?? '-1';
  const ports = ported.has(protocol);
  return {
    protocol,
    from: ports ? (rule.FromPort ?? null) : null,
    to: ports ? (rule.ToPort ?? null) : null,
    source: sourceOf(rule),
    description: rule.Description || null,
    tags: Object.fromEntries(
      (rule.Tags ?? []).flatMap(({ Key = '', Value = '' }) => (Key.startsWith('aws:') ? [] : [[Key, Value]])),
    ),
  };
}

function sourceOf(rule: SecurityGroupRule): Source {
  if (rule.CidrIpv4) return { cidr4: rule.CidrIpv4 };
  if (rule.CidrIpv6) return { cidr6: rule.CidrIpv6 };
  if (rule.PrefixListId) return { prefixList: rule.PrefixListId };
  const { GroupId = '', UserId = null, VpcPeeringConnectionId = null } = rule.ReferencedGroupInfo ?? {};
  return { group: GroupId, account: UserId, peering: VpcPeeringConnectionId };
}

export const permission = (rule: GroupRule): IpPermission => ({
  IpProtocol: rule.protocol,
  ...(rule.from !== null && { FromPort: rule.from }),
  ...(rule.to !== null && { ToPort: rule.to }),
  ...from(rule.source, rule.description === null ? {} : { Description: rule.description }),
});

/** To revoke a rule its description need not be given: API_RevokeSecurityGroupIngress. */
export const bare = (rule: GroupRule): IpPermission => permission({ ...rule, description: null });

function from(source: Source, words: { readonly Description?: string }): Partial<IpPermission> {
  if ('cidr4' in source) return { IpRanges: [{ CidrIp: source.cidr4, ...words }] };
  if ('cidr6' in source) return { Ipv6Ranges: [{ CidrIpv6: source.cidr6, ...words }] };
  if ('prefixList' in source) return { PrefixListIds: [{ PrefixListId: source.prefixList, ...words }] };
  const { group: GroupId, account, peering } = source;
  return {
    UserIdGroupPairs: [
      {
        GroupId,
        ...(account !== null && { UserId: account }),
        ...(peering !== null && { VpcPeeringConnectionId: peering }),
        ...words,
      },
    ],
  };
}
