import { arn } from '../../shared/aws/arn.ts';
import { publicStatements, statementsOf } from '../../shared/aws/policy.ts';
import { at, isObject, type Json, text } from '../../shared/core/json.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';

/** `domain`: its name. */
type Domain = { readonly domain: string };

export const publicPolicy = rule<Domain>({
  id: 'opensearch/public-policy',
  title: 'A search domain lets strangers in',
  severity: 'critical',
  why: 'Whoever finds the domain’s address may search, change or delete its indexes, without credentials. Open search clusters are found and emptied for ransom by scripts.',
  class: 'N',
  breaks: 'nothing',
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
  detect: (signal) => (signal.kind === 'call' ? found(signal) : []),
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
