import { randomUUID } from 'node:crypto';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  EC2Client,
  type IpPermission,
} from '@aws-sdk/client-ec2';
import type { Json } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

type Batch = { readonly permissions: readonly IpPermission[]; readonly tags?: { readonly [key: string]: string } };

/** A group of the default VPC with these rules, one call for each batch; `self` is the group's own id. */
const stage = (
  name: string,
  batches: (self: string) => readonly Batch[],
  after: (self: string) => readonly Json[],
): Stage => ({
  rule: 'ec2/security-group-open',
  name,
  async set() {
    const ec2 = new EC2Client({});
    const made = await ec2.send(
      new CreateSecurityGroupCommand({ GroupName: `stage-${randomUUID()}`, Description: name }),
    );
    const group = made.GroupId ?? '';
    for (const { permissions, tags = {} } of batches(group)) {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      await ec2.send(
        new AuthorizeSecurityGroupIngressCommand({
          GroupId: group,
          IpPermissions: [...permissions],
          ...(Tags.length > 0 && { TagSpecifications: [{ ResourceType: 'security-group-rule', Tags }] }),
        }),
      );
    }
    return {
      target: { group },
      after: after(group),
      call: {
        name: 'AuthorizeSecurityGroupIngress',
        request: {
          groupId: group,
          ipPermissions: {
            items: [{ ipProtocol: '-1', ipRanges: { items: [{ cidrIp: '0.0.0.0/0' }] } }],
          },
        },
      },
      async clear() {
        await ec2.send(new DeleteSecurityGroupCommand({ GroupId: group }));
      },
    };
  },
});

const tcp = (from: number, to: number): IpPermission => ({ IpProtocol: 'tcp', FromPort: from, ToPort: to });
const world = { CidrIp: '0.0.0.0/0' };
const left = (rule: { [member: string]: Json }): Json => ({ description: null, tags: {}, ...rule });

export const stages: readonly Stage[] = [
  stage(
    'one open rule among five',
    (self) => [
      {
        permissions: [
          { ...tcp(22, 22), IpRanges: [{ CidrIp: '10.20.0.0/16', Description: 'the office' }] },
          { ...tcp(443, 443), IpRanges: [world] },
          { ...tcp(5432, 5432), UserIdGroupPairs: [{ GroupId: self }] },
          { ...tcp(3389, 3389), IpRanges: [{ ...world, Description: 'just for a test' }] },
          { IpProtocol: 'icmp', FromPort: 8, ToPort: -1, IpRanges: [world] },
        ],
      },
    ],
    (self) => [
      left({ protocol: 'tcp', from: 22, to: 22, source: { cidr4: '10.20.0.0/16' }, description: 'the office' }),
      left({ protocol: 'tcp', from: 443, to: 443, source: { cidr4: '0.0.0.0/0' } }),
      left({ protocol: 'tcp', from: 5432, to: 5432, source: { group: self, account: '123456789012', peering: null } }),
      left({ protocol: 'icmp', from: 8, to: -1, source: { cidr4: '0.0.0.0/0' } }),
    ],
  ),
  stage(
    'ranges of which some ports are dangerous, with description and tags',
    () => [
      {
        permissions: [{ ...tcp(5400, 5450), IpRanges: [{ ...world, Description: 'game servers' }] }],
        tags: { Owner: 'games', 'cost-centre': '42' },
      },
      { permissions: [{ IpProtocol: 'udp', FromPort: 20, ToPort: 25, IpRanges: [world] }] },
      // The rest of this one is there already, in other words.
      { permissions: [{ ...tcp(3389, 3390), IpRanges: [world] }] },
      { permissions: [{ ...tcp(3390, 3390), IpRanges: [{ ...world, Description: 'kept as it is' }] }] },
    ],
    () => {
      const games = {
        source: { cidr4: '0.0.0.0/0' },
        description: 'game servers',
        tags: { Owner: 'games', 'cost-centre': '42' },
      };
      return [
        left({ protocol: 'tcp', from: 5400, to: 5431, ...games }),
        left({ protocol: 'tcp', from: 5433, to: 5450, ...games }),
        left({ protocol: 'udp', from: 24, to: 24, source: { cidr4: '0.0.0.0/0' } }),
        left({ protocol: 'tcp', from: 3390, to: 3390, source: { cidr4: '0.0.0.0/0' }, description: 'kept as it is' }),
      ];
    },
  ),
  stage(
    'all TCP ports over IPv6',
    () => [
      {
        permissions: [
          { ...tcp(0, 65_535), Ipv6Ranges: [{ CidrIpv6: '::/0' }] },
          { ...tcp(22, 22), Ipv6Ranges: [{ CidrIpv6: '2001:db8:1234::/48' }] },
        ],
      },
    ],
    () => [
      left({ protocol: 'tcp', from: 22, to: 22, source: { cidr6: '2001:db8:1234::/48' } }),
      ...[
        [0, 19],
        [24, 24],
        [26, 109],
        [111, 134],
        [136, 142],
        [144, 444],
        [446, 1432],
        [1435, 2999],
        [3001, 3305],
        [3307, 3388],
        [3390, 4332],
        [4334, 4999],
        [5001, 5431],
        [5433, 5499],
        [5501, 5600],
        [5602, 8079],
        [8081, 8087],
        [8089, 8887],
        [8889, 9199],
        [9201, 9299],
        [9301, 65_535],
      ].map(([from = 0, to = 0]) => left({ protocol: 'tcp', from, to, source: { cidr6: '::/0' } })),
    ],
  ),
  stage(
    'all traffic, from the world and from the group itself',
    (self) => [
      { permissions: [{ IpProtocol: '-1', IpRanges: [world] }] },
      { permissions: [{ IpProtocol: '-1', Ipv6Ranges: [{ CidrIpv6: '::/0' }] }] },
      { permissions: [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: self }] }] },
      { permissions: [{ ...tcp(443, 443), IpRanges: [world] }] },
    ],
    (self) => [
      left({ protocol: '-1', from: null, to: null, source: { group: self, account: '123456789012', peering: null } }),
      left({ protocol: 'tcp', from: 443, to: 443, source: { cidr4: '0.0.0.0/0' } }),
    ],
  ),
];
