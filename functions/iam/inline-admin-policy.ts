import { at, text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { foundPolicy } from './lenses/found-policy.ts';
import { bySingleSignOn, identityArn, identityOf, kindOf } from './lenses/identity.ts';

export const inlineAdminPolicy = rule({
  id: 'iam/inline-admin-policy',
  title: 'An inline policy makes an administrator',
  severity: 'high',
  why: 'Who has this policy may do everything in the account, or give everybody any right. Inline policies are on no list of policies, so that few people ever see this one.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [
    {
      framework: 'AWS Well-Architected',
      id: 'SEC03-BP02',
      source: 'https://docs.aws.amazon.com/wellarchitected/latest/framework/sec_permissions_least_privileges.html',
    },
    { framework: 'MITRE ATT&CK', id: 'T1098.003', source: 'https://attack.mitre.org/techniques/T1098/003/' },
  ],
  // Panther's tests of AWS.CloudTrail.IAMCompromisedKey hold a PutUserPolicy as it was recorded: requestParameters with
  // userName, policyName, and policyDocument as text. The other two: IAM API Reference, PutRolePolicy, PutGroupPolicy.
  triggers: calls('iam.amazonaws.com', 'PutUserPolicy', 'PutRolePolicy', 'PutGroupPolicy'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const identity = identityOf(signal);
    const policy = text(signal.request, 'policyName');
    if (identity === null) return unreadable(`requestParameters.${kindOf(signal)}Name`);
    if (policy === undefined) return unreadable('requestParameters.policyName');
    const found = foundPolicy(at(signal.request, 'policyDocument'), signal);
    if (found.is === 'harmless' || bySingleSignOn(signal, identity)) return [];
    const whose = `the inline policy ${policy} of the ${identity.kind} ${identity.name}`;
    return [
      {
        target: { ...identity, policy, region: signal.region },
        resource: identityArn(signal, identity),
        ...(found.is === 'unseen'
          ? { reason: `${whose} was put, and the event does not show it`, certainty: 'possible' }
          : { reason: `${whose} ${found.reason}`, certainty: found.certainty }),
      },
    ];
  },
});
