/** People's side of the deployed stack: pausing, approving, the operator role, looks that are due, the daily digest. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CloudTrailClient, CreateTrailCommand, StopLoggingCommand } from '@aws-sdk/client-cloudtrail';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import {
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateUserCommand,
  IAMClient,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { GenerateMacCommand, KMSClient } from '@aws-sdk/client-kms';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  CreateBucketCommand,
  DeletePublicAccessBlockCommand,
  GetBucketPolicyCommand,
  ListBucketsCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetScheduleCommand, ListSchedulesCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, ReceiveMessageCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { access, composed, namesOf } from '../../cli/deployment.ts';
import { loadConfig } from '../../functions/deployment.ts';
import { deployInto } from '../../scripts/sandbox/deploy.ts';
import type { Sandbox } from '../../scripts/sandbox/sandbox.ts';
import { wakeLater } from '../../shared/aws/schedule.ts';
import type { Incident } from '../../shared/core/incident.ts';
import { coded } from '../../shared/core/record.ts';
import { dynamoIncidents } from '../../shared/incidents/dynamo.ts';
import { until } from '../support/until.ts';

const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const sandbox = inject('sandbox');
const { account, region } = sandbox;
// MiniStack does not enforce a table's policy: the administrator may look into it here, and may not on AWS.
const store = dynamoIncidents('firebreak-incidents', 400);
const operator = `arn:aws:iam::${account}:role/firebreak-operator-${region}`;
const s3 = new S3Client({});
const iam = new IAMClient({});
/** What these roles do is asked about, put right first, or only rehearsed. */
const [asking, reverted, rehearsed] = ['asking', 'reverted', 'rehearsed'];
const of = (role: string): string => `actor: "arn:aws:sts::*:assumed-role/${role}/*"`;
const config = `preset: standard
modes:
  - {rule: s3/tls-only, mode: off}
  - {rule: s3/public-policy, ${of(asking)}, mode: approve}
  - {rule: s3/public-policy, ${of(reverted)}, mode: approve, first: revert}
  - {rule: s3/public-policy, ${of(rehearsed)}, mode: off}
  - {rule: s3/tls-only, ${of(rehearsed)}, mode: notify}
  - {rule: cloudtrail/logging-stopped, ${of(rehearsed)}, mode: notify}
approvals: {hours: 72, default: leave}
channels: {digest: {hour: ${new Date().getUTCHours()}}}
`;
let folder = '';
let env: Record<string, string> = {};
let inbox = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'firebreak-people-'));
  const file = join(folder, 'firebreak.yml');
  writeFileSync(file, config);
  env = await deployInto(sandbox as unknown as Sandbox, file, () => {});
  const sqs = new SQSClient({});
  inbox = (await sqs.send(new CreateQueueCommand({ QueueName: 'people' }))).QueueUrl ?? '';
  const arn = `arn:aws:sqs:${region}:${account}:people`;
  const Statement = [
    { Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: arn },
  ];
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl: inbox, Attributes: { Policy } }));
  const topic = `arn:aws:sns:${region}:${account}:firebreak-alerts`;
  await new SNSClient({}).send(new SubscribeCommand({ TopicArn: topic, Protocol: 'sqs', Endpoint: arn }));
}, 300_000);
afterAll(() => {
  if (folder) rmSync(folder, { recursive: true });
});

type Ended = { readonly status: number; readonly stdout: string; readonly stderr: string };

function firebreak(args: readonly string[], as: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { env: { ...process.env, ...env, ...as } }, (error, stdout, stderr) =>
      resolve({ status: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

/** Opens a bucket of this name to everybody and puts the event of it; gives the incident that comes of it. */
async function opened(bucket: string, role = 'people'): Promise<Incident> {
  await s3.send(new CreateBucketCommand({ Bucket: bucket })).catch(() => undefined);
  await s3.send(new DeletePublicAccessBlockCommand({ Bucket: bucket }));
  const open = {
    Sid: 'open',
    Effect: 'Allow',
    Principal: '*',
    Action: 's3:GetObject',
    Resource: `arn:aws:s3:::${bucket}/*`,
  };
  const policy = { Version: '2012-10-17', Statement: [open] };
  const { $metadata } = await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(policy) }));
  const requestParameters = { bucketName: bucket, bucketPolicy: policy };
  return happened('s3/public-policy/fires-everyone', { requestID: $metadata.requestId, requestParameters }, role);
}

/** Puts an event of events/ as of now, with these members, by this role; gives the incident once people were told, or it is noted for the digest. */
async function happened(name: string, members: object, role: string): Promise<Incident> {
  const event = JSON.parse(readFileSync(`events/${name}.json`, 'utf8').replaceAll('111122223333', account)) as {
    source: string;
    'detail-type': string;
    detail: object;
  };
  const eventID = randomUUID();
  const arn = `arn:aws:sts::${account}:assumed-role/${role}/session`;
  const userIdentity = { type: 'AssumedRole', principalId: 'AROAEXAMPLE0000000001:session', arn, accountId: account };
  const detail = {
    ...event.detail,
    eventID,
    eventTime: new Date().toISOString(),
    ...members,
    userIdentity,
  };
  await new EventBridgeClient({}).send(
    new PutEventsCommand({
      Entries: [{ Source: event.source, DetailType: event['detail-type'], Detail: JSON.stringify(detail) }],
    }),
  );
  return until(
    async () => (await store.list(2, new Date())).find((one) => one.event.id === eventID && one.told === one.outcome),
    `the incident of ${name}`,
  );
}
const isOpen = async (bucket: string): Promise<boolean> =>
  s3.send(new GetBucketPolicyCommand({ Bucket: bucket })).then(
    ({ Policy }) => Policy?.includes('"open"') === true,
    () => false,
  );

type Mail = { readonly Subject: string; readonly Message: string };
/** Messages that came since the last look. */
async function mails(): Promise<readonly Mail[]> {
  const found: Mail[] = [];
  for (;;) {
    const { Messages } = await new SQSClient({}).send(
      new ReceiveMessageCommand({ QueueUrl: inbox, MaxNumberOfMessages: 10, VisibilityTimeout: 3600 }),
    );
    if (!Messages || Messages.length === 0) return found;
    found.push(...Messages.map(({ Body }) => JSON.parse(Body ?? '{}') as Mail));
  }
}
const told = async (): Promise<readonly string[]> => (await mails()).map(({ Subject }) => Subject);

/** A user with these permissions and nothing else; the environment of its key. */
async function user(UserName: string, ...allowed: readonly [action: string, resource: string][]) {
  await iam.send(new CreateUserCommand({ UserName }));
  const Statement = allowed.map(([Action, Resource]) => ({ Effect: 'Allow', Action, Resource }));
  if (Statement.length > 0)
    await iam.send(
      new PutUserPolicyCommand({
        UserName,
        PolicyName: 'some',
        PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }),
      }),
    );
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  return { AWS_ACCESS_KEY_ID: AccessKey?.AccessKeyId ?? '', AWS_SECRET_ACCESS_KEY: AccessKey?.SecretAccessKey ?? '' };
}

test('paused it asks, whoever wants to know is told, resumed it acts; what was asked is approved', async () => {
  await told();
  const paused = await firebreak(['pause', '--rule', 's3/*', '--for', '1h', '--reason', 'moving the website']);
  expect(paused).toMatchObject({ status: 0, stderr: '' });
  expect(await told()).toEqual([expect.stringMatching(/^\[Firebreak\] Look at this: Firebreak is paused/)]);
  const listed = await firebreak(['incidents']);
  expect(listed.stdout).toMatch(/high +told +self\/pause +\d+ +stack firebreak/);

  const asked = await opened('people-paused');
  expect(asked).toMatchObject({ outcome: 'asked', note: expect.stringMatching(/paused until .* moving the website/) });
  expect(await isOpen('people-paused')).toBe(true);
  // A pause holds for everybody.
  const early = await firebreak(['approve', asked.id]);
  expect(early.status).toBe(1);
  expect(early.stdout).toMatch(/^paused: .*paused until .*to end it: npx firebreak resume/);
  expect(await isOpen('people-paused')).toBe(true);

  expect(await firebreak(['resume'])).toMatchObject({ status: 0, stdout: 'nothing is paused\n' });
  expect(await opened('people-resumed')).toMatchObject({ outcome: 'fixed' });
  expect(await isOpen('people-resumed')).toBe(false);

  expect(await firebreak(['approve', asked.id])).toMatchObject({ status: 0 });
  expect(await isOpen('people-paused')).toBe(false);
  expect(await store.get(asked.id)).toMatchObject({
    outcome: 'fixed',
    decision: { by: `arn:aws:iam::${account}:user/sandbox-admin` },
  });
});

test('an operator needs the role and nothing else; a fix is undone with the operator’s own credentials', async () => {
  const incident = await opened('people-operator');
  expect(incident).toMatchObject({ outcome: 'fixed', note: 'mode remediate' });
  const jo = await user('people-jo', ['sts:AssumeRole', operator]);
  const seen = await firebreak(['incidents', incident.id, '--json'], jo);
  expect(seen).toMatchObject({ status: 0, stderr: '' });
  expect(JSON.parse(seen.stdout)).toMatchObject({ id: incident.id });
  // The role reads the record; the bucket it may not touch, and neither may this user.
  const refused = await firebreak(['undo', incident.id], jo);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toMatch(
    /was refused: arn:aws:iam::\d+:user\/people-jo lacks s3:GetBucketPolicy; undo needs .*s3:PutBucketPolicy/,
  );
  expect(await isOpen('people-operator')).toBe(false);

  const kim = await user('people-kim', ['sts:AssumeRole', operator], ['s3:*', 'arn:aws:s3:::people-operator']);
  const undone = await firebreak(['undo', incident.id], kim);
  expect(undone).toMatchObject({ status: 0 });
  expect(await isOpen('people-operator')).toBe(true);
  expect((await store.get(incident.id))?.note).toBe(`taken back by arn:aws:iam::${account}:user/people-kim`);
});

test('who is no operator is told the role and the permission, and gets nowhere by it', async () => {
  const stranger = await user('people-stranger', ['s3:*', '*']);
  for (const args of [['incidents'], ['approve', 'fb-1'], ['pause', '--for', '1h'], ['redrive']]) {
    const ended = await firebreak(args, stranger);
    expect(ended).toMatchObject({ status: 1, stdout: '' });
    expect(ended.stderr).toContain(
      `user/people-stranger may not assume ${operator}; next: have sts:AssumeRole on it granted`,
    );
  }
  const direct = await firebreak(['incidents', '--as-caller'], stranger);
  expect(direct.status).toBe(1);
  expect(direct.stderr).toMatch(/not allowed: .*dynamodb:Query/);
});

test('the operator role opens nothing beside people’s side, and not even an administrator makes codes', async () => {
  const { Credentials } = await new STSClient({}).send(
    new AssumeRoleCommand({ RoleArn: operator, RoleSessionName: 'test' }),
  );
  const credentials = {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
  await expect(new S3Client({ credentials }).send(new ListBucketsCommand({}))).rejects.toThrow(/not authorized|Denied/);
  await expect(
    new IAMClient({ credentials }).send(
      new AttachUserPolicyCommand({ UserName: 'people-jo', PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' }),
    ),
  ).rejects.toThrow(/not authorized|Denied/);
  const mac = { KeyId: 'alias/firebreak-records', MacAlgorithm: 'HMAC_SHA_256', Message: new Uint8Array([1]) } as const;
  await expect(new KMSClient({ credentials }).send(new GenerateMacCommand(mac))).resolves.toHaveProperty('Mac');
  await expect(new KMSClient({}).send(new GenerateMacCommand(mac))).rejects.toThrow(/not authorized|Denied/);
});

/** Changes a record as our own roles do: with its code. */
async function changed({ id }: Incident, change: Partial<Incident>, due?: string): Promise<void> {
  const stored = await store.get(id);
  if (!stored) throw new Error(`no incident ${id}`);
  const names = namesOf({});
  const deps = composed(stored.room, await loadConfig(join(folder, 'firebreak.yml')), names, await access(names, {}));
  const signed = await coded({ ...stored, ...change, version: stored.version + 1 }, deps);
  await store.save(signed, due === undefined ? {} : { due });
}
/** As if the time of a question had come. */
async function runsOut(asked: Incident): Promise<void> {
  const past = new Date(Date.now() - 1000).toISOString();
  await changed(asked, { until: past }, past);
}
const looks = async ({ id }: Incident): Promise<void> => {
  const Payload = JSON.stringify({ firebreak: 'due', incident: id });
  await new LambdaClient({}).send(new InvokeCommand({ FunctionName: 'firebreak-s3', Payload }));
};

/** A question that nobody will answer, as if its time had come. */
async function overdue(bucket: string): Promise<Incident> {
  const asked = await opened(bucket, asking);
  expect(asked.outcome).toBe('asked');
  await runsOut(asked);
  return asked;
}
const expired = (id: string): Promise<Incident> =>
  until(async () => {
    const one = await store.get(id);
    return one?.told === 'expired' ? one : undefined;
  }, `the end of ${id}`);

test('a question that nobody answers expires when it is looked at, and its neighbour that was missed with it', async () => {
  const [one, missed] = [await overdue('people-due'), await overdue('people-missed')];
  await looks(one);
  for (const { id } of [one, missed])
    expect(await expired(id)).toMatchObject({
      note: expect.stringMatching(/nobody answered until /),
    });
  const late = await firebreak(['approve', one.id]);
  expect(late.status).toBe(1);
  expect(late.stderr).toMatch(/is expired: only one that is asked can be approved/);
  expect(await isOpen('people-due')).toBe(true);
});

test('a question schedules its own end; a schedule that comes due wakes the function, and is gone', async () => {
  const asked = await overdue('people-woken');
  const scheduler = new SchedulerClient({});
  const { Schedules = [] } = await scheduler.send(new ListSchedulesCommand({ GroupName: 'firebreak' }));
  const own = Schedules.find(({ Name }) => Name?.startsWith(asked.id));
  const { Target, ActionAfterCompletion, ScheduleExpression } = await scheduler.send(
    new GetScheduleCommand({ GroupName: 'firebreak', Name: own?.Name }),
  );
  expect({ ActionAfterCompletion, Target }).toMatchObject({
    ActionAfterCompletion: 'DELETE',
    Target: {
      Arn: `arn:aws:lambda:${region}:${account}:function:firebreak-s3`,
      RoleArn: `arn:aws:iam::${account}:role/firebreak-waker-${region}`,
      Input: JSON.stringify({ firebreak: 'due', incident: asked.id }),
    },
  });
  expect(ScheduleExpression).toBe(
    `at(${new Date(Math.ceil(Date.parse(asked.until ?? '') / 1000) * 1000).toISOString().slice(0, 19)})`,
  );

  const waker = {
    functionArn: Target?.Arn ?? '',
    roleArn: Target?.RoleArn ?? '',
    group: 'firebreak',
    deadLetterArn: Target?.DeadLetterConfig?.Arn ?? '',
  };
  await wakeLater(waker, asked.id, new Date(Date.now() + 2000).toISOString());
  expect(await expired(asked.id)).toMatchObject({ outcome: 'expired' });
  const left = await scheduler.send(new ListSchedulesCommand({ GroupName: 'firebreak' }));
  expect(left.Schedules?.filter(({ Name }) => Name?.startsWith(asked.id))).toHaveLength(1);
});

test('put right first, then asked: who may do nothing but decide has the room’s own role take it back', async () => {
  await told();
  const asked = await opened('people-first', reverted);
  expect(asked).toMatchObject({ outcome: 'asked', first: 'reverted', undo: 'restore' });
  expect(await isOpen('people-first')).toBe(false);
  expect(await told()).toEqual([expect.stringMatching(/^\[Firebreak\] Fixed first, asks you: /)]);
  const lee = await user('people-lee', ['sts:AssumeRole', operator]);
  expect(await firebreak(['leave', asked.id], lee)).toMatchObject({ status: 0 });
  expect(await isOpen('people-first')).toBe(true);
  const by = `arn:aws:iam::${account}:user/people-lee`;
  expect(await store.get(asked.id)).toMatchObject({ outcome: 'undone', told: 'undone', note: `taken back by ${by}` });
  expect(await told()).toEqual([expect.stringMatching(/^\[Firebreak\] Fix undone: /)]);
});

test('put right first, and nobody answers: what firebreak.yml says is done, by the room', async () => {
  const asked = await opened('people-silent', reverted);
  expect(await isOpen('people-silent')).toBe(false);
  await runsOut(asked);
  await looks(asked);
  expect(await store.get(asked.id)).toMatchObject({
    outcome: 'undone',
    note: expect.stringMatching(/^taken back by nobody, who did not answer until /),
  });
  expect(await isOpen('people-silent')).toBe(true);
});

test('what is only rehearsed waits for the day’s one message, and is in it; what is critical is told at once', async () => {
  await told();
  const Name = 'people-trail';
  await new CloudTrailClient({}).send(new CreateTrailCommand({ Name, S3BucketName: 'people-first' }));
  await new CloudTrailClient({}).send(new StopLoggingCommand({ Name }));
  const members = { requestParameters: { name: Name }, requestID: randomUUID() };
  const daily = [
    await opened('people-daily-1', rehearsed),
    await opened('people-daily-2', rehearsed),
    await opened('people-daily-3', rehearsed),
    await happened('cloudtrail/logging-stopped/fires-by-name', members, rehearsed),
  ];
  expect(daily.map(({ outcome }) => outcome)).toEqual(Array(4).fill('rehearsed'));
  expect(await told()).toEqual([expect.stringMatching(/^\[Firebreak\] Would fix: A trail stopped logging/)]);

  // As if it had been two hours ago: before the last time that the clock struck.
  const at = new Date(Date.now() - 7_200_000).toISOString();
  for (const one of daily) await changed(one, { at });
  const clock = { GroupName: 'firebreak', Name: 'firebreak-digest' };
  const { Target } = await new SchedulerClient({}).send(new GetScheduleCommand(clock));
  const strike = { FunctionName: Target?.Arn ?? '', Payload: Target?.Input ?? '' };
  const lambda = new LambdaClient({});
  for (let times = 0; times < 2; times += 1)
    expect((await lambda.send(new InvokeCommand(strike))).FunctionError).toBeUndefined();
  const [message, ...more] = await mails();
  expect(more).toEqual([]);
  expect(message?.Subject).toMatch(/^\[Firebreak\] Daily digest: \d+ rehearsals of \d+ rules/);
  // Other tests' rehearsals of the day are in it, too.
  const said = (await store.list(2, new Date())).find(({ digest }) => digest !== undefined)?.digest;
  const inSpan = (await store.list(3, new Date())).filter(
    (one) => one.outcome === 'rehearsed' && one.at >= (said?.from ?? '') && one.at < (said?.to ?? ''),
  );
  for (const { rules } of daily) {
    const all = inSpan.filter((one) => one.rules.includes(rules[0] ?? ''));
    const times = all.reduce((sum, { seen = 0 }) => sum + 1 + seen, 0);
    expect(said?.rules).toContainEqual({
      rule: rules[0],
      times,
      resources: new Set(all.map((one) => one.resource)).size,
    });
    expect(message?.Message).toMatch(new RegExp(`${times} times? +on \\d+ resources?: ${rules[0]}`));
  }
});
