import { randomUUID } from 'node:crypto';
import {
  CreateDBClusterCommand,
  CreateDBClusterSnapshotCommand,
  CreateDBInstanceCommand,
  CreateDBSnapshotCommand,
  DeleteDBClusterCommand,
  DeleteDBClusterSnapshotCommand,
  DeleteDBInstanceCommand,
  DeleteDBSnapshotCommand,
  ModifyDBClusterSnapshotAttributeCommand,
  ModifyDBSnapshotAttributeCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import type { Stage, Staged } from '../../support/stage.ts';

const password = { MasterUsername: 'stage', MasterUserPassword: 'only-in-the-sandbox' };

/** A snapshot of an instance or a cluster, shared with these; `after` is what must be left. */
export const shared =
  (
    cluster: boolean,
    ValuesToAdd: string[],
    after: readonly string[],
    call: (name: string) => NonNullable<Staged['call']>,
  ): Stage['set'] =>
  async () => {
    const rds = new RDSClient({});
    const name = `stage-${randomUUID().slice(0, 13)}`;
    const snapshot = `${name}-snapshot`;
    const change = { AttributeName: 'restore', ValuesToAdd };
    if (cluster) {
      const DBClusterIdentifier = name;
      await rds.send(new CreateDBClusterCommand({ DBClusterIdentifier, Engine: 'aurora-postgresql', ...password }));
      await rds.send(
        new CreateDBClusterSnapshotCommand({ DBClusterIdentifier, DBClusterSnapshotIdentifier: snapshot }),
      );
      await rds.send(new ModifyDBClusterSnapshotAttributeCommand({ DBClusterSnapshotIdentifier: snapshot, ...change }));
    } else {
      const made = { DBInstanceIdentifier: name, DBInstanceClass: 'db.t4g.micro', AllocatedStorage: 20 };
      await rds.send(new CreateDBInstanceCommand({ ...made, Engine: 'postgres', ...password }));
      await rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: name, DBSnapshotIdentifier: snapshot }));
      await rds.send(new ModifyDBSnapshotAttributeCommand({ DBSnapshotIdentifier: snapshot, ...change }));
    }
    return {
      target: { snapshot, cluster },
      after,
      call: call(snapshot),
      async clear() {
        if (cluster) {
          await rds.send(new DeleteDBClusterSnapshotCommand({ DBClusterSnapshotIdentifier: snapshot }));
          await rds.send(new DeleteDBClusterCommand({ DBClusterIdentifier: name, SkipFinalSnapshot: true }));
        } else {
          await rds.send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier: snapshot }));
          await rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: name, SkipFinalSnapshot: true }));
        }
      },
    };
  };

const call = (cluster: boolean) => (name: string) =>
  cluster
    ? {
        name: 'ModifyDBClusterSnapshotAttribute',
        request: { dBClusterSnapshotIdentifier: name, attributeName: 'restore', valuesToAdd: ['444455556666'] },
      }
    : {
        name: 'ModifyDBSnapshotAttribute',
        request: { dBSnapshotIdentifier: name, attributeName: 'restore', valuesToAdd: ['444455556666'] },
      };

// The tests are at home in 111122223333.
export const stages: readonly Stage[] = [
  {
    rule: 'rds/snapshot-foreign',
    name: 'an instance’s, shared with two strangers, ourselves and everyone',
    set: shared(false, ['777788889999', 'all', '111122223333', '444455556666'], ['all', '111122223333'], call(false)),
  },
  {
    rule: 'rds/snapshot-foreign',
    name: 'a cluster’s, shared with one stranger',
    set: shared(true, ['444455556666'], [], call(true)),
  },
];
