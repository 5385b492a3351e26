import type { StatusType } from '@aws-sdk/client-iam';
import * as v from 'valibot';
import { arn } from '../../shared/aws/arn.ts';
import { type Finding, rule, unreadable } from '../../shared/core/rule.ts';
import type { Found } from '../../shared/core/signal.ts';
import { type AccessKey, accessKey } from './lenses/access-key.ts';
import { type Credential, credentialsOf, namesSomebody } from './lenses/found-credentials.ts';
import { medium, misuses, tooLow } from './lenses/misuse.ts';

const baseline = v.strictObject({
  severity: v.optional(
    v.pipe(
      v.number(),
      v.minValue(1),
      v.maxValue(10),
      v.description('below this severity of GuardDuty’s a finding is only told'),
    ),
    medium,
  ),
});
type Baseline = { readonly severity?: number };

/** `leave`: why the credential stays as it is, or null. */
type Suspect = AccessKey & { readonly leave: string | null };

export const compromisedCredentials = rule<Suspect, StatusType, Baseline>({
  id: 'iam/compromised-credentials',
  title: 'Credentials are used by somebody else',
  severity: 'high',
  why: 'GuardDuty saw calls with these credentials that do not fit their owner: from a place known for attacks, with an attacker’s tools, or unlike anything done with them before. Whoever has them may do what their owner may.',
  class: 'C',
  contains: true,
  breaks: 'access',
  risk: 'If GuardDuty is wrong, programs that use the key are refused until it is made active again.',
  mends:
    'makes the user’s access key inactive. Temporary credentials that were drawn with it live on until they expire, and what was done with it stays done. Sign-ins to the console and the root user are only told, with what to do; sessions of roles are iam/compromised-session’s.',
  undoes: 'makes the key active again.',
  responsibility: 'platform, applications, identity and access management',
  proof: 'emulator',
  controls: [{ framework: 'MITRE ATT&CK', id: 'T1078.004', source: 'https://attack.mitre.org/techniques/T1078/004/' }],
  triggers: misuses,
  permissions: {
    read: [{ actions: ['iam:ListAccessKeys'], resources: ['arn:${AWS::Partition}:iam::${AWS::AccountId}:user/*'] }],
    write: [{ actions: ['iam:UpdateAccessKey'], resources: ['arn:${AWS::Partition}:iam::${AWS::AccountId}:user/*'] }],
  },
  baseline,
  detect(signal, settings) {
    if (signal.kind !== 'finding') return [];
    if (!namesSomebody(signal)) return unreadable('resource.accessKeyDetails');
    return credentialsOf(signal)
      .filter(({ of }) => of !== 'role')
      .map((one) => found(one, signal, settings));
  },
  fix: {
    kind: 'state',
    lens: accessKey,
    // What is gone or expired can't be used either.
    desire: (status, { target: { leave } }) =>
      leave !== null ? { unknown: leave } : status === 'Active' ? 'Inactive' : status,
  },
});

function found(credential: Credential, finding: Found, { severity: least }: Baseline): Finding<Suspect> {
  const { of, name, key } = credential;
  const leave = leaveAlone(credential) ?? tooLow(finding, least);
  const resource =
    of === 'other'
      ? arn(finding, 'sts', `federated-user/${name}`, { regional: false, owned: true })
      : arn(finding, 'iam', of === 'root' ? 'root' : `user/${name}`, { regional: false, owned: true });
  const who = of === 'root' ? 'the root user' : `${of === 'other' ? 'a session of' : 'user'} ${name}`;
  const reason = `GuardDuty reports ${finding.type} by ${who}${key === '' ? '' : `, with ${key}`}`;
  return { target: { user: name, key, leave }, resource, reason, certainty: 'certain' };
}

/** Why there is no key of a user to make inactive, and what to do instead. */
function leaveAlone({ of, name, key }: Credential): string | null {
  if (of === 'root') return 'these are credentials of the root user: change its password, delete its access keys';
  if (of === 'other')
    return `${name} was vouched for by an identity provider or a federation token: end the session there, or deny it by a policy on the identity that it was drawn from`;
  if (key.startsWith('AKIA')) return null;
  return `these are temporary credentials of user ${name}, and no access key is named: deny them by a policy on the user, where aws:TokenIssueTime is before now`;
}
