/** What a deployment has, without the stack: a table, a topic with an inbox behind it, a key for the records' codes. */
import { randomUUID } from 'node:crypto';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateTopicCommand, DeleteTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { dynamoIncidents } from '../../shared/incidents/dynamo.ts';
import type { Parts } from '../../shared/lambda/compose.ts';
import { makeTable } from './table.ts';

/** A message as the topic sent it. */
export type Told = { readonly subject: string; readonly text: string };

export type Deployment = Pick<Parts, 'stack' | 'table' | 'topicArn' | 'macKey' | 'waker'> & {
  readonly store: ReturnType<typeof dynamoIncidents>;
  /** Messages that the topic sent since the last look. */
  told(): Promise<readonly Told[]>;
  drop(): Promise<void>;
};

export async function deployment(): Promise<Deployment> {
  const stack = `fb-${randomUUID().slice(0, 8)}`;
  const [sns, sqs] = [new SNSClient({}), new SQSClient({})];
  const dropTable = await makeTable(`${stack}-incidents`);
  const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: `${stack}-alerts` }));
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: `${stack}-inbox` }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
  const Resource = Attributes?.['QueueArn'];
  const Principal = { Service: 'sns.amazonaws.com' };
  const Policy = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal, Action: 'sqs:SendMessage', Resource }],
  };
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy: JSON.stringify(Policy) } }));
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: Resource }));
  const key = await new KMSClient({}).send(
    new CreateKeyCommand({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }),
  );

  async function told(): Promise<readonly Told[]> {
    const all: Told[] = [];
    for (;;) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 3600 }),
      );
      if (Messages.length === 0) return all;
      for (const { Body } of Messages) {
        const { Subject, Message } = JSON.parse(Body ?? '{}') as { Subject: string; Message: string };
        all.push({ subject: Subject, text: Message });
      }
    }
  }

  return {
    stack,
    table: `${stack}-incidents`,
    topicArn: TopicArn,
    macKey: key.KeyMetadata?.KeyId ?? '',
    waker: {
      functionArn: 'arn:aws:lambda:us-east-1:123456789012:function:none',
      roleArn: 'arn:aws:iam::123456789012:role/none',
      group: 'default',
      deadLetterArn: 'arn:aws:sqs:us-east-1:123456789012:none',
    },
    store: dynamoIncidents(`${stack}-incidents`, 30),
    told,
    async drop() {
      await dropTable();
      await sns.send(new DeleteTopicCommand({ TopicArn }));
      await sqs.send(new DeleteQueueCommand({ QueueUrl }));
    },
  };
}
