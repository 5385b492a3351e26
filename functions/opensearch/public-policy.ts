import { arn } from '../../shared/aws/arn.ts';
import { publicStatements, statementsOf, withoutStatements } from '../../shared/aws/policy.ts';
import { at, isObject, type Json, text } from '../../shared/core/json.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { type Access, accessPolicy, type Domain } from './lenses/access-policy.ts';

const domains = 'arn:${AWS::Partition}:es:${AWS::Region}:${AWS::AccountId}:domain/*' as const;

export const publicPolicy = rule<Domain, Access>({
  id: 'opensearch/public-policy',
  title: 'A search domain lets strangers in',
  severity: 'critical',
  why: 'Whoever finds the domain’s address may search, change or delete its indexes, without credentials. Open search clusters are found and emptied for ransom by scripts.',
  class: 'C',
  breaks: 'access',
  risk: 'Clients that came without credentials are refused as soon as the change is through: applications that do not sign their requests, dashboards, whoever relied on fine-grained access control or on the domain’s VPC alone. All other statements stay.',
  mends:
    'drops the statements that let strangers in, and leaves the others as they are; when none remains, the policy is empty, and nobody gets in by it. A domain that is being changed is waited for, three hours at the most.',
  undoes: 'puts the former policy back, text for text.',
  proof: 'emulator',
  responsibility: 'customer data',
  // Security Hub's controls ask for a VPC (Opensearch.2) and for fine-grained access control (Opensearch.7), not for this.
  controls: [],
  // "All OpenSearch Service configuration API actions are logged by CloudTrail", by eventSource es.amazonaws.com; shape of
  // CreateDomain and CreateElasticsearchDomain, whose accessPolicies are text: Amazon OpenSearch Service developer guide,
  // "Monitoring Amazon OpenSearch Service API calls with AWS CloudTrail".
  triggers: calls(
    'es.amazonaws.com',
    'CreateDomain',
    'UpdateDomainConfig',
    'CreateElasticsearchDomain',
    'UpdateElasticsearchDomainConfig',
  ),
  permissions: {
    read: [{ actions: ['es:DescribeDomain'], resources: [domains] }],
    write: [{ actions: ['es:UpdateDomainConfig'], resources: [domains] }],
  },
  detect: (signal) => (signal.kind === 'call' ? found(signal) : []),
  fix: {
    kind: 'state',
    lens: accessPolicy,
    desire(state) {
      const open = state === null ? [] : publicStatements(state.policy).map(({ index }) => index);
      // While a change goes on the policy may still be the one before.
      if (state === null || (open.length === 0 && !state.processing)) return state;
      return { policy: withoutStatements(state.policy, open) ?? '', processing: false };
    },
  },
});

function found(call: Call): readonly Finding<Domain>[] | Unreadable {
  const policy = at(call.request, 'accessPolicies');
  // What does not speak of the policy leaves it as it is; a new domain without one lets nobody in. A rehearsal changes nothing.
  if (isObject(call.request) && (policy === undefined || policy === '' || at(call.request, 'dryRun') === true))
    return [];
  const readable = statementsOf(policy as Json) !== null;
  const open = readable ? publicStatements(policy as Json) : [];
  if (readable && open.length === 0) return [];
  const domain = text(call.request, 'domainName');
  if (domain === undefined) return unreadable('requestParameters.domainName');
  const finding = { target: { domain }, resource: arn(call, 'es', `domain/${domain}`) };
  if (!readable)
    return [{ ...finding, reason: 'an access policy was put, and the event does not show it', certainty: 'possible' }];
  const reason = open.map((one) => `statement ${one.index + 1} is open to ${one.reason}`).join('; ');
  const behind = guardOf(call);
  return behind === null
    ? [{ ...finding, reason, certainty: 'certain' }]
    : [{ ...finding, reason: `${reason}; but ${behind}`, certainty: 'possible' }];
}

/** What else stands before a domain, as far as the event shows: then who gets in is not the policy's to say alone. */
function guardOf(call: Call): string | null {
  const placed = [call.request, at(call.response, 'domainStatus')].map((one) => at(one, 'vPCOptions', 'subnetIds'));
  if (placed.some((subnets) => Array.isArray(subnets) && subnets.length > 0))
    return 'the domain is in a VPC, whose network decides who reaches it';
  return at(call.request, 'advancedSecurityOptions', 'enabled') === true
    ? 'fine-grained access control asks for users of its own'
    : null;
}
