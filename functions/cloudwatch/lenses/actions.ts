import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  DisableAlarmActionsCommand,
  EnableAlarmActionsCommand,
} from '@aws-sdk/client-cloudwatch';
import { client } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** `alarm`: its name, which is one in its region for metric and composite alarms together. */
export type Alarm = { readonly alarm: string; readonly region: string | null };

/** Whether an alarm carries out its actions: ActionsEnabled. Null where there is no such alarm. */
export const actions: Lens<Alarm, boolean> = {
  id: 'cloudwatch/alarm-actions',
  key: ({ alarm }) => alarm,
  async read({ alarm }) {
    const asked = new DescribeAlarmsCommand({ AlarmNames: [alarm], AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] });
    const { MetricAlarms = [], CompositeAlarms = [] } = await client(CloudWatchClient).send(asked);
    return [...MetricAlarms, ...CompositeAlarms].find(({ AlarmName }) => AlarmName === alarm)?.ActionsEnabled ?? null;
  },
  async write({ alarm }, _from, to) {
    if (to === null) throw fault('NotWritable', `the actions of ${alarm} are on or off`);
    const names = { AlarmNames: [alarm] };
    await client(CloudWatchClient).send(
      to ? new EnableAlarmActionsCommand(names) : new DisableAlarmActionsCommand(names),
    );
  },
  // The role that gives an alarm its voice back must not be able to take it.
  undo: (before, after) => (before === null || after === null ? 'none' : 'operator'),
};
