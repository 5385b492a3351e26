import { statementsOf } from '../../shared/aws/policy.ts';
import { text } from '../../shared/core/json.ts';
import type { Home } from '../../shared/core/mode.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { entityArn, named } from './lenses/entity.ts';
import { type Guard, guard, harmless } from './lenses/guard.ts';
import { taught, teaching, wanted } from './lenses/wanted.ts';

// The organisation's id is no pseudo-parameter of CloudFormation's.
const own = 'arn:${AWS::Partition}:organizations::${AWS::AccountId}' as const;
const policies = `${own}:policy/o-*/*` as const;
const roots = `${own}:root/o-*/*` as const;
const entities = [`${own}:account/o-*/*`, `${own}:ou/o-*/*`, roots] as const;
const noArn =
  'https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html: no resource types';

export const scpDetached = rule({
  id: 'organizations/scp-detached',
  title: 'A guard rail of the organisation was taken away',
  severity: 'high',
  why: 'Service control policies and their kin are what no administrator of a member account can get around. Where one is detached, emptied or turned off, everything that it forbade is allowed again in every account below, at once.',
  class: 'C',
  breaks: 'access',
  risk: 'What the guard rail forbids is refused again at once, in every account below it: also what somebody began to do since, and a change of guard rails that was meant.',
  mends:
    'attaches the policy again where it was, if it forbids anything: one that only allows would give rights back, and stays away. A text that was rewritten is put back where it was seen to stand for a day, and forbids less now; a type that was turned off is turned on, with its policies where they were seen for a day, and AWS’s FullAWSAccess everywhere. Else, and of deleted policies, it only tells. It works in the management account alone.',
  undoes:
    'detaches it, or turns the type off, with your own credentials: the role that guards may do neither. A text is put back as it was.',
  proof: 'emulator',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  // AWS Organizations User Guide, "Logging AWS Organizations API calls with AWS CloudTrail". Recorded events of DetachPolicy,
  // UpdatePolicy and DisablePolicyType were published on GitHub with others of April 2023, under "SCP Policy Changes";
  // DeletePolicy as in the API reference, in their camel case.
  triggers: calls('organizations.amazonaws.com', 'DetachPolicy', 'DeletePolicy', 'UpdatePolicy', 'DisablePolicyType'),
  permissions: {
    read: [
      { actions: ['organizations:DescribePolicy', 'organizations:ListTargetsForPolicy'], resources: [policies] },
      { actions: ['organizations:ListPolicies', 'organizations:ListRoots'], resources: { noArn } },
      { actions: ['organizations:ListPoliciesForTarget'], resources: entities },
    ],
    write: [
      { actions: ['organizations:AttachPolicy'], resources: [policies, ...entities] },
      { actions: ['organizations:EnablePolicyType'], resources: [roots] },
      { actions: ['organizations:UpdatePolicy'], resources: [policies] },
    ],
    undo: ['organizations:DetachPolicy', 'organizations:DisablePolicyType'],
  },
  detect(signal, _baseline, home) {
    if (signal.kind !== 'call') return [];
    return signal.name === 'DisablePolicyType' ? turnedOff(signal, home) : changed(signal, home);
  },
  fix: { kind: 'state', lens: guard, learns: { triggers: teaching, target: taught }, desire: wanted },
});

type Found = readonly Finding<Guard>[] | Unreadable;

/**
 * AWS's own policies that allow everything, and that every entity begins with: without one of them an entity may do less,
 * not more (AWS Organizations User Guide, "SCP evaluation").
 */
const allowing = ['p-FullAWSAccess', 'p-RCPFullAWSAccess'];

function turnedOff(call: Call, home: Home): Found {
  const type = text(call.request, 'policyType');
  const root = text(call.request, 'rootId');
  if (type === undefined) return unreadable('requestParameters.policyType');
  if (root === undefined) return unreadable('requestParameters.rootId');
  if (harmless.includes(type)) return [];
  return found(
    call,
    home,
    type,
    root,
    `all policies of the type ${type} were turned off, and detached everywhere`,
    true,
  );
}

function changed(call: Call, home: Home): Found {
  const policy = text(call.request, 'policyId');
  if (policy === undefined) return unreadable('requestParameters.policyId');
  if (allowing.includes(policy)) return [];
  if (call.name === 'DeletePolicy')
    return found(call, home, policy, policy, `the policy ${policy} was deleted; what it said, the event does not tell`);
  if (call.name === 'UpdatePolicy') return rewritten(call, home, policy);
  const from = text(call.request, 'targetId');
  if (from === undefined) return unreadable('requestParameters.targetId');
  const what = `the policy ${policy} was detached from ${named(from)}; whether it was a guard rail, the event does not tell`;
  return found(call, home, policy, from, what);
}

/** A new name or description changes nothing. What the text was before, the event does not tell. */
function rewritten(call: Call, home: Home, policy: string): Found {
  const content = text(call.request, 'content');
  if (content === undefined) return [];
  if (harmless.includes(text(call.response, 'policy', 'policySummary', 'type') ?? '')) return [];
  const statements = statementsOf(content);
  const guards = statements?.some(({ Effect }) => Effect === 'Deny');
  if (statements !== null && !guards)
    return found(call, home, policy, policy, `the policy ${policy} was rewritten: it forbids nothing now`, true);
  return found(call, home, policy, policy, `the policy ${policy} was rewritten, and may forbid less than before`);
}

function found(call: Call, home: Home, policy: string, from: string, reason: string, certain = false): Found {
  const resource = entityArn(call, home, from);
  return [{ target: { policy, from }, resource, reason, certainty: certain ? 'certain' : 'possible' }];
}
