/**
 * npm run pictures: the pictures of docs/img. Deploys the stack into a sandbox account, makes a fixed, an asked, a failed and
 * an undone incident there by real calls and their events, and takes pictures of what was sent of them: mails as the text
 * that the topic gave out, Slack's blocks as they came to a stand-in, the page on which people decide as a browser shows it.
 * Ids, times and the order of what happens at once are another ones each time: no test compares these pictures.
 */
import { createHmac, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetRolePolicyCommand, IAMClient, ListRolePoliciesCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { GetFunctionUrlConfigCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  CreateBucketCommand,
  DeletePublicAccessBlockCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetTopicAttributesCommand, SetTopicAttributesCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import type { Incident } from '../../shared/core/incident.ts';
import type { Outcome } from '../../shared/core/outcome.ts';
import { dynamoIncidents } from '../../shared/incidents/dynamo.ts';
import { actions, buttonValue } from '../../shared/notify/actions.ts';
import { type Posted, seen, slackStandIn } from '../../tests/support/slack.ts';
import { until } from '../demo/ended.ts';
import { findChromium } from '../sandbox/chromium.ts';
import { deployInto } from '../sandbox/deploy.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { type Mail, mailPage, slackPage } from './draw.ts';
import { fewColours } from './png.ts';

const folder = fileURLToPath(new URL('../../docs/img/', import.meta.url));
const [jo, casey] = ['jo@example.com', 'casey@example.com'];
const config = `preset: standard
modes:
  - {rule: s3/tls-only, mode: off}
  - {rule: s3/public-policy, actor: "arn:aws:sts::*:assumed-role/AWSReservedSSO_*", mode: approve}
channels:
  page: {approvers: [${jo}]}
  slack:
    token: secretsmanager:slack-token
    channel: C0123456789
    signingSecret: secretsmanager:slack-signing
    approvers: {U0123456789: ${jo}}
`;
const [pipeline, person] = ['deploy/ci-4711', `AWSReservedSSO_Developer_0123456789abcdef/${casey}`];

const say = (line: string): void => void process.stdout.write(`${line}\n`);
async function needed<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const found = await until(look);
  if (found === undefined) throw new Error(`waited in vain for ${what}`);
  return found;
}

const store = dynamoIncidents('firebreak-incidents', 400);
const came: { readonly [inbox: string]: { Subject: string; Message: string }[] } = { alerts: [], approvals: [] };
const topic = (name: string, { region, account }: Sandbox): string =>
  `arn:aws:sns:${region}:${account}:firebreak-${name}`;
const inboxOf = (name: string, { endpoint, account }: Sandbox): string => `${endpoint}/${account}/inbox-${name}`;

const executablePath = findChromium();
if (executablePath === null) throw new Error('no Chromium was found: on the PATH, or by FIREBREAK_CHROMIUM');
const signing = randomUUID();
const slack = await slackStandIn();
const sandbox = await startSandbox({ log: say });
Object.assign(process.env, sandbox.env);
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--no-proxy-server', '--disable-gpu', '--font-render-hinting=none'],
});
try {
  await deployed(sandbox);
  await all(sandbox);
} finally {
  await browser.close();
  await sandbox.stop();
  await slack.close();
}

async function deployed(box: Sandbox): Promise<void> {
  const secrets = new SecretsManagerClient({});
  await secrets.send(new CreateSecretCommand({ Name: 'slack-token', SecretString: slack.token }));
  await secrets.send(new CreateSecretCommand({ Name: 'slack-signing', SecretString: signing }));
  const place = mkdtempSync(join(tmpdir(), 'firebreak-pictures-'));
  process.env['FIREBREAK_SLACK_API'] = slack.api;
  try {
    writeFileSync(join(place, 'firebreak.yml'), config);
    await deployInto(box, join(place, 'firebreak.yml'), say);
  } finally {
    rmSync(place, { recursive: true });
  }
  await subscribed('alerts', {}, box);
  const sns = new SNSClient({});
  const TopicArn = topic('approvals', box);
  // Nobody but approvers' addresses may be subscribed: for an inbox of the sandbox that is lifted.
  const { Attributes = {} } = await sns.send(new GetTopicAttributesCommand({ TopicArn }));
  const policy = JSON.parse(Attributes['Policy'] ?? '{}') as { Statement: { Sid: string }[] };
  policy.Statement = policy.Statement.filter(({ Sid }) => Sid !== 'ApproversAlone');
  const AttributeValue = JSON.stringify(policy);
  await sns.send(new SetTopicAttributesCommand({ TopicArn, AttributeName: 'Policy', AttributeValue }));
  await subscribed('approvals', { FilterPolicy: JSON.stringify({ approver: [jo] }) }, box);
}

/** An inbox that gets what an address would get that is subscribed. */
async function subscribed(name: string, Attributes: Record<string, string>, box: Sandbox): Promise<void> {
  const Endpoint = `arn:aws:sqs:${box.region}:${box.account}:inbox-${name}`;
  const allowed = { Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sqs:SendMessage' };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [{ ...allowed, Resource: Endpoint }] });
  await new SQSClient({}).send(new CreateQueueCommand({ QueueName: `inbox-${name}`, Attributes: { Policy } }));
  const subscription = { TopicArn: topic(name, box), Protocol: 'sqs', Endpoint, Attributes };
  await new SNSClient({}).send(new SubscribeCommand(subscription));
}

async function all(box: Sandbox): Promise<void> {
  const fixed = await opened('shop-uploads', pipeline, 'fixed', box);
  const asked = await opened('shop-website', person, 'asked', box);
  const failed = await withoutPermission(box, () => opened('shop-archive', pipeline, 'failed', box));
  const media = await opened('shop-media', pipeline, 'fixed', box);
  await messageOf(media, /^Fixed/);
  await press(actions.undo, media, box);
  const undone = await needed('the undo', async () => {
    const now = await store.get(media.id);
    return now?.told === 'undone' ? now : undefined;
  });
  for (const [name, incident, text] of [
    ['fixed', fixed, /^Fixed/],
    ['asked', asked, /^Asks you/],
    ['failed', failed, /^FIX FAILED/],
    ['undone', undone, /^Fix undone/],
  ] as const) {
    const first = await messageOf(incident, text);
    const thread = await needed('the thread', async () => {
      const answers = slack.messages.filter((one) => one.thread === first.ts);
      return answers.length >= (name === 'undone' ? 1 : 0) ? answers : undefined;
    });
    await drawn(`slack-${name}`, slackPage(first, thread));
    await drawn(`mail-${name}`, mailPage(await mailOf('alerts', incident, box)));
  }
  await page(await mailOf('approvals', asked, box), box);
}

/** Opens a bucket to everybody as this session, puts the event of it; gives the incident when people were told. */
async function opened(Bucket: string, who: string, outcome: Outcome, { account }: Sandbox): Promise<Incident> {
  const s3 = new S3Client({});
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
  const read = { Effect: 'Allow', Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/*` };
  const Statement = [
    { Sid: 'Team', Principal: { AWS: `arn:aws:iam::${account}:root` }, ...read },
    { Sid: 'Everyone', Principal: '*', ...read },
  ];
  const policy = { Version: '2012-10-17', Statement };
  const { $metadata } = await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify(policy) }));
  const text = readFileSync('events/s3/public-policy/fires-everyone.json', 'utf8').replaceAll('111122223333', account);
  const event = JSON.parse(text) as { source: string; 'detail-type': string; detail: object };
  const arn = `arn:aws:sts::${account}:assumed-role/${who}`;
  const [role = ''] = who.split('/');
  const path = role.startsWith('AWSReservedSSO_') ? 'aws-reserved/sso.amazonaws.com/' : '';
  const sessionIssuer = { type: 'Role', arn: `arn:aws:iam::${account}:role/${path}${role}`, userName: role };
  const eventID = randomUUID();
  const detail = {
    ...event.detail,
    ...{ eventID, eventTime: new Date().toISOString(), requestID: $metadata.requestId },
    requestParameters: { bucketName: Bucket, bucketPolicy: policy },
    userIdentity: { type: 'AssumedRole', arn, accountId: account, sessionContext: { sessionIssuer } },
  };
  const Entries = [{ Source: event.source, DetailType: event['detail-type'], Detail: JSON.stringify(detail) }];
  await new EventBridgeClient({}).send(new PutEventsCommand({ Entries }));
  return needed(`${outcome}: ${Bucket}`, async () =>
    (await store.list(2, new Date())).find((one) => one.event.id === eventID && one.told === outcome),
  );
}

/** The role that mends buckets loses its permission meanwhile. */
async function withoutPermission<T>({ region }: Sandbox, work: () => Promise<T>): Promise<T> {
  const iam = new IAMClient({});
  const RoleName = `firebreak-s3-${region}`;
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
  const policies = await Promise.all(
    PolicyNames.map(async (PolicyName) => {
      const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
      return { RoleName, PolicyName, PolicyDocument: decodeURIComponent(PolicyDocument) };
    }),
  );
  const writing = policies.filter(({ PolicyDocument }) => PolicyDocument.includes('s3:PutBucketPolicy'));
  for (const one of writing) {
    const PolicyDocument = one.PolicyDocument.replaceAll(/s3:(Put|Delete)BucketPolicy/g, 's3:GetBucketPolicy');
    await iam.send(new PutRolePolicyCommand({ ...one, PolicyDocument }));
  }
  try {
    return await work();
  } finally {
    for (const one of writing) await iam.send(new PutRolePolicyCommand(one));
  }
}

/** Jo presses a button, as Slack would send that. */
async function press(action: string, incident: Incident, { endpoint }: Sandbox): Promise<void> {
  const { FunctionUrl = '' } = await new LambdaClient({}).send(
    new GetFunctionUrlConfigCommand({ FunctionName: 'firebreak-decide' }),
  );
  const payload = {
    type: 'block_actions',
    user: { id: 'U0123456789' },
    actions: [{ action_id: action, value: buttonValue(incident) }],
  };
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const time = String(Math.floor(Date.now() / 1000));
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': time,
    'x-slack-signature': `v0=${createHmac('sha256', signing).update(`v0:${time}:${body}`).digest('hex')}`,
  };
  const address = `${endpoint}/_aws/lambda-url/${new URL(FunctionUrl).host.split('.')[0]}/slack`;
  const { status } = await fetch(address, { method: 'POST', headers, body });
  if (status !== 200) throw new Error(`the button was answered with ${status}`);
}

function messageOf({ id }: Incident, text: RegExp): Promise<Posted> {
  return needed(`the message of ${id}`, async () =>
    slack.messages.find((one) => one.thread === undefined && text.test(one.text) && seen(one.blocks).includes(id)),
  );
}

/** The last mail of an incident. */
function mailOf(inbox: 'alerts' | 'approvals', { id }: Incident, box: Sandbox): Promise<Mail> {
  return needed(`the mail of ${id}`, async () => {
    const { Messages = [] } = await new SQSClient({}).send(
      new ReceiveMessageCommand({ QueueUrl: inboxOf(inbox, box), MaxNumberOfMessages: 10, VisibilityTimeout: 3600 }),
    );
    came[inbox]?.push(...Messages.map(({ Body }) => JSON.parse(Body ?? '{}')));
    if (Messages.length > 0) return undefined;
    const mail = came[inbox]?.findLast(({ Message }) => Message.includes(id));
    return mail && { from: 'Firebreak, to security@example.com', subject: mail.Subject, text: mail.Message };
  });
}

async function drawn(name: string, content: string): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 760, height: 200 }, javaScriptEnabled: false });
  const sheet = await context.newPage();
  await sheet.setContent(content);
  await taken(sheet, name, true);
}

async function taken(sheet: Page, name: string, fullPage: boolean): Promise<void> {
  const png = fewColours(await sheet.screenshot({ fullPage }));
  writeFileSync(join(folder, `${name}.png`), png);
  say(`docs/img/${name}.png  ${Math.ceil(png.length / 1024)} KB`);
  await sheet.context().close();
}

/** The page on which people decide, by the link in the approver's own mail: light, dark, on a phone. */
async function page({ text }: Mail, { endpoint }: Sandbox): Promise<void> {
  const [, id, query] = /^https?:\/\/([a-z0-9]+)\.lambda-url\.\S+?\/(\?t=\S+)$/m.exec(text) ?? [];
  const looks: readonly (readonly [name: string, options: BrowserContextOptions])[] = [
    ['approve-light', { colorScheme: 'light' }],
    ['approve-dark', { colorScheme: 'dark' }],
    ['approve-phone', { colorScheme: 'light', viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }],
  ];
  for (const [name, options] of looks) {
    const context = await browser.newContext({ viewport: { width: 760, height: 860 }, ...options });
    const sheet = await context.newPage();
    await sheet.goto(`${endpoint}/_aws/lambda-url/${id}/${query}`);
    await taken(sheet, name, name.endsWith('light'));
  }
}
