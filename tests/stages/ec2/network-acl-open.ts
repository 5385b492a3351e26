import {
  CreateNetworkAclCommand,
  CreateNetworkAclEntryCommand,
  type CreateNetworkAclEntryCommandInput,
  CreateVpcCommand,
  DeleteNetworkAclCommand,
  DeleteVpcCommand,
  EC2Client,
  ReplaceNetworkAclEntryCommand,
} from '@aws-sdk/client-ec2';
import type { Json } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

type Entry = Omit<CreateNetworkAclEntryCommandInput, 'NetworkAclId'>;

/** A network ACL with this entry among others; `replaced`: what it said before the call that made the trouble. */
const stage = (
  name: string,
  open: Entry & { readonly RuleNumber: number },
  recorded: { readonly [member: string]: Json },
  replaced?: { readonly by: Entry; readonly state: Json },
): Stage => ({
  rule: 'ec2/network-acl-open',
  name,
  ...(replaced && { learned: replaced.state }),
  async set() {
    const ec2 = new EC2Client({});
    const vpc = (await ec2.send(new CreateVpcCommand({ CidrBlock: '10.65.0.0/16' }))).Vpc?.VpcId ?? '';
    const acl = (await ec2.send(new CreateNetworkAclCommand({ VpcId: vpc }))).NetworkAcl?.NetworkAclId ?? '';
    const others = [
      { ...entry(100), CidrBlock: '10.0.0.0/8', Protocol: '-1' },
      { ...entry(open.RuleNumber), Egress: true, CidrBlock: '0.0.0.0/0', Protocol: '-1' },
    ];
    for (const one of [...others, replaced?.by ?? open])
      await ec2.send(new CreateNetworkAclEntryCommand({ ...one, NetworkAclId: acl }));
    if (replaced) await ec2.send(new ReplaceNetworkAclEntryCommand({ ...open, NetworkAclId: acl }));
    const request = { networkAclId: acl, ruleNumber: open.RuleNumber, egress: false, ruleAction: 'allow', ...recorded };
    return {
      target: { acl, entry: open.RuleNumber, egress: false, created: !replaced },
      after: replaced?.state ?? null,
      call: { name: replaced ? 'ReplaceNetworkAclEntry' : 'CreateNetworkAclEntry', request },
      async clear() {
        await ec2.send(new DeleteNetworkAclCommand({ NetworkAclId: acl }));
        await ec2.send(new DeleteVpcCommand({ VpcId: vpc }));
      },
    };
  },
});

const entry = (RuleNumber: number) => ({ RuleNumber, RuleAction: 'allow' as const, Egress: false });
const tcp = (From: number, To: number) => ({ Protocol: '6', PortRange: { From, To } });

export const stages: readonly Stage[] = [
  stage(
    'SSH from everywhere, created',
    { ...entry(90), ...tcp(22, 22), CidrBlock: '0.0.0.0/0' },
    { aclProtocol: '6', portRange: { from: 22, to: 22 }, icmpTypeCode: {}, cidrBlock: '0.0.0.0/0' },
  ),
  stage(
    'a range over IPv6, created',
    { ...entry(95), ...tcp(3000, 4000), Ipv6CidrBlock: '::/0' },
    { aclProtocol: '6', portRange: { from: 3000, to: 4000 }, icmpTypeCode: {}, ipv6CidrBlock: '::/0' },
  ),
  stage(
    'an office’s entry, replaced by one for the world',
    { ...entry(80), Protocol: '-1', CidrBlock: '0.0.0.0/0' },
    { aclProtocol: '-1', portRange: {}, icmpTypeCode: {}, cidrBlock: '0.0.0.0/0' },
    {
      by: { ...entry(80), ...tcp(22, 22), CidrBlock: '198.51.100.0/24' },
      state: { action: 'allow', cidr: '198.51.100.0/24', protocol: '6', from: 22, to: 22, icmp: null },
    },
  ),
];
