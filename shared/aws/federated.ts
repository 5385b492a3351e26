/**
 * Identity providers that everyone can have an account with. A trust policy that admits such a provider's users must
 * hold them to one tenant by a claim, or it admits everyone.
 */
import { type Condition, type Fixed, holdsTo, literal } from './condition.ts';

/**
 * The claims that name a tenant, by issuer: "Identity-provider controls for shared OIDC providers", IAM User Guide,
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html; for the public
 * providers https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif;
 * GitHub's further claims: the same page.
 */
const tenantClaims: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['cognito-identity.amazonaws.com', ['aud']],
  ['accounts.google.com', ['aud', 'sub']],
  ['graph.facebook.com', ['app_id', 'id']],
  ['www.amazon.com', ['app_id', 'user_id']],
  [
    'token.actions.githubusercontent.com',
    ['sub', 'job_workflow_ref', 'repository', 'repository_id', 'repository_owner_id', 'enterprise_id'],
  ],
  ['vstoken.actions.githubusercontent.com', ['sub']],
  ['oidc-configuration.audit-log.githubusercontent.com', ['sub']],
  ['gitlab.com', ['sub']],
  ['agent.buildkite.com', ['sub']],
  ['app.terraform.io', ['sub']],
  ['oidc.codefresh.io', ['sub']],
  ['studio.datachain.ai/api', ['sub']],
  ['api.pulumi.com/oidc', ['aud']],
  ['sandboxes.cloud', ['aud']],
  ['scalr.io', ['sub']],
  ['tokens.cloud.shisho.dev', ['sub']],
  ['proidc.upbound.io', ['sub']],
  ['oidc.vercel.com', ['aud']],
]);

/**
 * Names of tenants end at a colon or a slash: `repo:octo-org/*` is one organisation's, `repo:octo*` is not. The first
 * field of a subject says what the second one names (`repo:`, `organization:`, `project_path:`).
 */
const tenant: Fixed = (value, operator, key) => {
  if (literal(value, operator, key)) return true;
  if (value.includes('${')) return false;
  const whole = (/^[^*?]*/.exec(value)?.[0] ?? '').split(/[:/]/).slice(0, -1);
  return whole.length >= (key.endsWith(':sub') ? 2 : 1) && whole.every((field) => field !== '');
};

/**
 * Who signs in at a provider without being held to a tenant, or null. The provider is a public one's name or the last
 * field of an ARN, `oidc-provider/gitlab.com`; one that is registered in the account and not shared has its own users.
 */
export function strangersSignedIn(provider: string, conditions: readonly Condition[]): string | null {
  const registered = /^(oidc|saml)-provider\//.test(provider);
  const issuer = provider.replace(/^oidc-provider\//, '').toLowerCase();
  const claims = tenantClaims.get(issuer);
  if (claims === undefined) return registered ? null : `everyone whom ${provider} signs in`;
  const keys = claims.map((claim) => `${issuer}:${claim}`);
  const held = conditions.some((one) => keys.includes(one.key.toLowerCase()) && holdsTo(one, tenant));
  return held ? null : `everyone whom ${issuer} signs in`;
}
