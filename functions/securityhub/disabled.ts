import { arn } from '../../shared/aws/arn.ts';
import { listed, member } from '../../shared/aws/telling.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';

export const disabled = rule({
  id: 'securityhub/disabled',
  title: 'Security Hub or its standards were switched off',
  severity: 'high',
  why: 'What is configured badly in this region is not reported any more, and findings of other services are not gathered. Ninety days after Security Hub was disabled, what it had found is gone for good.',
  class: 'N',
  watcher: true,
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  // "CloudTrail captures API calls for Security Hub CSPM as events": AWS Security Hub User Guide, "Logging Security Hub API
  // calls with CloudTrail", whose examples write members as the API does. DisableSecurityHub and its V2 have none.
  triggers: calls('securityhub.amazonaws.com', 'DisableSecurityHub', 'DisableSecurityHubV2', 'BatchDisableStandards'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const target = { region: signal.region };
    if (signal.name !== 'BatchDisableStandards') {
      const newer = signal.name === 'DisableSecurityHubV2';
      const resource = arn(signal, 'securityhub', newer ? 'hubv2/*' : 'hub/default');
      const reason = `Security Hub${newer ? '' : ' CSPM'} was disabled in this region (${signal.name})`;
      return [{ target, resource, reason, certainty: 'certain' }];
    }
    const standards = listed(member(signal.request, 'StandardsSubscriptionArns'));
    if (standards.length === 0) return unreadable('requestParameters.StandardsSubscriptionArns');
    const names = standards.map((one) => one.split(':subscription/')[1] ?? one);
    const reason = `standards are checked no more: ${names.join(', ')}`;
    return [{ target, resource: arn(signal, 'securityhub', 'hub/default'), reason, certainty: 'certain' }];
  },
});
