import { addedFor, type Opened, openedBy } from '../../shared/aws/opened.ts';
import { member, named as textOf } from '../../shared/aws/telling.ts';
import type { Home } from '../../shared/core/mode.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { given, nameless, topicOf } from './lenses/topic.ts';

export const publicPolicy = rule({
  id: 'sns/public-policy',
  title: 'A topic policy lets strangers in',
  severity: 'high',
  why: 'Whoever the policy lets in may subscribe, and read every message from then on, or publish messages of their own to our subscribers, who will believe them.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'customer data',
  controls: [
    {
      framework: 'AWS Security Hub CSPM',
      id: 'SNS.4',
      source: 'https://docs.aws.amazon.com/securityhub/latest/userguide/sns-controls.html#sns-4',
    },
  ],
  // SNS Developer Guide, "Logging AWS SNS API calls using AWS CloudTrail", lists the three and shows CreateTopic; members:
  // API_SetTopicAttributes, API_AddPermission; attributeName and attributeValue side by side also in Panther's tests.
  triggers: calls('sns.amazonaws.com', 'SetTopicAttributes', 'AddPermission', 'CreateTopic'),
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
});

/** A new topic's policy is by default one for `*` that AWS:SourceOwner holds to its account: that is not public. */
function set(call: Call, home: Home): Opened | null {
  const [policy] = given(call, 'Policy') ?? [''];
  if (policy === '' || (call.name === 'CreateTopic' && (policy === undefined || policy === null))) return null;
  return openedBy(policy, home);
}

/** The statement that it adds names accounts: AWSAccountId, which is a list all the same. */
const accounts = ({ request }: Call): unknown => member(request, 'AWSAccountId') ?? member(request, 'AWSAccountIds');
