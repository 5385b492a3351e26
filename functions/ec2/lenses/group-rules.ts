/** Reads and writes the rules of a security group, of either direction. */
import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  EC2Client,
  type IpPermission,
  paginateDescribeSecurityGroupRules,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroupRule,
  type TagSpecification,
} from '@aws-sdk/client-ec2';
import { client, orNull } from '../../../shared/aws/client.ts';
import { canonical } from '../../../shared/core/json.ts';
import { door, type GroupRule, minus } from './group-rule.ts';
import { bare, permission, ruleOf } from './permission.ts';

export type Side = 'inbound' | 'outbound';
export type Rules = { readonly [side in Side]: readonly GroupRule[] };

type Asked = { GroupId: string; IpPermissions: IpPermission[]; TagSpecifications?: TagSpecification[] };
const authorizing = {
  inbound: (asked: Asked) => client(EC2Client).send(new AuthorizeSecurityGroupIngressCommand(asked)),
  outbound: (asked: Asked) => client(EC2Client).send(new AuthorizeSecurityGroupEgressCommand(asked)),
};
const revoking = {
  inbound: (asked: Asked) => client(EC2Client).send(new RevokeSecurityGroupIngressCommand(asked)),
  outbound: (asked: Asked) => client(EC2Client).send(new RevokeSecurityGroupEgressCommand(asked)),
};

/** DescribeSecurityGroupRules; null where the group is gone. */
export const rulesOf = (group: string): Promise<Rules | null> =>
  orNull(['InvalidGroup.NotFound'], async () => {
    const rules: SecurityGroupRule[] = [];
    const asked = { Filters: [{ Name: 'group-id', Values: [group] }] };
    for await (const page of paginateDescribeSecurityGroupRules({ client: client(EC2Client) }, asked))
      rules.push(...(page.SecurityGroupRules ?? []));
    const of = (egress: boolean) => rules.filter((one) => (one.IsEgress === true) === egress).map(ruleOf);
    return { inbound: of(false), outbound: of(true) };
  });

export const sorted = (rules: readonly GroupRule[]): readonly GroupRule[] =>
  [...rules].sort((a, b) => (canonical(a) < canonical(b) ? -1 : 1));

/** What is added goes first, so that what stays allowed is never cut. */
export async function put(
  group: string,
  side: Side,
  from: readonly GroupRule[],
  to: readonly GroupRule[],
): Promise<void> {
  const gone = minus(from, to);
  const added = minus(to, from);
  // EC2 tells rules apart by protocol, ports and source alone: one that changes in its words must be taken away first.
  const reworded = added.filter((one) => gone.some((other) => door(other) === door(one)));
  await authorize(group, side, minus(added, reworded));
  await tolerating('InvalidPermission.NotFound', gone, (rules) =>
    revoking[side]({ GroupId: group, IpPermissions: rules.map(bare) }),
  );
  await authorize(group, side, reworded);
}

/** One call for the rules of the same tags: a call's tags go to all that it makes. */
async function authorize(group: string, side: Side, rules: readonly GroupRule[]): Promise<void> {
  for (const alike of Map.groupBy(rules, ({ tags }) => canonical(tags)).values()) {
    const tags = Object.entries(alike[0]?.tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
    await tolerating('InvalidPermission.Duplicate', alike, (some) =>
      authorizing[side]({
        GroupId: group,
        IpPermissions: some.map(permission),
        ...(tags.length > 0 && { TagSpecifications: [{ ResourceType: 'security-group-rule', Tags: tags }] }),
      }),
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
  rules: readonly GroupRule[],
  send: (rules: readonly GroupRule[]) => Promise<unknown>,
): Promise<void> {
  if (rules.length === 0) return;
  try {
    await send(rules);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== name) throw error;
    if (rules.length > 1) for (const one of rules) await tolerating(name, [one], send);
  }
}
