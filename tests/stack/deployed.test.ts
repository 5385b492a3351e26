/** The real stack, deployed into the sandbox under preset standard: events on the bus, and what comes of them. */
import { randomUUID } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
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
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { beforeAll, expect, inject, test } from 'vitest';
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

/** An event from events/, as if it had happened now in this account. */
function fresh(file: string): { event: Event; id: string } {
  const id = randomUUID();
  const event = JSON.parse(readFileSync(file, 'utf8').replaceAll('111122223333', sandbox.account)) as Event;
  const { detail } = event;
  if ('eventID' in detail)
    Object.assign(detail, { eventID: id, eventTime: new Date().toISOString(), requestID: randomUUID() });
  else if (Array.isArray(detail['findings']))
    for (const finding of detail['findings']) Object.assign(finding, { Id: id, UpdatedAt: new Date().toISOString() });
  else Object.assign(detail, { id, updatedAt: new Date().toISOString() });
  // Each about a trail of its own: a dozen at once about one would wait for its lease, which is tested elsewhere.
  const asked = detail['requestParameters'];
  if (detail['eventSource'] === 'cloudtrail.amazonaws.com' && typeof asked === 'object' && asked !== null)
    for (const [member, name] of Object.entries(asked))
      if (/^(name|trailName)$/i.test(member) && typeof name === 'string')
        Object.assign(asked, { [member]: `${name}-${id.slice(0, 8)}` });
  return { event, id };
}

/** Gives the id that the engine knows it by: its own, or else its envelope's. */
async function put(event: Event): Promise<string> {
  const { source, 'detail-type': type, detail, resources: Resources } = event;
  const answer = await new EventBridgeClient({}).send(
    new PutEventsCommand({
      Entries: [{ Source: source, DetailType: type, Detail: JSON.stringify(detail), Resources }],
    }),
  );
  expect(answer.FailedEntryCount ?? 0).toBe(0);
  const known = normalise({ ...event, id: answer.Entries?.[0]?.EventId ?? '' });
  return ('signals' in known && known.id) || '';
}

/** Whether a rule that folds noted the event on the incident of an earlier one. */
const foldedInto = (one: Incident, event: string, rule: string): boolean =>
  one.rules.includes(rule) && one.witnesses.some(({ id }) => id === event);
/** Whether an incident is the event's, under this rule: other rules of the lens may ask about the same event. */
const isOf = (one: Incident, event: string, rule = 's3/public-policy'): boolean =>
  one.event.id === event && one.rules.includes(rule);
const all = () => store.list(2, new Date());
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
  const put_: { readonly file: string; readonly ids: readonly string[] }[] = [];
  for (const file of globSync('events/*/*/fires-*.json')) {
    // What is told only from some number on comes that often.
    const ids: string[] = [];
    for (let n = 0; n < (thresholds.get(ruleOf(file)) ?? 1); n += 1) ids.push(await put(fresh(file).event));
    put_.push({ file, ids });
  }
  expect(put_.length).toBeGreaterThan(9);
  const left = new Map(put_.map(({ file, ids }) => [file, ids]));
  // All at a time: a list of so many incidents takes its time.
  for (let tries = 0; tries < 60 && left.size > 0; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const incidents = await all();
    for (const [file, ids] of left) {
      const rule = ruleOf(file);
      const found = incidents.find((one) => ids.some((id) => isOf(one, id, rule) || foldedInto(one, id, rule)));
      if (!found) continue;
      expect(
        rooms[found.room]?.map(({ id }) => id),
        file,
      ).toContain(rule);
      left.delete(file);
    }
  }
  expect([...left.keys()], await deadLetters()).toEqual([]);
}, 300_000);

/** What went to the dead letters, and why: what a failure is understood by. */
async function deadLetters(): Promise<string> {
  const QueueUrl = `${sandbox.endpoint}/${sandbox.account}/firebreak-dead-letters`;
  const received = await new SQSClient({}).send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  return (received.Messages ?? [])
    .map(({ Body = '' }) => (JSON.parse(Body) as { responsePayload?: { errorMessage?: string } }).responsePayload)
    .map((answer) => answer?.errorMessage ?? 'never reached a function')
    .join('\n');
}

test('no quiet event changes anything or is told', async () => {
  const quiet: { readonly file: string; readonly id: string }[] = [];
  // Two of each rule: what each of them all is worth, the unit tests ask.
  for (const folder of globSync('events/*/*').sort())
    for (const file of globSync(`${folder}/quiet-*.json`).sort().slice(0, 2))
      quiet.push({ file, id: await put(fresh(file).event) });
  // One event a room that is heard of, put after the quiet ones, shows that the room has worked through them.
  for (const [room, rules] of Object.entries(rooms)) {
    // What only a number of events tells makes no incident of one, and what folds may be told already.
    const telling = rules.filter((rule) => rule.fix !== undefined || (rule.threshold ?? rule.folds) === undefined);
    const files = telling.flatMap(({ id }) => globSync(`events/${id}/fires-*.json`).sort());
    const [last] = files.slice(0, 1).map(fresh);
    if (!last) throw new Error(`no event fires a rule of ${room}`);
    const id = await put(last.event);
    await until(async () => (await all()).find((one) => one.event.id === id), `an incident in ${room}`);
  }
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const ids = new Map(quiet.map(({ id, file }) => [id, file]));
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
  Object.assign(made.event.detail, {
    requestParameters: { bucketName: bucket, bucketPolicy: policy },
    requestID: $metadata.requestId,
  });
  return { ...made, text };
}
const policyOf = async (bucket: string): Promise<string | undefined> =>
  (await s3.send(new GetBucketPolicyCommand({ Bucket: bucket }))).Policy;

test('a fire is put out, told once with attributes to filter by, and undone by the CLI', async () => {
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
  const DeadLetters = `${sandbox.endpoint}/${sandbox.account}/firebreak-dead-letters`;
  await new SQSClient({}).send(new PurgeQueueCommand({ QueueUrl: DeadLetters }));
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
  const { QueueUrl } = await new SQSClient({})
    .send(new CreateQueueCommand({ QueueName: 'firebreak-dead-letters' }))
    .catch(async () => ({ QueueUrl: `${sandbox.endpoint}/${sandbox.account}/firebreak-dead-letters` }));
  const waiting = async (): Promise<number> =>
    Number(
      (
        await new SQSClient({}).send(
          new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
        )
      ).Attributes?.['ApproximateNumberOfMessages'],
    );
  await until(async () => (await waiting()) > 0, 'the dead letter');
  await run('node', ['cli/main.ts', 'redrive'], env);
  const mended = await until(
    async () => (await all()).find((one) => isOf(one, id) && one.outcome === 'fixed'),
    'the redriven event',
  );
  expect(JSON.parse((await policyOf('stack-denied')) ?? '').Statement.length).toBe(1);
  expect(mended.attempts).toBe(4);
  expect(await waiting()).toBe(0);
});
