import { arn } from '../../shared/aws/arn.ts';
import { listed, member } from '../../shared/aws/telling.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { actions } from './lenses/actions.ts';

const hub = 'https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html#cloudwatch-17';
const describing = 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html';
const alarms = 'arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:*' as const;

export const alarmSilenced = rule({
  id: 'cloudwatch/alarm-silenced',
  title: 'An alarm was told to do nothing',
  severity: 'medium',
  why: 'The alarm still changes its state, and nobody hears of it: no message is sent, nothing scales, no instance is recovered. Silenced for a maintenance and forgotten, or silenced on purpose.',
  class: 'A',
  breaks: 'nothing',
  risk: 'An alarm that rings already carries out its actions when it changes its state next: it sends messages, scales, recovers, stops or terminates as it is set to, in the middle of a maintenance, too.',
  mends: 'switches the actions of the alarm on again. An alarm that was deleted meanwhile is only told.',
  undoes: 'switches the actions off again, with your own credentials: the role that switches them on may not.',
  responsibility: 'platform, applications, identity and access management',
  proof: 'emulator',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'CloudWatch.17', source: hub },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'SI-4(12)', source: hub },
  ],
  // Amazon CloudWatch User Guide, "Logging Amazon CloudWatch API and console operations with AWS CloudTrail", lists it;
  // eventSource there: monitoring.amazonaws.com. Members as in its API Reference.
  triggers: calls('monitoring.amazonaws.com', 'DisableAlarmActions'),
  permissions: {
    read: [
      {
        actions: ['cloudwatch:DescribeAlarms'],
        resources: { noArn: `a narrower scope shows no composite alarms: ${describing}` },
      },
    ],
    write: [{ actions: ['cloudwatch:EnableAlarmActions'], resources: [alarms] }],
    undo: ['cloudwatch:DisableAlarmActions'],
  },
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const names = listed(member(signal.request, 'alarmNames'), 100);
    if (names.length === 0) return unreadable('requestParameters.alarmNames');
    return names.map((name) => ({
      target: { alarm: name, region: signal.region },
      resource: arn(signal, 'cloudwatch', `alarm:${name}`),
      reason: `the actions of the alarm ${name} were switched off`,
      certainty: 'certain',
    }));
  },
  fix: {
    kind: 'state',
    lens: actions,
    desire: (state, { target: { alarm } }) =>
      state === null ? { unknown: `the alarm ${alarm} does not exist any more` } : true,
  },
});
