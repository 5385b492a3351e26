import { arn } from '../../shared/aws/arn.ts';
import { told } from '../../shared/aws/telling.ts';
import { text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';

export const modelAccessOpened = rule({
  id: 'bedrock/model-access-opened',
  title: 'Somebody asked for access to foundation models',
  severity: 'medium',
  why: 'Intruders with a stolen key ask for the large models and run them on this account’s bill, or sell the access. Where people here ask for models themselves, this is how it looks, too.',
  class: 'N',
  folds: 60,
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  // Recorded: Stratus Red Team, aws.impact.bedrock-invoke-model; PutUseCaseForModelAccess without parameters.
  triggers: calls(
    'bedrock.amazonaws.com',
    'PutUseCaseForModelAccess',
    'CreateFoundationModelAgreement',
    'PutFoundationModelEntitlement',
  ),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    // The form is about the account; it names no model.
    if (signal.name === 'PutUseCaseForModelAccess')
      return told(
        arn(signal, 'bedrock', 'foundation-model/*', { regional: true, owned: false }),
        `${signal.actor.name} filled in the form about the use of models`,
      );
    const model = text(signal.request, 'modelId');
    if (model === undefined) return unreadable('requestParameters.modelId');
    const what = signal.name === 'CreateFoundationModelAgreement' ? 'accepted the terms of' : 'asked for access to';
    return told(
      arn(signal, 'bedrock', `foundation-model/${model}`, { regional: true, owned: false }),
      `${signal.actor.name} ${what} ${model}`,
    );
  },
});
