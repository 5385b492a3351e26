import { closed } from '../../shared/aws/closing.ts';
import { openedBy } from '../../shared/aws/opened.ts';
import { at, isObject, text } from '../../shared/core/json.ts';
import { calls, isUnknown, rule, type Unknown, unreadable } from '../../shared/core/rule.ts';
import { keyOf, nameless } from './lenses/key.ts';
import { keyPolicy, managers, ownAccount, type PolicyTarget } from './lenses/key-policy.ts';

// Of any region: a key is reached in its own, which may be another than the function's.
const keys = 'arn:${AWS::Partition}:kms:*:${AWS::AccountId}:key/*';

export const publicPolicy = rule<PolicyTarget, string>({
  id: 'kms/public-policy',
  title: 'A key policy lets strangers use the key',
  severity: 'critical',
  why: 'Whoever the policy lets in may do with the key what it allows: decrypt what they got hold of, grant others the use of the key, or change its policy and lock us out of our own data.',
  class: 'A',
  breaks: 'access',
  risk: 'Callers that relied on the public statement alone are refused at once, those of the account, too, if no IAM policy of theirs allows them to use the key. All other statements stay.',
  mends:
    'drops the statements that make the policy public, and leaves the others as they are. Where the account could not manage its key without them, the statement of AWS’s default key policy takes their place. Strangers who are named are only told. A key policy that does not let IAM policies decide has to allow Firebreak’s role to do this.',
  undoes: 'puts the former policy back, text for text.',
  responsibility: 'customer data',
  proof: 'emulator',
  controls: [
    {
      framework: 'AWS Security Hub CSPM',
      id: 'KMS.5',
      source: 'https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html#kms-5',
    },
    {
      framework: 'MITRE ATT&CK',
      id: 'T1537',
      source:
        'https://github.com/panther-labs/panther-analysis/blob/main/rules/aws_cloudtrail_rules/aws_resource_made_public.yml',
    },
  ],
  // kms/latest/developerguide/ct-put-key-policy.html, ct-createkey.html: the policy is a text in both.
  triggers: calls('kms.amazonaws.com', 'PutKeyPolicy', 'CreateKey'),
  permissions: {
    read: [{ actions: ['kms:GetKeyPolicy'], resources: [keys] }],
    // Never past the check that somebody can still manage the key: conditions-kms-bypass-policy-lockout-safety-check.
    write: [
      {
        actions: ['kms:PutKeyPolicy'],
        resources: [keys],
        conditions: { BoolIfExists: { 'kms:BypassPolicyLockoutSafetyCheck': 'false' } },
      },
    ],
  },
  detect(signal, _baseline, home) {
    if (signal.kind !== 'call') return [];
    const policy = at(signal.request, 'policy');
    const creates = signal.name === 'CreateKey';
    // A new key without a policy gets the default one, which lets in its own account: key-policy-default.html.
    if (creates && (policy === undefined || policy === null || policy === '') && signal.request !== null) return [];
    const opened = openedBy(policy, home);
    if (opened === null) return [];
    const key = creates ? text(signal.response, 'keyMetadata', 'arn') : keyOf(signal);
    if (key === undefined) return unreadable(creates ? 'responseElements.keyMetadata.arn' : nameless);
    const { reason, certainty, named } = opened;
    return [{ target: { key, named }, resource: key, reason, certainty }];
  },
  fix: {
    kind: 'state',
    lens: keyPolicy,
    desire(policy, { target, home }) {
      const left = policy === null ? null : closed(policy, target.named, home);
      return policy === null || left === policy || isUnknown(left) ? left : managed(policy, left, target.key);
    },
  },
});

/** What remains, if the account can manage its key by it; KMS would refuse, or we could not undo, anything less. */
function managed(before: string, left: string | null, key: string): string | Unknown {
  const by = left === null ? 'nobody' : managers(left, key);
  if (left !== null && by === 'account') return left;
  if (by === 'named')
    return { unknown: 'without its public statements the policy lets only those manage the key whom it names' };
  const document: unknown = JSON.parse(left ?? before);
  if (!isObject(document)) return { unknown: 'the policy is none that can be read' };
  const kept = left === null ? [] : [document.Statement ?? []].flat();
  return JSON.stringify({ ...document, Statement: [ownAccount(key), ...kept] });
}
