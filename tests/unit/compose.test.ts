/** What the engine is handed where it is deployed: looks that are scheduled, and the account that it is in. */
import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, it } from 'vitest';
import { compose } from '../../shared/lambda/compose.ts';
import { standard } from '../support/toys.ts';

const scheduler = mockClient(SchedulerClient);
beforeEach(() => {
  scheduler.reset();
  scheduler.on(CreateScheduleCommand).resolves({});
  process.env['AWS_REGION'] ??= 'eu-central-1';
});

const made = (functionArn: string) =>
  compose({
    room: 'cloudtrail',
    rules: [],
    config: standard,
    stack: 'firebreak',
    table: 'firebreak-incidents',
    topicArn: 'arn:aws:sns:eu-central-1:111122223333:firebreak-alerts',
    macKey: 'alias/firebreak-records',
    waker: { functionArn, roleArn: 'role', group: 'firebreak', deadLetterArn: 'queue' },
    holder: 'one',
  });
const deployed = made('arn:aws:lambda:eu-central-1:111122223333:function:firebreak-cloudtrail');
const asked = () => scheduler.commandCalls(CreateScheduleCommand).map((call) => call.args[0].input);

it('looks at an incident under its name, and at a state that may be learned under a digest of its lease', async () => {
  const lease = `111122223333/eu-central-1/cloudtrail/trail/arn:aws:cloudtrail:eu-central-1:111122223333:trail/${'x'.repeat(128)}`;
  await deployed.later({ incident: 'fb-0123456789abcdef', at: '2026-03-02T10:00:00.001Z' });
  await deployed.later({ learned: lease, at: '2026-03-02T10:00:00.000Z' });
  expect(asked()).toMatchObject([
    {
      Name: 'fb-0123456789abcdef-20260302100001',
      Target: { Input: JSON.stringify({ firebreak: 'due', incident: 'fb-0123456789abcdef' }) },
    },
    {
      // EventBridge Scheduler API reference, CreateSchedule: Name.
      Name: expect.stringMatching(/^learn-[0-9a-f]{16}-20260302100000$/),
      ScheduleExpression: 'at(2026-03-02T10:00:00)',
      Target: { Input: JSON.stringify({ firebreak: 'due', learned: lease }) },
    },
  ]);
  for (const { Name } of asked()) expect(Name).toMatch(/^[0-9a-zA-Z-_.]{1,64}$/);
});

it('knows its account by its function’s ARN, and none where that has none', () => {
  expect(deployed.account).toBe('111122223333');
  expect(made('arn::lambda:::function:-cloudtrail').account).toBeUndefined();
});
