import { randomUUID } from 'node:crypto';
import { CreateTopicCommand, DeleteTopicCommand, SetTopicAttributesCommand, SNSClient } from '@aws-sdk/client-sns';
import type { Stage } from '../../support/stage.ts';

/** A topic without a key: never given one, or one that was taken away. */
const stage = (name: string, o: { had?: string; learned?: string; configured?: string; after: string }): Stage => ({
  rule: 'sns/unencrypted',
  name,
  ...(o.configured !== undefined && { baseline: { key: o.configured } }),
  ...(o.learned !== undefined && { learned: o.learned }),
  async set() {
    const sns = new SNSClient({});
    const asked = {
      Name: `stage-${randomUUID()}`,
      ...(o.had !== undefined && { Attributes: { KmsMasterKeyId: o.had, DisplayName: 'News' } }),
    };
    const { TopicArn = '' } = await sns.send(new CreateTopicCommand(asked));
    const change = { TopicArn, AttributeName: 'KmsMasterKeyId', AttributeValue: '' };
    if (o.had !== undefined) await sns.send(new SetTopicAttributesCommand(change));
    return {
      target: { topic: TopicArn },
      after: o.after,
      call:
        o.had === undefined
          ? { name: 'CreateTopic', request: { name: asked.Name }, response: { topicArn: TopicArn } }
          : {
              name: 'SetTopicAttributes',
              request: { topicArn: TopicArn, attributeName: 'KmsMasterKeyId', attributeValue: '' },
            },
      async clear() {
        await sns.send(new DeleteTopicCommand({ TopicArn }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('made without a key, and firebreak.yml names one', { configured: 'alias/topics', after: 'alias/topics' }),
  stage('a key that was learned goes before the one in firebreak.yml', {
    had: 'alias/news',
    learned: 'alias/news',
    configured: 'alias/topics',
    after: 'alias/news',
  }),
];
