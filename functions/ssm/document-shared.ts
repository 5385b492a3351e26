import { arn } from '../../shared/aws/arn.ts';
import { listed, named } from '../../shared/aws/telling.ts';
import { isObject, type Json } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { type Document, publicDocument, type Sharing } from './lenses/public-document.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/ssm-controls.html#ssm-4';

const documents = 'arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:document/*' as const;

export const documentShared = rule<Document, Sharing>({
  id: 'ssm/document-shared',
  title: 'A Systems Manager document is shared with everybody',
  severity: 'high',
  why: 'Any AWS account can read the document: the scripts, names and addresses in it, and the secrets that somebody may have written there.',
  class: 'G',
  breaks: 'nothing',
  risk: 'Other accounts that run the document without being named can no longer read it. In this account nothing changes.',
  // "The account IDs can either be a group of account IDs or All": API_ModifyDocumentPermission.
  mends:
    'takes the document back from everybody. Accounts that it was shared with by name before have to be named again: Systems Manager keeps either them or everybody.',
  undoes: 'shares the same version with everybody again, unless the account blocks public sharing by then.',
  proof: 'emulator',
  responsibility: 'customer data',
  controls: [{ framework: 'AWS Security Hub CSPM', id: 'SSM.4', source: page }],
  // Systems Manager logs all control plane operations (user guide, "Logging AWS Systems Manager API calls with AWS
  // CloudTrail"), and its recorded calls name members as the API does, with a small first letter. API_ModifyDocumentPermission.
  triggers: calls('ssm.amazonaws.com', 'ModifyDocumentPermission'),
  permissions: {
    read: [{ actions: ['ssm:DescribeDocumentPermission'], resources: [documents] }],
    write: [{ actions: ['ssm:ModifyDocumentPermission'], resources: [documents] }],
  },
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const name = named(signal.request, 'name');
    if (name === undefined) return unreadable('requestParameters.name');
    // "This action has a higher priority than AccountIdsToAdd": removed wins.
    if (!everybody(signal.request, 'accountIdsToAdd') || everybody(signal.request, 'accountIdsToRemove')) return [];
    const resource = name.startsWith('arn:') ? name : arn(signal, 'ssm', `document/${name}`);
    return [{ target: { document: resource }, resource, reason: `${name} is public`, certainty: 'certain' }];
  },
  fix: {
    kind: 'state',
    lens: publicDocument,
    desire: (sharing) => sharing && { everybody: false, version: null },
  },
});

/** `(?i)all`, by the pattern of the account ids. */
function everybody(request: Json, member: string): boolean {
  if (!isObject(request)) return false;
  const key = Object.keys(request).find((one) => one.toLowerCase() === member.toLowerCase());
  return key !== undefined && listed(request[key], 100).some((one) => one.toLowerCase() === 'all');
}
