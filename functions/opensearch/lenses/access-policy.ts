import { DescribeDomainCommand, OpenSearchClient, UpdateDomainConfigCommand } from '@aws-sdk/client-opensearch';
import { client, orNull } from '../../../shared/aws/client.ts';
import { parsed } from '../../../shared/aws/statement.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** `domain`: its name; of OpenSearch or of Elasticsearch. */
export type Domain = { readonly domain: string };

/** `policy`: its text as the service gives it, empty where there is none. `processing`: whether a change goes on. */
export type Access = { readonly policy: string; readonly processing: boolean };

/** A domain's access policy: DescribeDomain. Null where the domain is gone, or about to be. */
export const accessPolicy: Lens<Domain, Access> = {
  id: 'opensearch/access-policy',
  key: ({ domain }) => domain,
  // Terraform waits that long for an update: aws_opensearch_domain, "Timeouts".
  settles: 180,
  // "A change/update is in progress. Please wait for it to complete before requesting another change":
  // https://docs.aws.amazon.com/opensearch-service/latest/developerguide/managedomains-configuration-changes.html
  ready: ({ processing }) => !processing,
  read: ({ domain }) =>
    orNull(['ResourceNotFoundException'], async () => {
      const { DomainStatus } = await client(OpenSearchClient).send(new DescribeDomainCommand({ DomainName: domain }));
      if (!DomainStatus || DomainStatus.Deleted === true) return null;
      return { policy: DomainStatus.AccessPolicies ?? '', processing: DomainStatus.Processing === true };
    }),
  canon: ({ policy, processing }) => ({ policy: policy === '' ? null : (parsed(policy) ?? policy), processing }),
  async write({ domain }, from, to) {
    if (to === null) throw fault('NotWritable', `${domain}: a domain is not taken away by its access policy`);
    if (from?.policy === to.policy) return;
    // An empty text takes the policy away: its length is 0 or more (API_UpdateDomainConfig, AccessPolicies).
    await client(OpenSearchClient).send(
      new UpdateDomainConfigCommand({ DomainName: domain, AccessPolicies: to.policy }),
    );
  },
  undo: (before) => (before === null ? 'none' : 'restore'),
  // It may have been read while it was changed: undo does not wait for that to come back.
  back: (before) => before && { ...before, processing: false },
};
