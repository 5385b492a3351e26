import { arn } from '../../shared/aws/arn.ts';
import { ownerOfId } from '../../shared/aws/foreign.ts';
import { named } from '../../shared/aws/telling.ts';
import { at, isObject, type Json } from '../../shared/core/json.ts';
import { calls, rule, type Trigger, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { type Domain, type Hold, hold } from './lenses/domain.ts';

const sigma =
  'https://github.com/SigmaHQ/sigma/blob/da9bb07d642a2826e89702445d32c795209ec108/rules/cloud/aws/cloudtrail/aws_route_53_domain_transferred_lock_disabled.yml';
const reference = 'https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonroute53domains.html';
const noArn = `${reference}: no resource types`;
const names = ['DisableDomainTransferLock', 'DisableDomainAutoRenew', 'TransferDomainToAnotherAwsAccount'] as const;
const lower = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

export const domainUnlocked = rule<Domain, Hold>({
  id: 'route53/domain-unlocked',
  title: 'A domain may be taken away, or lost',
  severity: 'high',
  why: 'Whoever has the domain has its mail, its certificates and every account that can be reset by mail. Without its lock it moves to another registrar with one code; without renewal it is anybody’s once it has expired.',
  class: 'G',
  breaks: 'nothing',
  risk: 'None to what the domain serves. Whoever is moving it to another registrar on purpose finds it locked again; renewal by itself costs its yearly fee.',
  mends:
    'locks the domain again, or has it renewed by itself again, whichever was put off. The registry takes its minutes. A transfer to another account is not cancelled: it only tells.',
  undoes: 'puts it off again, with your own credentials: the role that locks domains may not unlock one.',
  proof: 'fake',
  responsibility: 'platform, applications, identity and access management',
  controls: [{ framework: 'MITRE ATT&CK', id: 'T1098', source: sigma }],
  unconfirmed:
    'the Route 53 Developer Guide shows one event of a registered domain, updateDomainContact of route53domains.amazonaws.com with its first letter in lower case and domainName as an object with a name; public detection rules say DisableDomainTransferLock of route53.amazonaws.com: all of these are heard, and no published record of the three calls shows which of them AWS sends.',
  triggers: (['route53domains.amazonaws.com', 'route53.amazonaws.com'] as const).flatMap((service) =>
    calls(service, names[0], ...names.slice(1), ...names.map(lower)),
  ) as unknown as [Trigger, ...Trigger[]],
  permissions: {
    read: [{ actions: ['route53domains:GetDomainDetail', 'route53domains:GetOperationDetail'], resources: { noArn } }],
    write: [
      {
        actions: ['route53domains:EnableDomainAutoRenew', 'route53domains:EnableDomainTransferLock'],
        resources: { noArn },
      },
    ],
    undo: ['route53domains:DisableDomainAutoRenew', 'route53domains:DisableDomainTransferLock'],
  },
  detect(signal, _baseline, home) {
    if (signal.kind !== 'call') return [];
    const domain = domainOf(signal);
    if (domain === undefined) return unreadable('requestParameters.domainName');
    const resource = arn(signal, 'route53domains', `domain/${domain}`, { regional: false, owned: true });
    const name = signal.name.toLowerCase();
    const operation = named(signal.response, 'operationId') ?? null;
    const found = (lost: Domain['lost'], reason: string) => [
      { target: { domain, lost, operation }, resource, reason, certainty: 'certain' as const },
    ];
    if (name === 'disabledomaintransferlock') return found('lock', `the transfer lock of ${domain} was taken off`);
    if (name === 'disabledomainautorenew') return found('renewal', `${domain} is no longer renewed by itself`);
    const account = named(signal.request, 'accountId');
    if (account !== undefined && ownerOfId(account, home) === 'ours') return [];
    return found(
      'domain',
      `${domain} is being handed over to the account ${account ?? 'that the event does not name'}`,
    );
  },
  fix: {
    kind: 'state',
    lens: hold,
    desire(state, { target: { domain, lost } }) {
      if (lost === 'domain')
        return {
          unknown: `cancel it within three days: aws route53domains cancel-domain-transfer-to-another-aws-account --domain-name ${domain}`,
        };
      if (state === null) return { unknown: `${domain} is not this account’s any more` };
      return lost === 'lock' ? { ...state, locked: 'yes' } : { ...state, renews: true };
    },
  },
});

/** A name, or an object that holds it. */
function domainOf({ request }: Call): string | undefined {
  if (!isObject(request)) return undefined;
  const key = Object.keys(request).find((one) => one.toLowerCase() === 'domainname');
  const found = key === undefined ? undefined : (at(request, key) as Json | undefined);
  return named(request, 'domainName') ?? (isObject(found) ? named(found, 'name') : undefined);
}
