import { DescribeNetworkInterfacesCommand, DescribeSecurityGroupsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import type { SecurityGroup } from './group-rule.ts';
import { put, type Rules, rulesOf, sorted } from './group-rules.ts';

/** A group's name, all its rules, and how many network interfaces are in it (1000 stands for more, too). */
export type Group = Rules & { readonly name: string; readonly interfaces: number };

/** A security group whole, for those that every VPC is made with. Null where it is gone. */
export const defaultGroup: Lens<SecurityGroup, Group> = {
  id: 'ec2/default-group',
  key: ({ group }) => group,
  async read({ group }) {
    const ec2 = client(EC2Client);
    const found = await orNull(['InvalidGroup.NotFound'], () =>
      ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [group] })),
    );
    const name = found?.SecurityGroups?.[0]?.GroupName;
    if (name === undefined) return null;
    // Of other groups nothing more has to be known.
    if (name !== 'default') return { name, inbound: [], outbound: [], interfaces: 0 };
    const rules = await rulesOf(group);
    const within = { Filters: [{ Name: 'group-id', Values: [group] }] };
    const { NetworkInterfaces = [] } = await ec2.send(new DescribeNetworkInterfacesCommand(within));
    return rules && { name, ...rules, interfaces: NetworkInterfaces.length };
  },
  canon: ({ name, inbound, outbound }) => ({ name, inbound: sorted(inbound), outbound: sorted(outbound) }),
  async write({ group }, from, to) {
    if (to === null) throw fault('NotWritable', `${group}: a VPC's default security group can't be removed`);
    await put(group, 'inbound', from?.inbound ?? [], to.inbound);
    await put(group, 'outbound', from?.outbound ?? [], to.outbound);
  },
  // The role may close a group to the outside, and not open one.
  undo: () => 'operator',
};
