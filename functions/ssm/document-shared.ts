import { arn } from '../../shared/aws/arn.ts';
import { listed, named } from '../../shared/aws/telling.ts';
import { isObject, type Json } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/ssm-controls.html#ssm-4';

export const documentShared = rule({
  id: 'ssm/document-shared',
  title: 'A Systems Manager document is shared with everybody',
  severity: 'high',
  why: 'Any AWS account can read the document: the scripts, names and addresses in it, and the secrets that somebody may have written there.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'customer data',
  controls: [{ framework: 'AWS Security Hub CSPM', id: 'SSM.4', source: page }],
  // Systems Manager logs all control plane operations (user guide, "Logging AWS Systems Manager API calls with AWS
  // CloudTrail"), and its recorded calls name members as the API does, with a small first letter. API_ModifyDocumentPermission.
  triggers: calls('ssm.amazonaws.com', 'ModifyDocumentPermission'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const name = named(signal.request, 'name');
    if (name === undefined) return unreadable('requestParameters.name');
    // "This action has a higher priority than AccountIdsToAdd": removed wins.
    if (!everybody(signal.request, 'accountIdsToAdd') || everybody(signal.request, 'accountIdsToRemove')) return [];
    const resource = name.startsWith('arn:') ? name : arn(signal, 'ssm', `document/${name}`);
    return [{ target: { document: resource }, resource, reason: `${name} is public`, certainty: 'certain' }];
  },
});

/** `(?i)all`, by the pattern of the account ids. */
function everybody(request: Json, member: string): boolean {
  if (!isObject(request)) return false;
  const key = Object.keys(request).find((one) => one.toLowerCase() === member.toLowerCase());
  return key !== undefined && listed(request[key], 100).some((one) => one.toLowerCase() === 'all');
}
