import { at, text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import type { Call, Signal } from '../../shared/core/signal.ts';
import { foundPolicy } from './lenses/found-policy.ts';
import { bySingleSignOn, identityArn, identityOf, kindOf } from './lenses/identity.ts';
import { type Inline, type InlinePolicy, inlinePolicy } from './lenses/inline-policy.ts';
import { judge } from './lenses/judged.ts';
import { groups, readsPolicies, readsRoles, readsUsers, roles, users } from './lenses/policies.ts';

// Panther's tests of AWS.CloudTrail.IAMCompromisedKey hold a PutUserPolicy as it was recorded: requestParameters with
// userName, policyName, and policyDocument as text. The other two: IAM API Reference, PutRolePolicy, PutGroupPolicy.
const puts = calls('iam.amazonaws.com', 'PutUserPolicy', 'PutRolePolicy', 'PutGroupPolicy');

export const inlineAdminPolicy = rule<Inline, InlinePolicy>({
  id: 'iam/inline-admin-policy',
  title: 'An inline policy makes an administrator',
  severity: 'high',
  why: 'Who has this policy may do everything in the account, or give everybody any right. Inline policies are on no list of policies, so that few people ever see this one.',
  class: 'C',
  function: 'iam-policies',
  breaks: 'access',
  risk: 'People and programs lose at once what only this policy gave them, which may be more than the change that made it an administrator’s; of a group, all its members.',
  mends:
    'puts back what the policy said before, where that was learned, and else removes it. A policy that makes no administrator within the identity’s permissions boundary stays, and all other policies do.',
  undoes: 'puts the policy back as it was found.',
  responsibility: 'platform, applications, identity and access management',
  proof: 'emulator',
  controls: [
    {
      framework: 'AWS Well-Architected',
      id: 'SEC03-BP02',
      source: 'https://docs.aws.amazon.com/wellarchitected/latest/framework/sec_permissions_least_privileges.html',
    },
    { framework: 'MITRE ATT&CK', id: 'T1098.003', source: 'https://attack.mitre.org/techniques/T1098/003/' },
  ],
  triggers: puts,
  permissions: {
    read: [
      { actions: ['iam:GetUserPolicy'], resources: [users] },
      { actions: ['iam:GetRolePolicy'], resources: [roles] },
      { actions: ['iam:GetGroupPolicy'], resources: [groups] },
      readsPolicies,
      readsUsers,
      readsRoles,
    ],
    write: [
      { actions: ['iam:PutUserPolicy', 'iam:DeleteUserPolicy'], resources: [users] },
      { actions: ['iam:PutRolePolicy', 'iam:DeleteRolePolicy'], resources: [roles] },
      { actions: ['iam:PutGroupPolicy', 'iam:DeleteGroupPolicy'], resources: [groups] },
    ],
  },
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const target = targetOf(signal);
    if (typeof target === 'string') return unreadable(target);
    const found = foundPolicy(at(signal.request, 'policyDocument'), signal);
    if (found.is === 'harmless' || bySingleSignOn(signal, target)) return [];
    const whose = `the inline policy ${target.policy} of the ${target.kind} ${target.name}`;
    return [
      {
        target,
        resource: identityArn(signal, target),
        ...(found.is === 'unseen'
          ? { reason: `${whose} was put, and the event does not show it`, certainty: 'possible' }
          : { reason: `${whose} ${found.reason}`, certainty: found.certainty }),
      },
    ];
  },
  fix: {
    kind: 'state',
    lens: inlinePolicy,
    learns: { triggers: puts, target: learnt },
    desire(state, { target: { region }, home, learned }) {
      if (state === null) return null;
      const verdict = ({ document }: InlinePolicy) =>
        judge({ documents: [document], boundary: state.boundary }, { account: home.account, region });
      const judged = verdict(state);
      if (judged !== 'admin') return judged === 'harmless' ? state : judged;
      return learned && verdict(learned.state) === 'harmless' ? { ...state, document: learned.state.document } : null;
    },
    asks: (plan) =>
      plan === null ? 'whether the policy is new, or said something before that is still needed, is not known' : null,
  },
});

/** What the call is about; or what it does not say. */
function targetOf(call: Call): Inline | string {
  const identity = identityOf(call);
  const policy = text(call.request, 'policyName');
  if (identity === null) return `requestParameters.${kindOf(call)}Name`;
  return policy === undefined ? 'requestParameters.policyName' : { ...identity, policy, region: call.region };
}

function learnt(signal: Signal): Inline | null {
  const target = signal.kind === 'call' ? targetOf(signal) : null;
  return typeof target === 'string' ? null : target;
}
