import { arn } from '../../shared/aws/arn.ts';
import { at, text } from '../../shared/core/json.ts';
import { calls, type Finding, rule, unreadable } from '../../shared/core/rule.ts';
import type { Call, Signal } from '../../shared/core/signal.ts';
import { foundPolicy } from './lenses/found-policy.ts';
import { policies, readsPolicies } from './lenses/policies.ts';
import { type Policy, policyVersion, type Versions, withoutAdmin } from './lenses/policy-version.ts';

export const adminPolicyCreated = rule<Policy, Versions>({
  id: 'iam/admin-policy-created',
  title: 'A policy makes its users administrators',
  severity: 'high',
  why: 'Everybody who has this policy, or gets it, may do everything in the account, or give everybody any right. A new version of a policy that is in use changes what its users may do at once.',
  class: 'C',
  function: 'iam-policies',
  breaks: 'access',
  risk: 'Everybody who has the policy loses at once what only its new version gave them, which may be more than an administrator’s rights.',
  mends:
    'puts the version in force that was in force before, where that was learned, or where there is just one other; never one that makes an administrator, too. The new version stays, without effect. A policy that was just created is only told.',
  undoes: 'puts the new version in force again.',
  proof: 'fake',
  responsibility: 'platform, applications, identity and access management',
  controls: [
    {
      framework: 'AWS Security Hub CSPM',
      id: 'IAM.1',
      source: 'https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-1',
    },
    {
      framework: 'NIST SP 800-53 Rev. 5',
      id: 'AC-6',
      source: 'https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-1',
    },
    // It names CreatePolicyVersion.
    { framework: 'MITRE ATT&CK', id: 'T1098.003', source: 'https://attack.mitre.org/techniques/T1098/003/' },
  ],
  // "CloudTrail captures all API calls for IAM and AWS STS as events": IAM User Guide, "Logging IAM and AWS STS API
  // calls". Members: IAM API Reference, written as in recorded calls of IAM, beginning small.
  triggers: calls('iam.amazonaws.com', 'CreatePolicy', 'CreatePolicyVersion', 'SetDefaultPolicyVersion'),
  permissions: {
    read: [readsPolicies, { actions: ['iam:ListPolicyVersions'], resources: [policies] }],
    write: [{ actions: ['iam:SetDefaultPolicyVersion'], resources: [policies] }],
  },
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const policy = policyOf(signal);
    if (policy === null)
      return unreadable(signal.name === 'CreatePolicy' ? 'responseElements.policy.arn' : 'requestParameters.policyArn');
    // A version that is not the default does nothing, until SetDefaultPolicyVersion.
    if (signal.name === 'CreatePolicyVersion' && !isDefault(signal)) return [];
    return judged(signal, policy);
  },
  fix: {
    kind: 'state',
    lens: policyVersion,
    learns: { triggers: calls('iam.amazonaws.com', 'CreatePolicyVersion', 'SetDefaultPolicyVersion'), target: learnt },
    desire: (state, { target, home, learned }) =>
      state && withoutAdmin(state, target, learned?.state.version, { account: home.account, region: target.region }),
  },
});

function learnt(signal: Signal): Policy | null {
  const policy = signal.kind === 'call' ? policyOf(signal) : null;
  return policy === null ? null : { policy, first: false, region: signal.region };
}

function policyOf(call: Call): string | null {
  if (call.name !== 'CreatePolicy') return text(call.request, 'policyArn') ?? null;
  const [answered, name] = [text(call.response, 'policy', 'arn'), text(call.request, 'policyName')];
  if (answered !== undefined || name === undefined) return answered ?? null;
  return arn(call, 'iam', `policy${text(call.request, 'path') ?? '/'}${name}`, { regional: false, owned: true });
}

const isDefault = ({ request, response }: Call): boolean =>
  at(request, 'setAsDefault') === true || at(response, 'policyVersion', 'isDefaultVersion') === true;

function judged(call: Call, policy: string): readonly Finding<Policy>[] {
  const name = policy.replace(/^.*\//, '');
  const first = call.name === 'CreatePolicy';
  const finding = { target: { policy, first, region: call.region }, resource: policy };
  const found = foundPolicy(at(call.request, 'policyDocument'), call);
  switch (found.is) {
    case 'harmless':
      return [];
    case 'unseen': {
      const version = text(call.request, 'versionId') ?? 'its new version';
      const what = first ? 'was created' : `was set to ${version}`;
      return [{ ...finding, reason: `the policy ${name} ${what}: what it allows is not told`, certainty: 'possible' }];
    }
    case 'admin':
      return [{ ...finding, reason: `the policy ${name} ${found.reason}`, certainty: found.certainty }];
  }
}
