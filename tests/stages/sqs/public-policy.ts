import { randomUUID } from 'node:crypto';
import { CreateQueueCommand, DeleteQueueCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Stage } from '../../support/stage.ts';

type Policy = { readonly [member: string]: unknown };

const queueArn = (name: string): string => `arn:aws:sqs:us-east-1:123456789012:${name}`;

const owner = (name: string) => ({
  Sid: 'Owner',
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::123456789012:root' },
  Action: 'SQS:*',
  Resource: queueArn(name),
});

const open = (name: string, more: Policy = {}) => ({
  Effect: 'Allow',
  Principal: '*',
  Action: ['SQS:SendMessage', 'SQS:ReceiveMessage'],
  Resource: queueArn(name),
  ...more,
});

const fromBucket = (name: string) =>
  open(name, { Sid: 'Uploads', Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::uploads' } } });

/** A queue with this policy and an attribute of its own. */
const stage = (
  name: string,
  policy: (queue: string) => Policy,
  after: (queue: string) => Policy | null,
  indent?: number,
): Stage => ({
  rule: 'sqs/public-policy',
  name,
  async set() {
    const sqs = new SQSClient({});
    const queue = `stage-${randomUUID()}`;
    const { QueueUrl } = await sqs.send(
      new CreateQueueCommand({ QueueName: queue, Attributes: { VisibilityTimeout: '77' } }),
    );
    const attributes = { Policy: JSON.stringify(policy(queue), null, indent) };
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: attributes }));
    const left = after(queue);
    return {
      target: { queue: queueArn(queue), named: false },
      after: left === null ? null : JSON.stringify(left),
      call: {
        name: 'SetQueueAttributes',
        request: { queueUrl: `https://sqs.us-east-1.amazonaws.com/123456789012/${queue}`, attributes },
      },
      async clear() {
        await sqs.send(new DeleteQueueCommand({ QueueUrl }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage(
    'one public statement between the owner’s and a bucket’s, in indented text',
    (queue) => ({
      Version: '2008-10-17',
      Id: 'by-hand',
      Statement: [owner(queue), open(queue, { Sid: 'Everyone' }), fromBucket(queue)],
    }),
    (queue) => ({ Version: '2008-10-17', Id: 'by-hand', Statement: [owner(queue), fromBucket(queue)] }),
    2,
  ),
  stage(
    'conditions that hold nobody',
    (queue) => ({
      Version: '2012-10-17',
      Statement: [
        open(queue, { Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:sns:us-east-1:*:news' } } }),
        open(queue, {
          Principal: { AWS: ['123456789012', '*'] },
          Condition: { Bool: { 'aws:SecureTransport': 'true' } },
        }),
        open(queue, { Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      ],
    }),
    (queue) => ({
      Version: '2012-10-17',
      Statement: [open(queue, { Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })],
    }),
  ),
  stage(
    'nothing but a public statement, not in a list',
    (queue) => ({ Version: '2012-10-17', Statement: open(queue) }),
    () => null,
  ),
];
