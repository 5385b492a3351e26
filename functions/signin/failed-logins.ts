import { arn } from '../../shared/aws/arn.ts';
import { type Finding, rule } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';

/** What CloudTrail writes for a name that is no user's: somebody may have typed a password there. */
const hidden = 'HIDDEN_DUE_TO_SECURITY_REASONS';

/** Of whom, or from where: each is counted by itself. */
type Guessed = { readonly who: string } | { readonly from: string };

export const failedLogins = rule<Guessed>({
  id: 'signin/failed-logins',
  title: 'Many sign-ins to the console failed',
  severity: 'medium',
  why: 'Somebody may be guessing passwords: many for one user, or one for many users from one address. One of the guesses will be right.',
  class: 'N',
  threshold: { times: 5, minutes: 15 },
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [{ framework: 'MITRE ATT&CK', id: 'T1110', source: 'https://attack.mitre.org/techniques/T1110/' }],
  // CloudTrail User Guide, "AWS Management Console sign-in events": "IAM user, unsuccessful sign-in", with userName and
  // without an ARN; HIDDEN_DUE_TO_SECURITY_REASONS: "CloudTrail userIdentity element", userName.
  triggers: [{ kind: 'call', service: 'signin.amazonaws.com', name: 'ConsoleLogin', signIn: 'any', failures: true }],
  detect: (signal) =>
    signal.kind === 'call' && signal.failure !== null ? [...ofUser(signal), ...fromPlace(signal)] : [],
});

/** Root's failures are told one by one, by root/console-login; here they count for their address alone. */
function ofUser(call: Call): readonly Finding<Guessed>[] {
  const { type, name, arn: known } = call.actor;
  if (type === 'Root' || name === 'unknown' || name === hidden) return [];
  const resource = known ?? arn(call, 'iam', `user/${name}`, { regional: false, owned: true });
  return [{ target: { who: resource }, resource, reason: `sign-ins of ${name} fail`, certainty: 'certain' }];
}

function fromPlace(call: Call): readonly Finding<Guessed>[] {
  const { ip } = call.actor;
  if (ip === undefined) return [];
  // An address has no ARN: it is the account's sign-in that is tried, by the account's ARN as a principal has it.
  const resource = arn(call, 'iam', 'root', { regional: false, owned: true });
  return [{ target: { from: ip }, resource, reason: `sign-ins from ${ip} fail`, certainty: 'certain' }];
}
