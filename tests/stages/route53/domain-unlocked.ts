import {
  DisableDomainAutoRenewCommand,
  DisableDomainTransferLockCommand,
  EnableDomainAutoRenewCommand,
  EnableDomainTransferLockCommand,
  Route53DomainsClient,
} from '@aws-sdk/client-route-53-domains';
import type { Stage } from '../../support/stage.ts';

const domain = 'example.com';
const named = { DomainName: domain };

/** A domain of which something was put off; the rest is as its owner has it. */
const stage = (name: string, lost: 'lock' | 'renewal', o: { alsoOff?: true; shown: 'name' | 'object' }): Stage => ({
  rule: 'route53/domain-unlocked',
  name,
  async set() {
    const domains = new Route53DomainsClient({ region: 'us-east-1' });
    const unlock = async () =>
      (await domains.send(new DisableDomainTransferLockCommand(named))).OperationId ?? 'no operation';
    const stop = () => domains.send(new DisableDomainAutoRenewCommand(named));
    if (o.alsoOff) await (lost === 'lock' ? stop() : unlock());
    const operation = lost === 'lock' ? await unlock() : null;
    if (lost === 'renewal') await stop();
    return {
      target: { domain, lost, operation },
      after: {
        locked: lost === 'lock' || !o.alsoOff ? 'yes' : 'no',
        renews: lost === 'renewal' || !o.alsoOff,
      },
      call: {
        name: lost === 'lock' ? 'disableDomainTransferLock' : 'disableDomainAutoRenew',
        request: { domainName: o.shown === 'object' ? { name: domain } : domain },
        ...(operation !== null && { response: { operationId: operation } }),
      },
      async clear() {
        await domains.send(new EnableDomainTransferLockCommand(named));
        await domains.send(new EnableDomainAutoRenewCommand(named));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('a domain that was unlocked', 'lock', { shown: 'object' }),
  stage('an unlocked domain whose owner does not renew it', 'lock', { alsoOff: true, shown: 'name' }),
  stage('a domain that is renewed no longer', 'renewal', { shown: 'object' }),
  stage('a domain without renewal, whose owner moves it', 'renewal', { alsoOff: true, shown: 'name' }),
];
