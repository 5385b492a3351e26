import { closed } from '../../shared/aws/closing.ts';
import { openedBy } from '../../shared/aws/opened.ts';
import { statementsOf } from '../../shared/aws/policy.ts';
import { at, type Json } from '../../shared/core/json.ts';
import type { Home } from '../../shared/core/mode.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { repositoryOf } from './lenses/repository.ts';
import { type PolicyTarget, repositoryPolicy } from './lenses/repository-policy.ts';

const repositories = 'arn:${AWS::Partition}:ecr:${AWS::Region}:${AWS::AccountId}:repository/*' as const;

export const publicPolicy = rule<PolicyTarget, string>({
  id: 'ecr/public-policy',
  title: 'A repository of images lets strangers in',
  severity: 'high',
  why: 'Strangers may now do what the policy allows: pull the images with all that is baked into them, or push images of their own that the next deployment runs.',
  class: 'A',
  breaks: 'access',
  risk: 'Whoever pulled or pushed by the public statement alone is refused at once: deployments of other accounts that were never named. What runs already goes on.',
  mends:
    'drops the statements that make the policy public, and leaves the others as they are. When none remains, the policy is deleted. Strangers who are named are only told.',
  undoes: 'puts the former policy back, text for text.',
  responsibility: 'customer data',
  proof: 'emulator',
  controls: [],
  // "All Amazon ECR API actions are logged by CloudTrail", ECR user guide, "Logging Amazon ECR actions with AWS CloudTrail";
  // the shape: API_SetRepositoryPolicy, and an event in Panther's public rule for it (aws_resource_made_public).
  triggers: calls('ecr.amazonaws.com', 'SetRepositoryPolicy'),
  permissions: {
    read: [{ actions: ['ecr:GetRepositoryPolicy'], resources: [repositories] }],
    write: [{ actions: ['ecr:SetRepositoryPolicy', 'ecr:DeleteRepositoryPolicy'], resources: [repositories] }],
  },
  detect: (signal, _baseline, home) => (signal.kind === 'call' ? found(signal, home) : []),
  fix: {
    kind: 'state',
    lens: repositoryPolicy,
    desire: (policy, { target, home }) => policy && closed(policy, target.named, home),
  },
});

/** The request holds the policy as it was asked, the answer as ECR stored it: either tells. */
function found(call: Call, home: Home): readonly Finding<PolicyTarget>[] | Unreadable {
  const repository = repositoryOf(call);
  if (repository === undefined) return unreadable('requestParameters.repositoryName');
  const put = [at(call.request, 'policyText'), at(call.response, 'policyText')];
  const opened = openedBy(
    put.find((policy) => statementsOf(policy as Json) !== null),
    home,
  );
  if (opened === null) return [];
  const { reason, certainty, named } = opened;
  return [{ target: { repository, named }, resource: repository, reason, certainty }];
}
