import { arn } from '../../shared/aws/arn.ts';
import { named, told } from '../../shared/aws/telling.ts';
import { calls, rule } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';

export const federationChanged = rule({
  id: 'iam/federation-changed',
  title: 'An identity provider was added, changed or removed',
  severity: 'medium',
  why: 'An identity provider vouches for people and programs from outside. Who adds one, or changes its metadata or its certificate, can sign in as anybody whom the roles that trust it admit.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  unconfirmed:
    'the names are those of the IAM API, all of whose actions CloudTrail logs (IAM User Guide, "Logging IAM and AWS STS API calls"); no recorded event shows how it writes the field with the provider’s ARN, so that any casing is read.',
  triggers: calls(
    'iam.amazonaws.com',
    'CreateSAMLProvider',
    'UpdateSAMLProvider',
    'DeleteSAMLProvider',
    'CreateOpenIDConnectProvider',
    'DeleteOpenIDConnectProvider',
    'UpdateOpenIDConnectProviderThumbprint',
    'AddClientIDToOpenIDConnectProvider',
  ),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const resource = providerOf(signal);
    if (isIdentityCenters(signal, resource)) return [];
    const how = signal.name.startsWith('Create') ? 'added' : signal.name.startsWith('Delete') ? 'removed' : 'changed';
    return told(resource, `the identity provider ${resource.replace(/^.*-provider\//, '')} was ${how}`);
  },
});

/**
 * IAM Identity Center keeps a provider of its own in each account, by its service-linked role, which nobody else can assume:
 * Panther's tests of AWS.Suspicious.SAML.Activity hold a recorded one. Any other provider is told, whoever made it.
 */
const isIdentityCenters = ({ actor }: Call, resource: string): boolean =>
  actor.invokedBy === 'sso.amazonaws.com' &&
  /:assumed-role\/AWSServiceRoleForSSO\//.test(actor.arn ?? '') &&
  /:saml-provider\/AWSSSO_([0-9a-f]+_)?DO_NOT_DELETE$/.test(resource);

/** The provider's ARN; by its name or address where the event does not hold it. */
function providerOf(call: Call): string {
  const kind = call.name.includes('SAML') ? 'saml' : 'oidc';
  const member = kind === 'saml' ? 'sAMLProviderArn' : 'openIDConnectProviderArn';
  const found = named(call.request, member) ?? named(call.response, member);
  const name = named(call.request, 'name') ?? named(call.request, 'url')?.replace(/^https:\/\//, '') ?? '*';
  return found ?? arn(call, 'iam', `${kind}-provider/${name}`, { regional: false, owned: true });
}
