import { arn } from '../../shared/aws/arn.ts';
import { aboutRoot } from '../../shared/aws/root.ts';
import { named, told } from '../../shared/aws/telling.ts';
import { calls, rule, type Trigger } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';

const signIn = (name: string): Trigger => ({ kind: 'call', service: 'signin.amazonaws.com', name, signIn: 'any' });

const what: { readonly [name: string]: string } = {
  PasswordUpdated: 'the root user’s password was changed',
  PasswordRecoveryRequested: 'somebody asked for a new password of the root user, by its mailbox',
  PasswordRecoveryCompleted: 'the root user’s password was set anew, by its mailbox',
  EmailUpdated: 'the root user’s email address was changed',
  CreateLoginProfile: 'the root user was given a password',
  UpdateLoginProfile: 'the root user’s password was changed',
};

export const rootCredentialsChanged = rule({
  id: 'root/credentials-changed',
  title: 'The root user’s password or email address was changed',
  severity: 'critical',
  why: 'Who has the root user’s password, or the mailbox to reset it with, has the account. If nobody of yours did this, somebody else is taking it over: call AWS Support now.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  unconfirmed:
    'PasswordUpdated is shown in the CloudTrail User Guide ("Root user, password changed"), and PasswordRecoveryRequested and PasswordRecoveryCompleted are known to Elastic’s and Datadog’s published rules; no record shows the latter two, EmailUpdated, nor what CloudTrail writes of AcceptPrimaryEmailUpdate.',
  triggers: [
    signIn('PasswordUpdated'),
    signIn('PasswordRecoveryRequested'),
    signIn('PasswordRecoveryCompleted'),
    signIn('EmailUpdated'),
    ...calls('account.amazonaws.com', 'AcceptPrimaryEmailUpdate'),
    ...calls('iam.amazonaws.com', 'CreateLoginProfile', 'UpdateLoginProfile'),
  ],
  detect(signal) {
    if (signal.kind !== 'call') return [];
    // The management account changes the address of a member: AWS Account Management API Reference.
    const member = signal.service === 'account.amazonaws.com' ? named(signal.request, 'accountId') : undefined;
    const resource = arn({ ...signal, account: member ?? signal.account }, 'iam', 'root', {
      regional: false,
      owned: true,
    });
    return isRoots(signal)
      ? told(resource, what[signal.name] ?? `the root user’s email address was changed${member ? ` in ${member}` : ''}`)
      : [];
  },
});

/** Users change their passwords, too. Who asks for a new password is nobody as yet: the identity may be left out. */
function isRoots(call: Call): boolean {
  switch (call.service) {
    case 'signin.amazonaws.com':
      return call.actor.type === 'Root' || call.actor.type === 'Unknown';
    case 'iam.amazonaws.com':
      return aboutRoot(call);
    default:
      return true;
  }
}
