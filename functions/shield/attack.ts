import { arn } from '../../shared/aws/arn.ts';
import { told } from '../../shared/aws/telling.ts';
import { at, text } from '../../shared/core/json.ts';
import { type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Other } from '../../shared/core/signal.ts';

export const attack = rule({
  id: 'shield/attack',
  title: 'A flood is under way against what you run',
  severity: 'high',
  why: 'Shield sees traffic that is meant to bring an application down. AWS holds off what it can; whether the application still answers, and what the flood costs, somebody has to watch.',
  class: 'N',
  // An alarm that goes back and forth during one attack is one incident.
  folds: 60,
  breaks: 'nothing',
  responsibility: 'operating system, network and firewall configuration',
  controls: [],
  triggers: [
    // Metrics: "AWS Shield Advanced metrics", AWS WAF and Shield Advanced Developer Guide, which recommends alarms on
    // DDoSDetected. The event: "Alarm events and EventBridge", Amazon CloudWatch User Guide.
    {
      kind: 'event',
      source: 'aws.cloudwatch',
      detailType: 'CloudWatch Alarm State Change',
      where: {
        state: { value: ['ALARM'] },
        configuration: { metrics: { metricStat: { metric: { namespace: ['AWS/DDoSProtection'] } } } },
      },
    },
    // The codes are named in "AWS services that send findings to Security Hub: AWS Health", AWS Security Hub User Guide.
    {
      kind: 'event',
      source: 'aws.health',
      detailType: 'AWS Health Event',
      where: {
        eventTypeCode: [
          'AWS_SHIELD_INTERNET_TRAFFIC_LIMITATIONS_PLACED_IN_RESPONSE_TO_DDOS_ATTACK',
          'AWS_SHIELD_IS_RESPONDING_TO_A_DDOS_ATTACK_AGAINST_YOUR_AWS_RESOURCES',
        ],
      },
    },
  ],
  detect(signal) {
    if (signal.kind !== 'other') return [];
    return signal.source === 'aws.health' ? fromHealth(signal) : fromAlarm(signal);
  },
});

type Told = readonly Finding<{ resource: string }>[] | Unreadable;

function fromAlarm(signal: Other): Told {
  const name = text(signal.detail, 'alarmName');
  if (name === undefined) return unreadable('detail.alarmName');
  const metrics = at(signal.detail, 'configuration', 'metrics');
  const about = (Array.isArray(metrics) ? metrics : []).flatMap((metric: unknown) => {
    const found = at(metric, 'metricStat', 'metric');
    const guarded = text(found, 'dimensions', 'ResourceArn');
    return [`${text(found, 'name') ?? 'a metric'}${guarded === undefined ? '' : ` of ${guarded}`}`];
  });
  const reason = `the alarm ${name} rings: ${about.slice(0, 5).join(', ')}`;
  return told(signal.resources[0] ?? arn(signal, 'cloudwatch', `alarm:${name}`), reason);
}

/** Health may close an event, too: then the attack is over. */
function fromHealth(signal: Other): Told {
  if (text(signal.detail, 'statusCode') === 'closed') return [];
  const code = text(signal.detail, 'eventTypeCode') ?? 'an attack';
  const entities = at(signal.detail, 'affectedEntities');
  const affected = (Array.isArray(entities) ? entities : []).flatMap((one: unknown) => text(one, 'entityValue') ?? []);
  const resource = affected.find((one) => one.startsWith('arn:')) ?? text(signal.detail, 'eventArn');
  if (resource === undefined) return unreadable('detail.eventArn');
  const about = affected.length > 0 ? `, about ${affected.slice(0, 5).join(', ')}` : '';
  return told(resource, `AWS Health reports ${code}${about}`);
}
