/** The clock of the daily digest: in the stack only where firebreak.yml asks for one. */
import type { Config } from '../shared/core/mode.ts';
import type { Resources } from './parts.ts';

const arnOf = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });

/** It wakes the function `watch`, which reads incidents and tells anyway ("Cron-based schedules", EventBridge Scheduler User Guide). */
export function digestOf({ channels: { digest } }: Config, stack: string): Resources {
  if (!digest) return {};
  return {
    DigestClock: {
      Type: 'AWS::Scheduler::Schedule',
      Properties: {
        Name: `${stack}-digest`,
        GroupName: { Ref: 'Looks' },
        ScheduleExpression: `cron(0 ${digest.hour} * * ? *)`,
        ScheduleExpressionTimezone: 'UTC',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: {
          Arn: arnOf('WatchLambdaFunction'),
          RoleArn: arnOf('WakerRole'),
          Input: JSON.stringify({ firebreak: 'digest' }),
          DeadLetterConfig: { Arn: arnOf('DeadLetters') },
          RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 20 },
        },
      },
    },
  };
}
