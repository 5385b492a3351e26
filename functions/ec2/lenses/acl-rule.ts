import {
  CreateNetworkAclEntryCommand,
  DeleteNetworkAclEntryCommand,
  DescribeNetworkAclsCommand,
  EC2Client,
  type NetworkAclEntry,
  ReplaceNetworkAclEntryCommand,
} from '@aws-sdk/client-ec2';
import { client, orNull } from '../../../shared/aws/client.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import type { AclEntry, Said } from './acl-entry.ts';

/** `icmp`: type and code, where the protocol is ICMP. */
export type AclRule = Said & { readonly icmp: { readonly type: number; readonly code: number } | null };

/** One entry of a network ACL. Null where the ACL or the entry is gone. */
export const aclRule: Lens<AclEntry, AclRule> = {
  id: 'ec2/acl-rule',
  key: ({ acl, entry, egress }) => `${acl}/${egress ? 'outbound' : 'inbound'}/${entry}`,
  async read({ acl, entry, egress }) {
    const found = await orNull(['InvalidNetworkAclID.NotFound'], () =>
      client(EC2Client).send(new DescribeNetworkAclsCommand({ NetworkAclIds: [acl] })),
    );
    const entries = found?.NetworkAcls?.[0]?.Entries ?? [];
    const one = entries.find(({ RuleNumber, Egress }) => RuleNumber === entry && (Egress === true) === egress);
    return one ? ruleOf(one) : null;
  },
  // NetworkAclEntryAlreadyExists, InvalidNetworkAclEntry.NotFound: a retry of what was done already, or another's hand;
  // the read after it tells. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
  async write({ acl, entry, egress }, from, to) {
    const at = { NetworkAclId: acl, RuleNumber: entry, Egress: egress };
    if (to === null)
      await orNull(['InvalidNetworkAclEntry.NotFound'], () =>
        client(EC2Client).send(new DeleteNetworkAclEntryCommand(at)),
      );
    else if (from === null)
      await orNull(['NetworkAclEntryAlreadyExists'], () =>
        client(EC2Client).send(new CreateNetworkAclEntryCommand({ ...at, ...asked(to) })),
      );
    else await client(EC2Client).send(new ReplaceNetworkAclEntryCommand({ ...at, ...asked(to) }));
  },
  undo: () => 'restore',
};

const ruleOf = (entry: NetworkAclEntry): AclRule => ({
  action: entry.RuleAction ?? 'allow',
  cidr: entry.Ipv6CidrBlock ?? entry.CidrBlock ?? '',
  protocol: entry.Protocol ?? '-1',
  from: entry.PortRange?.From ?? null,
  to: entry.PortRange?.To ?? null,
  icmp:
    entry.IcmpTypeCode?.Type === undefined
      ? null
      : { type: entry.IcmpTypeCode.Type, code: entry.IcmpTypeCode.Code ?? -1 },
});

const asked = ({ action, cidr, protocol, from, to, icmp }: AclRule) => ({
  RuleAction: action === 'deny' ? ('deny' as const) : ('allow' as const),
  Protocol: protocol,
  ...(cidr.includes(':') ? { Ipv6CidrBlock: cidr } : { CidrBlock: cidr }),
  ...(from !== null && to !== null && { PortRange: { From: from, To: to } }),
  ...(icmp !== null && { IcmpTypeCode: { Type: icmp.type, Code: icmp.code } }),
});
