/**
 * npm run flood: a role that opens fifty buckets twenty times, a thousand events put within a minute on the bus of a
 * sandbox account with the stack deployed, and drained at its pace. Few messages may come of it, and no fact may be lost:
 * what is said below is checked against the buckets, the table, the mails and a stand-in for Slack. The exit code is 1 if
 * any of it does not hold.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  CreateBucketCommand,
  DeletePublicAccessBlockCommand,
  GetBucketPolicyCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Incident } from '../shared/core/incident.ts';
import type { JsonObject } from '../shared/core/json.ts';
import { settled } from '../shared/core/outcome.ts';
import { dynamoIncidents } from '../shared/incidents/dynamo.ts';
import { seen, slackStandIn, wrongWith } from '../tests/support/slack.ts';
import { deployInto } from './sandbox/deploy.ts';
import { type Sandbox, startSandbox } from './sandbox/sandbox.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [buckets, rounds] = [50, 20];
/**
 * Mails, and messages of Slack's, at the most. There are three kinds: fixes, questions of medium and of critical severity. Of
 * each three come one by one, or four where two are handled at once; by mail one for the flood and one with the list.
 */
const few = 18;
/** How long the sandbox may take, in milliseconds: some two minutes on two cores. */
const patience = 900_000;

const say = (line = ''): void => void process.stdout.write(`${line}\n`);
let broken = 0;
function check(good: boolean, what: string): void {
  if (!good) broken += 1;
  say(`${good ? styleText('green', '✔') : styleText('red', '✘')} ${what}`);
}
const secondsSince = (from: number): string => `${((performance.now() - from) / 1000).toFixed(1)} s`;
const count = (what: readonly string[]): string =>
  [...Map.groupBy(what, (one) => one)].map(([one, all]) => `${all.length} ${one}`).join(', ');

const began = performance.now();
const folder = mkdtempSync(join(tmpdir(), 'firebreak-flood-'));
const slack = await slackStandIn();
let box: Sandbox | undefined;
try {
  box = await startSandbox({ log: say });
  Object.assign(process.env, box.env);
  await flood(box);
} finally {
  await box?.stop();
  await slack.close();
  rmSync(folder, { recursive: true });
}
say(broken === 0 ? `All of it holds, in ${secondsSince(began)}.` : `${broken} of it did not hold.`);
process.exitCode = broken === 0 ? 0 : 1;

async function flood(sandbox: Sandbox): Promise<void> {
  const mails = await deployed(sandbox);
  const names = Array.from({ length: buckets }, (_, n) => `flood-${String(n + 1).padStart(2, '0')}`);
  const ids = await put(names, sandbox);
  const [incidents, mine] = await drained(ids);
  await accounted(ids, mine, names, sandbox);
  await hourPasses(incidents, sandbox);
  const told = mine.filter((one) => one.told !== undefined);

  const all = await mails();
  check(all.length <= few, `${all.length} mails: ${count(all.map(({ Subject }) => headOf(Subject)))}`);
  const mailed = all.map(({ Message }) => Message).join('\n');
  const unmailed = told.filter(({ id }) => !mailed.includes(id));
  check(
    unmailed.length === 0,
    `each of the ${told.length} fixes and questions is named in one: all but ${unmailed.length}`,
  );

  const first = slack.messages.filter(({ thread }) => thread === undefined);
  check(
    first.length <= few,
    `${first.length} messages in Slack: ${count(
      first.map(({ text }) =>
        text
          .split(':', 2)
          .join(':')
          .replace(/^\d+ times: /, 'of many: '),
      ),
    )}`,
  );
  const shown = slack.messages.map(({ blocks }) => seen(blocks)).join('\n');
  const unsaid = told.filter(({ id }) => !shown.includes(id));
  check(unsaid.length === 0, `each of the ${told.length} is named in one: all but ${unsaid.length}`);
  const wrong = slack.messages.filter(({ text, blocks }) => wrongWith({ text, blocks }) !== null);
  check(slack.refusals.length + wrong.length === 0, 'Slack would have taken all of them');
}

/** What a subject says, without the resource: it is the messages' kinds that are counted. */
function headOf(subject: string): string {
  return subject.replace(/^\[Firebreak\] /, '').replace(/ - \S+ \(\d+\)$/, '');
}

type Mail = { readonly Subject: string; readonly Message: string };

/** The stack, and an inbox that gets what an address under `channels: email` gets; gives what came there. */
async function deployed(sandbox: Sandbox): Promise<() => Promise<readonly Mail[]>> {
  const { account, region, endpoint } = sandbox;
  await new SecretsManagerClient({}).send(
    new CreateSecretCommand({ Name: 'firebreak/slack', SecretString: slack.token }),
  );
  const config = join(folder, 'firebreak.yml');
  writeFileSync(
    config,
    'preset: standard\nchannels:\n  slack: {token: "secretsmanager:firebreak/slack", channel: C0123456789}\n',
  );
  process.env['FIREBREAK_SLACK_API'] = slack.api;
  await deployInto(sandbox, config, say);
  const sqs = new SQSClient({});
  const QueueUrl = `${endpoint}/${account}/flood-mail`;
  const Endpoint = `arn:aws:sqs:${region}:${account}:flood-mail`;
  const Principal = { Service: 'sns.amazonaws.com' };
  const Statement = [{ Effect: 'Allow', Principal, Action: 'sqs:SendMessage', Resource: Endpoint }];
  const Attributes = { Policy: JSON.stringify({ Version: '2012-10-17', Statement }) };
  await sqs.send(new CreateQueueCommand({ QueueName: 'flood-mail', Attributes }));
  const TopicArn = `arn:aws:sns:${region}:${account}:firebreak-alerts`;
  await new SNSClient({}).send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint }));
  // On AWS three minutes pass until what voice could not say comes again.
  const quick = { QueueUrl: `${endpoint}/${account}/firebreak-voice`, Attributes: { VisibilityTimeout: '20' } };
  await sqs.send(new SetQueueAttributesCommand(quick));
  return async () => {
    const mails: Mail[] = [];
    for (;;) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 3600 }),
      );
      if (Messages.length === 0) return mails;
      mails.push(...Messages.map(({ Body }) => JSON.parse(Body ?? '{}') as Mail));
    }
  };
}

/** The calls of a pipeline that opens its buckets again and again, and what CloudTrail would say of each; gives the events' ids. */
async function put(names: readonly string[], { account }: Sandbox): Promise<ReadonlySet<string>> {
  const [s3, events] = [new S3Client({}), new EventBridgeClient({})];
  for (const Bucket of names) {
    await s3.send(new CreateBucketCommand({ Bucket }));
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
  }
  const file = join(root, 'events/s3/public-policy/fires-everyone.json');
  const { source, detail, ...envelope } = JSON.parse(
    readFileSync(file, 'utf8').replaceAll('111122223333', account),
  ) as {
    source: string;
    'detail-type': string;
    detail: JsonObject;
  };
  const arn = `arn:aws:sts::${account}:assumed-role/deploy/apply`;
  const userIdentity = { type: 'AssumedRole', principalId: 'AROAEXAMPLE0000000001:apply', arn, accountId: account };
  const ids = new Set<string>();
  const from = performance.now();
  for (let round = 0; round < rounds; round += 1)
    for (let first = 0; first < names.length; first += 10) {
      const Entries = await Promise.all(
        names.slice(first, first + 10).map(async (bucketName) => {
          const Resource = `arn:aws:s3:::${bucketName}/*`;
          const open = { Sid: 'Everyone', Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource };
          const bucketPolicy = { Version: '2012-10-17', Statement: [open] };
          const { $metadata } = await s3.send(
            new PutBucketPolicyCommand({ Bucket: bucketName, Policy: JSON.stringify(bucketPolicy) }),
          );
          const own = {
            eventID: randomUUID(),
            eventTime: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
            requestID: $metadata.requestId,
            userIdentity,
            requestParameters: { bucketName, bucketPolicy },
          };
          ids.add(own.eventID);
          return { Source: source, DetailType: envelope['detail-type'], Detail: JSON.stringify({ ...detail, ...own }) };
        }),
      );
      const { FailedEntryCount = 0 } = await events.send(new PutEventsCommand({ Entries }));
      if (FailedEntryCount > 0) throw new Error(`the bus refused ${FailedEntryCount} events`);
    }
  check(
    performance.now() - from <= 60_000,
    `${ids.size} events about ${names.length} buckets were put in ${secondsSince(from)}`,
  );
  return ids;
}

/** Waits until each event has ended; gives all incidents, and those of the events. */
async function drained(ids: ReadonlySet<string>): Promise<readonly [readonly Incident[], readonly Incident[]]> {
  const store = dynamoIncidents('firebreak-incidents', 400);
  const from = performance.now();
  for (;;) {
    await pause(5000);
    const all = await store.list(2, new Date());
    const mine = all.filter(({ event }) => ids.has(event.id));
    const open = mine.filter(({ outcome }) => !settled(outcome));
    const begun = new Set(mine.map(({ event }) => event.id)).size;
    if ((begun < ids.size || open.length > 0) && performance.now() - from < patience) continue;
    say(`  drained ${secondsSince(from)} after the last one, by two at once of each function`);
    return [all, mine];
  }
}

async function numberIn(queue: string, { account, endpoint }: Sandbox): Promise<number> {
  const QueueUrl = `${endpoint}/${account}/${queue}`;
  const { Attributes = {} } = await new SQSClient({}).send(
    new GetQueueAttributesCommand({
      QueueUrl,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  );
  return Object.values(Attributes).reduce((sum, value) => sum + Number(value), 0);
}

/** No event is lost, none is double, and what became of it is what is so. */
async function accounted(
  ids: ReadonlySet<string>,
  mine: readonly Incident[],
  names: readonly string[],
  sandbox: Sandbox,
): Promise<void> {
  const ended = new Set(mine.filter(({ outcome }) => settled(outcome)).map(({ event }) => event.id));
  const ends = count(mine.map(({ outcome }) => outcome).toSorted());
  check(ended.size === ids.size, `each of the ${ended.size} events has its record, and has ended: ${ends}`);
  const dead = await numberIn('firebreak-dead-letters', sandbox);
  check(dead === 0, `${dead} dead letters`);
  const known = new Map(mine.map((one) => [one.id, one]));
  const repeats = mine.filter(({ outcome }) => outcome === 'witness');
  const lost = repeats.filter(({ note, resource }) => {
    const first = known.get(/\bincident (fb-\w+)/.exec(note)?.[1] ?? '');
    return first?.resource !== resource || first.told === undefined;
  });
  check(
    lost.length === 0,
    `each of the ${repeats.length} repeats names the fix or question that it repeats: all but ${lost.length}`,
  );
  const s3 = new S3Client({});
  let [safe, asked, wrong] = [0, 0, 0];
  for (const Bucket of names) {
    const { Policy = '' } = await s3
      .send(new GetBucketPolicyCommand({ Bucket }))
      .catch(() => ({}) as { Policy?: string });
    const questions = mine.filter(({ resource, outcome }) => outcome === 'asked' && resource.endsWith(`:${Bucket}`));
    // Whose own attempt may have changed something is asked about by itself.
    const shared = questions.filter(({ times }) => times.recorded === undefined);
    if (Policy.includes('Everyone') && questions.length > 0 && shared.length <= 1) asked += 1;
    else if (!Policy.includes('Everyone')) safe += 1;
    else wrong += 1;
  }
  check(wrong === 0, `of the buckets ${safe} are safe, ${asked} are open and asked about, ${wrong} neither`);
}

/** As if the minutes had passed after which the floods' looks are due, and Slack hears of what is alike again. */
async function hourPasses(incidents: readonly Incident[], sandbox: Sandbox): Promise<void> {
  const store = dynamoIncidents('firebreak-incidents', 400);
  for (const minutes of [5, 60]) {
    for (const { id } of incidents.filter(({ flood }) => flood !== undefined)) {
      const stored = await store.get(id);
      if (!stored) throw new Error(`the record of ${id} is gone`);
      const ago = new Date(Date.now() - minutes * 60_000).toISOString();
      await store.save({ ...stored, at: ago, until: ago, version: stored.version + 1 }, { due: ago });
      const Payload = JSON.stringify({ firebreak: 'due', incident: id });
      await new LambdaClient({}).send(new InvokeCommand({ FunctionName: `firebreak-${stored.room}`, Payload }));
    }
    await voiceSays(sandbox);
  }
}

/** Waits until voice has said all, as if its minutes were over in which one message stands for all of a kind. */
async function voiceSays(sandbox: Sandbox): Promise<void> {
  const Key = { pk: { S: 'voice#slack' } };
  const TableName = 'firebreak-incidents';
  for (const from = performance.now(); performance.now() - from < patience; ) {
    await new DynamoDBClient({}).send(new UpdateItemCommand({ TableName, Key, UpdateExpression: 'REMOVE posted' }));
    for (let looks = 0; looks < 50; looks += 1) {
      if ((await numberIn('firebreak-voice', sandbox)) === 0) return;
      await pause(500);
    }
  }
}
