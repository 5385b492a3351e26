/** Decisions on the deployed stack: Slack's buttons, signed as Slack signs them; what is refused; what the function may. */
import { execFile } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetFunctionUrlConfigCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  CreateBucketCommand,
  DeletePublicAccessBlockCommand,
  GetBucketPolicyCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ListSubscriptionsByTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { deployInto } from '../../scripts/sandbox/deploy.ts';
import type { Sandbox } from '../../scripts/sandbox/sandbox.ts';
import { ensureVenv } from '../../scripts/sandbox/venv.ts';
import type { Incident } from '../../shared/core/incident.ts';
import { dynamoIncidents } from '../../shared/incidents/dynamo.ts';
import { actions, buttonValue } from '../../shared/notify/actions.ts';
import { packaged, statementsOf, type Template } from '../support/packaged.ts';
import { unspoken } from '../support/unspoken.ts';
import { until } from '../support/until.ts';

const sandbox = inject('sandbox');
const { account, endpoint, region } = sandbox;
const store = dynamoIncidents('firebreak-incidents', 400);
const s3 = new S3Client({});
const signing = randomUUID();
const config = `preset: standard
modes:
  - {rule: s3/public-policy, mode: approve}
  - {rule: s3/public-policy, actor: "arn:aws:sts::*:assumed-role/hasty/*", mode: remediate}
  - {rule: s3/tls-only, actor: "arn:aws:sts::*:assumed-role/hasty/*", mode: remediate}
exemptions:
  - {rule: s3/public-policy, resource: "arn:aws:s3:::nobody-has-this", owner: web, reason: r, expires: "2099-12-31"}
channels:
  page: {approvers: [sam@example.com]}
  slack:
    token: secretsmanager:slack-token
    channel: C0123456789
    signingSecret: secretsmanager:slack-signing
    approvers: {U0123456789: jo@example.com, U0000000CASEY: casey}
`;
const folder = mkdtempSync(join(tmpdir(), 'firebreak-decide-'));
const file = join(folder, 'firebreak.yml');
let address = '';
let template: Template = { Resources: {} };
let lint: readonly { Rule: { Id: string }; Message: string }[] = [];
/** What came to the address by which whoever presses a button is told. */
const whispered: string[] = [];
type Message = { readonly text: string; readonly blocks: readonly { readonly type: string }[] };
/** Messages, and those that were brought up to date. */
const [posts, updates]: [Message[], Message[]] = [[], []];
const about = (messages: readonly Message[], id: string): Message | undefined =>
  messages.findLast(({ blocks }) => JSON.stringify(blocks ?? []).includes(id));
let standIn: Server | undefined;
let slackApi = '';

beforeAll(async () => {
  // Slack itself is in tests/stack/voice.test.ts: here everything is answered with ok.
  standIn = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      if (request.url?.startsWith('/actions/')) whispered.push(body);
      if (request.url?.endsWith('/chat.postMessage')) posts.push(JSON.parse(body) as Message);
      if (request.url?.endsWith('/chat.update')) updates.push(JSON.parse(body) as Message);
      response.setHeader('content-type', 'application/json');
      response.end('{"ok":true,"ts":"1.1","channel":"C0123456789"}');
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => standIn?.once('listening', resolve));
  slackApi = `http://127.0.0.1:${(standIn.address() as AddressInfo).port}`;
  const secrets = new SecretsManagerClient({});
  await secrets.send(new CreateSecretCommand({ Name: 'slack-token', SecretString: 'xoxb-none' }));
  await secrets.send(new CreateSecretCommand({ Name: 'slack-signing', SecretString: signing }));
  process.env['FIREBREAK_SLACK_API'] = slackApi;
  try {
    writeFileSync(file, config);
    await deployInto(sandbox as unknown as Sandbox, file, () => {});
  } finally {
    delete process.env['FIREBREAK_SLACK_API'];
  }
  await unspoken(`${endpoint}/${account}/firebreak-voice`);
  const { FunctionUrl = '' } = await new LambdaClient({}).send(
    new GetFunctionUrlConfigCommand({ FunctionName: 'firebreak-decide' }),
  );
  address = `${endpoint}/_aws/lambda-url/${new URL(FunctionUrl).host.split('.')[0]}`;
  const bin = await ensureVenv();
  template = await packaged(config, async (path) => {
    const said = await promisify(execFile)(`${bin}/cfn-lint`, ['--format', 'json', path]).catch(
      (error: { stdout: string }) => error,
    );
    lint = JSON.parse(said.stdout || '[]') as typeof lint;
  });
}, 300_000);
afterAll(() => {
  standIn?.close();
  rmSync(folder, { recursive: true });
});

const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const firebreak = async (...args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(process.execPath, [main, ...args], { env: { ...process.env, FIREBREAK_CONFIG: file } }))
    .stdout;

/** Opens a bucket to everybody; gives the incident that asks about it. */
async function asked(bucket: string): Promise<Incident> {
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await s3.send(new DeletePublicAccessBlockCommand({ Bucket: bucket }));
  const open = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${bucket}/*` };
  const policy = { Version: '2012-10-17', Statement: [{ ...open, Sid: 'Everyone' }] };
  const { $metadata } = await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(policy) }));
  const eventID = await put(bucket, $metadata.requestId ?? '', policy);
  return until(
    async () =>
      (await store.list(2, new Date())).find(
        (one) => one.event.id === eventID && one.rules.includes('s3/public-policy') && one.told === 'asked',
      ),
    `the question about ${bucket}`,
  );
}

/** The event of a call that opened a bucket; gives its id. */
async function put(bucket: string, requestID: string, policy?: object, who?: object): Promise<string> {
  const text = readFileSync('events/s3/public-policy/fires-everyone.json', 'utf8').replaceAll('111122223333', account);
  const event = JSON.parse(text) as { source: string; 'detail-type': string; detail: object };
  const eventID = randomUUID();
  const detail = {
    ...event.detail,
    eventID,
    eventTime: new Date().toISOString(),
    requestID,
    ...(who && { userIdentity: who }),
    requestParameters: {
      bucketName: bucket,
      bucketPolicy: policy ?? { Statement: [{ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }] },
    },
  };
  const Entries = [{ Source: event.source, DetailType: event['detail-type'], Detail: JSON.stringify(detail) }];
  await new EventBridgeClient({}).send(new PutEventsCommand({ Entries }));
  return eventID;
}
const isOpen = async (bucket: string): Promise<boolean> =>
  s3.send(new GetBucketPolicyCommand({ Bucket: bucket })).then(
    ({ Policy }) => Policy?.includes('Everyone') === true,
    () => false,
  );

type Click = { action?: string; value: string; user?: string };
const payload = ({ action = actions.fix, value, user = 'U0123456789' }: Click): string =>
  new URLSearchParams({
    payload: JSON.stringify({
      type: 'block_actions',
      user: { id: user },
      response_url: `${slackApi}/actions/T0/1/x`,
      actions: [{ action_id: action, value }],
    }),
  }).toString();
async function click(body: string, key: string = signing, age = 0): Promise<number> {
  const time = String(Math.floor(Date.now() / 1000) - age);
  const signature = `v0=${createHmac('sha256', key).update(`v0:${time}:${body}`).digest('hex')}`;
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': time,
    'x-slack-signature': signature,
  };
  return (await fetch(`${address}/slack`, { method: 'POST', headers, body })).status;
}
const refusals = async (): Promise<Readonly<Record<string, unknown>>> => {
  const pk = { S: `refused#${new Date().toISOString().slice(0, 10)}` };
  const { Item = {} } = await new DynamoDBClient({}).send(
    new GetItemCommand({ TableName: 'firebreak-incidents', Key: { pk }, ConsistentRead: true }),
  );
  return Object.fromEntries(Object.entries(Item).flatMap(([name, { N }]) => (N && name !== 'ttl' ? [[name, N]] : [])));
};

// First: of many questions within minutes one message stands for all, and that one stays as it is.
test('a question that another incident’s fix put out loses its buttons', async () => {
  const bucket = `put-out-${randomUUID()}`;
  const question = await asked(bucket);
  await until(() => about(posts, question.id), 'its message');
  const { $metadata } = await s3.send(new DeletePublicAccessBlockCommand({ Bucket: bucket }));
  const arn = `arn:aws:sts::${account}:assumed-role/hasty/ci`;
  const who = { type: 'AssumedRole', principalId: 'AROAEXAMPLE:ci', arn, accountId: account };
  await put(bucket, $metadata.requestId ?? '', undefined, who);
  await until(async () => (await store.get(question.id))?.outcome === 'witness', 'the end of the question');
  const update = await until(() => about(updates, question.id), 'the update of its message');
  expect(update.text).toMatch(/^Nothing left to ask: /);
  expect(update.blocks.map(({ type }) => type)).not.toContain('actions');
});

test('a click carries the fix out, and waits for nothing', async () => {
  const bucket = `slack-${randomUUID()}`;
  const incident = await asked(bucket);
  expect(await click(payload({ value: buttonValue(incident) }))).toBe(200);
  const fixed = await until(async () => {
    const now = await store.get(incident.id);
    return now?.outcome === 'fixed' && now;
  }, 'the fix');
  expect(fixed.decision?.by).toBe('jo@example.com (Slack U0123456789)');
  expect(await isOpen(bucket)).toBe(false);
});

/** A bucket that was opened and that jo had closed again. */
async function fixedBy(bucket: string): Promise<Incident> {
  const { id } = await asked(bucket);
  await firebreak('approve', id);
  return (await store.get(id)) as Incident;
}
const ended = (id: string, outcome: Incident['outcome'], told: RegExp): Promise<Incident> =>
  until(async () => {
    const now = await store.get(id);
    return now?.outcome === outcome && now.told === outcome && told.test(now.note) && now;
  }, `${outcome}: ${told}`);

test('a click takes a fix back by the room’s own role; that call is known as ours, and not fought', async () => {
  const bucket = `undo-${randomUUID()}`;
  const fixed = await fixedBy(bucket);
  const undo = { action: actions.undo, value: buttonValue(fixed) };
  expect(await isOpen(bucket)).toBe(false);
  // Casey opened it.
  expect(await click(payload({ ...undo, user: 'U0000000CASEY' }))).toBe(200);
  expect((await store.get(fixed.id))?.undoing).toBeUndefined();
  expect(await click(payload(undo))).toBe(200);
  const undone = await ended(fixed.id, 'undone', /^taken back by jo@example.com \(Slack U0123456789\)$/);
  expect(await isOpen(bucket)).toBe(true);
  const own = undone.writes.at(-1)?.requestId ?? '';
  expect(await store.ownerOf(own)).toBe(fixed.id);
  const role = `arn:aws:sts::${account}:assumed-role/firebreak-s3-${region}/firebreak-s3`;
  await put(bucket, own, undefined, { type: 'AssumedRole', principalId: 'AROAEXAMPLE:firebreak-s3', arn: role });
  // What comes after it is heard, and by then it was.
  await asked(`after-${randomUUID()}`);
  expect(await isOpen(bucket)).toBe(true);
  expect(await store.get(fixed.id)).toEqual(undone);
});

test('a click does not take back what somebody changed since: it is told', async () => {
  const bucket = `undo-${randomUUID()}`;
  const fixed = await fixedBy(bucket);
  const theirs = { Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: `arn:aws:s3:::${bucket}/*` };
  const policy = { Version: '2012-10-17', Statement: [{ ...theirs, Sid: 'Theirs' }] };
  await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(policy) }));
  expect(await click(payload({ action: actions.undo, value: buttonValue(fixed) }))).toBe(200);
  const stays = await ended(fixed.id, 'fixed', /it changed since: npx firebreak undo fb-\w+ --force$/);
  expect(stays.undoing).toMatchObject({ by: 'jo@example.com (Slack U0123456789)', refused: true });
  const { Policy } = await s3.send(new GetBucketPolicyCommand({ Bucket: bucket }));
  expect(Policy).toContain('Theirs');
});

test('the command line says no, too', async () => {
  const bucket = `leave-${randomUUID()}`;
  const { id } = await asked(bucket);
  expect(JSON.parse(await firebreak('leave', id, '--json'))).toMatchObject({ outcome: 'left', incident: id });
  expect(await store.get(id)).toMatchObject({ outcome: 'left', decision: { answer: 'leave' } });
  expect(await isOpen(bucket)).toBe(true);
  await expect(firebreak('leave', id)).rejects.toThrow(/only what is asked can be left/);
});

test('forged, old, repeated clicks, and those of strangers and of who did it, are refused, stored and whispered', async () => {
  const bucket = `slack-${randomUUID()}`;
  const incident = await asked(bucket);
  const value = buttonValue(incident);
  expect(await click(payload({ value }), 'another secret')).toBe(401);
  expect(await click(payload({ value }), signing, 400)).toBe(401);
  expect(await click(payload({ value, user: 'U0STRANGER0' }))).toBe(200);
  expect(await click(payload({ value, user: 'U0000000CASEY' }))).toBe(200);
  expect(await click(payload({ value: `${incident.id}.${'0'.repeat(32)}` }))).toBe(200);
  const leave = payload({ value, action: actions.leave });
  expect(await store.get(incident.id)).toMatchObject({ outcome: 'asked', version: incident.version });
  expect(await isOpen(bucket)).toBe(true);
  const time = Date.now();
  expect(await click(leave)).toBe(200);
  // The same request again within its second has the same signature.
  while (Math.floor(Date.now() / 1000) === Math.floor(time / 1000) && (await click(leave)) !== 401);
  await until(async () => (await store.get(incident.id))?.outcome === 'left', 'the end of the question');
  expect(await refusals()).toMatchObject({
    'slack-forged': '1',
    'slack-expired': '1',
    'slack-stranger': '1',
    // The other one was an undo.
    'slack-own': '2',
    'slack-changed': '1',
  });
  expect(whispered.length).toBeGreaterThanOrEqual(3);
  expect(whispered.join('\n')).toContain('none of the approvers');
});

test('the command line exempts for days, lists that beside firebreak.yml, and leaves alone what comes then', async () => {
  const bucket = `exempt-${randomUUID()}`;
  const { id } = await asked(bucket);
  const exempt = await firebreak('exempt', id, '--for', '2d', '--reason', 'the fair', '--json');
  expect(JSON.parse(exempt)).toMatchObject({ outcome: 'exempt', incident: id });
  const listed = JSON.parse(await firebreak('exemptions', '--json')) as readonly object[];
  const grant = { resource: `arn:aws:s3:::${bucket}`, from: id, state: 'ends soon', reason: 'the fair' };
  // The question was of both rules that the call woke.
  for (const one of [
    { ...grant, rule: 's3/public-policy' },
    { ...grant, rule: 's3/tls-only' },
    { resource: 'arn:aws:s3:::nobody-has-this', from: 'firebreak.yml', matched: null },
  ])
    expect(listed).toContainEqual(expect.objectContaining(one));
  expect(await store.get(id)).toMatchObject({ outcome: 'exempt', told: 'exempt' });
  const { $metadata } = await s3.send(new DeletePublicAccessBlockCommand({ Bucket: bucket }));
  const again = await put(bucket, $metadata.requestId ?? '');
  await until(
    async () =>
      (await store.list(2, new Date())).find(
        (one) => one.event.id === again && one.rules.includes('s3/public-policy') && one.outcome === 'exempt',
      ),
    'the exempt one',
  );
  expect(await isOpen(bucket)).toBe(true);
});

test('a link that is not ours is refused on the deployed page, and stored', async () => {
  const answer = await fetch(`${address}/?t=0123456789abcdef.${'a'.repeat(43)}`);
  expect(answer.status).toBe(403);
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(await refusals()).toMatchObject({ 'page-forged': '1' });
});

test('nobody but an approver’s address can be subscribed to the links, and nobody else publish there', async () => {
  const sns = new SNSClient({});
  const TopicArn = `arn:aws:sns:${region}:${account}:firebreak-approvals`;
  const queue = { TopicArn, Protocol: 'sqs', Endpoint: `arn:aws:sqs:${region}:${account}:mine` };
  await expect(sns.send(new SubscribeCommand(queue))).rejects.toMatchObject({ name: 'AuthorizationErrorException' });
  await expect(sns.send(new PublishCommand({ TopicArn, Message: 'come here' }))).rejects.toMatchObject({
    name: 'AuthorizationErrorException',
  });
  const { Subscriptions = [] } = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
  expect(Subscriptions.map(({ Endpoint }) => Endpoint)).toEqual(['sam@example.com']);
});

test('the packaged function may change nothing but its own', () => {
  expect(lint.filter(({ Rule }) => Rule.Id !== 'W3005')).toEqual([]);
  const allowed = statementsOf(template, 'decide').flatMap(({ Action }) => Action);
  expect(allowed.toSorted()).toEqual([
    'dynamodb:ConditionCheckItem',
    'dynamodb:GetItem',
    'dynamodb:PutItem',
    'dynamodb:UpdateItem',
    'kms:Decrypt',
    'kms:GenerateDataKey*',
    'kms:GenerateMac',
    'kms:VerifyMac',
    'lambda:GetFunctionUrlConfig',
    'lambda:InvokeFunction',
    'logs:CreateLogStream',
    'logs:PutLogEvents',
    'secretsmanager:GetSecretValue',
    'sns:Publish',
    'sns:Publish',
    'sqs:SendMessage',
  ]);
  const personal = Object.values(template.Resources).filter(
    ({ Type, Properties }) =>
      Type === 'AWS::SNS::Subscription' && Properties['FilterPolicy'] && Properties['Endpoint'] === 'sam@example.com',
  );
  expect(personal.map(({ Properties }) => Properties['FilterPolicy'])).toEqual([{ approver: ['sam@example.com'] }]);
});
