/** The function voice of the deployed stack, with a stand-in for Slack: what arrives, where, in which order, and how often. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BatchGetItemCommand, DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { GetRolePolicyCommand, IAMClient, ListRolePoliciesCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  DeletePublicAccessBlockCommand,
  GetBucketPolicyCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PublishBatchCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { deployInto } from '../../scripts/sandbox/deploy.ts';
import type { Sandbox } from '../../scripts/sandbox/sandbox.ts';
import type { Incident } from '../../shared/core/incident.ts';
import { dynamoIncidents } from '../../shared/incidents/dynamo.ts';
import { incidentOf } from '../support/incident.ts';
import { type Posted, type SlackStandIn, seen, slackStandIn, wrongWith } from '../support/slack.ts';
import { unspoken } from '../support/unspoken.ts';
import { until as waited } from '../support/until.ts';

const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const sandbox = inject('sandbox');
const { account, region, endpoint } = sandbox;
const store = dynamoIncidents('firebreak-incidents', 400);
const [s3, sqs, iam, db] = [new S3Client({}), new SQSClient({}), new IAMClient({}), new DynamoDBClient({})];
const queueUrl = (name: string): string => `${endpoint}/${account}/${name}`;
const general = 'C0123456789';
const loud = 'C9876543210';

let slack: SlackStandIn;
let env: Record<string, string> = {};
let folder = '';

beforeAll(async () => {
  slack = await slackStandIn();
  const { token } = slack;
  await new SecretsManagerClient({}).send(new CreateSecretCommand({ Name: 'firebreak/slack', SecretString: token }));
  folder = mkdtempSync(join(tmpdir(), 'firebreak-voice-'));
  const config = join(folder, 'firebreak.yml');
  writeFileSync(
    config,
    `preset: standard
modes:
  - {rule: s3/tls-only, mode: off}
  - {rule: s3/public-policy, actor: "arn:aws:sts::*:assumed-role/careful/*", mode: approve}
channels:
  slack:
    token: secretsmanager:firebreak/slack
    channel: ${general}
    routes: [{severity: high, channel: ${loud}}]
  amazonQ: true
  eventBridge: true
`,
  );
  process.env['FIREBREAK_SLACK_API'] = slack.api;
  try {
    env = await deployInto(sandbox as unknown as Sandbox, config, () => {});
  } finally {
    delete process.env['FIREBREAK_SLACK_API'];
  }
  await unspoken(queueUrl('firebreak-voice'));
  await inboxOf('voice-chat', async (arn) => {
    const TopicArn = `arn:aws:sns:${region}:${account}:firebreak-chat`;
    const Attributes = { RawMessageDelivery: 'true' };
    await new SNSClient({}).send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: arn, Attributes }));
  });
  await inboxOf('voice-bus', async (Arn) => {
    const Name = 'everything-of-firebreak';
    const events = new EventBridgeClient({});
    await events.send(new PutRuleCommand({ Name, EventPattern: JSON.stringify({ source: ['firebreak'] }) }));
    await events.send(new PutTargetsCommand({ Rule: Name, Targets: [{ Id: 'inbox', Arn }] }));
  });
  // On AWS three minutes pass until what could not be said comes again.
  const Attributes = { VisibilityTimeout: '3' };
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl: queueUrl('firebreak-voice'), Attributes }));
}, 300_000);
afterAll(async () => {
  if (folder) rmSync(folder, { recursive: true });
  await slack.close();
});

async function inboxOf(QueueName: string, wire: (arn: string) => Promise<void>): Promise<void> {
  await sqs.send(new CreateQueueCommand({ QueueName }));
  const arn = `arn:aws:sqs:${region}:${account}:${QueueName}`;
  const Principal = { Service: ['sns.amazonaws.com', 'events.amazonaws.com'] };
  const Statement = [{ Effect: 'Allow', Principal, Action: 'sqs:SendMessage', Resource: arn }];
  const Attributes = { Policy: JSON.stringify({ Version: '2012-10-17', Statement }) };
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl: queueUrl(QueueName), Attributes }));
  await wire(arn);
}

type Told = { readonly [key: string]: unknown };
const told: { [queue: string]: Told[] } = {};
/** Everything that came to an inbox so far. */
async function inbox(name: 'voice-chat' | 'voice-bus'): Promise<readonly Told[]> {
  told[name] ??= [];
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl(name), MaxNumberOfMessages: 10, VisibilityTimeout: 3600 }),
    );
    if (Messages.length === 0) return told[name];
    told[name].push(...Messages.map(({ Body }) => JSON.parse(Body ?? '{}') as Told));
  }
}

function firebreak(...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [main, ...args], { env: { ...process.env, ...env } }, (error, stdout, stderr) =>
      error ? reject(new Error(`${args.join(' ')}: ${stdout}${stderr}`)) : resolve(stdout),
    );
  });
}

const until: typeof waited = (look, what) =>
  waited(look, what, () => `; Slack refused: ${slack.refusals.join('; ') || 'nothing'}`);

/** Opens a bucket to everybody as this role, puts the event of it, and gives the incident when people were told. */
async function opened(bucket: string, role = 'hasty'): Promise<Incident> {
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await s3.send(new DeletePublicAccessBlockCommand({ Bucket: bucket }));
  const Statement = [
    { Sid: 'open', Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${bucket}/*` },
  ];
  const policy = { Version: '2012-10-17', Statement };
  const { $metadata } = await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(policy) }));
  const event = JSON.parse(
    readFileSync('events/s3/public-policy/fires-everyone.json', 'utf8').replaceAll('111122223333', account),
  ) as { source: string; 'detail-type': string; detail: object };
  const eventID = randomUUID();
  const arn = `arn:aws:sts::${account}:assumed-role/${role}/<!channel> *${bucket}*`;
  const detail = {
    ...event.detail,
    eventID,
    eventTime: new Date().toISOString(),
    requestID: $metadata.requestId,
    requestParameters: { bucketName: bucket, bucketPolicy: policy },
    userIdentity: { type: 'AssumedRole', principalId: `AROAEXAMPLE:${bucket}`, arn, accountId: account },
  };
  const Entries = [{ Source: event.source, DetailType: event['detail-type'], Detail: JSON.stringify(detail) }];
  await new EventBridgeClient({}).send(new PutEventsCommand({ Entries }));
  return until(
    async () => (await store.list(2, new Date())).find((one) => one.event.id === eventID && one.told === one.outcome),
    `the incident of ${bucket}`,
  );
}

const about = (id: string): readonly Posted[] => slack.messages.filter(({ blocks }) => seen(blocks).includes(id));
const firstOf = (id: string): Promise<Posted> => until(() => about(id)[0], `the message of ${id}`);
const answerTo = (first: Posted, word: string): Promise<Posted> =>
  until(
    () => slack.messages.find(({ thread, text }) => thread === first.ts && text.includes(word)),
    `${word} in the thread`,
  );

test('fixed, then undone: a message, updated as it moves on, and the step in its thread; the others are told, too', async () => {
  // The account is the other stack tests', too.
  const earlier = new Set((await store.list(2, new Date())).map((one) => one.id));
  const { id, outcome } = await opened('voice-fixed');
  expect(outcome).toBe('fixed');
  const first = await firstOf(id);
  expect(first).toMatchObject({ channel: general, text: expect.stringMatching(/^Fixed: /) });
  expect(seen(first.blocks)).toContain('"Sid": "open"');
  // What an attacker named himself is text, and nobody is called by it.
  expect(seen(first.blocks)).toContain('‹!channel› *voice-fixed*');

  await firebreak('undo', id);
  const step = await answerTo(first, 'Fix undone');
  expect(step).toMatchObject({ broadcast: false, channel: general });
  await until(() => first.updates === 1 && first.text.startsWith('Fix undone'), 'the update');

  const chats = await until(
    async () => (await inbox('voice-chat')).filter((one) => one['id'] === id).length === 2 && inbox('voice-chat'),
    'both notifications',
  );
  expect(chats.filter((one) => one['id'] === id)[0]).toMatchObject({
    version: '1.0',
    source: 'custom',
    content: { textType: 'client-markdown', title: expect.stringMatching(/^Fixed: /) },
    metadata: { threadId: id },
  });
  const events = await until(async () => (await inbox('voice-bus')).length >= 2 && inbox('voice-bus'), 'both events');
  expect(events.map(({ source, detail }) => [source, (detail as Told)['outcome']])).toEqual([
    ['firebreak', 'fixed'],
    ['firebreak', 'undone'],
  ]);
  // Our own rules do not wake on it. The call wakes s3/tls-only, too, which is off here.
  const others = (await store.list(2, new Date())).filter((one) => !earlier.has(one.id) && one.outcome !== 'off');
  expect(others.map((one) => one.id)).toEqual([id]);
});

test('asked, then approved: the question becomes the fix', async () => {
  const { id, outcome } = await opened('voice-asked', 'careful');
  expect(outcome).toBe('asked');
  const first = await firstOf(id);
  expect(first.text).toMatch(/^Asks you: /);
  expect(seen(first.blocks)).toContain(`npx firebreak approve ${id}`);
  await firebreak('approve', id);
  await answerTo(first, 'Fixed');
  await until(() => first.text.startsWith('Fixed'), 'the update');
  expect(seen(first.blocks)).not.toContain(`npx firebreak approve ${id}`);
});

test('failed is told', async () => {
  const role = `firebreak-s3-${region}`;
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName: role }));
  const policies = await Promise.all(
    PolicyNames.map((PolicyName) => iam.send(new GetRolePolicyCommand({ RoleName: role, PolicyName }))),
  );
  const texts = policies.map((one) => ({ ...one, whole: decodeURIComponent(one.PolicyDocument ?? '') }));
  const { PolicyName, whole = '' } = texts.find((one) => one.whole.includes('s3:PutBucketPolicy')) ?? {};
  const put = (text: string) =>
    iam.send(new PutRolePolicyCommand({ RoleName: role, PolicyName, PolicyDocument: text }));
  await put(whole.replaceAll(/s3:(Put|Delete)BucketPolicy/g, 's3:GetBucketPolicy'));
  try {
    const { id } = await opened('voice-failed');
    const first = await firstOf(id);
    expect(first.text).toMatch(/^FIX FAILED: /);
    expect(seen(first.blocks)).toMatch(/AccessDenied/);
  } finally {
    await put(whole);
  }
});

const waiting = async (): Promise<number> => {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl('firebreak-voice'),
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  );
  return Object.values(Attributes ?? {}).reduce((sum, value) => sum + Number(value), 0);
};

/** As if the minutes had passed within which one message stands for all of a kind. */
async function minutesPass(channel: string): Promise<void> {
  const Key = { pk: { S: `voice#${channel}` } };
  await db.send(new UpdateItemCommand({ TableName: 'firebreak-incidents', Key, UpdateExpression: 'REMOVE posted' }));
}

test('Slack down: fixes and other channels go on, and later everything arrives in order', async () => {
  for (const channel of ['slack', 'chat']) await minutesPass(channel);
  slack.mood = 'down';
  const before = slack.messages.length;
  const one = await opened('voice-down-1');
  const two = await opened('voice-down-2', 'careful');
  const three = await opened('voice-down-3');
  expect([one, two, three].map(({ outcome }) => outcome)).toEqual(['fixed', 'asked', 'fixed']);
  const policy = await s3.send(new GetBucketPolicyCommand({ Bucket: 'voice-down-1' })).catch(() => ({ Policy: '' }));
  expect(policy.Policy).not.toContain('open');
  const ids = [one, two, three].map(({ id }) => id);
  await until(async () => {
    const chats = await inbox('voice-chat');
    return ids.every((id) => chats.some((chat) => chat['id'] === id));
  }, 'the other channel');
  expect(slack.messages.length).toBe(before);

  slack.mood = 'failing';
  await new Promise((resolve) => setTimeout(resolve, 4000));
  expect(await waiting()).toBe(3);
  slack.mood = 'well';
  await until(() => slack.messages.length >= before + 3, 'what Slack missed');
  const arrived = slack.messages.slice(before).map(({ blocks }) => ids.find((id) => seen(blocks).includes(id)));
  expect(arrived).toEqual(ids);
  await until(async () => (await waiting()) === 0, 'the queue to be empty');
});

test('a thousand pokes for fifty incidents give few messages and lose none', async () => {
  const ids = Array.from({ length: 50 }, () => `fb-${randomUUID().replaceAll('-', '').slice(0, 16)}`);
  for (const id of ids)
    await store.claim(
      incidentOf({ id, severity: 'high', account, region, resource: `arn:aws:s3:::flood-${id}`, version: 0 }),
      null,
    );
  const before = slack.messages.length;
  const sns = new SNSClient({});
  for (let first = 0; first < 1000; first += 10)
    await sns.send(
      new PublishBatchCommand({
        TopicArn: `arn:aws:sns:${region}:${account}:firebreak-alerts`,
        PublishBatchRequestEntries: Array.from({ length: 10 }, (_, index) => ({
          Id: String(index),
          Message: 'Fixed',
          MessageAttributes: {
            incident: { DataType: 'String', StringValue: ids[(first + index) % 50] },
          },
        })),
      }),
    );
  const item = async (pk: string) =>
    (await db.send(new GetItemCommand({ TableName: 'firebreak-incidents', Key: { pk: { S: pk } } }))).Item;
  const Keys = ids.map((id) => ({ pk: { S: `voice#slack#${id}` } }));
  const said = async (): Promise<number> => {
    const { Responses } = await db.send(
      new BatchGetItemCommand({ RequestItems: { 'firebreak-incidents': { Keys, ProjectionExpression: 'pk' } } }),
    );
    return Responses?.['firebreak-incidents']?.length ?? 0;
  };
  const held = async (): Promise<number> => Object.keys((await item('voice#slack'))?.['waiting']?.M ?? {}).length;
  await until(async () => (await said()) + (await held()) >= 50 && (await said()) >= 4, 'the first ones');
  expect(slack.messages.length - before).toBeLessThanOrEqual(4);
  await until(async () => {
    // Again and again: a turn that is under way writes back what it had read.
    for (const channel of ['slack', 'chat']) await minutesPass(channel);
    return (await said()) === 50 && (await waiting()) === 0;
  }, 'all of them');
  expect(slack.messages.length - before).toBeLessThanOrEqual(8);
  expect(slack.messages.slice(before).every(({ channel: where }) => where === loud)).toBe(true);
});

test('nothing of it was anything that Slack would refuse', () => {
  expect(slack.refusals).toEqual([]);
  for (const { text, blocks } of slack.messages) expect(wrongWith({ text, blocks })).toBeNull();
});
