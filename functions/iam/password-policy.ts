import * as v from 'valibot';
import { arn } from '../../shared/aws/arn.ts';
import { calls, type Finding, rule } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { type Account, type PasswordPolicy, passwordPolicy } from './lenses/password-policy.ts';
import { type Baseline, below, none, raised, requested, usual } from './lenses/strength.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html';
const reference =
  'https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html';

// Bounds: API_UpdateAccountPasswordPolicy.
const whole = (least: number, most: number) => v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
const baseline = v.strictObject({
  minimumLength: v.optional(
    v.pipe(whole(6, 128), v.description('the least number of characters')),
    usual.minimumLength,
  ),
  reusePrevention: v.optional(
    v.pipe(v.nullable(whole(1, 24)), v.description('how many former passwords are refused; null: none')),
    usual.reusePrevention,
  ),
  symbols: v.optional(v.pipe(v.boolean(), v.description('a symbol is asked for')), usual.symbols),
  numbers: v.optional(v.pipe(v.boolean(), v.description('a digit is asked for')), usual.numbers),
  uppercase: v.optional(v.pipe(v.boolean(), v.description('a capital letter is asked for')), usual.uppercase),
  lowercase: v.optional(v.pipe(v.boolean(), v.description('a small letter is asked for')), usual.lowercase),
  maxAge: v.optional(
    v.pipe(v.nullable(whole(1, 1095)), v.description('after how many days a password expires; null: never')),
    usual.maxAge,
  ),
});

export const accountPasswordPolicy = rule<Account, PasswordPolicy, Partial<Baseline>>({
  id: 'iam/password-policy',
  title: 'The account’s password policy is weak or gone',
  severity: 'medium',
  why: 'The policy decides how strong the console passwords of all IAM users must be. Intruders weaken it to set passwords that are easy to keep, and it is rarely looked at again.',
  class: 'A',
  breaks: 'nothing',
  risk: 'None to applications: access keys know no password policy. Length, characters and reuse count from a user’s next change of password on. Only a maxAge, if you configure one, acts at once: users whose password is older must choose a new one when they next sign in.',
  mends:
    'raises what is below the baseline: 14 characters of all four kinds and 24 passwords remembered, unless firebreak.yml says otherwise. Stricter settings, users’ permission to change their own password and hard expiry stay as they are. An account without a policy gets the baseline as its policy.',
  undoes:
    'puts the former policy back. Where there was none, the policy is deleted with your own credentials: the role that raises policies may not delete one.',
  responsibility: 'platform, applications, identity and access management',
  proof: 'emulator',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'IAM.7', source: `${page}#iam-7` },
    { framework: 'AWS Security Hub CSPM', id: 'IAM.15', source: `${page}#iam-15` },
    { framework: 'AWS Security Hub CSPM', id: 'IAM.16', source: `${page}#iam-16` },
    { framework: 'CIS AWS Foundations v3.0.0', id: '1.8', source: `${page}#iam-15` },
    { framework: 'CIS AWS Foundations v3.0.0', id: '1.9', source: `${page}#iam-16` },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'IA-5(1)', source: `${page}#iam-7` },
  ],
  triggers: [
    ...calls('iam.amazonaws.com', 'UpdateAccountPasswordPolicy', 'DeleteAccountPasswordPolicy'),
    // https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-iam.html#stealth-iam-passwordpolicychange
    { kind: 'finding', origin: 'guardduty', type: 'Stealth:IAMUser/PasswordPolicyChange' },
  ],
  permissions: {
    read: [{ actions: ['iam:GetAccountPasswordPolicy'], resources: { noArn: `${reference}: no resource types` } }],
    write: [{ actions: ['iam:UpdateAccountPasswordPolicy'], resources: { noArn: `${reference}: no resource types` } }],
    undo: ['iam:DeleteAccountPasswordPolicy'],
  },
  baseline,
  detect(signal, least) {
    // The account's own ARN, as a principal has it: a password policy has none.
    const resource = arn(signal, 'iam', 'root', { regional: false, owned: true });
    const finding = { target: { account: signal.account ?? 'unknown' }, resource };
    if (signal.kind === 'call') return fromCall(signal, finding, least);
    // GuardDuty reports attempts, too.
    const reason = 'GuardDuty reports that the password policy was weakened, or an attempt to; how it is now is read';
    return signal.kind === 'finding' ? [{ ...finding, reason, certainty: 'possible' }] : [];
  },
  fix: {
    kind: 'state',
    lens: passwordPolicy,
    desire(policy, { baseline: least }) {
      const now = policy ?? none;
      const wanted = raised(now, least);
      if (now.hardExpiry && wanted.maxAge !== now.maxAge)
        return {
          unknown: `with hard expiry on, users whose password is older than ${wanted.maxAge} days would be locked out at once until an administrator resets it: set the policy yourself (aws iam update-account-password-policy, which resets what you leave out)`,
        };
      return wanted;
    },
  },
});

type Found = Pick<Finding<Account>, 'target' | 'resource'>;

function fromCall({ name, request }: Call, finding: Found, least: Partial<Baseline>): readonly Finding<Account>[] {
  if (name === 'DeleteAccountPasswordPolicy')
    return [{ ...finding, reason: 'the account’s password policy was deleted', certainty: 'certain' }];
  const policy = requested(request);
  const reason = 'the password policy was updated, and the event does not show to what: it is read';
  if (policy === null) return [{ ...finding, reason, certainty: 'possible' }];
  const weak = below(policy, least);
  return weak.length === 0
    ? []
    : [
        {
          ...finding,
          reason: `the password policy was set below the baseline: ${weak.join('; ')}`,
          certainty: 'certain',
        },
      ];
}
