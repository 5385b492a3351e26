import { arn } from '../../shared/aws/arn.ts';
import { told } from '../../shared/aws/telling.ts';
import { text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';

export const ruleDeleted = rule({
  id: 'config/rule-deleted',
  title: 'A rule of AWS Config was deleted',
  severity: 'medium',
  why: 'What the rule checked is checked no more, and its results are deleted with it. Nothing else says that a resource has drifted since.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  // AWS Config Developer Guide, "Logging AWS Config API calls with AWS CloudTrail": all its operations are logged.
  // Member as in its API Reference. Of organisation and conformance pack rules a service makes this call.
  triggers: calls('config.amazonaws.com', 'DeleteConfigRule'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const name = text(signal.request, 'configRuleName');
    if (name === undefined) return unreadable('requestParameters.configRuleName');
    // The ARN holds the rule's id, which the event does not tell.
    return told(arn(signal, 'config', `config-rule/${name}`), `the rule ${name} of AWS Config was deleted`);
  },
});
