import { randomUUID } from 'node:crypto';
import {
  CreateDBClusterCommand,
  CreateDBInstanceCommand,
  DeleteDBClusterCommand,
  DeleteDBInstanceCommand,
  ModifyDBClusterCommand,
  ModifyDBInstanceCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import type { Stage } from '../../support/stage.ts';

const password = { MasterUsername: 'stage', MasterUserPassword: 'only-in-the-sandbox' };

/** A database that was protected, and is not any more. */
const unprotected =
  (cluster: boolean): Stage['set'] =>
  async () => {
    const rds = new RDSClient({});
    const database = `stage-${randomUUID().slice(0, 13)}`;
    const off = async (): Promise<void> => {
      if (cluster)
        await rds.send(new ModifyDBClusterCommand({ DBClusterIdentifier: database, DeletionProtection: false }));
      else await rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier: database, DeletionProtection: false }));
    };
    if (cluster)
      await rds.send(
        new CreateDBClusterCommand({
          DBClusterIdentifier: database,
          Engine: 'aurora-postgresql',
          DeletionProtection: true,
          ...password,
        }),
      );
    else
      await rds.send(
        new CreateDBInstanceCommand({
          DBInstanceIdentifier: database,
          DBInstanceClass: 'db.t4g.micro',
          AllocatedStorage: 20,
          Engine: 'postgres',
          DeletionProtection: true,
          ...password,
        }),
      );
    await off();
    return {
      target: { database, cluster },
      after: { protected: true, status: 'available' },
      call: cluster
        ? { name: 'ModifyDBCluster', request: { dBClusterIdentifier: database, deletionProtection: false } }
        : { name: 'ModifyDBInstance', request: { dBInstanceIdentifier: database, deletionProtection: false } },
      async clear() {
        await off();
        if (cluster)
          await rds.send(new DeleteDBClusterCommand({ DBClusterIdentifier: database, SkipFinalSnapshot: true }));
        else await rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: database, SkipFinalSnapshot: true }));
      },
    };
  };

export const stages: readonly Stage[] = [
  { rule: 'rds/deletion-protection', name: 'an instance', set: unprotected(false) },
  { rule: 'rds/deletion-protection', name: 'a cluster', set: unprotected(true) },
];
