import { arn } from '../../shared/aws/arn.ts';
import { ownerOfId } from '../../shared/aws/foreign.ts';
import { named } from '../../shared/aws/telling.ts';
import { at, isObject, type Json } from '../../shared/core/json.ts';
import { calls, rule, type Trigger, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';

const sigma =
  'https://github.com/SigmaHQ/sigma/blob/da9bb07d642a2826e89702445d32c795209ec108/rules/cloud/aws/cloudtrail/aws_route_53_domain_transferred_lock_disabled.yml';
const names = ['DisableDomainTransferLock', 'DisableDomainAutoRenew', 'TransferDomainToAnotherAwsAccount'] as const;
const lower = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

export const domainUnlocked = rule({
  id: 'route53/domain-unlocked',
  title: 'A domain may be taken away, or lost',
  severity: 'high',
  why: 'Whoever has the domain has its mail, its certificates and every account that can be reset by mail. Without its lock it moves to another registrar with one code; without renewal it is anybody’s once it has expired.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [{ framework: 'MITRE ATT&CK', id: 'T1098', source: sigma }],
  unconfirmed:
    'the Route 53 Developer Guide shows one event of a registered domain, updateDomainContact of route53domains.amazonaws.com with its first letter in lower case and domainName as an object with a name; public detection rules say DisableDomainTransferLock of route53.amazonaws.com: all of these are heard, and no published record of the three calls shows which of them AWS sends.',
  triggers: (['route53domains.amazonaws.com', 'route53.amazonaws.com'] as const).flatMap((service) =>
    calls(service, names[0], ...names.slice(1), ...names.map(lower)),
  ) as unknown as [Trigger, ...Trigger[]],
  detect(signal, _baseline, home) {
    if (signal.kind !== 'call') return [];
    const domain = domainOf(signal);
    if (domain === undefined) return unreadable('requestParameters.domainName');
    const resource = arn(signal, 'route53domains', `domain/${domain}`, { regional: false, owned: true });
    const name = signal.name.toLowerCase();
    const found = (reason: string) => [{ target: { domain }, resource, reason, certainty: 'certain' as const }];
    if (name === 'disabledomaintransferlock') return found(`the transfer lock of ${domain} was taken off`);
    if (name === 'disabledomainautorenew') return found(`${domain} is no longer renewed by itself`);
    const account = named(signal.request, 'accountId');
    if (account !== undefined && ownerOfId(account, home) === 'ours') return [];
    return found(`${domain} is being handed over to the account ${account ?? 'that the event does not name'}`);
  },
});

/** A name, or an object that holds it. */
function domainOf({ request }: Call): string | undefined {
  if (!isObject(request)) return undefined;
  const key = Object.keys(request).find((one) => one.toLowerCase() === 'domainname');
  const found = key === undefined ? undefined : (at(request, key) as Json | undefined);
  return named(request, 'domainName') ?? (isObject(found) ? named(found, 'name') : undefined);
}
