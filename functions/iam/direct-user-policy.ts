import { adminPolicy } from '../../shared/aws/admin.ts';
import { told } from '../../shared/aws/telling.ts';
import { at, text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { foundPolicy, grants } from './lenses/found-policy.ts';
import { identityArn } from './lenses/identity.ts';

/**
 * AWS's own policies that give a user nothing to worry about: the quarantines that AWS puts a user into, a Deny of
 * everything, and the right to change one's own password, which the console attaches (IAM User Guide, "Permit IAM users
 * to change their own passwords").
 */
const harmless = /:iam::aws:policy\/(AWSCompromisedKeyQuarantine(V\d+)?|AWSDenyAll|IAMUserChangePassword)$/;

export const directUserPolicy = rule({
  id: 'iam/direct-user-policy',
  title: 'A user was given permissions of their own',
  severity: 'low',
  why: 'Permissions that hang on one user are forgotten when people change their work. Groups and roles keep them where they are looked for.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [
    {
      framework: 'AWS Security Hub CSPM',
      id: 'IAM.2',
      source: 'https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-2',
    },
    {
      framework: 'CIS AWS Foundations v3.0.0',
      id: '1.15',
      source: 'https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-2',
    },
    {
      framework: 'NIST SP 800-53 Rev. 5',
      id: 'AC-6',
      source: 'https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-2',
    },
  ],
  // Recorded: Stratus Red Team, aws.persistence.iam-create-admin-user (AttachUserPolicy); PutUserPolicy: see
  // iam/inline-admin-policy.
  triggers: calls('iam.amazonaws.com', 'AttachUserPolicy', 'PutUserPolicy'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const user = text(signal.request, 'userName');
    const managed = signal.name === 'AttachUserPolicy';
    const policy = text(signal.request, managed ? 'policyArn' : 'policyName');
    if (user === undefined) return unreadable('requestParameters.userName');
    if (policy === undefined) return unreadable(`requestParameters.${managed ? 'policyArn' : 'policyName'}`);
    const document = at(signal.request, 'policyDocument');
    // An administrator's is told by iam/admin-policy-attached or iam/inline-admin-policy.
    const nothing = managed
      ? harmless.test(policy) || adminPolicy(policy) !== null
      : !grants(document) || foundPolicy(document, signal).is === 'admin';
    if (nothing) return [];
    const which = managed ? `the policy ${policy.replace(/^.*\//, '')}` : `the inline policy ${policy}`;
    return told(identityArn(signal, { kind: 'user', name: user }), `${which} was given to the user ${user} directly`);
  },
});
