/** The stack's account is all stack tests': what one of them was told must not silence the next. */
import { DeleteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PurgeQueueCommand, SQSClient } from '@aws-sdk/client-sqs';

/** As if nothing had been said on these channels yet, and nothing waited: of what is alike only three messages stand alone within minutes. */
export async function unspoken(queueUrl: string): Promise<void> {
  await new SQSClient({}).send(new PurgeQueueCommand({ QueueUrl: queueUrl }));
  const db = new DynamoDBClient({});
  for (const channel of ['slack', 'chat'])
    await db.send(new DeleteItemCommand({ TableName: 'firebreak-incidents', Key: { pk: { S: `voice#${channel}` } } }));
}
