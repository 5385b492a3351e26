import {
  DescribeContinuousBackupsCommand,
  DynamoDBClient,
  UpdateContinuousBackupsCommand,
} from '@aws-sdk/client-dynamodb';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** `table`: its name. */
export type Table = { readonly table: string };

/** `days`: how far back the table can be put (RecoveryPeriodInDays), null where that is not told. */
export type Recovery = { readonly on: boolean; readonly days: number | null };

/** Point-in-time recovery of a table: DescribeContinuousBackups. Null where the table is gone. */
export const recovery: Lens<Table, Recovery> = {
  id: 'dynamodb/recovery',
  key: ({ table }) => table,
  read: ({ table }) =>
    orNull(['TableNotFoundException'], async () => {
      const { ContinuousBackupsDescription } = await client(DynamoDBClient).send(
        new DescribeContinuousBackupsCommand({ TableName: table }),
      );
      const found = ContinuousBackupsDescription?.PointInTimeRecoveryDescription;
      return {
        on: found?.PointInTimeRecoveryStatus === 'ENABLED',
        days: found?.RecoveryPeriodInDays ?? null,
      };
    }),
  // Of what is off the period means nothing.
  canon: ({ on, days }) => (on ? { on, days: days ?? longest } : { on }),
  async write({ table }, _from, to) {
    if (to === null) throw fault('NotWritable', `${table}: a table is not taken away by its backups`);
    await client(DynamoDBClient).send(
      new UpdateContinuousBackupsCommand({
        TableName: table,
        PointInTimeRecoverySpecification: {
          PointInTimeRecoveryEnabled: to.on,
          ...(to.on && to.days !== null && { RecoveryPeriodInDays: to.days }),
        },
      }),
    );
  },
  undo: (before) => (before === null ? 'none' : 'restore'),
};

/** Days, and the default: API_PointInTimeRecoverySpecification, RecoveryPeriodInDays. */
const longest = 35;
