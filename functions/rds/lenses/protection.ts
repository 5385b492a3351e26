import {
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  ModifyDBClusterCommand,
  ModifyDBInstanceCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import { isChanging, isModifiable } from './status.ts';

/** `database`: identifier of the instance or, where `cluster`, of the cluster; in lower case, as RDS keeps it. */
export type Database = { readonly database: string; readonly cluster: boolean };

/** `status`: DBInstanceStatus, or the cluster's Status. */
export type Protection = { readonly protected: boolean; readonly status: string };

/** Whether RDS refuses to delete a database: DescribeDBInstances, DescribeDBClusters. Null where there is no such one. */
export const protection: Lens<Database, Protection> = {
  id: 'rds/deletion-protection',
  key: ({ database, cluster }) => `${cluster ? 'cluster' : 'db'}:${database}`,
  // Terraform waits that long for a modification: aws_db_instance, "Timeouts".
  settles: 80,
  ready: ({ status }) => isModifiable(status),
  read: ({ database, cluster }) =>
    orNull(['DBInstanceNotFoundFault', 'DBClusterNotFoundFault'], async () => {
      const rds = client(RDSClient);
      if (cluster) {
        const { DBClusters } = await rds.send(new DescribeDBClustersCommand({ DBClusterIdentifier: database }));
        return stateOf(DBClusters?.[0]?.DeletionProtection, DBClusters?.[0]?.Status);
      }
      const { DBInstances } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: database }));
      return stateOf(DBInstances?.[0]?.DeletionProtection, DBInstances?.[0]?.DBInstanceStatus);
    }),
  // Of the status it matters only whether the read can be believed.
  canon: (state) => ({ protected: state.protected, changing: isChanging(state.status) }),
  async write({ database, cluster }, from, to) {
    if (to === null) throw fault('NotWritable', `${database}: a database is not taken away by its protection`);
    if (from?.protected === to.protected) return;
    // Never with ApplyImmediately: it would apply all that is pending, too, while this is applied at once anyway.
    // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.DBInstance.Modifying.html#USER_ModifyInstance.Settings
    const DeletionProtection = to.protected;
    const rds = client(RDSClient);
    if (cluster) await rds.send(new ModifyDBClusterCommand({ DBClusterIdentifier: database, DeletionProtection }));
    else await rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: database, DeletionProtection }));
  },
  undo: (before) => (before === null ? 'none' : 'restore'),
  // It may have been read while it was changed: undo does not wait for that to come back.
  back: (before) => before && { ...before, status: 'available' },
};

const stateOf = (found: boolean | undefined, status = 'unknown'): Protection => ({ protected: found === true, status });
