import * as v from 'valibot';
import { arn } from '../../shared/aws/arn.ts';
import { type Finding, rule } from '../../shared/core/rule.ts';
import type { Found } from '../../shared/core/signal.ts';
import { type Credential, credentialsOf } from './lenses/found-credentials.ts';
import { medium, misuses, tooLow } from './lenses/misuse.ts';
import { readsRoles, roles } from './lenses/policies.ts';
import { denying, type Session, type SessionDenial, sessionDenial } from './lenses/session-denial.ts';

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
  older: v.optional(
    v.pipe(v.boolean(), v.description('every session of the role that began before is denied, too')),
    false,
  ),
});
type Baseline = { readonly severity?: number; readonly older?: boolean };

/** Beside iam/compromised-credentials, which makes users' keys inactive: what this writes another function must be turned on for. */
export const compromisedSession = rule<Session, SessionDenial, Baseline>({
  id: 'iam/compromised-session',
  title: 'A session of a role is used by somebody else',
  severity: 'high',
  why: 'GuardDuty saw calls with temporary credentials of a role that do not fit their owner: from outside AWS, from a place known for attacks, or unlike anything done with them before. They can’t be called back; what they may do can.',
  class: 'C',
  function: 'iam-policies',
  contains: true,
  breaks: 'access',
  risk: 'The session is refused everything, and whoever should have it, too: an instance’s session has the instance’s id for its name, so that all that runs there with the role stops until this is undone. Other sessions of the role go on, unless older is set.',
  mends:
    'puts an inline policy on the role that denies this one session everything. With older set in this rule’s settings, it denies every session that began before, too: programs then have to get new ones.',
  undoes: 'takes that policy away.',
  responsibility: 'platform, applications, identity and access management',
  proof: 'emulator',
  controls: [{ framework: 'MITRE ATT&CK', id: 'T1078.004', source: 'https://attack.mitre.org/techniques/T1078/004/' }],
  triggers: misuses,
  permissions: {
    read: [readsRoles, { actions: ['iam:GetRolePolicy'], resources: [roles] }],
    write: [{ actions: ['iam:PutRolePolicy', 'iam:DeleteRolePolicy'], resources: [roles] }],
  },
  baseline,
  // What names nobody iam/compromised-credentials tells.
  detect: (signal, settings) =>
    signal.kind === 'finding'
      ? credentialsOf(signal)
          .filter((one) => one.of === 'role')
          .map((one) => found(one, signal, settings))
      : [],
  fix: {
    kind: 'state',
    lens: sessionDenial,
    desire(state, { target, baseline: { older = false } }) {
      if (target.leave !== null) return { unknown: target.leave };
      if (state === null) return null;
      // Nobody but the service may change these: "Using service-linked roles", IAM User Guide; for Identity Center's see
      // AWSSSOServiceRolePolicy.
      if (/^\/aws-(service-role|reserved)\//.test(state.path))
        return {
          unknown: `${target.role} is a role of a service, which nobody else can change: end the session there, in IAM Identity Center by removing the person’s assignment or session`,
        };
      return { ...state, policy: denying(target, older) };
    },
  },
});

function found({ name, key, principal }: Credential, finding: Found, { severity: least }: Baseline): Finding<Session> {
  const [id = '', session = ''] = principal.split(':');
  const known = /^AROA\w+$/.test(id) && /^[\w+=,.@-]{2,64}$/.test(session);
  const leave = known
    ? tooLow(finding, least)
    : `the finding does not name the session of role ${name}: deny the role’s older sessions, by aws:TokenIssueTime`;
  return {
    target: { role: name, principal, seen: finding.time, leave },
    resource: arn(finding, 'iam', `role/${name}`, { regional: false, owned: true }),
    reason: `GuardDuty reports ${finding.type} by a session of role ${name}${key === '' ? '' : `, with ${key}`}`,
    certainty: 'certain',
  };
}
