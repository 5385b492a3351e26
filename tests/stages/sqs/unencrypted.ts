import { randomUUID } from 'node:crypto';
import { CreateQueueCommand, DeleteQueueCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Stage } from '../../support/stage.ts';

type Attributes = { readonly [name: string]: string };

/** A queue that was made so, and then changed. */
const stage = (name: string, made: Attributes, changed: Attributes | null, fifo?: true): Stage => ({
  rule: 'sqs/unencrypted',
  name,
  async set() {
    const sqs = new SQSClient({});
    const queue = `stage-${randomUUID()}${fifo ? '.fifo' : ''}`;
    const attributes = { ...made, ...(fifo && { FifoQueue: 'true' }) };
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: queue, Attributes: attributes }));
    if (changed) await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: changed }));
    const queueUrl = `https://sqs.us-east-1.amazonaws.com/123456789012/${queue}`;
    return {
      target: { queue: `arn:aws:sqs:us-east-1:123456789012:${queue}` },
      after: { key: null, managed: true },
      call: changed
        ? { name: 'SetQueueAttributes', request: { queueUrl, attributes: changed } }
        : { name: 'CreateQueue', request: { queueName: queue, attributes }, response: { queueUrl } },
      async clear() {
        await sqs.send(new DeleteQueueCommand({ QueueUrl }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('made without encryption', { SqsManagedSseEnabled: 'false', VisibilityTimeout: '77' }, null),
  stage('turned off on a FIFO queue', {}, { SqsManagedSseEnabled: 'false', DelaySeconds: '5' }, true),
  stage(
    'a queue whose KMS key was taken away',
    { KmsMasterKeyId: 'alias/aws/sqs', KmsDataKeyReusePeriodSeconds: '600' },
    { KmsMasterKeyId: '', SqsManagedSseEnabled: 'false' },
  ),
];
