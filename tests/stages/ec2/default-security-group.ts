import {
  AuthorizeSecurityGroupIngressCommand,
  CreateNetworkInterfaceCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DeleteNetworkInterfaceCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
  type IpPermission,
} from '@aws-sdk/client-ec2';
import type { Stage } from '../../support/stage.ts';

/** The default group of a VPC of its own, with these rules beside those that it is made with. */
const stage = (name: string, more: readonly IpPermission[], used: boolean): Stage => ({
  rule: 'ec2/default-security-group',
  name,
  async set() {
    const ec2 = new EC2Client({});
    const vpc = (await ec2.send(new CreateVpcCommand({ CidrBlock: '10.64.0.0/16' }))).Vpc?.VpcId ?? '';
    const Filters = [
      { Name: 'vpc-id', Values: [vpc] },
      { Name: 'group-name', Values: ['default'] },
    ];
    const found = await ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
    const group = found.SecurityGroups?.[0]?.GroupId;
    if (!group) throw new Error(`${vpc} has no default group`);
    for (const one of more)
      await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: group, IpPermissions: [one] }));
    const subnet = await ec2.send(new CreateSubnetCommand({ VpcId: vpc, CidrBlock: '10.64.1.0/24' }));
    const SubnetId = subnet.Subnet?.SubnetId;
    const made = used ? await ec2.send(new CreateNetworkInterfaceCommand({ SubnetId, Groups: [group] })) : undefined;
    const NetworkInterfaceId = made?.NetworkInterface?.NetworkInterfaceId;
    return {
      target: { group },
      after: { name: 'default', inbound: [], outbound: [], interfaces: used ? 1 : 0 },
      call: {
        name: 'AuthorizeSecurityGroupIngress',
        request: { groupName: 'default', groupId: group, ipPermissions: {} },
      },
      async clear() {
        if (NetworkInterfaceId) await ec2.send(new DeleteNetworkInterfaceCommand({ NetworkInterfaceId }));
        await ec2.send(new DeleteSubnetCommand({ SubnetId }));
        await ec2.send(new DeleteVpcCommand({ VpcId: vpc }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('as every VPC is made: all traffic out, and an interface in it', [], true),
  stage(
    'three inbound rules, one of them IPv6',
    [
      {
        IpProtocol: 'tcp',
        FromPort: 5432,
        ToPort: 5432,
        IpRanges: [{ CidrIp: '10.20.0.0/16', Description: 'the app' }],
      },
      { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, Ipv6Ranges: [{ CidrIpv6: '::/0' }] },
      { IpProtocol: '-1', IpRanges: [{ CidrIp: '10.0.0.0/8' }] },
    ],
    false,
  ),
];
