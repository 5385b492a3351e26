import { randomUUID } from 'node:crypto';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  UpdateContinuousBackupsCommand,
} from '@aws-sdk/client-dynamodb';
import type { Stage } from '../../support/stage.ts';

/** A table whose recovery was switched so, one after the other; numbers are days. */
const stage = (name: string, steps: readonly (number | false)[]): Stage => ({
  rule: 'dynamodb/recovery-off',
  name,
  async set() {
    const dynamo = new DynamoDBClient({});
    const table = `stage-${randomUUID()}`;
    await dynamo.send(
      new CreateTableCommand({
        TableName: table,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      }),
    );
    for (const days of steps)
      await dynamo.send(
        new UpdateContinuousBackupsCommand({
          TableName: table,
          PointInTimeRecoverySpecification: {
            PointInTimeRecoveryEnabled: days !== false,
            ...(days !== false && { RecoveryPeriodInDays: days }),
          },
        }),
      );
    return {
      target: { table },
      after: { on: true, days: 35 },
      call: {
        name: 'UpdateContinuousBackups',
        request: { tableName: table, pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: false } },
      },
      async clear() {
        await dynamo.send(new DeleteTableCommand({ TableName: table }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('switched off', [35, false]),
  stage('never switched on', []),
  stage('switched off after a shorter period', [7, false]),
];
