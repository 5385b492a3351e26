import {
  DisableDomainAutoRenewCommand,
  DisableDomainTransferLockCommand,
  EnableDomainAutoRenewCommand,
  EnableDomainTransferLockCommand,
  GetDomainDetailCommand,
  GetOperationDetailCommand,
  Route53DomainsClient,
} from '@aws-sdk/client-route-53-domains';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** `lost`: what of the domain is in danger. `operation`: the one that the call began; null where it is over at once. */
export type Domain = {
  readonly domain: string;
  readonly lost: 'lock' | 'renewal' | 'domain';
  readonly operation: string | null;
};

/** `changing`: the registry has not answered yet. */
export type Hold = { readonly locked: 'yes' | 'no' | 'changing'; readonly renews: boolean };

// Its only endpoint: AWS General Reference, "Amazon Route 53 endpoints and quotas".
const domains = (): Route53DomainsClient => client(Route53DomainsClient, 'us-east-1');

/** "a domain name that doesn't belong to the account that submitted the request", or such an operation: API_domains_*, Errors. */
const unknown = 'InvalidInput';

/** Whether a domain can be transferred, and is renewed by itself. Null where it is none of this account's. */
export const hold: Lens<Domain, Hold> = {
  id: 'route53/domain',
  key: ({ domain }) => domain,
  // The registry's answer is waited for; how long it may take, no page says.
  settles: 30,
  ready: ({ locked }) => locked !== 'changing',
  read: ({ domain, operation }) =>
    orNull([unknown], async () => {
      const { StatusList = [], AutoRenew } = await domains().send(new GetDomainDetailCommand({ DomainName: domain }));
      // The status that the lock is: API_domains_EnableDomainTransferLock.
      const locked = StatusList.includes('clientTransferProhibited') ? 'yes' : 'no';
      return { locked: (await isRunning(operation)) ? 'changing' : locked, renews: AutoRenew === true };
    }),
  async write({ domain }, from, to) {
    if (to === null || to.locked === 'changing')
      throw fault('NotWritable', `${domain}: a domain is locked or it is not`);
    const named = { DomainName: domain };
    if (from?.locked !== to.locked)
      await domains().send(
        to.locked === 'yes' ? new EnableDomainTransferLockCommand(named) : new DisableDomainTransferLockCommand(named),
      );
    if (from?.renews !== to.renews)
      await domains().send(
        to.renews ? new EnableDomainAutoRenewCommand(named) : new DisableDomainAutoRenewCommand(named),
      );
  },
  // The role that locks domains must not be able to unlock one.
  undo: (before) => (before === null ? 'none' : 'operator'),
};

async function isRunning(operation: string | null): Promise<boolean> {
  if (operation === null) return false;
  const found = await orNull([unknown], () =>
    domains().send(new GetOperationDetailCommand({ OperationId: operation })),
  );
  return found?.Status === 'SUBMITTED' || found?.Status === 'IN_PROGRESS';
}
