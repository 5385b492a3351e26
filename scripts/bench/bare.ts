/** The yardstick: the calls of one remediation, by bare SDK clients, and nothing else. Bundled as the functions are. */
import {
  BatchGetItemCommand,
  DynamoDBClient,
  PutItemCommand,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { GenerateMacCommand, KMSClient } from '@aws-sdk/client-kms';
import { GetBucketPolicyCommand, PutBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';

const [bucket = '', id = ''] = process.argv.slice(2);
const table = process.env['FIREBREAK_TABLE'] ?? '';
const db = new DynamoDBClient({});
const s3 = new S3Client({});
const put = (pk: string) => ({ TableName: table, Item: { pk: { S: pk }, record: { S: 'x'.repeat(2000) } } });
const pair = (): TransactWriteItemsCommand =>
  new TransactWriteItemsCommand({ TransactItems: [{ Put: put(`bare#${id}`) }, { Put: put(`bare-lens#${id}`) }] });

await db.send(pair());
const { Policy } = await s3.send(new GetBucketPolicyCommand({ Bucket: bucket }));
await db.send(new BatchGetItemCommand({ RequestItems: { [table]: { Keys: [{ pk: { S: 'bare#none' } }] } } }));
const Message = new TextEncoder().encode('a digest');
const KeyId = process.env['FIREBREAK_MAC_KEY'];
await new KMSClient({}).send(new GenerateMacCommand({ KeyId, MacAlgorithm: 'HMAC_SHA_256', Message }));
await db.send(new PutItemCommand(put(`bare#${id}`)));
await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
await s3.send(new GetBucketPolicyCommand({ Bucket: bucket }));
await db.send(pair());
await new SNSClient({}).send(
  new PublishCommand({ TopicArn: process.env['FIREBREAK_TOPIC'], Message: 'x'.repeat(1000) }),
);
await db.send(new PutItemCommand(put(`bare#${id}`)));
process.stdout.write(`${JSON.stringify({ peak: process.resourceUsage().maxRSS * 1024, results: [] })}\n`);
