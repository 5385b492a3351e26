import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DisableAlarmActionsCommand,
  PutCompositeAlarmCommand,
  PutMetricAlarmCommand,
} from '@aws-sdk/client-cloudwatch';
import { client } from '../../../shared/aws/client.ts';
import type { Stage } from '../../support/stage.ts';

/** An alarm among others, silenced. */
const stage = (name: string, alarm: string, composite: boolean): Stage => ({
  rule: 'cloudwatch/alarm-silenced',
  name,
  async set() {
    const cloudwatch = client(CloudWatchClient);
    const others = [`${alarm} 2`, 'base'];
    for (const AlarmName of composite ? others : [alarm, ...others])
      await cloudwatch.send(
        new PutMetricAlarmCommand({
          AlarmName,
          Namespace: 'Example',
          MetricName: 'Logins',
          Statistic: 'Sum',
          Period: 60,
          EvaluationPeriods: 1,
          Threshold: 1,
          ComparisonOperator: 'GreaterThanThreshold',
          AlarmActions: ['arn:aws:sns:us-east-1:123456789012:alerts'],
        }),
      );
    if (composite)
      await cloudwatch.send(new PutCompositeAlarmCommand({ AlarmName: alarm, AlarmRule: 'ALARM("base")' }));
    await cloudwatch.send(new DisableAlarmActionsCommand({ AlarmNames: [alarm] }));
    return {
      target: { alarm, region: 'us-east-1' },
      after: true,
      call: { name: 'DisableAlarmActions', request: { alarmNames: [alarm] } },
      async clear() {
        await cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: [alarm] }));
        await cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: others }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage(
    'an alarm with blanks and slashes in its name, beside one whose name begins like it',
    'Root login / console',
    false,
  ),
  stage('a composite alarm', 'any-of-these', true),
];
