import { arn } from '../../shared/aws/arn.ts';
import { aboutRoot } from '../../shared/aws/root.ts';
import { text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { type LoginProfile, loginProfile, type User } from './lenses/login-profile.ts';

const users = 'arn:${AWS::Partition}:iam::${AWS::AccountId}:user/*';

export const userLoginProfile = rule<User, LoginProfile, unknown>({
  id: 'iam/login-profile',
  title: 'A user was given a console password',
  severity: 'high',
  why: 'Who knows the password can sign in to the console past single sign-on, and stay. Intruders give passwords to users that had none, or set new ones for users with more rights than theirs.',
  class: '1',
  breaks: 'access',
  risk: 'The user can’t sign in to the console any more, whoever set the password. Access keys and console sessions that are open go on: look at those yourself.',
  mends: 'deletes the user’s console password; the user, the access keys and the second factor stay.',
  undoes:
    'is not possible: nobody can read a password, so that none can be put back. A new one is set with aws iam create-login-profile.',
  responsibility: 'platform, applications, identity and access management',
  proof: 'emulator',
  controls: [
    {
      framework: 'AWS Well-Architected',
      id: 'SEC02-BP04',
      source:
        'https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_identities_identity_provider.html',
    },
    // It names CreateLoginProfile.
    { framework: 'MITRE ATT&CK', id: 'T1098.001', source: 'https://attack.mitre.org/techniques/T1098/001/' },
  ],
  // Recorded: Stratus Red Team, aws.persistence.iam-create-user-login-profile (requestParameters.userName, and
  // responseElements.loginProfile) and aws.privilege-escalation.iam-update-user-login-profile (answered by null).
  triggers: calls('iam.amazonaws.com', 'CreateLoginProfile', 'UpdateLoginProfile'),
  permissions: {
    read: [{ actions: ['iam:GetLoginProfile'], resources: [users] }],
    write: [{ actions: ['iam:DeleteLoginProfile'], resources: [users] }],
  },
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const asked = text(signal.request, 'userName');
    // Without a name the password is the caller's own (IAM API reference, CreateLoginProfile). Root's, which a session of
    // AssumeRoot gives back, is no user's.
    if (aboutRoot(signal)) return [];
    const user = asked ?? text(signal.response, 'loginProfile', 'userName');
    if (user === undefined) return unreadable('requestParameters.userName');
    const what =
      signal.name === 'CreateLoginProfile' ? 'was given a console password' : 'had the console password reset';
    return [
      {
        target: { user },
        // The event does not tell the user's path: the ARN is that of a user without one.
        resource: arn(signal, 'iam', `user/${user}`, { regional: false, owned: true }),
        reason: `the user ${user} ${what}`,
        certainty: 'certain',
      },
    ];
  },
  fix: { kind: 'state', lens: loginProfile, desire: () => null },
});
