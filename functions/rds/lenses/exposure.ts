import { type DBInstance, DescribeDBInstancesCommand, ModifyDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import { isChanging, isModifiable } from './status.ts';

/** `instance`: its identifier, in lower case as RDS keeps it. `id`: DbiResourceId, which stays when the instance is renamed. */
export type Instance = { readonly instance: string; readonly id: string | null };

/** `instance`: its identifier now. `status`: DBInstanceStatus. */
export type Exposure = { readonly instance: string; readonly publiclyAccessible: boolean; readonly status: string };

/** Whether RDS makes an instance publicly accessible: DescribeDBInstances. Null where there is no such instance. */
export const exposure: Lens<Instance, Exposure> = {
  id: 'rds/exposure',
  key: ({ instance }) => instance,
  // Terraform waits that long for a modification, twice as long as for a creation: aws_db_instance, "Timeouts".
  settles: 80,
  ready: ({ status }) => isModifiable(status),
  read: ({ instance, id }) =>
    orNull(['DBInstanceNotFoundFault'], async () => {
      const asked =
        id === null ? { DBInstanceIdentifier: instance } : { Filters: [{ Name: 'dbi-resource-id', Values: [id] }] };
      const { DBInstances = [] } = await client(RDSClient).send(new DescribeDBInstancesCommand(asked));
      return DBInstances[0] ? stateOf(DBInstances[0], instance) : null;
    }),
  // The name is where to write, not what was changed; of the status it matters only whether the read can be believed.
  canon: ({ publiclyAccessible, status }) => ({ publiclyAccessible, changing: isChanging(status) }),
  async write({ instance }, from, to) {
    if (to === null) throw fault('NotWritable', `${instance}: an instance is not taken away by its exposure`);
    if (from?.publiclyAccessible === to.publiclyAccessible) return;
    // Never with ApplyImmediately: it would apply all that is pending, too, while this is applied at once anyway.
    // https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html, PubliclyAccessible and ApplyImmediately
    await client(RDSClient).send(
      new ModifyDBInstanceCommand({
        DBInstanceIdentifier: from?.instance ?? instance,
        PubliclyAccessible: to.publiclyAccessible,
      }),
    );
  },
  undo: () => 'restore',
  // It may have been read while it was made: undo does not wait for that to come back.
  back: (before) => before && { ...before, status: 'available' },
};

const stateOf = (found: DBInstance, asked: string): Exposure => ({
  instance: found.DBInstanceIdentifier ?? asked,
  publiclyAccessible: found.PubliclyAccessible === true,
  status: found.DBInstanceStatus ?? 'unknown',
});
