import { arn } from '../../shared/aws/arn.ts';
import { ownerOfId } from '../../shared/aws/foreign.ts';
import { member, named, told } from '../../shared/aws/telling.ts';
import type { Json } from '../../shared/core/json.ts';
import type { Home } from '../../shared/core/mode.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';

export const weakened = rule({
  id: 'directory/weakened',
  title: 'Sign-in by the corporate directory was weakened',
  severity: 'high',
  why: 'The directory vouches for everybody who works here. Without its second factor, without encryption on the way to it, or with another domain that it believes, a stolen or invented identity opens all that trusts it.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  // "CloudTrail captures all API calls for Directory Service": AWS Directory Service Administration Guide, "Logging AWS
  // Directory Service API calls with AWS CloudTrail"; a recorded event of ds.amazonaws.com has directoryId in camel case.
  // Members: AWS Directory Service API Reference.
  triggers: calls('ds.amazonaws.com', 'DisableRadius', 'DisableLDAPS', 'DisableSso', 'CreateTrust', 'ShareDirectory'),
  detect(signal, _baseline, home) {
    if (signal.kind !== 'call') return [];
    const directory = named(signal.request, 'directoryId');
    if (directory === undefined) return unreadable('requestParameters.directoryId');
    const reason = reasonFor(signal, home);
    return reason === null ? [] : told(arn(signal, 'ds', `directory/${directory}`), `${directory}: ${reason}`);
  },
});

function reasonFor(call: Call, home: Home): string | null {
  switch (call.name) {
    case 'DisableRadius':
      return 'sign-ins no longer need a second factor (RADIUS was turned off)';
    case 'DisableLDAPS':
      return 'LDAP goes unencrypted (LDAPS was turned off)';
    case 'DisableSso':
      return 'single sign-on was turned off: its users sign in by password again';
    case 'CreateTrust':
      return trusting(call);
    default:
      return shared(call, home);
  }
}

/** An incoming trust lets our users in elsewhere, not others in here: API_Trust, TrustDirection. */
function trusting({ request }: Call): string | null {
  const direction = named(request, 'trustDirection');
  if (direction === 'One-Way: Incoming') return null;
  const domain = named(request, 'remoteDomainName') ?? 'another domain';
  return `the directory now trusts ${domain}${direction === undefined ? ', perhaps' : ` (${direction})`}`;
}

/** Within the organisation no invitation is needed, and the method is another: API_ShareDirectory, ShareMethod. */
function shared({ request }: Call, home: Home): string | null {
  const account = named(member(request, 'shareTarget') as Json, 'id');
  if (named(request, 'shareMethod') === 'ORGANIZATIONS') return null;
  if (account !== undefined && ownerOfId(account, home) === 'ours') return null;
  return `the directory was shared with the account ${account ?? 'that the event does not name'}`;
}
