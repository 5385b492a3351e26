/** Registered domains: https://docs.aws.amazon.com/Route53/latest/APIReference/API_Operations_Amazon_Route_53_Domains.html */
import { Route53DomainsClient } from '@aws-sdk/client-route-53-domains';
import { awsError, type Fake } from '../support/fakes.ts';

type Registered = { locked: boolean; renewed: boolean };

/** Domains that the account has from the beginning, locked and renewed, as Route 53 registers them. */
export const owned = ['example.com', 'example.org', 'example.net'];

export const fake: Fake = {
  client: Route53DomainsClient,
  prefix: 'route53domains',
  fresh() {
    const domains = new Map<string, Registered>(owned.map((name) => [name, { locked: true, renewed: true }]));
    const operations = new Set<string>();
    const operation = () => {
      const OperationId = `operation-${operations.size + 1}`;
      operations.add(OperationId);
      return { OperationId };
    };
    return (command, input: { DomainName?: string; OperationId?: string }) => {
      if (command === 'GetOperationDetail') {
        if (!operations.has(input.OperationId ?? '')) throw awsError('InvalidInput', 'no such operation');
        return { OperationId: input.OperationId, Status: 'SUCCESSFUL', Type: 'DOMAIN_LOCK' };
      }
      const domain = domains.get(input.DomainName ?? '');
      if (!domain) throw awsError('InvalidInput', `Domain ${input.DomainName} not found in this account`);
      switch (command) {
        case 'GetDomainDetail':
          return {
            DomainName: input.DomainName,
            AutoRenew: domain.renewed,
            StatusList: domain.locked ? ['clientTransferProhibited', 'addPeriod'] : ['ok'],
            RegistrantContact: { FirstName: 'HIDDEN' },
          };
        case 'EnableDomainTransferLock':
        case 'DisableDomainTransferLock':
          domain.locked = command.startsWith('Enable');
          return operation();
        case 'EnableDomainAutoRenew':
        case 'DisableDomainAutoRenew':
          domain.renewed = command.startsWith('Enable');
          return {};
        default:
          throw awsError('UnknownOperationException', command);
      }
    };
  },
};
