import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  CreateDBInstanceCommand,
  type CreateDBInstanceCommandInput,
  type DBInstance,
  DeleteDBInstanceCommand,
  DescribeDBInstancesCommand,
  ModifyDBInstanceCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import { client } from '../../../shared/aws/client.ts';
import type { Stage } from '../../support/stage.ts';

/** What must stay as it is: everything but the public address, and what goes on by itself. */
const moving = ['PubliclyAccessible', 'Endpoint', 'DBInstanceStatus', 'LatestRestorableTime'];
const kept = (state: DBInstance): object =>
  Object.fromEntries(Object.entries(state).filter(([member]) => !moving.includes(member)));

/** A public instance; `renamed` after the event that the target comes from; `known`, the target holds its resource id. */
const publicOne =
  (
    name: string,
    more: Partial<CreateDBInstanceCommandInput>,
    how: { readonly renamed?: true; readonly known: boolean },
  ): Stage['set'] =>
  async () => {
    const rds = client(RDSClient);
    // moto keeps the automated snapshots of an instance that was renamed: no name comes twice.
    const instance = `${name}-${randomUUID().slice(0, 8)}`;
    const now = how.renamed ? `${instance}-renamed` : instance;
    const described = async (): Promise<DBInstance> => {
      const { DBInstances } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: now }));
      if (!DBInstances?.[0]) throw new Error(`${now} is not there`);
      return DBInstances[0];
    };
    const asked = { DBInstanceIdentifier: instance, DBInstanceClass: 'db.t4g.micro', AllocatedStorage: 20, ...more };
    const { DBInstance: made } = await rds.send(
      new CreateDBInstanceCommand({
        Engine: 'postgres',
        MasterUsername: 'stage',
        MasterUserPassword: 'only-in-the-sandbox',
        PubliclyAccessible: true,
        ...asked,
      }),
    );
    if (how.renamed)
      await rds.send(
        new ModifyDBInstanceCommand({
          DBInstanceIdentifier: instance,
          NewDBInstanceIdentifier: now,
          ApplyImmediately: true,
        }),
      );
    const before = kept(await described());
    return {
      target: { instance, id: how.known ? (made?.DbiResourceId ?? null) : null },
      after: { instance: now, publiclyAccessible: false, status: 'available' },
      call: {
        name: 'CreateDBInstance',
        request: { dBInstanceIdentifier: instance, publiclyAccessible: true },
        response: {
          dBInstanceIdentifier: instance,
          publiclyAccessible: true,
          ...(how.known && { dbiResourceId: made?.DbiResourceId }),
        },
      },
      async clear() {
        const after = kept(await described());
        await rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: now, SkipFinalSnapshot: true }));
        if (!isDeepStrictEqual(after, before))
          throw new Error(`${now}: more was changed than its exposure: ${JSON.stringify({ before, after })}`);
      },
    };
  };

export const stages: readonly Stage[] = [
  {
    rule: 'rds/public-instance',
    name: 'an instance with settings and tags of its own, known by its resource id',
    set: publicOne(
      'stage-orders',
      {
        MultiAZ: true,
        BackupRetentionPeriod: 14,
        CopyTagsToSnapshot: true,
        StorageEncrypted: true,
        EnableIAMDatabaseAuthentication: true,
        EnableCloudwatchLogsExports: ['postgresql', 'upgrade'],
        PreferredMaintenanceWindow: 'sun:04:10-sun:04:40',
        Tags: [{ Key: 'team', Value: 'orders' }],
      },
      { known: true },
    ),
  },
  {
    rule: 'rds/public-instance',
    name: 'an instance that was renamed after it was made public',
    set: publicOne('stage-renamed', { Engine: 'mysql' }, { renamed: true, known: true }),
  },
  {
    rule: 'rds/public-instance',
    name: 'an instance of which only the name is known',
    set: publicOne('stage-by-name', { Engine: 'mysql', StorageType: 'gp3' }, { known: false }),
  },
];
