import {
  CreateSecurityGroupCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
  ModifyNetworkInterfaceAttributeCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroup,
} from '@aws-sdk/client-ec2';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import { canonical, type Json } from '../../../shared/core/json.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import { described, type Target } from './instance.ts';

/** The security groups of each network interface, by its id; `isolated`: in the isolating group alone. */
export type Isolation = {
  readonly vpc: string;
  readonly interfaces: { readonly [id: string]: readonly string[] | 'isolated' };
};

/** One a VPC: nothing in, nothing out. It is made when first needed, and stays. */
const name = 'firebreak-isolation';

/** The security groups of an instance. Null where it is gone. Connections that are open already live on. */
export const isolation: Lens<Target, Isolation> = {
  id: 'ec2/isolation',
  key: ({ instance }) => instance,
  async read(target) {
    const instance = await described(target);
    if (!instance?.VpcId) return null;
    const group = await isolating(instance.VpcId);
    const empty = group !== undefined && !group.IpPermissions?.length && !group.IpPermissionsEgress?.length;
    const interfaces = (instance.NetworkInterfaces ?? []).map(({ NetworkInterfaceId = '', Groups = [] }) => {
      const groups = Groups.map(({ GroupId = '' }) => GroupId);
      const isolated = empty && groups.length === 1 && groups[0] === group.GroupId;
      return [NetworkInterfaceId, isolated ? ('isolated' as const) : groups] as const;
    });
    return { vpc: instance.VpcId, interfaces: Object.fromEntries(interfaces) };
  },
  canon: ({ vpc, interfaces }) => ({
    vpc,
    interfaces: Object.fromEntries(Object.entries(interfaces).map(([id, groups]) => [id, sorted(groups)])),
  }),
  async write(_target, from, to) {
    if (to === null) throw fault('NotWritable', 'the security groups of an instance that is gone');
    const changed = Object.entries(to.interfaces).filter(
      ([id, groups]) => canonical(sorted(from?.interfaces[id] ?? null)) !== canonical(sorted(groups)),
    );
    const alone = changed.some(([, groups]) => groups === 'isolated') ? [await emptied(to.vpc)] : [];
    for (const [NetworkInterfaceId, groups] of changed)
      await client(EC2Client).send(
        new ModifyNetworkInterfaceAttributeCommand({
          NetworkInterfaceId,
          Groups: groups === 'isolated' ? alone : [...groups],
        }),
      );
  },
  undo: () => 'restore',
};

const sorted = (groups: readonly string[] | 'isolated' | null): Json =>
  typeof groups === 'string' || groups === null ? groups : [...groups].sort();

async function isolating(vpc: string): Promise<SecurityGroup | undefined> {
  const Filters = [
    { Name: 'vpc-id', Values: [vpc] },
    { Name: 'group-name', Values: [name] },
  ];
  return (await client(EC2Client).send(new DescribeSecurityGroupsCommand({ Filters }))).SecurityGroups?.[0];
}

/** The VPC's isolating group, made if need be, without any rule: a new one allows all traffic out. */
async function emptied(vpc: string): Promise<string> {
  const ec2 = client(EC2Client);
  const made = { GroupName: name, Description: 'Firebreak: isolates instances, no traffic in or out', VpcId: vpc };
  // InvalidGroup.Duplicate: another fix has just made it.
  if (!(await isolating(vpc)))
    await orNull(['InvalidGroup.Duplicate'], () => ec2.send(new CreateSecurityGroupCommand(made)));
  const group = await isolating(vpc);
  if (!group?.GroupId) throw fault('NotYet', `the security group ${name} of ${vpc} does not show yet`);
  const { GroupId, IpPermissions, IpPermissionsEgress } = group;
  if (IpPermissionsEgress?.length)
    await ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId, IpPermissions: IpPermissionsEgress }));
  if (IpPermissions?.length) await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
  return GroupId;
}
