import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import { attributesOf, setAttribute } from './attributes.ts';

/** `topic`: the topic's ARN. */
export type Topic = { readonly topic: string };

/** A topic without a KMS key: no text that names one. */
export const none = '';

/** The KMS key that a topic's messages are under, as it was named, or `none`. Null where there is no such topic. */
export const topicKey: Lens<Topic, string> = {
  id: 'sns/topic-key',
  key: ({ topic }) => topic,
  async read({ topic }) {
    const found = await attributesOf(topic);
    return found === null ? null : (found['KmsMasterKeyId'] ?? none);
  },
  async write({ topic }, _from, to) {
    if (to === null) throw fault('NotWritable', `${topic}: it has a key or none`);
    await setAttribute(topic, 'KmsMasterKeyId', to);
  },
  undo: () => 'restore',
};
