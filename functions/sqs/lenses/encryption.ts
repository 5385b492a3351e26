import type { Lens } from '../../../shared/core/rule.ts';
import { attributesOf, minutes, setAttributes } from './attributes.ts';
import { says } from './queue.ts';

/** `queue`: the queue's ARN. */
export type Queue = { readonly queue: string };

/** `key`: the KMS key that its messages are under, or null; `managed`: whether they are under SQS's own. */
export type Encryption = { readonly key: string | null; readonly managed: boolean };

/** How a queue encrypts its messages at rest. Null where there is no such queue. */
export const encryption: Lens<Queue, Encryption> = {
  id: 'sqs/encryption',
  key: ({ queue }) => queue,
  async read({ queue }) {
    const found = await attributesOf(queue, ['KmsMasterKeyId', 'SqsManagedSseEnabled']);
    if (found === null) return null;
    return { key: found['KmsMasterKeyId'] || null, managed: says(found['SqsManagedSseEnabled'], 'true') };
  },
  // "Only one server-side encryption option is supported per queue": API_SetQueueAttributes. What is as it was is not sent.
  async write({ queue }, from, to) {
    const key = from?.key === to?.key ? {} : { KmsMasterKeyId: to?.key ?? '' };
    const managed = from?.managed === to?.managed ? {} : { SqsManagedSseEnabled: String(to?.managed === true) };
    await setAttributes(queue, { ...key, ...managed });
  },
  undo: () => 'restore',
  settles: minutes,
};
