import { arn, parseArn } from '../../shared/aws/arn.ts';
import { short } from '../../shared/aws/statement.ts';
import { text } from '../../shared/core/json.ts';
import { rule, unreadable } from '../../shared/core/rule.ts';
import { claimed } from './lenses/claimed.ts';

export const checkFailed = rule({
  id: 'trustedadvisor/check-failed',
  title: 'A check of Trusted Advisor turned red',
  severity: 'low',
  why: 'Red is Trusted Advisor’s word for action recommended: something is open, unprotected or about to hit its limit, and was not when it was looked at before.',
  class: 'N',
  // An item is refreshed by the week or by hand, and told again each time.
  folds: 24 * 60,
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  // AWS Support User Guide, "Monitoring Trusted Advisor check results with Amazon EventBridge"; EventBridge events reference,
  // AWS Trusted Advisor events. Members as in the event that AWS's Limit Monitor tests itself with (check-name,
  // check-item-detail, status, resource_id, uuid). Sent only with a support plan that has all checks.
  triggers: [
    {
      kind: 'event',
      source: 'aws.trustedadvisor',
      detailType: 'Trusted Advisor Check Item Refresh Notification',
      where: { status: ['ERROR'] },
    },
  ],
  detect(signal) {
    if (signal.kind !== 'other') return [];
    const check = text(signal.detail, 'check-name');
    if (check === undefined) return unreadable('detail.check-name');
    if (claimed.includes(check)) return [];
    const item = text(signal.detail, 'resource_id') ?? '';
    const resource = parseArn(item)
      ? item
      : arn(signal, 'trustedadvisor', `checks/${check}${item && `/${item}`}`, { regional: false, owned: true });
    const region = text(signal.detail, 'check-item-detail', 'Region');
    const where = region === undefined ? '' : ` (${region})`;
    return [
      {
        target: { check, resource },
        resource,
        reason: `Trusted Advisor: ${short(check)}${where}`,
        certainty: 'certain',
      },
    ];
  },
});
