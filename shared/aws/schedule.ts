/** One-time EventBridge schedules that wake a function to look at an incident again. */
import { ConflictException, CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { client } from './client.ts';

export type Waker = {
  /** The function to wake, the role that may, the group and the dead-letter queue of the schedules. */
  readonly functionArn: string;
  readonly roleArn: string;
  readonly group: string;
  readonly deadLetterArn: string;
};

/**
 * `at`: ISO 8601. The schedule deletes itself. The same look asked for twice is one.
 * @param look what the function is handed, where the name is not an incident's
 */
export async function wakeLater(
  waker: Waker,
  name: string,
  at: string,
  look: object = { incident: name },
): Promise<void> {
  // The expression has whole seconds and no zone (Scheduler user guide, "Schedule types"): rounded up, never early.
  const second = new Date(Math.ceil(Date.parse(at) / 1000) * 1000).toISOString().slice(0, 19);
  try {
    await client(SchedulerClient).send(
      new CreateScheduleCommand({
        Name: `${name}-${second.replace(/[^0-9]/g, '')}`,
        GroupName: waker.group,
        ScheduleExpression: `at(${second})`,
        ScheduleExpressionTimezone: 'UTC',
        FlexibleTimeWindow: { Mode: 'OFF' },
        ActionAfterCompletion: 'DELETE',
        Target: {
          Arn: waker.functionArn,
          RoleArn: waker.roleArn,
          DeadLetterConfig: { Arn: waker.deadLetterArn },
          Input: JSON.stringify({ firebreak: 'due', ...look }),
        },
      }),
    );
  } catch (error) {
    if (!(error instanceof ConflictException)) throw error;
  }
}
