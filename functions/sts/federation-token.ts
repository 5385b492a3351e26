import { arn } from '../../shared/aws/arn.ts';
import { told } from '../../shared/aws/telling.ts';
import { at, text } from '../../shared/core/json.ts';
import { calls, type Finding, rule } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';

export const federationToken = rule({
  id: 'sts/federation-token',
  title: 'A session was made that outlives its access key',
  severity: 'low',
  why: 'A federation token lives up to 36 hours, also when the key that made it is made inactive, and opens the console where the user has no password. Few programs use them; intruders do, to stay after the key is found.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  unconfirmed:
    'GetFederationToken is recorded (Stratus Red Team, aws.persistence.sts-federation-token); GetSigninToken is known to Sigma’s published rule aws_console_getsignintoken, but no record shows whether CloudTrail writes it as a sign-in or as a call, so that both wake the rule.',
  triggers: [
    ...calls('sts.amazonaws.com', 'GetFederationToken'),
    ...calls('signin.amazonaws.com', 'GetSigninToken'),
    { kind: 'call', service: 'signin.amazonaws.com', name: 'GetSigninToken', signIn: 'any' },
  ],
  detect(signal) {
    if (signal.kind !== 'call') return [];
    return signal.name === 'GetFederationToken' ? token(signal) : console(signal);
  },
});

function token(call: Call): readonly Finding<{ resource: string }>[] {
  const name = text(call.request, 'name') ?? '*';
  const { actor } = call;
  const owner = actor.type === 'Root' ? 'root' : `user/${actor.name}`;
  const resource = actor.arn ?? arn(call, 'iam', owner, { regional: false, owned: true });
  // The session has what its own policies and the user's both allow: without one it can do nothing much.
  const given = [at(call.request, 'policy'), at(call.request, 'policyArns')].some((one) => one !== undefined);
  return told(
    resource,
    `${actor.name} drew a federation token named ${name}${given ? '' : ', without a policy: it may do what resource policies allow it'}`,
  );
}

/**
 * The portal of IAM Identity Center makes such tokens for everybody who signs in there, by its own client: Sigma's rule
 * leaves out Jersey, Panther's aws_console_getsignintoken Go-http-client/2.0, too ("the AWS SSO portal's backend service"). A
 * role of it with another client is somebody's tool, and so is a session of any other role, be its client written in Go.
 */
function console(call: Call): readonly Finding<{ resource: string }>[] {
  const { actor } = call;
  const portal =
    /:assumed-role\/AWSReservedSSO_/.test(actor.arn ?? '') &&
    /^(Jersey\/|Go-http-client\/2\.0$)/.test(actor.userAgent ?? '');
  if (portal) return [];
  const federated = actor.type === 'FederatedUser';
  const resource = actor.arn ?? arn(call, 'sts', `federated-user/${actor.name}`, { regional: false, owned: true });
  return told(
    resource,
    `${actor.name} turned ${federated ? 'a federation token' : 'a session'} into a sign-in to the console`,
    federated ? 'certain' : 'possible',
  );
}
