import { arn, parseArn } from '../../shared/aws/arn.ts';
import { member, named } from '../../shared/aws/telling.ts';
import type { Json } from '../../shared/core/json.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { type Recovery, recovery, type Table } from './lenses/recovery.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/dynamodb-controls.html#dynamodb-2';

const tables = 'arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/*' as const;

export const recoveryOff = rule<Table, Recovery>({
  id: 'dynamodb/recovery-off',
  title: 'A table can’t be put back to an earlier point in time',
  severity: 'high',
  why: 'Point-in-time recovery is off: what is deleted or overwritten in the table from now on can’t be had back, and the recovery points of the last weeks are gone with it.',
  class: 'G',
  breaks: 'nothing',
  risk: 'Nothing that uses the table notices. Recovery points are kept again, and paid for by the size of the table.',
  mends:
    'switches point-in-time recovery on again, for the longest period of 35 days. The points before it was switched off are gone: those since then count.',
  undoes: 'switches point-in-time recovery off again; its recovery points go with it.',
  proof: 'emulator',
  responsibility: 'customer data',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'DynamoDB.2', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'CP-9', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'CP-10', source: page },
  ],
  unconfirmed:
    'No source shows a recorded UpdateContinuousBackups: its members are taken from the API, in whatever case.',
  // "CloudTrail captures all API calls for DynamoDB as events": DynamoDB developer guide, "Logging DynamoDB operations by
  // using AWS CloudTrail"; members as the API has them (API_UpdateContinuousBackups), in whatever case.
  triggers: calls('dynamodb.amazonaws.com', 'UpdateContinuousBackups'),
  permissions: {
    read: [{ actions: ['dynamodb:DescribeContinuousBackups'], resources: [tables] }],
    write: [{ actions: ['dynamodb:UpdateContinuousBackups'], resources: [tables] }],
  },
  detect: (signal) => (signal.kind === 'call' ? found(signal) : []),
  fix: {
    kind: 'state',
    lens: recovery,
    desire: (state) => (state === null || state.on ? state : { on: true, days: null }),
  },
});

function found(call: Call): readonly Finding<Table>[] | Unreadable {
  const asked = member(member(call.request, 'pointInTimeRecoverySpecification'), 'pointInTimeRecoveryEnabled');
  if (asked === true || asked === 'true') return [];
  const name = named(call.request, 'tableName');
  if (name === undefined) return unreadable('requestParameters.tableName');
  // The name or the ARN: API_UpdateContinuousBackups, TableName.
  const table = parseArn(name)?.resource.replace(/^table\//, '') ?? name;
  const finding = { target: { table }, resource: arn(call, 'dynamodb', `table/${table}`) };
  const answered = member(member(call.response, 'continuousBackupsDescription'), 'pointInTimeRecoveryDescription');
  const off =
    asked === false ||
    asked === 'false' ||
    named((answered ?? null) as Json, 'pointInTimeRecoveryStatus') === 'DISABLED';
  return off
    ? [{ ...finding, reason: `point-in-time recovery of ${table} was switched off`, certainty: 'certain' }]
    : [
        {
          ...finding,
          reason: `recovery of ${table} was set, and the event does not show to what`,
          certainty: 'possible',
        },
      ];
}
