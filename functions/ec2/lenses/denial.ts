import {
  CreateNetworkAclEntryCommand,
  DeleteNetworkAclEntryCommand,
  DescribeNetworkAclsCommand,
  DescribeVpcsCommand,
  EC2Client,
  type NetworkAclEntry,
} from '@aws-sdk/client-ec2';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import { only, sameRange } from './addresses.ts';

/** `subnet`: its id; `address`: whose traffic, IPv4 or IPv6. Null where the finding does not tell. */
export type Caller = { readonly subnet: string | null; readonly address: string | null };

/** What the subnet's network ACL does with one address. */
export type Denial = {
  readonly acl: string;
  /** The inbound entry that denies all traffic of this address alone: its rule number, or null. */
  readonly entry: number | null;
  /** The first inbound entry that allows anything: only what is numbered below it surely decides. 32767: none does. */
  readonly allows: number;
  /** The highest rule number below that one that no inbound entry has; null where none is left. */
  readonly free: number | null;
  /** How many inbound entries there are, AWS's own last ones too. */
  readonly entries: number;
  /** The ranges of the VPC. */
  readonly vpc: readonly string[];
};

/** AWS's own last entry; ours go from 1 to 32766: API_CreateNetworkAclEntry, RuleNumber. */
const last = 32_767;

/**
 * Only this address's entry counts when states are compared, and only it is written: what others add to the ACL while
 * the denial lasts neither keeps it from ending nor is taken away with it.
 */
export const denial: Lens<Caller, Denial> = {
  id: 'ec2/denial',
  key: ({ subnet, address }) => `${subnet ?? 'unknown'}/${address ?? 'unknown'}`,
  /** Null where the subnet is gone, or in a VPC that another account shares: its ACL is not shown to this one. */
  async read({ subnet, address }) {
    if (subnet === null || address === null) return null;
    const ec2 = client(EC2Client);
    const asked = { Filters: [{ Name: 'association.subnet-id', Values: [subnet] }] };
    const [acl] = (await ec2.send(new DescribeNetworkAclsCommand(asked))).NetworkAcls ?? [];
    if (!acl?.NetworkAclId || !acl.VpcId) return null;
    const [vpc] = (await ec2.send(new DescribeVpcsCommand({ VpcIds: [acl.VpcId] }))).Vpcs ?? [];
    const inbound = (acl.Entries ?? []).filter(({ Egress }) => Egress !== true);
    const taken = new Set(inbound.map(({ RuleNumber }) => RuleNumber));
    const allows = Math.min(last, ...numbers(inbound.filter(({ RuleAction }) => RuleAction === 'allow')));
    const free = Array.from({ length: allows - 1 }, (_, below) => allows - 1 - below).find((one) => !taken.has(one));
    const own = numbers(inbound.filter((one) => denies(one, only(address))));
    return {
      acl: acl.NetworkAclId,
      entry: own.length > 0 ? Math.min(...own) : null,
      allows,
      free: free ?? null,
      entries: inbound.length,
      vpc: [
        ...(vpc?.CidrBlockAssociationSet ?? []).map(({ CidrBlock }) => CidrBlock ?? ''),
        ...(vpc?.Ipv6CidrBlockAssociationSet ?? []).map(({ Ipv6CidrBlock }) => Ipv6CidrBlock ?? ''),
      ].filter((cidr) => cidr !== ''),
    };
  },
  canon: ({ acl, entry }) => ({ acl, denied: entry !== null }),
  // NetworkAclEntryAlreadyExists, InvalidNetworkAclEntry.NotFound: a retry of what was done already, or another's hand;
  // the read after it tells. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
  async write({ address }, from, to) {
    if (address === null || from === null || to === null || from.acl !== to.acl)
      throw fault('NotWritable', 'an address is denied, or let in again, in the network ACL that was read');
    const at = { NetworkAclId: from.acl, Egress: false };
    const gone = from.entry !== null && to.entry === null ? from.entry : null;
    if (gone !== null)
      await orNull(['InvalidNetworkAclEntry.NotFound'], () =>
        client(EC2Client).send(new DeleteNetworkAclEntryCommand({ ...at, RuleNumber: gone })),
      );
    const added = from.entry === null && to.entry !== null ? to.entry : null;
    if (added === null) return;
    const source = address.includes(':') ? { Ipv6CidrBlock: only(address) } : { CidrBlock: only(address) };
    const denied = { ...at, ...source, RuleNumber: added, Protocol: '-1', RuleAction: 'deny' as const };
    await orNull(['NetworkAclEntryAlreadyExists'], () =>
      client(EC2Client).send(new CreateNetworkAclEntryCommand(denied)),
    );
  },
  undo: () => 'restore',
};

const numbers = (entries: readonly NetworkAclEntry[]): readonly number[] =>
  entries.flatMap(({ RuleNumber }) => (RuleNumber === undefined ? [] : [RuleNumber]));

const denies = ({ RuleAction, Protocol, CidrBlock, Ipv6CidrBlock }: NetworkAclEntry, cidr: string): boolean =>
  RuleAction === 'deny' && Protocol === '-1' && sameRange(Ipv6CidrBlock ?? CidrBlock ?? '', cidr);
