import { randomUUID } from 'node:crypto';
import { CreateDomainCommand, DeleteDomainCommand, OpenSearchClient } from '@aws-sdk/client-opensearch';
import type { Json, JsonObject } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

const resource = (domain: string): string => `arn:aws:es:us-east-1:123456789012:domain/${domain}/*`;
const role = (domain: string): JsonObject => ({
  Sid: 'TheSearchRole',
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::123456789012:user/sandbox-admin' },
  Action: ['es:ESHttpGet', 'es:ESHttpPost'],
  Resource: resource(domain),
});
const open = (domain: string, more: JsonObject = {}): JsonObject => ({
  Effect: 'Allow',
  Principal: { AWS: '*' },
  Action: 'es:*',
  Resource: resource(domain),
  ...more,
});
const office = { Condition: { IpAddress: { 'aws:SourceIp': ['203.0.113.0/24'] } } };

/** A domain with this policy. */
const stage = (
  name: string,
  policy: (domain: string) => readonly Json[],
  after: (domain: string) => readonly Json[],
): Stage => ({
  rule: 'opensearch/public-policy',
  name,
  async set() {
    const search = new OpenSearchClient({});
    const domain = `stage-${randomUUID().slice(0, 13)}`;
    const text = (statements: readonly Json[]): string =>
      JSON.stringify({ Version: '2012-10-17', Statement: statements });
    await search.send(
      new CreateDomainCommand({
        DomainName: domain,
        EngineVersion: 'OpenSearch_2.17',
        AccessPolicies: text(policy(domain)),
      }),
    );
    const left = after(domain);
    return {
      target: { domain },
      after: { policy: left.length === 0 ? '' : text(left), processing: false },
      call: { name: 'CreateDomain', request: { domainName: domain, accessPolicies: text(policy(domain)) } },
      async clear() {
        await search.send(new DeleteDomainCommand({ DomainName: domain }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage(
    'one public statement among three',
    (domain) => [role(domain), open(domain), open(domain, { Sid: 'TheOffice', ...office })],
    (domain) => [role(domain), open(domain, { Sid: 'TheOffice', ...office })],
  ),
  stage(
    'a single statement that is public: nothing remains',
    (domain) => [open(domain)],
    () => [],
  ),
];
