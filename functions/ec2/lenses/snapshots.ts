import { CreateSnapshotsCommand, EC2Client, paginateDescribeSnapshots, type Snapshot } from '@aws-sdk/client-ec2';
import { client } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import { described, type Target } from './instance.ts';

/** `since`: only snapshots from then on show what happened; ISO 8601, or null for any. */
export type Witnessed = Target & { readonly since: string | null };

/** Each volume of the instance, by id, and the snapshot of it that was taken since; null where there is none. */
export type Snapshots = { readonly [volume: string]: string | null };

/** By this tag, with the instance's id, a snapshot is known as taken for it. */
const known = 'firebreak:instance';

/** Snapshots of all volumes of an instance, as they were at one moment. Null where the instance is gone. */
export const snapshots: Lens<Witnessed, Snapshots> = {
  id: 'ec2/snapshots',
  key: ({ instance }) => instance,
  async read(target) {
    const found = await described(target);
    if (found === null) return null;
    const volumes = (found.BlockDeviceMappings ?? []).flatMap(({ Ebs }) => (Ebs?.VolumeId ? [Ebs.VolumeId] : []));
    const asked = { OwnerIds: ['self'], Filters: [{ Name: `tag:${known}`, Values: [target.instance] }] };
    const taken: Snapshot[] = [];
    for await (const page of paginateDescribeSnapshots({ client: client(EC2Client) }, asked))
      taken.push(...(page.Snapshots ?? []));
    const from = target.since === null ? 0 : Date.parse(target.since);
    const good = taken.filter(({ State, StartTime }) => State !== 'error' && (StartTime?.getTime() ?? 0) >= from);
    return Object.fromEntries(
      volumes.map((id) => [id, good.find(({ VolumeId }) => VolumeId === id)?.SnapshotId ?? null]),
    );
  },
  // Which snapshot it is does not matter.
  canon: (state) => Object.fromEntries(Object.entries(state).map(([volume, snapshot]) => [volume, snapshot !== null])),
  /** All volumes in one call, so that they fit together; it answers before the copying is done. */
  async write({ instance }, _from, to) {
    if (to === null) throw fault('NotWritable', 'snapshots are evidence: they are taken, and never deleted');
    const tags = { ResourceType: 'snapshot' as const, Tags: [{ Key: known, Value: instance }] };
    await client(EC2Client).send(
      new CreateSnapshotsCommand({
        InstanceSpecification: { InstanceId: instance },
        Description: `Firebreak: evidence of ${instance}`,
        TagSpecifications: [tags],
      }),
    );
  },
  undo: () => 'none',
};
