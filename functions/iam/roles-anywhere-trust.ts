import { arn } from '../../shared/aws/arn.ts';
import { listed, told } from '../../shared/aws/telling.ts';
import { at, text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';

export const rolesAnywhereTrust = rule({
  id: 'iam/roles-anywhere-trust',
  title: 'Certificates from outside AWS may assume roles',
  severity: 'medium',
  why: 'With IAM Roles Anywhere whoever holds a certificate of a trusted authority gets sessions of roles, without any key of AWS’s. An authority that an intruder brought along is a way in that outlives every password.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  // Recorded: Stratus Red Team, aws.persistence.rolesanywhere-create-trust-anchor, both calls.
  triggers: calls('rolesanywhere.amazonaws.com', 'CreateTrustAnchor', 'CreateProfile'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const anchor = signal.name === 'CreateTrustAnchor';
    const name = text(signal.request, 'name') ?? text(signal.response, anchor ? 'trustAnchor' : 'profile', 'name');
    if (name === undefined) return unreadable('requestParameters.name');
    return told(
      resourceOf(signal, anchor),
      `${anchor ? anchored(signal, name) : profiled(signal, name)}${off(signal)}`,
    );
  },
});

/** CERTIFICATE_BUNDLE brings its own authority, AWS_ACM_PCA names one of AWS Private CA: API Reference, Source. */
function anchored(call: Call, name: string): string {
  const own = text(call.request, 'source', 'sourceType') === 'AWS_ACM_PCA';
  return `the trust anchor ${name} was created: ${own ? 'an authority of AWS Private CA' : 'an authority from outside AWS'} is trusted`;
}

function profiled(call: Call, name: string): string {
  const roles = listed(at(call.request, 'roleArns'), 5).map((one) => one.replace(/^.*:role\//, ''));
  return `the profile ${name} was created${roles.length > 0 ? `: certificates may assume ${roles.join(', ')}` : ''}`;
}

const off = ({ request }: Call): string => (at(request, 'enabled') === true ? '' : '; it is not enabled yet');

function resourceOf(call: Call, anchor: boolean): string {
  const answered = anchor
    ? text(call.response, 'trustAnchor', 'trustAnchorArn')
    : text(call.response, 'profile', 'profileArn');
  return answered ?? arn(call, 'rolesanywhere', `${anchor ? 'trust-anchor' : 'profile'}/*`);
}
