import { named, told } from '../../shared/aws/telling.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { given, nameless, topicOf } from './lenses/topic.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/sns-controls.html#sns-1';

export const unencrypted = rule({
  id: 'sns/unencrypted',
  title: 'A topic keeps its messages without a KMS key',
  severity: 'low',
  why: 'SNS encrypts its disks, and nothing more: no key policy stands between the messages and whoever may subscribe, and no use of a key shows in the trail.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'encryption and network traffic protection',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'SNS.1', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'SC-28', source: page },
  ],
  // Shapes: see ./public-policy.ts. Server-side encryption is off where a topic has no KmsMasterKeyId: API_CreateTopic.
  triggers: calls('sns.amazonaws.com', 'CreateTopic', 'SetTopicAttributes'),
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
    return creates
      ? told(topic, 'it was created without a KMS key, unless it was there before', 'possible')
      : told(topic, 'its KMS key was taken away');
  },
});
