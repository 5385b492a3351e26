import * as v from 'valibot';
import { notOurs } from '../../shared/aws/own.ts';
import { named } from '../../shared/aws/telling.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { given, nameless, topicOf } from './lenses/topic.ts';
import { none, type Topic, topicKey } from './lenses/topic-key.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/sns-controls.html#sns-1';

// A topic's ARN has no type: Service Authorization Reference, Amazon SNS.
const topics = 'arn:${AWS::Partition}:sns:*:${AWS::AccountId}:*';

/** A key's id, ARN or alias, which must be there in every region that has topics: API_CreateTopic, KmsMasterKeyId. */
const baseline = v.strictObject({
  key: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[\w:/-]{1,2048}$/),
      v.description('the KMS key for topics of which none was learned: an id, ARN or alias'),
    ),
  ),
});

export const unencrypted = rule<Topic, string, v.InferOutput<typeof baseline>>({
  id: 'sns/unencrypted',
  title: 'A topic keeps its messages without a KMS key',
  severity: 'low',
  why: 'SNS encrypts its disks, and nothing more: no key policy stands between the messages and whoever may subscribe, and no use of a key shows in the trail.',
  class: 'C',
  breaks: 'access',
  risk: 'Publishers that may not use the key are refused from then on; services of AWS can’t publish under alias/aws/sns, whose policy nobody can change, nor under a key whose policy does not name them.',
  mends:
    'gives the topic back the key that was learned before the trouble, else the one that firebreak.yml names under baselines. Where neither is known it only tells.',
  undoes: 'takes the key away again.',
  responsibility: 'encryption and network traffic protection',
  proof: 'emulator',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'SNS.1', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'SC-28', source: page },
  ],
  // Shapes: see ./public-policy.ts. Server-side encryption is off where a topic has no KmsMasterKeyId: API_CreateTopic.
  triggers: calls('sns.amazonaws.com', 'CreateTopic', 'SetTopicAttributes'),
  baseline,
  permissions: {
    read: [{ actions: ['sns:GetTopicAttributes'], resources: [topics] }],
    write: [{ actions: ['sns:SetTopicAttributes'], resources: [topics] }],
  },
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const topic = topicOf(signal);
    if (topic === undefined) return unreadable(nameless);
    const creates = signal.name === 'CreateTopic';
    if (!creates && named(signal.request, 'attributeName') === undefined)
      return unreadable('requestParameters.attributeName');
    const value = given(signal, 'KmsMasterKeyId');
    if (value === null || (typeof value[0] === 'string' && value[0] !== '')) return [];
    // CreateTopic answers with the topic that is there, if there is one, whatever key that has: API_CreateTopic.
    const [reason, certainty] = creates
      ? (['it was created without a KMS key, unless it was there before', 'possible'] as const)
      : (['its KMS key was taken away', 'certain'] as const);
    return [{ target: { topic }, resource: topic, reason, certainty }];
  },
  fix: {
    kind: 'state',
    lens: topicKey,
    learns: {
      triggers: calls('sns.amazonaws.com', 'CreateTopic', 'SetTopicAttributes'),
      target(signal) {
        const topic = signal.kind === 'call' ? topicOf(signal) : undefined;
        return topic === undefined ? null : { topic };
      },
    },
    desire(state, { target, baseline: { key }, learned, home }) {
      if (state !== none) return state;
      const wanted = learned?.state || key;
      return wanted
        ? notOurs(target.topic, home, state, wanted)
        : { unknown: 'which key the topic is to have: firebreak.yml names none' };
    },
  },
});
