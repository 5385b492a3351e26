import {
  AssociateVpcCidrBlockCommand,
  CreateNetworkAclCommand,
  CreateNetworkAclEntryCommand,
  type CreateNetworkAclEntryCommandInput,
  CreateSubnetCommand,
  CreateVpcCommand,
  DeleteNetworkAclCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  DescribeNetworkAclsCommand,
  EC2Client,
  ReplaceNetworkAclAssociationCommand,
} from '@aws-sdk/client-ec2';
import type { Denial } from '../../../functions/ec2/lenses/denial.ts';
import { canonical } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

type Entry = Omit<CreateNetworkAclEntryCommandInput, 'NetworkAclId'>;

/**
 * A subnet of a VPC of its own, whose network ACL has these entries. A state is compared by this address's entry alone;
 * so that clearing up throws where any other entry is not as it was made.
 */
const stage = (
  name: string,
  address: string,
  entries: readonly Entry[],
  after: Omit<Denial, 'acl' | 'vpc'>,
): Stage => ({
  rule: 'ec2/brute-forced-instance',
  name,
  async set() {
    const ec2 = new EC2Client({});
    const vpc = (await ec2.send(new CreateVpcCommand({ CidrBlock: '10.61.0.0/16' }))).Vpc?.VpcId ?? '';
    await ec2.send(new AssociateVpcCidrBlockCommand({ VpcId: vpc, CidrBlock: '10.62.0.0/16' }));
    const subnet =
      (await ec2.send(new CreateSubnetCommand({ VpcId: vpc, CidrBlock: '10.61.1.0/24' }))).Subnet?.SubnetId ?? '';
    const acl = (await ec2.send(new CreateNetworkAclCommand({ VpcId: vpc }))).NetworkAcl?.NetworkAclId ?? '';
    for (const entry of entries) await ec2.send(new CreateNetworkAclEntryCommand({ ...entry, NetworkAclId: acl }));
    const associationOf = async (): Promise<{ id: string; acl: string }> => {
      const asked = { Filters: [{ Name: 'association.subnet-id', Values: [subnet] }] };
      const [found] = (await ec2.send(new DescribeNetworkAclsCommand(asked))).NetworkAcls ?? [];
      const id = found?.Associations?.find(({ SubnetId }) => SubnetId === subnet)?.NetworkAclAssociationId ?? '';
      return { id, acl: found?.NetworkAclId ?? '' };
    };
    const others = async (): Promise<string> => {
      const [found] = (await ec2.send(new DescribeNetworkAclsCommand({ NetworkAclIds: [acl] }))).NetworkAcls ?? [];
      const rest = (found?.Entries ?? []).filter(
        (one) => !(one.CidrBlock ?? one.Ipv6CidrBlock)?.startsWith(`${address}/`),
      );
      return canonical(rest.map((one) => canonical(JSON.parse(JSON.stringify(one)))).sort());
    };
    const before = await associationOf();
    await ec2.send(new ReplaceNetworkAclAssociationCommand({ AssociationId: before.id, NetworkAclId: acl }));
    const made = await others();
    return {
      target: { subnet, address },
      report: {
        like: address.includes(':') ? 'ipv6' : 'ssh',
        swap: { 'subnet-0c1d2e3f405162738': subnet, '203.0.113.9': address },
      },
      after: { acl, vpc: ['10.61.0.0/16', '10.62.0.0/16'], ...after },
      async clear() {
        const left = await others();
        const { id } = await associationOf();
        await ec2.send(new ReplaceNetworkAclAssociationCommand({ AssociationId: id, NetworkAclId: before.acl }));
        await ec2.send(new DeleteNetworkAclCommand({ NetworkAclId: acl }));
        await ec2.send(new DeleteSubnetCommand({ SubnetId: subnet }));
        await ec2.send(new DeleteVpcCommand({ VpcId: vpc }));
        if (left !== made) throw new Error(`other entries of the network ACL changed: ${made} became ${left}`);
      },
    };
  },
});

const all = { Protocol: '-1', CidrBlock: '0.0.0.0/0' };
const inbound = (RuleNumber: number, more: Partial<Entry> = {}): Entry => ({
  ...all,
  RuleNumber,
  RuleAction: 'allow',
  Egress: false,
  ...more,
});

export const stages: readonly Stage[] = [
  stage('an ACL that allows all, both ways', '203.0.113.9', [inbound(100), inbound(100, { Egress: true })], {
    entry: 99,
    allows: 100,
    free: 98,
    entries: 2,
  }),
  stage(
    'of the numbers before the first that allows one is left; others are denied already',
    '203.0.113.9',
    [
      inbound(1, { CidrBlock: '198.51.100.7/32', RuleAction: 'deny' }),
      inbound(3, { CidrBlock: '203.0.113.90/32', RuleAction: 'deny' }),
      inbound(4, { CidrBlock: '203.0.113.0/28', RuleAction: 'deny', Protocol: '6', PortRange: { From: 22, To: 22 } }),
      inbound(5, { Protocol: '6', PortRange: { From: 443, To: 443 } }),
      inbound(2, { CidrBlock: '203.0.113.9/32', RuleAction: 'deny', Egress: true }),
      inbound(200, { CidrBlock: '10.0.0.0/8' }),
    ],
    { entry: 2, allows: 5, free: null, entries: 6 },
  ),
  stage(
    'an IPv6 address',
    '2001:db8:1234::9',
    [inbound(100), { RuleNumber: 110, Protocol: '-1', RuleAction: 'allow', Egress: false, Ipv6CidrBlock: '::/0' }],
    { entry: 99, allows: 100, free: 98, entries: 3 },
  ),
];
