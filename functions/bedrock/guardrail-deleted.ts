import { arn } from '../../shared/aws/arn.ts';
import { told } from '../../shared/aws/telling.ts';
import { text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';

export const guardrailDeleted = rule({
  id: 'bedrock/guardrail-deleted',
  title: 'A guardrail was deleted or changed',
  severity: 'medium',
  why: 'A guardrail keeps models from harmful words, injected prompts and personal data. Without it applications fail that name it, or answer unfiltered once they no longer do.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [{ framework: 'MITRE ATT&CK', id: 'T1562.001', source: 'https://rulehound.com/rules/41e2e2' }],
  // Both events, of a true account: Panther's public rule (aws_bedrock_guardrail_update_delete). An update's settings are
  // hidden in it ("HIDDEN_DUE_TO_SECURITY_REASONS"). The third is in Elastic's rule for the same (source of the control).
  triggers: calls(
    'bedrock.amazonaws.com',
    'DeleteGuardrail',
    'UpdateGuardrail',
    'DeleteEnforcedGuardrailConfiguration',
  ),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    if (signal.name === 'DeleteEnforcedGuardrailConfiguration')
      return told(
        arn(signal, 'bedrock', 'guardrail/*'),
        'no guardrail is enforced for all calls of the account any more',
      );
    const named = text(signal.request, 'guardrailIdentifier') ?? text(signal.response, 'guardrailArn');
    if (named === undefined) return unreadable('requestParameters.guardrailIdentifier');
    const resource = named.startsWith('arn:') ? named : arn(signal, 'bedrock', `guardrail/${named}`);
    const id = resource.slice(resource.lastIndexOf('/') + 1);
    if (signal.name === 'UpdateGuardrail')
      return told(resource, `guardrail ${id} was changed, which may weaken it: the event hides how`, 'possible');
    const version = text(signal.request, 'guardrailVersion');
    return told(resource, `${version === undefined ? '' : `version ${version} of `}guardrail ${id} was deleted`);
  },
});
