import { arn } from '../../shared/aws/arn.ts';
import { listed } from '../../shared/aws/telling.ts';
import { at } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';

export const alarmDeleted = rule({
  id: 'cloudwatch/alarm-deleted',
  title: 'An alarm was deleted',
  severity: 'low',
  why: 'Nobody misses an alarm that no longer rings. Security alarms on metric filters, and the alarms that watch the watchers, go this way.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  // Amazon CloudWatch User Guide, "Logging Amazon CloudWatch API and console operations with AWS CloudTrail", lists it;
  // eventSource there: monitoring.amazonaws.com. Members as in its API Reference.
  triggers: calls('monitoring.amazonaws.com', 'DeleteAlarms'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const names = listed(at(signal.request, 'alarmNames'), 100);
    if (names.length === 0) return unreadable('requestParameters.alarmNames');
    return names.map((name) => {
      const resource = arn(signal, 'cloudwatch', `alarm:${name}`);
      return { target: { resource }, resource, reason: `the alarm ${name} was deleted`, certainty: 'certain' };
    });
  },
});
