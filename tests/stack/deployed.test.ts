/** The real stack, deployed into the sandbox under preset standard: events on the bus, and what comes of them; dead letters. */
import { randomUUID } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { DynamoDBClient, paginateQuery } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetRolePolicyCommand, IAMClient, ListRolePoliciesCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  DeletePublicAccessBlockCommand,
  GetBucketPolicyCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { rooms } from '../../functions/rooms.ts';
import { deployInto, run } from '../../scripts/sandbox/deploy.ts';
import type { Sandbox } from '../../scripts/sandbox/sandbox.ts';
import { thresholdOf } from '../../shared/core/count.ts';
import type { Incident } from '../../shared/core/incident.ts';
import { normalise } from '../../shared/core/signal.ts';
import { dynamoIncidents } from '../../shared/incidents/dynamo.ts';
import { until } from '../support/until.ts';

type Event = { source: string; 'detail-type': string; detail: Record<string, unknown>; resources?: string[] };

const sandbox = inject('sandbox');
const store = dynamoIncidents('firebreak-incidents', 400);
let env: Record<string, string> = {};
let inbox = '';

beforeAll(async () => {
  env = await deployInto(sandbox as unknown as Sandbox, 'scripts/demo/firebreak.yml', () => {});
  const sqs = new SQSClient({});
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'inbox' }));
  inbox = QueueUrl ?? '';
  const arn = `arn:aws:sqs:${sandbox.region}:${sandbox.account}:inbox`;
  const policy = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: arn },
    ],
  };
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy: JSON.stringify(policy) } }));
  const topic = `arn:aws:sns:${sandbox.region}:${sandbox.account}:firebreak-alerts`;
  await new SNSClient({}).send(new SubscribeCommand({ TopicArn: topic, Protocol: 'sqs', Endpoint: arn }));
}, 300_000);

/** Older than what is read twice where it is safe (`news` of work.ts), and far from old: three seconds an event are hours here. */
const aWhileAgo = 40_000;

/** An event from events/, as if it had happened in this account so many milliseconds ago. */
function fresh(file: string, age = 0): { event: Event; id: string } {
  const id = randomUUID();
  const time = new Date(Date.now() - age).toISOString();
  const event = JSON.parse(readFileSync(file, 'utf8').replaceAll('111122223333', sandbox.account)) as Event;
  const { detail } = event;
  if ('eventID' in detail) Object.assign(detail, { eventID: id, eventTime: time, requestID: randomUUID() });
  else if (Array.isArray(detail['findings']))
    for (const finding of detail['findings']) Object.assign(finding, { Id: id, UpdatedAt: time });
  else Object.assign(detail, { id, updatedAt: time });
  // Each about a trail of its own: a dozen at once about one would wait for its lease, which is tested elsewhere.
  const asked = detail['requestParameters'];
  if (detail['eventSource'] === 'cloudtrail.amazonaws.com' && typeof asked === 'object' && asked !== null)
    for (const [member, name] of Object.entries(asked))
      if (/^(name|trailName)$/i.test(member) && typeof name === 'string')
        Object.assign(asked, { [member]: `${name}-${id.slice(0, 8)}` });
  return { event, id };
}

/** Gives the ids that the engine knows them by: their own, or else their envelopes'. */
async function putAll(events: readonly Event[]): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let from = 0; from < events.length; from += 10) {
    const some = events.slice(from, from + 10);
    const Entries = some.map(({ source: Source, 'detail-type': DetailType, detail, resources: Resources }) => ({
      ...{ Source, DetailType, Detail: JSON.stringify(detail), Resources },
    }));
    const answer = await new EventBridgeClient({}).send(new PutEventsCommand({ Entries }));
    expect(answer.FailedEntryCount ?? 0).toBe(0);
    for (const [index, event] of some.entries()) {
      const known = normalise({ ...event, id: answer.Entries?.[index]?.EventId ?? '' });
      ids.push(('signals' in known && known.id) || '');
    }
  }
  return ids;
}
const put = async (event: Event): Promise<string> => (await putAll([event]))[0] ?? '';

/** Whether a rule that folds noted the event on the incident of an earlier one. */
const foldedInto = (one: Incident, event: string, rule: string): boolean =>
  one.rules.includes(rule) && one.witnesses.some(({ id }) => id === event);
/** Whether an incident is the event's, under this rule: other rules of the lens may ask about the same event. */
const isOf = (one: Incident, event: string, rule = 's3/public-policy'): boolean =>
  one.event.id === event && one.rules.includes(rule);
let began = '';
beforeEach(() => {
  began = new Date(Date.now() - 1000).toISOString();
});
/** The incidents of one test: to list those of all takes seconds by now. */
async function all(): Promise<readonly Incident[]> {
  const found: Incident[] = [];
  for (const day of new Set([new Date().toISOString().slice(0, 10), began.slice(0, 10)])) {
    const pages = paginateQuery(
      { client: new DynamoDBClient({}) },
      {
        TableName: 'firebreak-incidents',
        IndexName: 'byDay',
        KeyConditionExpression: '#day = :day AND #at >= :began',
        ExpressionAttributeNames: { '#day': 'day', '#at': 'at' },
        ExpressionAttributeValues: { ':day': { S: day }, ':began': { S: began } },
      },
    );
    for await (const { Items = [] } of pages)
      found.push(...Items.map(({ record }) => JSON.parse(record?.S ?? 'null') as Incident));
  }
  return found;
}
const incidentOf = (id: string): Promise<Incident> =>
  until(
    async () =>
      (await all()).find(
        (one) =>
          isOf(one, id) &&
          one.outcome !== 'open' &&
          (one.told === one.outcome || ['exempt', 'attempt'].includes(one.outcome)),
      ),
    `the incident of event ${id}`,
  );

const ruleOf = (file: string): string => file.split('/').slice(1, 3).join('/');

test('every firing event reaches its rule through the deployed patterns', async () => {
  const thresholds = new Map(
    Object.values(rooms)
      .flat()
      .map((rule) => [rule.id as string, thresholdOf(rule).times]),
  );
  // What is told only from some number on comes that often.
  const lit = globSync('events/*/*/fires-*.json').flatMap((file) =>
    Array.from({ length: thresholds.get(ruleOf(file)) ?? 1 }, () => ({ file, event: fresh(file, aWhileAgo).event })),
  );
  const ids = await putAll(lit.map(({ event }) => event));
  const left = new Map(
    [...Map.groupBy(lit.keys(), (n) => lit[n]?.file ?? '')].map(([file, its]) => [file, its.map((n) => ids[n] ?? '')]),
  );
  expect(left.size).toBeGreaterThan(9);
  // All at a time: a list of so many incidents takes its time.
  for (let tries = 0; tries < 60 && left.size > 0; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const incidents = await all();
    for (const [file, its] of left) {
      const rule = ruleOf(file);
      const found = incidents.find((one) => its.some((id) => isOf(one, id, rule) || foldedInto(one, id, rule)));
      if (!found) continue;
      expect(
        rooms[found.room]?.map(({ id }) => id),
        file,
      ).toContain(rule);
      left.delete(file);
    }
  }
  expect([...left.keys()], await whyDead()).toEqual([]);
}, 300_000);

const deadLetters = `${sandbox.endpoint}/${sandbox.account}/firebreak-dead-letters`;
async function dead(): Promise<number> {
  const AttributeNames = ['ApproximateNumberOfMessages'] as const;
  const { Attributes } = await new SQSClient({}).send(
    new GetQueueAttributesCommand({ QueueUrl: deadLetters, AttributeNames: [...AttributeNames] }),
  );
  return Number(Attributes?.['ApproximateNumberOfMessages']);
}

/** What went to the dead letters, and why: what a failure is understood by. */
async function whyDead(): Promise<string> {
  const wish = { QueueUrl: deadLetters, MaxNumberOfMessages: 10 };
  const received = await new SQSClient({}).send(new ReceiveMessageCommand(wish));
  return (received.Messages ?? [])
    .map(({ Body = '' }) => (JSON.parse(Body) as { responsePayload?: { errorMessage?: string } }).responsePayload)
    .map((answer) => answer?.errorMessage ?? 'never reached a function')
    .join('\n');
}

test('no quiet event changes anything or is told', async () => {
  // Two of each rule: what each of them all is worth, the unit tests ask.
  const files = globSync('events/*/*')
    .sort()
    .flatMap((folder) => globSync(`${folder}/quiet-*.json`).sort().slice(0, 2));
  const put_ = await putAll(files.map((file) => fresh(file, aWhileAgo).event));
  // One event a room that is heard of, put after the quiet ones, shows that the room has worked through them.
  const last = Object.entries(rooms).map(([room, rules]) => {
    // What only a number of events tells makes no incident of one, and what folds may be told already.
    const telling = rules.filter((rule) => rule.fix !== undefined || (rule.threshold ?? rule.folds) === undefined);
    const [file] = telling.flatMap(({ id }) => globSync(`events/${id}/fires-*.json`).sort());
    if (file === undefined) throw new Error(`no event fires a rule of ${room}`);
    return fresh(file, aWhileAgo).event;
  });
  const waited = await putAll(last);
  await until(async () => {
    // Not at every moment: the account is busy.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const heard = new Set((await all()).map(({ event }) => event.id));
    return waited.every((id) => heard.has(id));
  }, 'an incident in each room');
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const ids = new Map(files.map((file, index) => [put_[index] ?? '', file]));
  const heard = (await all()).filter(
    (one) =>
      ids.has(one.event.id) && one.outcome !== 'attempt' && one.rules.includes(ruleOf(ids.get(one.event.id) ?? '')),
  );
  expect(heard.map((one) => `${ids.get(one.event.id)}: ${one.outcome}`)).toEqual([]);
}, 300_000);

const s3 = new S3Client({});
async function opened(bucket: string): Promise<{ event: Event; id: string; text: string }> {
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await s3.send(new DeletePublicAccessBlockCommand({ Bucket: bucket }));
  const statement = (sid: string, principal: unknown) => ({
    Sid: sid,
    Effect: 'Allow',
    Principal: principal,
    Action: 's3:GetObject',
    Resource: `arn:aws:s3:::${bucket}/*`,
  });
  const policy = {
    Version: '2012-10-17',
    Statement: [statement('open', '*'), statement('ours', { AWS: `arn:aws:iam::${sandbox.account}:root` })],
  };
  const text = JSON.stringify(policy);
  const { $metadata } = await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: text }));
  const made = fresh(globSync('events/s3/public-policy/fires-*.json').sort()[0] ?? '');
  // By a role of its own: what others did within the hour would have its mail be one of a flood.
  const arn = `arn:aws:sts::${sandbox.account}:assumed-role/${bucket}/session`;
  Object.assign(made.event.detail, {
    requestParameters: { bucketName: bucket, bucketPolicy: policy },
    requestID: $metadata.requestId,
    userIdentity: { type: 'AssumedRole', principalId: 'AROAEXAMPLE:session', arn, accountId: sandbox.account },
  });
  return { ...made, text };
}
const policyOf = async (bucket: string): Promise<string | undefined> =>
  (await s3.send(new GetBucketPolicyCommand({ Bucket: bucket }))).Policy;

test('a fire is put out, told once with attributes to filter by, and undone by the CLI', async () => {
  // What the tests before left there is hundreds.
  await new SQSClient({}).send(new PurgeQueueCommand({ QueueUrl: inbox }));
  const { event, id, text } = await opened('stack-open');
  await put(event);
  const incident = await incidentOf(id);
  expect(incident).toMatchObject({
    outcome: 'fixed',
    rules: ['s3/public-policy'],
    resource: 'arn:aws:s3:::stack-open',
    undo: 'restore',
  });
  expect(JSON.parse((await policyOf('stack-open')) ?? '').Statement.map(({ Sid }: { Sid: string }) => Sid)).toEqual([
    'ours',
  ]);
  expect(incident.writes.map(({ call }) => call)).toEqual(['PutBucketPolicy']);

  const told: { Subject: string; Message: string; MessageAttributes: Record<string, { Value: string }> }[] = [];
  await until(async () => {
    const { Messages } = await new SQSClient({}).send(
      new ReceiveMessageCommand({ QueueUrl: inbox, MaxNumberOfMessages: 10 }),
    );
    told.push(...(Messages ?? []).map(({ Body }) => JSON.parse(Body ?? '{}')));
    return told.some(({ Message }) => Message.includes(incident.id));
  }, 'the message');
  const about = told.filter(({ Message }) => Message.includes(incident.id));
  expect(about.length).toBe(1);
  expect(about[0]?.Subject).toContain('Fixed');
  expect(about[0]?.MessageAttributes).toMatchObject({
    severity: { Value: incident.severity },
    rule: { Value: 's3/public-policy' },
    outcome: { Value: 'fixed' },
    account: { Value: sandbox.account },
  });

  // The write's own event, as CloudTrail would deliver it, is known by its request id.
  const echo = structuredClone(event);
  const echoId = randomUUID();
  Object.assign(echo.detail, { eventID: echoId, requestID: incident.writes[0]?.requestId });
  await put(echo);

  await run('node', ['cli/main.ts', 'undo', incident.id], env);
  expect(JSON.parse((await policyOf('stack-open')) ?? '')).toEqual(JSON.parse(text));
  expect(await store.get(incident.id)).toMatchObject({ outcome: 'undone' });
  expect((await all()).filter((one) => one.event.id === echoId)).toEqual([]);

  // Nor is the undo fought when its own event comes.
  const undone = structuredClone(event);
  const undoneId = randomUUID();
  Object.assign(undone.detail, {
    eventID: undoneId,
    requestID: (await store.get(incident.id))?.writes.at(-1)?.requestId,
  });
  await put(undone);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  expect((await all()).filter((one) => one.event.id === undoneId)).toEqual([]);
  expect(JSON.parse((await policyOf('stack-open')) ?? '')).toEqual(JSON.parse(text));
});

test('the same event five times at once is one incident and one write', async () => {
  const { event, id } = await opened('stack-often');
  await Promise.all(Array.from({ length: 5 }, () => put(event)));
  await incidentOf(id);
  const repeats = (incident: Incident): number =>
    incident.timeline.filter(({ outcome }) => outcome === 'duplicate').length;
  const after = await until(
    async () => (await all()).find((one) => isOf(one, id) && repeats(one) === 4),
    'four duplicates',
  );
  expect((await all()).filter((one) => isOf(one, id)).length).toBe(1);
  expect(after.writes.length).toBe(1);
});

test('a role that lost a permission fails, is told, and leaves the event to be redriven', async () => {
  const iam = new IAMClient({});
  const role = `firebreak-s3-${sandbox.region}`;
  const { PolicyNames } = await iam.send(new ListRolePoliciesCommand({ RoleName: role }));
  const policies = await Promise.all(
    (PolicyNames ?? []).map((PolicyName) => iam.send(new GetRolePolicyCommand({ RoleName: role, PolicyName }))),
  );
  const texts = policies.map(({ PolicyName, PolicyDocument }) => ({
    name: PolicyName ?? '',
    whole: decodeURIComponent(PolicyDocument ?? ''),
  }));
  const { name, whole } = texts.find((policy) => policy.whole.includes('s3:PutBucketPolicy')) ?? {
    name: '',
    whole: '',
  };
  const less = whole.replaceAll('s3:PutBucketPolicy', 's3:GetBucketPolicy');

  // What the other tests' events left there is theirs.
  await new SQSClient({}).send(new PurgeQueueCommand({ QueueUrl: deadLetters }));
  const { event, id } = await opened('stack-denied');
  await iam.send(new PutRolePolicyCommand({ RoleName: role, PolicyName: name, PolicyDocument: less }));
  try {
    await put(event);
    const failed = await incidentOf(id);
    expect(failed).toMatchObject({ outcome: 'failed', attempts: 3 });
    expect(failed.note).toMatch(/AccessDenied/);
    expect(failed.before).toBeDefined();
    expect(await policyOf('stack-denied')).toContain('open');
  } finally {
    await iam.send(new PutRolePolicyCommand({ RoleName: role, PolicyName: name, PolicyDocument: whole }));
  }
  await until(async () => (await dead()) > 0, 'the dead letter');
  await run('node', ['cli/main.ts', 'redrive'], env);
  const mended = await until(
    async () => (await all()).find((one) => isOf(one, id) && one.outcome === 'fixed'),
    'the redriven event',
  );
  expect(JSON.parse((await policyOf('stack-denied')) ?? '').Statement.length).toBe(1);
  expect(mended.attempts).toBe(4);
  expect(await dead()).toBe(0);
});

/** An event of events/, half a day old. */
const old = (file: string) => fresh(file, 43_200_000);
const lambda = (room: string): string =>
  `arn:aws:lambda:${sandbox.region}:${sandbox.account}:function:firebreak-${room}`;

test('a day of dead letters of both shapes is redriven, whole, and none acts by itself any more', async () => {
  const sqs = new SQSClient({});
  await sqs.send(new PurgeQueueCommand({ QueueUrl: deadLetters }));
  const each = 60;
  const ids: string[] = [];
  const entries: SendMessageBatchRequestEntry[] = [];
  for (let n = 0; n < each; n += 1) {
    // What Lambda sends on failure, and what EventBridge sends when it could not reach the function.
    const failed = old('events/iam/access-key-created/fires-for-user.json');
    const record = {
      requestContext: { functionArn: `${lambda('iam')}:$LATEST` },
      requestPayload: failed.event,
    };
    const lost = old('events/root/console-login/fires-without-mfa.json');
    ids.push(failed.id, lost.id);
    // Rooms without a fix share one function.
    const TARGET_ARN = { DataType: 'String', StringValue: lambda('watch') };
    entries.push({ Id: `a${n}`, MessageBody: JSON.stringify(record) });
    entries.push({ Id: `b${n}`, MessageBody: JSON.stringify(lost.event), MessageAttributes: { TARGET_ARN } });
  }
  for (let from = 0; from < entries.length; from += 10)
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: deadLetters, Entries: entries.slice(from, from + 10) }));

  await run('node', ['cli/main.ts', 'redrive', '--max', '1000'], env);

  const wanted = new Set(ids);
  const incidents = await until(async () => {
    const found = (await all()).filter(({ event }) => wanted.has(event.id));
    return found.length === ids.length && found.every(({ outcome, told }) => told === outcome) && found;
  }, 'all of them');
  expect(new Set(incidents.map(({ event }) => event.id)).size).toBe(2 * each);
  // The user of the events does not exist here: the key is read, and is gone. Nothing was written for an old event.
  expect([...new Set(incidents.map(({ outcome }) => outcome))].sort()).toEqual(['safe', 'told']);
  expect(incidents.flatMap(({ writes }) => writes)).toEqual([]);
  expect(await dead()).toBe(0);
});
