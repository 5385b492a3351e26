import {
  DescribeDBClusterSnapshotAttributesCommand,
  DescribeDBSnapshotAttributesCommand,
  ModifyDBClusterSnapshotAttributeCommand,
  ModifyDBSnapshotAttributeCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import type { SharedSnapshot } from './share-request.ts';

/** Ids of the accounts that may restore a snapshot; `all` is everyone. */
export type Shares = readonly string[];

/** The attribute by which snapshots are shared: API_DescribeDBSnapshotAttributes. */
const restore = 'restore';

/** With whom a manual snapshot of an instance or a cluster is shared. Null where the snapshot is gone. */
export const snapshotShares: Lens<SharedSnapshot, Shares> = {
  id: 'rds/snapshot-shares',
  key: ({ snapshot, cluster }) => `${cluster ? 'cluster-snapshot' : 'snapshot'}:${snapshot}`,
  read: ({ snapshot, cluster }) =>
    orNull(['DBSnapshotNotFoundFault', 'DBClusterSnapshotNotFoundFault'], async () => {
      const attributes = cluster
        ? (
            await client(RDSClient).send(
              new DescribeDBClusterSnapshotAttributesCommand({ DBClusterSnapshotIdentifier: snapshot }),
            )
          ).DBClusterSnapshotAttributesResult?.DBClusterSnapshotAttributes
        : (await client(RDSClient).send(new DescribeDBSnapshotAttributesCommand({ DBSnapshotIdentifier: snapshot })))
            .DBSnapshotAttributesResult?.DBSnapshotAttributes;
      return attributes?.find(({ AttributeName }) => AttributeName === restore)?.AttributeValues ?? [];
    }),
  canon: (shares) => [...shares].sort(),
  async write({ snapshot, cluster }, from, to) {
    if (to === null) throw fault('NotWritable', `${snapshot}: a snapshot is not taken away by its shares`);
    const had = from ?? [];
    const change = {
      AttributeName: restore,
      ValuesToAdd: to.filter((one) => !had.includes(one)),
      ValuesToRemove: had.filter((one) => !to.includes(one)),
    };
    if (change.ValuesToAdd.length + change.ValuesToRemove.length === 0) return;
    if (cluster)
      await client(RDSClient).send(
        new ModifyDBClusterSnapshotAttributeCommand({ DBClusterSnapshotIdentifier: snapshot, ...change }),
      );
    else
      await client(RDSClient).send(new ModifyDBSnapshotAttributeCommand({ DBSnapshotIdentifier: snapshot, ...change }));
  },
  undo: (before) => (before === null ? 'none' : 'restore'),
};
