import { foreignStatements } from '../../shared/aws/foreign.ts';
import { statementsOf } from '../../shared/aws/policy.ts';
import { at, isObject, type Json, text } from '../../shared/core/json.ts';
import type { Home } from '../../shared/core/mode.ts';
import { calls, type Finding, rule, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { identityArn } from './lenses/identity.ts';
import { readsRoles, roles } from './lenses/policies.ts';
import { roleTrust, type Trusted, withoutStrangers } from './lenses/role-trust.ts';

export const roleTrustOpened = rule<Trusted, string>({
  id: 'iam/role-trust-opened',
  title: 'Strangers may assume a role',
  severity: 'high',
  why: 'Whoever a role’s trust policy lets in may take the role’s place and do all that it may do, from an account that is none of yours. It is a way in that no password, key or person of yours shows.',
  class: 'C',
  function: 'iam-policies',
  breaks: 'access',
  risk: 'Whoever was let in by those statements can’t assume the role any more: a supplier’s monitoring or backup, an account of yours that firebreak.yml does not name as trusted. Sessions that are open go on until they expire.',
  mends:
    'drops the statements that let strangers in, and leaves the others as they are. Where none remains, a statement that denies everybody takes their place: a trust policy can’t be empty.',
  undoes: 'puts the former trust policy back.',
  responsibility: 'platform, applications, identity and access management',
  proof: 'emulator',
  controls: [
    {
      framework: 'AWS Well-Architected',
      id: 'SEC03-BP07',
      source:
        'https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_permissions_analyze_cross_account.html',
    },
  ],
  // Recorded: Stratus Red Team, aws.persistence.iam-backdoor-role (UpdateAssumeRolePolicy: policyDocument) and
  // …iam-create-backdoor-role (CreateRole: assumeRolePolicyDocument); both are texts.
  triggers: calls('iam.amazonaws.com', 'UpdateAssumeRolePolicy', 'CreateRole'),
  permissions: {
    read: [readsRoles],
    write: [{ actions: ['iam:UpdateAssumeRolePolicy'], resources: [roles] }],
  },
  detect(signal, _baseline, home) {
    if (signal.kind !== 'call') return [];
    const role = text(signal.request, 'roleName');
    return role === undefined ? unreadable('requestParameters.roleName') : found(signal, role, home);
  },
  fix: {
    kind: 'state',
    lens: roleTrust,
    desire(trust, { target, home }) {
      if (target.doubt === 'leave')
        return {
          unknown:
            'whether these are strangers the policy does not tell: name your organisation or the accounts that are friends in firebreak.yml (organization, trusted), or take the statements out yourself',
        };
      return trust === null ? null : withoutStrangers(trust, target, home);
    },
    asks: (_plan, { target: { doubt } }) =>
      doubt === 'ask'
        ? 'whether all of them are strangers the policy does not tell: an account of your organisation, or a friend’s, would be shut out'
        : null,
  },
});

function found(call: Call, role: string, home: Home): readonly Finding<Trusted>[] {
  const resource = text(call.response, 'role', 'arn') ?? identityArn(call, { kind: 'role', name: role });
  const member = home.organization !== undefined;
  const finding = (doubt: Trusted['doubt']) => ({ target: { role, doubt }, resource });
  const trust = at(call.request, call.name === 'CreateRole' ? 'assumeRolePolicyDocument' : 'policyDocument');
  if (!(typeof trust === 'string' || isObject(trust)) || statementsOf(trust as Json) === null) {
    const reason = `the trust policy of the role ${role} was set, and the event does not show it`;
    return [{ ...finding(member ? 'ask' : 'none'), reason, certainty: 'possible' }];
  }
  const strangers = foreignStatements(trust as Json, home);
  if (strangers.length === 0) return [];
  const who = strangers.map(({ index, reason }) => `statement ${index + 1} ${reason}`).slice(0, 10);
  const sure = strangers.filter(({ certainty }) => certainty === 'certain').length;
  // Without an organisation those who may belong to one stay; where there is nobody else, nothing is left to do.
  const doubt = sure === strangers.length ? 'none' : member ? 'ask' : sure > 0 ? 'none' : 'leave';
  return [
    { ...finding(doubt), reason: `the role ${role}: ${who.join('; ')}`, certainty: sure > 0 ? 'certain' : 'possible' },
  ];
}
