import {
  AuthorizeSecurityGroupIngressCommand,
  EC2Client,
  type IpPermission,
  paginateDescribeSecurityGroupRules,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroupRule,
} from '@aws-sdk/client-ec2';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import { canonical } from '../../../shared/core/json.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import type { Door } from './doors.ts';

/** `group`: a security group's id. */
export type SecurityGroup = { readonly group: string };

export type Source =
  | { readonly cidr4: string }
  | { readonly cidr6: string }
  | { readonly prefixList: string }
  /** `account` owns the referenced group; `peering` is the connection to its VPC. */
  | { readonly group: string; readonly account: string | null; readonly peering: string | null };

/** `tags`: without those that begin `aws:`, which nobody but AWS can write. Rules' ids are left out: a rule that is put back has a new one. */
export type IngressRule = Door & {
  readonly source: Source;
  readonly description: string | null;
  readonly tags: { readonly [key: string]: string };
};

/** Protocols with ports, or with ICMP's types and codes; EC2 ignores the ports of all others: API_IpPermission, FromPort. */
const ported = new Set(['tcp', 'udp', 'icmp', 'icmpv6']);

/** A security group's inbound rules: DescribeSecurityGroupRules. A group that is gone has none. */
export const ingress: Lens<SecurityGroup, readonly IngressRule[]> = {
  id: 'ec2/ingress',
  key: ({ group }) => group,
  read: ({ group }) =>
    orNull(['InvalidGroup.NotFound'], async () => {
      const rules: SecurityGroupRule[] = [];
      const asked = { Filters: [{ Name: 'group-id', Values: [group] }] };
      for await (const page of paginateDescribeSecurityGroupRules({ client: client(EC2Client) }, asked))
        rules.push(...(page.SecurityGroupRules ?? []));
      return rules.filter((one) => one.IsEgress !== true).map(ruleOf);
    }),
  canon: (rules) => [...rules].sort((a, b) => (canonical(a) < canonical(b) ? -1 : 1)),
  /** What is added goes first, so that what stays allowed is never cut. */
  async write({ group }, from, to) {
    if (to === null) throw fault('NotWritable', `${group}: a security group can't be removed by its rules`);
    const gone = minus(from ?? [], to);
    const added = minus(to, from ?? []);
    // EC2 tells rules apart by protocol, ports and source alone: one that changes in its words must be taken away first.
    const reworded = added.filter((one) => gone.some((other) => door(other) === door(one)));
    await authorize(group, minus(added, reworded));
    await tolerating('InvalidPermission.NotFound', gone, (rules) =>
      client(EC2Client).send(new RevokeSecurityGroupIngressCommand({ GroupId: group, IpPermissions: rules.map(bare) })),
    );
    await authorize(group, reworded);
  },
  undo: () => 'restore',
};

/** What EC2 tells rules apart by, as one text. */
export const door = ({ protocol, from, to, source }: IngressRule): string => canonical({ protocol, from, to, source });

function minus(rules: readonly IngressRule[], others: readonly IngressRule[]): readonly IngressRule[] {
  const known = new Set(others.map(canonical));
  return rules.filter((one) => !known.has(canonical(one)));
}

/** One call for the rules of the same tags: a call's tags go to all that it makes. */
async function authorize(group: string, rules: readonly IngressRule[]): Promise<void> {
  for (const alike of Map.groupBy(rules, ({ tags }) => canonical(tags)).values()) {
    const tags = Object.entries(alike[0]?.tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
    await tolerating('InvalidPermission.Duplicate', alike, (some) =>
      client(EC2Client).send(
        new AuthorizeSecurityGroupIngressCommand({
          GroupId: group,
          IpPermissions: some.map(permission),
          ...(tags.length > 0 && { TagSpecifications: [{ ResourceType: 'security-group-rule', Tags: tags }] }),
        }),
      ),
    );
  }
}

/**
 * An attempt that was cut short may have done a part of the work already; EC2 then refuses the whole call, and the rest is
 * sent rule by rule. InvalidPermission.Duplicate, InvalidPermission.NotFound and InvalidGroup.NotFound:
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 */
async function tolerating(
  name: string,
  rules: readonly IngressRule[],
  send: (rules: readonly IngressRule[]) => Promise<unknown>,
): Promise<void> {
  if (rules.length === 0) return;
  try {
    await send(rules);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== name) throw error;
    if (rules.length > 1) for (const one of rules) await tolerating(name, [one], send);
  }
}

function ruleOf(rule: SecurityGroupRule): IngressRule {
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

const permission = (rule: IngressRule): IpPermission => ({
  IpProtocol: rule.protocol,
  ...(rule.from !== null && { FromPort: rule.from }),
  ...(rule.to !== null && { ToPort: rule.to }),
  ...from(rule.source, rule.description === null ? {} : { Description: rule.description }),
});

/** To revoke a rule its description need not be given: API_RevokeSecurityGroupIngress. */
const bare = (rule: IngressRule): IpPermission => permission({ ...rule, description: null });

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
