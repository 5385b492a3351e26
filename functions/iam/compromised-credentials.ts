import type { StatusType } from '@aws-sdk/client-iam';
import * as v from 'valibot';
import { arn } from '../../shared/aws/arn.ts';
import { type Finding, rule, type Trigger, unreadable } from '../../shared/core/rule.ts';
import type { Found } from '../../shared/core/signal.ts';
import { type AccessKey, accessKey } from './lenses/access-key.ts';
import { type Credential, credentialsOf, namesSomebody, severityOf } from './lenses/found-credentials.ts';

/**
 * Not Policy:IAMUser (a root user at work), nor those about logging and password policies: their rules own other lenses.
 * https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-iam.html and …/guardduty-attack-sequence-finding-types.html
 */
const types = [
  'AttackSequence:IAM/CompromisedCredentials',
  ...['CredentialAccess', 'DefenseEvasion', 'Discovery', 'Exfiltration'].map(
    (one) => `${one}:IAMUser/AnomalousBehavior`,
  ),
  ...['Impact', 'InitialAccess', 'Persistence', 'PrivilegeEscalation'].map((one) => `${one}:IAMUser/AnomalousBehavior`),
  ...['KaliLinux', 'ParrotLinux', 'PentooLinux'].map((one) => `PenTest:IAMUser/${one}`),
  ...['MaliciousIPCaller', 'MaliciousIPCaller.Custom', 'TorIPCaller'].flatMap((one) => [
    `Recon:IAMUser/${one}`,
    `UnauthorizedAccess:IAMUser/${one}`,
  ]),
  'UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B',
  'UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.InsideAWS',
  'UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS',
  'UnauthorizedAccess:IAMUser/ResourceCredentialExfiltration.InsideAWS',
  'UnauthorizedAccess:IAMUser/ResourceCredentialExfiltration.OutsideAWS',
];

/** Medium and above: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html */
const medium = 4;
/** `severity`: below this severity of GuardDuty's, 1 to 10, a finding is only told. */
const baseline = v.strictObject({
  severity: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(10)), medium),
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
    'makes the user’s access key inactive. Temporary credentials that were drawn with it live on until they expire, and what was done with it stays done. Sessions of roles, sign-ins to the console and the root user are only told, with what to do.',
  undoes: 'makes the key active again.',
  responsibility: 'platform, applications, identity and access management',
  proof: 'emulator',
  controls: [{ framework: 'MITRE ATT&CK', id: 'T1078.004', source: 'https://attack.mitre.org/techniques/T1078/004/' }],
  triggers: types.map((type) => ({ kind: 'finding', origin: 'guardduty', type })) as unknown as [Trigger, ...Trigger[]],
  permissions: {
    read: [{ actions: ['iam:ListAccessKeys'], resources: ['arn:${AWS::Partition}:iam::${AWS::AccountId}:user/*'] }],
    write: [{ actions: ['iam:UpdateAccessKey'], resources: ['arn:${AWS::Partition}:iam::${AWS::AccountId}:user/*'] }],
  },
  baseline,
  detect(signal, { severity = medium }) {
    if (signal.kind !== 'finding') return [];
    if (!namesSomebody(signal)) return unreadable('resource.accessKeyDetails');
    return credentialsOf(signal).map((one) => found(one, signal, severity));
  },
  fix: {
    kind: 'state',
    lens: accessKey,
    // What is gone or expired can't be used either.
    desire: (status, { target: { leave } }) =>
      leave !== null ? { unknown: leave } : status === 'Active' ? 'Inactive' : status,
  },
});

function found(credential: Credential, finding: Found, severity: number): Finding<Suspect> {
  const { of, name, key } = credential;
  const seen = severityOf(finding);
  const leave =
    leaveAlone(credential) ??
    (seen < severity ? `severity ${seen}, and only from ${severity} a key is made inactive` : null);
  const owner = of === 'root' ? 'root' : `${of}/${name}`;
  const resource = arn(finding, 'iam', owner, { regional: false, owned: true });
  const reason = `GuardDuty reports ${finding.type} by ${of === 'root' ? 'the root user' : `${of} ${name}`}${key === '' ? '' : `, with ${key}`}`;
  return { target: { user: name, key, leave }, resource, reason, certainty: 'certain' };
}

/** Why there is no key of a user to make inactive, and what to do instead. */
function leaveAlone({ of, name, key, principal }: Credential): string | null {
  if (of === 'root') return 'these are credentials of the root user: change its password, delete its access keys';
  if (of === 'role')
    return `a session of role ${name} is denied by no rule yet: deny it by a policy on the role, where aws:userid is ${principal || 'that of the session'}; other sessions of the role then go on`;
  if (key.startsWith('AKIA')) return null;
  return `these are temporary credentials of user ${name}, and no access key is named: deny them by a policy on the user, where aws:TokenIssueTime is before now`;
}
