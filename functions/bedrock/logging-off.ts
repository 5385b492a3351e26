import { arn } from '../../shared/aws/arn.ts';
import { calls, rule } from '../../shared/core/rule.ts';

export const loggingOff = rule({
  id: 'bedrock/logging-off',
  title: 'What models are asked is no longer logged',
  severity: 'medium',
  why: 'Without the log of model invocations nobody can say afterwards what was asked and answered, by whom. Intruders turn it off before they run models on this account’s bill.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  // "Amazon Bedrock API operations (both control plane and data plane)" are logged: Bedrock user guide, "Monitor Amazon
  // Bedrock API calls using CloudTrail". The call has no parameters: the configuration is the account's in that region.
  triggers: calls('bedrock.amazonaws.com', 'DeleteModelInvocationLoggingConfiguration'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const region = signal.region ?? 'unknown';
    // The configuration has no ARN of its own (Service Authorization Reference, Amazon Bedrock): the account's stands for it.
    const resource = arn(signal, 'iam', 'root', { regional: false, owned: true });
    const reason = `the logging of model invocations in ${region} was deleted`;
    return [{ target: { region }, resource, reason, certainty: 'certain' }];
  },
});
