import { arn } from '../../shared/aws/arn.ts';
import { named as member, told } from '../../shared/aws/telling.ts';
import { text } from '../../shared/core/json.ts';
import type { Home } from '../../shared/core/mode.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { entityArn } from './lenses/entity.ts';

const service = 'organizations.amazonaws.com';

export const accountLeft = rule({
  id: 'organizations/account-left',
  title: 'The organisation lost an account, or a part of its control',
  severity: 'high',
  why: 'An account outside the organisation keeps its data, and loses its guard rails, its central trail and its detectors. A service whose administrator was taken away is watched by nobody in particular.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [{ framework: 'MITRE ATT&CK', id: 'T1666', source: 'https://attack.mitre.org/techniques/T1666/' }],
  unconfirmed:
    'AccountDepartedOrganization, its departureMethod and departureTime are documented (API reference, LeaveOrganization, RemoveAccountFromOrganization); no published record shows in which member of the event they stand, so that all that a service event has is read. The other calls are as recorded or in the API reference.',
  triggers: [
    // Recorded: real-events/stratus-red-team, LeaveOrganization, in the trail of the account that left.
    ...calls(
      service,
      'LeaveOrganization',
      'RemoveAccountFromOrganization',
      'DeregisterDelegatedAdministrator',
      'DisableAWSServiceAccess',
    ),
    { kind: 'call', service, name: 'AccountDepartedOrganization', serviceEvent: true },
  ],
  detect(signal, _baseline, home) {
    if (signal.kind !== 'call') return [];
    if (signal.name === 'DisableAWSServiceAccess') return cutOff(signal, home);
    const account = accountOf(signal);
    if (account === undefined)
      return unreadable(signal.name === 'LeaveOrganization' ? 'recipientAccountId' : 'requestParameters.accountId');
    // An account that was closed 90 days before is cleaned away: nothing is in it any more.
    if (signal.name === 'AccountDepartedOrganization' && how(signal) === 'CLEANED') return [];
    return told(entityArn(signal, home, account), reasonFor(signal, account));
  },
});

/** The service looks after the organisation's accounts no longer: its trail, its detectors, its rules (API_DisableAWSServiceAccess). */
function cutOff(call: Call, { organization = '*' }: Home): readonly Finding<{ resource: string }>[] | Unreadable {
  const of = text(call.request, 'servicePrincipal');
  if (of === undefined) return unreadable('requestParameters.servicePrincipal');
  const resource = arn(call, 'organizations', `organization/${organization}`, { regional: false, owned: true });
  return told(resource, `${of} no longer works for the organisation as a whole`);
}

/** LeaveOrganization has no parameters: it is about the account whose trail records it. */
function accountOf(call: Call): string | undefined {
  if (call.name === 'LeaveOrganization') return call.account ?? undefined;
  return [call.details ?? null, call.request, call.additional]
    .flatMap((one) => [member(one, 'accountId'), member(one, 'memberAccountId')])
    .find((one) => one !== undefined);
}

const how = (call: Call): string | undefined =>
  [call.details ?? null, call.request, call.additional]
    .map((one) => member(one, 'departureMethod') ?? member(one, 'departedMethod'))
    .find((one) => one !== undefined)
    ?.toUpperCase();

function reasonFor(call: Call, account: string): string {
  if (call.name === 'DeregisterDelegatedAdministrator') {
    const of = text(call.request, 'servicePrincipal') ?? 'a service';
    return `the account ${account} no longer administers ${of} for the organisation`;
  }
  const removed = call.name === 'RemoveAccountFromOrganization' || how(call) === 'REMOVED';
  return removed
    ? `the account ${account} was removed from the organisation`
    : `the account ${account} left the organisation`;
}
