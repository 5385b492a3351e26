import { closed } from '../../shared/aws/closing.ts';
import { openedBy } from '../../shared/aws/opened.ts';
import { member } from '../../shared/aws/telling.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { secretOf } from './lenses/secret.ts';
import { type PolicyTarget, secretPolicy } from './lenses/secret-policy.ts';

const secrets = 'arn:${AWS::Partition}:secretsmanager:*:${AWS::AccountId}:secret:*';

export const publicPolicy = rule<PolicyTarget, string>({
  id: 'secrets/public-policy',
  title: 'The policy of a secret lets strangers in',
  severity: 'critical',
  why: 'Whoever the policy lets in may read the secret, or change it, as far as the key that encrypts it lets them. A secret that strangers may have read has to be replaced.',
  class: 'A',
  breaks: 'access',
  risk: 'Applications that read the secret by the public statement alone are refused at once, such as those of other accounts that no statement names. All other statements stay.',
  mends:
    'drops the statements that make the policy public, and leaves the others as they are. When none remains, the policy is deleted. Strangers who are named are only told.',
  undoes: 'puts the former policy back, text for text.',
  responsibility: 'customer data',
  proof: 'emulator',
  controls: [
    {
      framework: 'MITRE ATT&CK',
      id: 'T1537',
      source:
        'https://github.com/panther-labs/panther-analysis/blob/main/rules/aws_cloudtrail_rules/aws_resource_made_public.yml',
    },
  ],
  // secretsmanager/latest/userguide/cloudtrail_log_entries.html names the event; members: API_PutResourcePolicy. The
  // queries of github.com/DavidDikker/endgame, docs/risks/secretsmanager.md, find a text in `resourcePolicy`.
  triggers: calls('secretsmanager.amazonaws.com', 'PutResourcePolicy'),
  permissions: {
    read: [{ actions: ['secretsmanager:GetResourcePolicy'], resources: [secrets] }],
    write: [
      { actions: ['secretsmanager:PutResourcePolicy', 'secretsmanager:DeleteResourcePolicy'], resources: [secrets] },
    ],
  },
  detect(signal, _baseline, home) {
    if (signal.kind !== 'call') return [];
    const opened = openedBy(member(signal.request, 'resourcePolicy'), home);
    if (opened === null) return [];
    const secret = secretOf(signal);
    if (secret === undefined) return unreadable('requestParameters.secretId');
    const { reason, certainty, named } = opened;
    return [{ target: { secret, named }, resource: secret, reason, certainty }];
  },
  fix: {
    kind: 'state',
    lens: secretPolicy,
    desire: (policy, { target, home }) => (policy === null ? null : closed(policy, target.named, home)),
  },
});
