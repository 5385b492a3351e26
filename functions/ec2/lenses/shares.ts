import {
  DescribeImageAttributeCommand,
  DescribeSnapshotAttributeCommand,
  EC2Client,
  type LaunchPermission,
  ModifyImageAttributeCommand,
  ModifySnapshotAttributeCommand,
} from '@aws-sdk/client-ec2';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import { everyone, type Grantee } from './shared-with.ts';
import type { Shared } from './sharing.ts';

/** Whom a snapshot or an image is shared with, beyond its owner. */
export type Shares = readonly Grantee[];

/** What differs between the two: how the shares are read, and how some are added or removed. */
type Ways = {
  readonly id: 'ec2/snapshot-shares' | 'ec2/image-shares';
  /** Error codes of EC2 for one that is gone. */
  readonly absent: readonly string[];
  list(id: string): Promise<readonly LaunchPermission[]>;
  change(id: string, OperationType: 'add' | 'remove', whom: Shares): Promise<unknown>;
  undo: Lens<Shared, Shares>['undo'];
};

const of = ({ id, absent, list, change, undo }: Ways): Lens<Shared, Shares> => ({
  id,
  key: (target) => target.id,
  read: (target) => orNull(absent, async () => (await list(target.id)).flatMap(granteesOf)),
  canon: (shares) => [...new Set(shares)].sort(),
  async write(target, from, to) {
    if (to === null) throw fault('NotWritable', `${target.id}: what is gone has no shares`);
    const removed = (from ?? []).filter((one) => !to.includes(one));
    const added = to.filter((one) => !(from ?? []).includes(one));
    // Both can't be in one call: API_ModifySnapshotAttribute.
    if (removed.length > 0) await change(target.id, 'remove', removed);
    if (added.length > 0) await change(target.id, 'add', added);
  },
  undo,
});

/** The role may take shares away and add none: whoever takes a fix back does it with credentials of his own. */
export const snapshotShares: Lens<Shared, Shares> = of({
  id: 'ec2/snapshot-shares',
  absent: ['InvalidSnapshot.NotFound'],
  async list(SnapshotId) {
    const asked = { SnapshotId, Attribute: 'createVolumePermission' as const };
    return (await client(EC2Client).send(new DescribeSnapshotAttributeCommand(asked))).CreateVolumePermissions ?? [];
  },
  change: (SnapshotId, OperationType, whom) =>
    client(EC2Client).send(
      new ModifySnapshotAttributeCommand({
        SnapshotId,
        OperationType,
        Attribute: 'createVolumePermission',
        GroupNames: groups(whom),
        UserIds: accounts(whom),
      }),
    ),
  undo: () => 'operator',
});

export const imageShares: Lens<Shared, Shares> = of({
  id: 'ec2/image-shares',
  absent: ['InvalidAMIID.NotFound', 'InvalidAMIID.Unavailable'],
  async list(ImageId) {
    const asked = { ImageId, Attribute: 'launchPermission' as const };
    return (await client(EC2Client).send(new DescribeImageAttributeCommand(asked))).LaunchPermissions ?? [];
  },
  change: (ImageId, OperationType, whom) =>
    client(EC2Client).send(
      new ModifyImageAttributeCommand({
        ImageId,
        OperationType,
        Attribute: 'launchPermission',
        UserGroups: groups(whom),
        UserIds: accounts(whom),
        OrganizationArns: whom.filter((one) => one.startsWith('arn:') && !one.includes(':ou/')),
        OrganizationalUnitArns: whom.filter((one) => one.includes(':ou/')),
      }),
    ),
  undo: () => 'restore',
});

const granteesOf = ({ Group, UserId, OrganizationArn, OrganizationalUnitArn }: LaunchPermission): readonly Grantee[] =>
  [Group, UserId, OrganizationArn, OrganizationalUnitArn].flatMap((one) => (one ? [one] : []));

const groups = (whom: Shares): string[] => whom.filter((one) => one === everyone);
const accounts = (whom: Shares): string[] => whom.filter((one) => one !== everyone && !one.startsWith('arn:'));
