import {
  AuthorizeSecurityGroupIngressCommand,
  EC2Client,
  paginateDescribeSecurityGroupRules,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroupRule,
} from '@aws-sdk/client-ec2';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import { canonical } from '../../../shared/core/json.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import { door, type GroupRule, minus, type SecurityGroup } from './group-rule.ts';
import { bare, permission, ruleOf } from './permission.ts';

/** A security group's inbound rules: DescribeSecurityGroupRules. A group that is gone has none. */
export const ingress: Lens<SecurityGroup, readonly GroupRule[]> = {
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

/** One call for the rules of the same tags: a call's tags go to all that it makes. */
async function authorize(group: string, rules: readonly GroupRule[]): Promise<void> {
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
