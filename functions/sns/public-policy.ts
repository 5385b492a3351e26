import { closed } from '../../shared/aws/closing.ts';
import { addedFor, type Opened, openedBy } from '../../shared/aws/opened.ts';
import { notOurs } from '../../shared/aws/own.ts';
import { member, named as textOf } from '../../shared/aws/telling.ts';
import type { Home } from '../../shared/core/mode.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { given, nameless, topicOf } from './lenses/topic.ts';
import { byDefault, type PolicyTarget, topicPolicy } from './lenses/topic-policy.ts';

// A topic's ARN has no type: Service Authorization Reference, Amazon SNS.
const topics = 'arn:${AWS::Partition}:sns:*:${AWS::AccountId}:*';

export const publicPolicy = rule<PolicyTarget, string>({
  id: 'sns/public-policy',
  title: 'A topic policy lets strangers in',
  severity: 'high',
  why: 'Whoever the policy lets in may subscribe, and read every message from then on, or publish messages of their own to our subscribers, who will believe them.',
  class: 'A',
  breaks: 'access',
  risk: 'Publishers and subscribers that relied on the public statement are refused at once, such as services of AWS that no statement names. Subscriptions that were made meanwhile stay, and so do all other statements.',
  mends:
    'drops the statements that make the topic public, and leaves the others as they are. When none remains, the topic gets the policy of a new one, for its own account alone. Strangers who are named are only told.',
  undoes: 'puts the former policy back, text for text.',
  responsibility: 'customer data',
  proof: 'emulator',
  controls: [
    {
      framework: 'AWS Security Hub CSPM',
      id: 'SNS.4',
      source: 'https://docs.aws.amazon.com/securityhub/latest/userguide/sns-controls.html#sns-4',
    },
    {
      framework: 'MITRE ATT&CK',
      id: 'T1537',
      source:
        'https://github.com/panther-labs/panther-analysis/blob/main/rules/aws_cloudtrail_rules/aws_resource_made_public.yml',
    },
  ],
  // SNS Developer Guide, "Logging AWS SNS API calls using AWS CloudTrail", lists the three and shows CreateTopic; members:
  // API_SetTopicAttributes, API_AddPermission; attributeName and attributeValue side by side also in Panther's tests.
  triggers: calls('sns.amazonaws.com', 'SetTopicAttributes', 'AddPermission', 'CreateTopic'),
  permissions: {
    read: [{ actions: ['sns:GetTopicAttributes'], resources: [topics] }],
    write: [{ actions: ['sns:SetTopicAttributes'], resources: [topics] }],
  },
  detect(signal, _baseline, home) {
    if (signal.kind !== 'call') return [];
    const topic = topicOf(signal);
    if (topic === undefined) return unreadable(nameless);
    if (signal.name === 'SetTopicAttributes' && textOf(signal.request, 'attributeName') === undefined)
      return unreadable('requestParameters.attributeName');
    const opened = signal.name === 'AddPermission' ? addedFor(accounts(signal), home) : set(signal, home);
    if (opened === null) return [];
    const { reason, certainty, named } = opened;
    return [{ target: { topic, named }, resource: topic, reason, certainty }];
  },
  fix: {
    kind: 'state',
    lens: topicPolicy,
    desire: (policy, { target, home }) =>
      policy === null
        ? null
        : notOurs(target.topic, home, policy, closed(policy, target.named, home) ?? byDefault(target.topic)),
  },
});

/** A new topic's policy is by default one for `*` that AWS:SourceOwner holds to its account: that is not public. */
function set(call: Call, home: Home): Opened | null {
  const [policy] = given(call, 'Policy') ?? [''];
  if (policy === '' || (call.name === 'CreateTopic' && (policy === undefined || policy === null))) return null;
  return openedBy(policy, home);
}

/** The statement that it adds names accounts: AWSAccountId, which is a list all the same. */
const accounts = ({ request }: Call): unknown => member(request, 'AWSAccountId') ?? member(request, 'AWSAccountIds');
