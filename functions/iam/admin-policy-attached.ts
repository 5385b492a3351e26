import { adminPolicy } from '../../shared/aws/admin.ts';
import { parseArn } from '../../shared/aws/arn.ts';
import { text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { bySingleSignOn, identityArn, identityOf, kindOf } from './lenses/identity.ts';

export const adminPolicyAttached = rule({
  id: 'iam/admin-policy-attached',
  title: 'An administrator’s policy was attached',
  severity: 'high',
  why: 'Who has this policy may do everything in the account, or give everybody any right and so do everything. Intruders attach it to an identity of their own to stay.',
  class: 'N',
  breaks: 'nothing',
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
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const identity = identityOf(signal);
    const policy = text(signal.request, 'policyArn');
    if (identity === null) return unreadable(`requestParameters.${kindOf(signal)}Name`);
    if (policy === undefined) return unreadable('requestParameters.policyArn');
    const ofAws = parseArn(policy)?.account === 'aws';
    const admin = adminPolicy(policy);
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
});
