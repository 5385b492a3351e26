import { adminPolicy } from '../../shared/aws/admin.ts';
import { parseArn } from '../../shared/aws/arn.ts';
import { text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { type Attached, type Attachment, attachment } from './lenses/attachment.ts';
import { bySingleSignOn, identityArn, identityOf, kindOf } from './lenses/identity.ts';
import { judge } from './lenses/judged.ts';
import { groups, readsPolicies, readsRoles, readsUsers, roles, users } from './lenses/policies.ts';

export const adminPolicyAttached = rule<Attached, Attachment>({
  id: 'iam/admin-policy-attached',
  title: 'An administrator’s policy was attached',
  severity: 'high',
  why: 'Who has this policy may do everything in the account, or give everybody any right and so do everything. Intruders attach it to an identity of their own to stay.',
  class: 'C',
  function: 'iam-policies',
  breaks: 'access',
  risk: 'People and programs lose at once what only this policy gave them; of a group, all its members. Other policies of the identity stay, sessions too, with what is left to them.',
  mends:
    'reads what the policy allows, within the identity’s permissions boundary, and detaches it if that makes an administrator. The policy itself and everything else that is attached stay.',
  undoes: 'attaches the policy again with your own credentials: the role that takes rights away may not give any.',
  proof: 'emulator',
  responsibility: 'platform, applications, identity and access management',
  controls: [
    {
      framework: 'AWS Well-Architected',
      id: 'SEC03-BP02',
      source: 'https://docs.aws.amazon.com/wellarchitected/latest/framework/sec_permissions_least_privileges.html',
    },
    // It names AttachUserPolicy.
    { framework: 'MITRE ATT&CK', id: 'T1098.003', source: 'https://attack.mitre.org/techniques/T1098/003/' },
  ],
  // Recorded: Stratus Red Team, aws.persistence.iam-create-admin-user (AttachUserPolicy) and …iam-create-backdoor-role
  // (AttachRolePolicy): requestParameters.policyArn beside userName or roleName.
  triggers: calls('iam.amazonaws.com', 'AttachUserPolicy', 'AttachRolePolicy', 'AttachGroupPolicy'),
  permissions: {
    read: [
      { actions: ['iam:ListAttachedUserPolicies'], resources: [users] },
      { actions: ['iam:ListAttachedRolePolicies'], resources: [roles] },
      { actions: ['iam:ListAttachedGroupPolicies'], resources: [groups] },
      readsPolicies,
      readsUsers,
      readsRoles,
    ],
    write: [
      { actions: ['iam:DetachUserPolicy'], resources: [users] },
      { actions: ['iam:DetachRolePolicy'], resources: [roles] },
      { actions: ['iam:DetachGroupPolicy'], resources: [groups] },
    ],
    undo: ['iam:AttachUserPolicy', 'iam:AttachRolePolicy', 'iam:AttachGroupPolicy'],
  },
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const identity = identityOf(signal);
    const policy = text(signal.request, 'policyArn');
    if (identity === null) return unreadable(`requestParameters.${kindOf(signal)}Name`);
    if (policy === undefined) return unreadable('requestParameters.policyArn');
    const ofAws = parseArn(policy)?.account === 'aws';
    const admin = adminPolicy(policy);
    // AWS's own policies are known by name: shared/aws/admin.ts has those that make administrators.
    if ((ofAws && admin === null) || bySingleSignOn(signal, identity)) return [];
    const name = policy.replace(/^.*\//, '');
    const to = `the ${identity.kind} ${identity.name}`;
    return [
      {
        target: { ...identity, policy, region: signal.region },
        resource: identityArn(signal, identity),
        // The event does not hold the policy: what a customer's own allows can only be read.
        ...(admin === null
          ? { reason: `the policy ${name} was attached to ${to}: what it allows is not told`, certainty: 'possible' }
          : { reason: `${admin} was attached to ${to}`, certainty: 'certain' }),
      },
    ];
  },
  fix: {
    kind: 'state',
    lens: attachment,
    desire(state, { target, home }) {
      if (state === null) return null;
      const { document, boundary } = state;
      const judged = judge({ documents: [document], boundary }, { account: home.account, region: target.region });
      return judged === 'admin' ? null : judged === 'harmless' ? state : judged;
    },
  },
});
