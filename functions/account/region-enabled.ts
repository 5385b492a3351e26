import { arn } from '../../shared/aws/arn.ts';
import { told } from '../../shared/aws/telling.ts';
import { text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';

export const regionEnabled = rule({
  id: 'account/region-enabled',
  title: 'A region was opened',
  severity: 'medium',
  why: 'Regions that nobody uses are regions that nobody watches: no trail of their own, no detector, no eyes. Intruders open one to work in it.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  // "AWS CloudTrail logs all Account Management API operations": AWS Account Management Reference Guide, "Logging AWS
  // Account Management API calls", whose examples show the source, us-east-1 and members in camel case.
  triggers: calls('account.amazonaws.com', 'EnableRegion'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const region = text(signal.request, 'regionName') ?? text(signal.request, 'RegionName');
    if (region === undefined) return unreadable('requestParameters.regionName');
    // For a member of the organisation the request names its account.
    const account = text(signal.request, 'accountId') ?? signal.account;
    const resource = arn({ ...signal, account }, 'account', 'account', { regional: false, owned: true });
    return told(resource, `the region ${region} was opened`);
  },
});
