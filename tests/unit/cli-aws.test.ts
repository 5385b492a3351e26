/** Commands against a scripted wire: what they ask of AWS, in which order, and what they make of its answers. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { sessionNameOf } from '../../cli/deployment.ts';

const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'firebreak-wire-'));
afterAll(() => rmSync(dir, { recursive: true }));
const config = join(dir, 'standard.yml');
writeFileSync(config, 'preset: standard\n');

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const acted = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\p{Cf}]/u;

/** One answer: status, body, headers. */
type Answer = {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** Counts for STS, too, which otherwise answers as it does to an operator. */
  readonly asked?: true;
};
/** A call by its name: `SQS.ReceiveMessage`, `STS.GetCallerIdentity`, `Lambda firebreak-iam Event`. */
type Wire = (call: string, body: Record<string, unknown>, endpoint: string) => Answer;

type Ended = {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly calls: readonly string[];
  /** Each call with the access key that signed it. */
  readonly signed: readonly (readonly [call: string, key: string])[];
};

const account = '111122223333';
const me = `arn:aws:iam::${account}:user/jo`;
const operator = `arn:aws:iam::${account}:role/firebreak-operator-us-east-1`;
const identityOf = (arn: string) =>
  `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>${arn}</Arn><UserId>X</UserId><Account>${account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;
const session = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>ASIAOPERATOR</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;
/** Somebody who may assume the operator role; what the test's own wire answers goes first. */
const sts: { readonly [call: string]: Answer } = {
  'STS.GetCallerIdentity': { body: identityOf(me) },
  'STS.AssumeRole': { body: session },
};

async function firebreak(args: readonly string[], wire: Wire, env: Record<string, string> = {}): Promise<Ended> {
  const calls: string[] = [];
  const signed: [string, string][] = [];
  let endpoint = '';
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const target = String(request.headers['x-amz-target'] ?? '')
      .replace(/^AmazonSQS\./, 'SQS.')
      .replace(/^DynamoDB_\d+\./, 'DynamoDB.');
    const lambda = /^\/2015-03-31\/functions\/([^/]+)\/invocations/.exec(request.url ?? '');
    const call =
      target ||
      (lambda
        ? `Lambda ${lambda[1]} ${request.headers['x-amz-invocation-type']}`
        : `STS.${new URLSearchParams(text).get('Action')}`);
    calls.push(call);
    signed.push([call, /Credential=([^/]+)/.exec(request.headers.authorization ?? '')?.[1] ?? '']);
    const body = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
    if (call === 'STS.AssumeRole') Object.assign(body, Object.fromEntries(new URLSearchParams(text)));
    const own = call in sts ? wire(call, body, endpoint) : null;
    const answer = own === null ? wire(call, body, endpoint) : 'asked' in own ? own : (sts[call] ?? {});
    response.writeHead(answer.status ?? 200, {
      'content-type': target ? 'application/x-amz-json-1.0' : 'text/xml',
      ...answer.headers,
    });
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {}));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const child = spawn(process.execPath, [main, ...args], {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: dir,
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'x',
      FIREBREAK_CONFIG: config,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [status] = (await once(child, 'close')) as [number];
  server.closeAllConnections();
  server.close();
  return { status, stdout, stderr, calls, signed };
}

/** By which calls a command takes up the operator role. */
const taken = ['STS.GetCallerIdentity', 'STS.AssumeRole'];
const published: Answer = {
  body: '<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>',
};
const failure = (status: number, type: string, message: string): Answer => ({
  status,
  body: { __type: type, message },
});

const incident = (more: object = {}) => ({
  id: 'fb-1',
  room: 'iam',
  rules: ['iam/access-key-created'],
  title: 'A key',
  severity: 'medium',
  account,
  region: 'us-east-1',
  resource: `arn:aws:iam::${account}:user/bob\u001b[31m\u202e`,
  event: { id: 'e-1', name: 'CreateAccessKey' },
  actor: { type: 'IAMUser', name: 'mallory\u001b[2J' },
  reasons: ['because'],
  mode: 'approve',
  outcome: 'asked',
  note: 'mode approve: a person decides',
  lens: 'iam/access-key',
  lease: 'x',
  target: { user: 'bob', key: 'AKIAI44QH8DHBEXAMPLE' },
  before: { state: 'Active' },
  plan: { state: 'Inactive' },
  undo: 'restore',
  writes: [],
  witnesses: [],
  timeline: [{ at: '2025-01-01T00:00:00.000Z', what: 'recognised' }],
  times: { received: '2025-01-01T00:00:00.000Z' },
  attempts: 1,
  at: '2025-01-01T00:00:00.000Z',
  version: 2,
  ...more,
});
const item = (record: object) => ({ record: { S: JSON.stringify(record) } });
/** The record that a call stores, or nothing. */
const recordIn = (body: object): Record<string, unknown> | null => {
  const values = (body as { ExpressionAttributeValues?: { ':record'?: { S?: string } } }).ExpressionAttributeValues;
  return JSON.parse(values?.[':record']?.S ?? 'null') as Record<string, unknown> | null;
};
/** Codes that fit. */
const genuine: Wire = (call) =>
  call === 'TrentService.VerifyMac'
    ? { body: { MacValid: true } }
    : call === 'TrentService.GenerateMac'
      ? { body: { Mac: 'BBBB' } }
      : {};
/** A table with one incident, and somebody who asks. */
const stored =
  (record: object, rest: Wire = () => ({})): Wire =>
  (call, body, endpoint) =>
    call === 'DynamoDB.GetItem' ? { body: { Item: item(record) } } : rest(call, body, endpoint);

describe('redrive', () => {
  const fn = (name: string) => `arn:aws:lambda:us-east-1:${account}:function:${name}`;
  const event = { 'detail-type': 'AWS API Call via CloudTrail', source: 'aws.iam', detail: {} };
  const attribute = (TARGET_ARN: string) => ({ TARGET_ARN: { DataType: 'String', StringValue: TARGET_ARN } });
  const message = (id: string, body: unknown, MessageAttributes = {}) => ({
    MessageId: id,
    ReceiptHandle: `handle-${id}`,
    Body: JSON.stringify(body),
    // The SDK checks it.
    MD5OfBody: createHash('md5').update(JSON.stringify(body)).digest('hex'),
    MessageAttributes,
  });

  /** A queue that hands out these messages once. */
  function queue(
    messages: readonly object[],
    lambda: Answer = { status: 202 },
  ): Wire & { deleted: unknown[]; payloads: unknown[]; released: unknown[] } {
    let left = [...messages];
    const seen = { deleted: [] as unknown[], payloads: [] as unknown[], released: [] as unknown[] };
    const wire: Wire = (call, body, endpoint) => {
      // The SDK takes the queue's URL as SQS's endpoint.
      if (call === 'SQS.GetQueueUrl') return { body: { QueueUrl: `${endpoint}/${account}/firebreak-dead-letters` } };
      if (call === 'SQS.ReceiveMessage') {
        const batch = left.slice(0, Number(body['MaxNumberOfMessages']));
        left = left.slice(batch.length);
        return { body: { Messages: batch } };
      }
      if (call === 'SQS.DeleteMessage') seen.deleted.push(body['ReceiptHandle']);
      if (call === 'SQS.ChangeMessageVisibility') seen.released.push(body['ReceiptHandle']);
      if (call.startsWith('Lambda')) {
        seen.payloads.push(body);
        return lambda;
      }
      return {};
    };
    return Object.assign(wire, seen);
  }
  it('hands on both kinds of messages, and deletes each only after it was taken', async () => {
    const wire = queue([
      message('a', {
        version: '1.0',
        requestContext: { functionArn: `${fn('firebreak-iam')}:$LATEST` },
        requestPayload: event,
      }),
      message('b', event, attribute(fn('firebreak-cloudtrail'))),
    ]);
    const ended = await firebreak(['redrive', '--json'], wire);
    expect(ended.stderr).toBe('');
    expect(ended.status).toBe(0);
    expect(JSON.parse(ended.stdout)).toEqual({ redriven: 2, kept: [] });
    expect(wire.payloads).toEqual([event, event]);
    expect(ended.calls.filter((call) => !/Receive|QueueUrl/.test(call))).toEqual([
      ...taken,
      'Lambda firebreak-iam Event',
      'SQS.DeleteMessage',
      'Lambda firebreak-cloudtrail Event',
      'SQS.DeleteMessage',
    ]);
  });

  it('leaves what it does not understand, and what would steer it elsewhere', async () => {
    const wire = queue([
      message('1', 'text'),
      message('2', event),
      message('3', event, attribute(fn('somebody-elses'))),
      message('4', event, attribute(fn('firebreak-iam-and-more'))),
      message('5', event, attribute('arn:aws:sqs:us-east-1:111122223333:firebreak-iam')),
      message('6', {
        requestContext: { functionArn: fn('firebreak-iam') },
        requestPayload: { firebreak: 'approve', incident: 'fb-1' },
      }),
      message('7', { requestContext: { functionArn: fn('firebreak-iam') } }),
      message('8', { firebreak: 'due' }, attribute(fn('firebreak-iam'))),
    ]);
    const ended = await firebreak(['redrive'], wire);
    expect(ended.status).toBe(1);
    expect(ended.stdout).toBe('0 delivered again, 8 left in firebreak-dead-letters\n');
    expect(ended.calls.filter((call) => /Lambda|Delete/.test(call))).toEqual([]);
    expect(wire.released).toHaveLength(8);
    expect(ended.stderr).toMatch(/left message 3: .*somebody-elses is no function of stack firebreak/);
    expect(ended.stderr).toMatch(/left message 6: it is a command to Firebreak/);
  });

  it('hands on a look that was due, and nothing beside it', async () => {
    const look = { firebreak: 'due', incident: 'fb-1' };
    const wire = queue([
      message('a', { ...look, more: 1 }, attribute(fn('firebreak-iam'))),
      message('b', { requestContext: { functionArn: fn('firebreak-s3') }, requestPayload: look }),
    ]);
    const lesson = { firebreak: 'due', learned: '111122223333/us-east-1/x/y' };
    const both = queue([message('c', { ...lesson, more: 1 }, attribute(fn('firebreak-iam')))]);
    expect(await firebreak(['redrive'], wire)).toMatchObject({ status: 0, stderr: '' });
    expect(await firebreak(['redrive'], both)).toMatchObject({ status: 0, stderr: '' });
    expect([...wire.payloads, ...both.payloads]).toEqual([look, look, lesson]);
  });

  it('keeps the message when the function does not take the event', async () => {
    const wire = queue([message('a', event, attribute(fn('firebreak-iam')))], {
      status: 429,
      body: { Type: 'User', message: 'slow' },
      headers: { 'x-amzn-errortype': 'TooManyRequestsException' },
    });
    const ended = await firebreak(['redrive', '--json'], wire);
    expect(ended.status).toBe(1);
    expect(JSON.parse(ended.stdout)).toEqual({
      redriven: 0,
      kept: [
        { message: 'a', reason: expect.stringMatching(/firebreak-iam was not invoked: TooManyRequestsException/) },
      ],
    });
    expect(wire.deleted).toEqual([]);
  });

  it('stops at --max, and says so', async () => {
    const wire = queue(Array.from({ length: 30 }, (_, n) => message(String(n), event, attribute(fn('firebreak-iam')))));
    const ended = await firebreak(['redrive', '--max', '12'], wire);
    expect(ended.status).toBe(0);
    expect(ended.stdout).toBe('12 delivered again, 0 left in firebreak-dead-letters\n');
    expect(ended.stderr).toMatch(/stopped after 12 messages/);
  });
});

describe('incidents', () => {
  it('lists newest first, one query a day, and shows one without what a terminal acts on', async () => {
    let day = 0;
    const days: Answer[] = [
      {
        body: {
          Items: [
            item(incident({ id: 'fb-old', at: '2025-01-01T00:00:00.000Z' })),
            item(incident({ id: 'fb-new', at: '2025-01-01T09:00:00.000Z' })),
          ],
        },
      },
    ];
    const listed = await firebreak(['incidents', '--days', '2'], (call) =>
      call === 'DynamoDB.Query' ? (days[day++] ?? { body: { Items: [] } }) : {},
    );
    expect(listed.calls).toEqual([...taken, 'DynamoDB.Query', 'DynamoDB.Query']);
    expect(listed.stdout).toMatch(/^INCIDENT .*\nfb-new .*\nfb-old .*\n$/);
    const shown = await firebreak(['incidents', 'fb-1'], stored(incident()));
    expect(shown).toMatchObject({ status: 0, stderr: '' });
    expect(shown.stdout).toMatch(/planned\n {2}- Active\n {2}\+ Inactive\n/);
    expect(shown.stdout).toContain('next: npx firebreak approve fb-1');
    for (const { stdout } of [listed, shown]) expect(stdout).not.toMatch(acted);
    expect(JSON.parse((await firebreak(['incidents', 'fb-1', '--json'], stored(incident()))).stdout)).toEqual(
      incident(),
    );
  });

  it.each([
    ['no such incident', {}, /there is no incident fb-1 in firebreak-incidents; next/],
    [
      'no table',
      failure(400, 'com.amazonaws.dynamodb.v20120810#ResourceNotFoundException', 'no table'),
      /stack firebreak was not found in us-east-1: no table\n.*next: is it deployed/,
    ],
    [
      'expired',
      failure(400, 'com.amazon.coral.service#ExpiredTokenException', 'old'),
      /the AWS credentials have expired\n.*aws sso login/,
    ],
    [
      'rejected',
      failure(400, 'com.amazon.coral.service#UnrecognizedClientException', 'who?'),
      /AWS does not accept the credentials/,
    ],
    [
      'refused',
      failure(
        400,
        'com.amazon.coral.service#AccessDeniedException',
        `User: ${me} is not authorized to perform: dynamodb:GetItem on resource: x`,
      ),
      /have dynamodb:GetItem granted/,
    ],
  ])('%s', async (_, answer, told) => {
    const ended = await firebreak(['incidents', 'fb-1'], () => answer);
    expect(ended).toMatchObject({ status: 1, stdout: '' });
    expect(ended.stderr).toMatch(told);
  });
});

describe('approve', () => {
  const done = [{ outcome: 'fixed', incident: 'fb-1', rules: [], resource: 'r', note: 'approved' }];
  const answering =
    (answer: Answer): Wire =>
    (...call) =>
      call[0].startsWith('Lambda') ? answer : genuine(...call);
  const asked = incident({ code: 'AAAA' });

  it('records who decided, then has the room’s function do it', async () => {
    let decided: unknown;
    const ended = await firebreak(
      ['approve', 'fb-1', '--json'],
      stored(asked, (call, body, endpoint) => {
        decided ??= recordIn(body);
        return answering({ body: done })(call, body, endpoint);
      }),
    );
    expect(ended.status).toBe(0);
    expect(JSON.parse(ended.stdout)).toEqual(done[0]);
    expect(decided).toMatchObject({
      decision: { by: me, at: expect.stringMatching(/Z$/) },
      code: 'BBBB',
      version: 3,
    });
    expect(ended.calls.slice(-4)).toEqual([
      'TrentService.VerifyMac',
      'TrentService.GenerateMac',
      'DynamoDB.UpdateItem',
      'Lambda firebreak-iam RequestResponse',
    ]);
    expect(ended.stderr).toMatch(/- Active\n.*\+ Inactive/);
  });

  it('records no yes on a record whose code does not fit, and tells of it', async () => {
    const ended = await firebreak(
      ['approve', 'fb-1'],
      stored(asked, (call) =>
        call === 'TrentService.VerifyMac'
          ? failure(400, 'KMSInvalidMacException', 'no')
          : call === 'STS.Publish'
            ? published
            : {},
      ),
    );
    expect(ended).toMatchObject({ status: 1, stdout: '' });
    expect(ended.stderr).toMatch(/incident fb-1 is not what was stored/);
    expect(ended.calls).toContain('STS.Publish');
    expect(ended.calls.filter((call) => /GenerateMac|^Lambda/.test(call))).toEqual([]);
  });

  it('has one gone on with that broke off, without another yes', async () => {
    const times = { received: '2025-01-01T00:00:00.000Z', recorded: '2025-01-01T00:00:01.000Z' };
    const broken = incident({ outcome: 'open', told: 'asked', decision: { by: me, at: 'then' }, times, code: 'AAAA' });
    const ended = await firebreak(['approve', 'fb-1', '--json'], stored(broken, answering({ body: done })));
    expect(ended.status).toBe(0);
    expect(ended.calls).toEqual([...taken, 'DynamoDB.GetItem', 'Lambda firebreak-iam RequestResponse']);
    expect(ended.stderr).toContain('its approval broke off');
  });

  it('refuses what is not asked, before anything is written', async () => {
    const ended = await firebreak(['approve', 'fb-1'], stored(incident({ outcome: 'fixed' })));
    expect(ended).toMatchObject({ status: 1, stdout: '', calls: [...taken, 'DynamoDB.GetItem'] });
    expect(ended.stderr).toMatch(/incident fb-1 is fixed: only one that is asked can be approved/);
  });

  it('refuses a room that this version has not', async () => {
    const ended = await firebreak(['approve', 'fb-1'], stored(incident({ room: 'x/../evil' })));
    expect(ended).toMatchObject({ status: 1, calls: [...taken, 'DynamoDB.GetItem'] });
  });

  it.each([
    [
      'a refusal',
      { body: [{ ...done[0], outcome: 'replanned', note: 'it changed' }] },
      /^replanned: r: it changed\n$/,
      /./,
    ],
    [
      'a pause',
      { body: [{ ...done[0], outcome: 'paused', note: 'paused until then' }] },
      /^paused: r: paused until then\n$/,
      /./,
    ],
    [
      'a function that throws',
      { body: { errorType: 'NotProven', errorMessage: 'no' }, headers: { 'x-amz-function-error': 'Unhandled' } },
      /^$/,
      /decision is recorded[\s\S]*function firebreak-iam failed: NotProven: no/,
    ],
    ['an answer that says nothing', { body: 'null' }, /^$/, /did not say what came of it/],
  ])('%s ends with 1', async (_, answer, out, told) => {
    const ended = await firebreak(['approve', 'fb-1'], stored(asked, answering(answer)));
    expect(ended.status).toBe(1);
    expect(ended.stdout).toMatch(out);
    expect(ended.stderr).toMatch(told);
  });
});

describe('undo', () => {
  const fixed = incident({
    outcome: 'fixed',
    after: { state: 'Inactive' },
    told: 'fixed',
    times: { received: '2025-01-01T00:00:00.000Z', recorded: '2025-01-01T00:00:01.000Z' },
    writes: [{ call: 'UpdateAccessKey', requestId: 'r' }],
    code: 'AAAA',
  });

  it('shows what it writes and needs before it does, and names what is lacking', async () => {
    const refusal = `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: ${me} is not authorized to perform: iam:ListAccessKeys on resource: user bob</Message></Error></ErrorResponse>`;
    const ended = await firebreak(['undo', 'fb-1'], (call, body, endpoint) =>
      call === 'STS.ListAccessKeys' ? { status: 403, body: refusal } : stored(fixed, genuine)(call, body, endpoint),
    );
    expect(ended).toMatchObject({ status: 1, stdout: '' });
    expect(ended.stderr).toMatch(
      /undo writes to .*\n.* - Inactive\n.* \+ Active\n.*it needs iam:ListAccessKeys, iam:UpdateAccessKey, and is done as arn:aws:iam::111122223333:user\/jo/,
    );
    expect(ended.stderr).toMatch(
      /was refused: .* lacks iam:ListAccessKeys; undo needs iam:ListAccessKeys, iam:UpdateAccessKey/,
    );
    expect(ended.calls).not.toContain('STS.UpdateAccessKey');
  });

  it('says that the permission must be the caller’s own where no role has it', async () => {
    const stopped = incident({
      room: 'cloudtrail',
      rules: ['cloudtrail/logging-stopped'],
      outcome: 'fixed',
      target: 'arn:aws:cloudtrail:us-east-1:111122223333:trail/main',
      before: { state: false },
      after: { state: true },
      undo: 'operator',
      code: 'AAAA',
      times: fixed.times,
    });
    const ended = await firebreak(['undo', 'fb-1'], stored(stopped, genuine));
    expect(ended.status).toBe(1);
    expect(ended.stderr).toMatch(
      /it needs cloudtrail:GetTrailStatus, cloudtrail:StopLogging, and is done as .*user\/jo/,
    );
    expect(ended.stderr).toContain('no role of Firebreak’s may do this: the credentials must be yours');
  });

  it('writes nothing from a record whose code does not fit, and tells of it', async () => {
    const ended = await firebreak(
      ['undo', 'fb-1'],
      stored(fixed, (call) =>
        call === 'TrentService.VerifyMac'
          ? failure(400, 'KMSInvalidMacException', 'no')
          : call === 'STS.Publish'
            ? published
            : {},
      ),
    );
    expect(ended).toMatchObject({ status: 1, stdout: '' });
    expect(ended.stderr).toMatch(/incident fb-1 is not what was stored: nothing is done from it/);
    expect(ended.calls).toContain('STS.Publish');
    expect(ended.calls.filter((call) => /AccessKey/.test(call))).toEqual([]);
  });

  /** A key as it is now, in IAM. */
  const keys = (status: string): Answer => ({
    body: `<ListAccessKeysResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListAccessKeysResult><AccessKeyMetadata><member><UserName>bob</UserName><AccessKeyId>AKIAI44QH8DHBEXAMPLE</AccessKeyId><Status>${status}</Status></member></AccessKeyMetadata><IsTruncated>false</IsTruncated></ListAccessKeysResult></ListAccessKeysResponse>`,
  });
  const changed: Wire = (call, ...rest) => {
    if (call === 'STS.ListAccessKeys') return keys('Inactive');
    return call === 'STS.Publish'
      ? published
      : stored({ ...fixed, after: { state: 'Active' } }, genuine)(call, ...rest);
  };

  it('by force shows what is there now, and writes nothing where nobody says yes', async () => {
    const ended = await firebreak(['undo', 'fb-1', '--force'], changed);
    expect(ended).toMatchObject({ status: 1, stdout: '' });
    expect(ended.stderr).toMatch(
      /changed since the fix:\n.* - Active\n.* \+ Inactive\n.*undo --force writes over what is there now:\n.* - Inactive\n.* \+ Active\n/,
    );
    expect(ended.stderr).toMatch(/it needs iam:ListAccessKeys, iam:UpdateAccessKey, .*\n.*nothing was written; --yes/);
    expect(ended.calls.filter((call) => /UpdateAccessKey|Update|Transact|GenerateMac/.test(call))).toEqual([]);
  });

  it('by force, with --yes, writes', async () => {
    const ended = await firebreak(['undo', 'fb-1', '--force', '--yes'], changed);
    expect(ended.calls).toContain('STS.UpdateAccessKey');
    expect(ended.stderr).toMatch(/changed since the fix/);
  });

  it('refuses what is no fix', async () => {
    const ended = await firebreak(['undo', 'fb-1'], stored(incident()));
    expect(ended).toMatchObject({ status: 1, stdout: '' });
    expect(new Set(ended.calls)).toEqual(new Set([...taken, 'DynamoDB.GetItem']));
    expect(ended.stderr).toMatch(/only a fix can be undone/);
  });
});

describe('the operator role', () => {
  const refusal: Answer = {
    asked: true,
    status: 403,
    body: `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: ${me} is not authorized to perform: sts:AssumeRole on resource: ${operator}</Message></Error></ErrorResponse>`,
  };
  const as = (arn: string): Answer => ({ asked: true, body: identityOf(arn) });
  const own = 'AKIAIOSFODNN7EXAMPLE';

  it('reads Firebreak’s own, the caller’s credentials the resource; the session names the caller', async () => {
    const asked: unknown[] = [];
    const fixed = incident({
      outcome: 'fixed',
      after: { state: 'Inactive' },
      times: { received: '2025-01-01T00:00:00.000Z', recorded: '2025-01-01T00:00:01.000Z' },
      code: 'AAAA',
    });
    const ended = await firebreak(['undo', 'fb-1'], (call, body, endpoint) => {
      if (call === 'STS.AssumeRole') asked.push(body);
      if (call === 'TrentService.VerifyMac') return { body: { MacValid: true } };
      if (call === 'STS.ListAccessKeys') return refusal;
      return stored(fixed)(call, body, endpoint);
    });
    expect(asked).toMatchObject([{ RoleArn: operator, RoleSessionName: 'jo' }]);
    const by = new Map(ended.signed);
    expect(by.get('DynamoDB.GetItem')).toBe('ASIAOPERATOR');
    expect(by.get('TrentService.VerifyMac')).toBe('ASIAOPERATOR');
    expect(by.get('DynamoDB.UpdateItem')).toBe('ASIAOPERATOR');
    expect(by.get('STS.ListAccessKeys')).toBe(own);
    expect(by.get('STS.AssumeRole')).toBe(own);
  });

  it('is said to be lacking where the caller may not assume it, and nothing else is tried', async () => {
    for (const args of [['incidents'], ['approve', 'fb-1'], ['redrive'], ['pause', '--for', '1h'], ['resume']]) {
      const ended = await firebreak(args, (call) => (call === 'STS.AssumeRole' ? refusal : {}));
      expect(ended).toMatchObject({ status: 1, stdout: '', calls: taken });
      expect(ended.stderr).toContain(`${me} may not assume ${operator}; next: have sts:AssumeRole on it granted`);
      expect(ended.stderr).toContain('--as-caller');
    }
  });

  it('is left out with --as-caller, and where it is taken up already', async () => {
    const listed = await firebreak(['incidents', '--days', '1', '--as-caller'], () => ({ body: { Items: [] } }));
    expect(listed).toMatchObject({ status: 0, calls: ['STS.GetCallerIdentity', 'DynamoDB.Query'] });
    const session = `arn:aws:sts::${account}:assumed-role/firebreak-operator-us-east-1/jo`;
    const taken = await firebreak(['incidents', '--days', '1'], (call) =>
      call === 'STS.GetCallerIdentity' ? as(session) : { body: { Items: [] } },
    );
    expect(taken).toMatchObject({ status: 0, calls: ['STS.GetCallerIdentity', 'DynamoDB.Query'] });
  });

  it('tells those whom the table refuses to go by it', async () => {
    const answer = failure(
      400,
      'com.amazon.coral.service#AccessDeniedException',
      `User: ${me} is not authorized to perform: dynamodb:Query on resource: x with an explicit deny in a resource-based policy`,
    );
    const ended = await firebreak(['incidents', '--as-caller'], () => answer);
    expect(ended.stderr).toMatch(/leave out --as-caller to go by the operator role/);
  });

  it.each([
    [`arn:aws:iam::${account}:user/team/jo`, 'team-jo'],
    [`arn:aws:sts::${account}:assumed-role/Admin/jo@example.com`, 'Admin-jo@example.com'],
    [`arn:aws:sts::${account}:assumed-role/Admin/ü §`, 'Admin----'],
    [`arn:aws:iam::${account}:user/j`, 'j-'],
    [`arn:aws:iam::${account}:root`, 'root'],
    [`arn:aws:sts::${account}:assumed-role/${'r'.repeat(64)}/jo@example.com`, `${'r'.repeat(49)}-jo@example.com`],
  ])('names the session of %s', (arn, name) => {
    expect(sessionNameOf(arn)).toBe(name);
    expect(name).toMatch(/^[\w+=,.@-]{2,64}$/);
  });
});

describe('pause and resume', () => {
  /** A table that holds the pauses, a topic, and what happened in which order. */
  function deployment(pauses: readonly object[] = [], fail = '') {
    let held = [...pauses];
    const order: string[] = [];
    const records: Record<string, unknown>[] = [];
    const wire: Wire = (call, body) => {
      const pk = (body as { Item?: { pk?: { S?: string } } }).Item?.pk?.S ?? '';
      const written = (body as { Item?: { pauses?: { S?: string } } }).Item;
      const record = recordIn(body);
      if (call === fail) return failure(400, 'com.amazon.coral.service#AccessDeniedException', 'no');
      if (call === 'DynamoDB.PutItem' && pk.startsWith('pause#')) {
        held = JSON.parse(written?.pauses?.S ?? '[]') as object[];
        order.push('paused');
      } else if (record) {
        records.push(record);
        order.push('noted');
      }
      if (call === 'DynamoDB.TransactWriteItems') order.push('stored');
      if (call === 'STS.Publish') {
        order.push('told');
        return published;
      }
      if (call === 'DynamoDB.GetItem') return { body: { Item: { pauses: { S: JSON.stringify(held) } } } };
      return {};
    };
    return { wire, order, records, held: () => held };
  }

  it('stores and tells before it pauses; it ends by itself, and names who and why', async () => {
    const one = deployment();
    const before = Date.now();
    const ended = await firebreak(
      ['pause', '--rule', 's3/*', '--account', account, '--for', '4h', '--reason', 'moving\u001b[31m', '--json'],
      one.wire,
    );
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    expect(one.order).toEqual(['stored', 'told', 'noted', 'paused']);
    const [pause] = JSON.parse(ended.stdout) as [{ until: string; reason: string }];
    expect(one.held()).toEqual([pause]);
    expect(pause).toMatchObject({ rule: 's3/*', account, by: me });
    expect(pause.reason).toMatch(/^moving/);
    expect(pause.reason).not.toMatch(acted);
    const lasts = Date.parse(pause.until) - before;
    expect(lasts).toBeGreaterThanOrEqual(4 * 3_600_000);
    expect(lasts).toBeLessThan(4 * 3_600_000 + 60_000);
    expect(one.records).toMatchObject([{ rules: ['self/pause'], outcome: 'told', told: 'told', actor: { arn: me } }]);
    expect(ended.signed.find(([call]) => call === 'STS.Publish')?.[1]).toBe('ASIAOPERATOR');
  });

  it('replaces a pause of the same scope and keeps the others', async () => {
    const other = { rule: 'iam/*', until: '2999-01-01T00:00:00.000Z', by: 'x', reason: 'y' };
    const same = { rule: 's3/*', until: '2999-01-01T00:00:00.000Z', by: 'x', reason: 'y' };
    const one = deployment([other, same]);
    expect(await firebreak(['pause', '--rule', 's3/*', '--for', '7d'], one.wire)).toMatchObject({ status: 0 });
    expect(one.held()).toMatchObject([other, { rule: 's3/*', by: me }]);
  });

  it('does not pause where nobody could be told', async () => {
    const one = deployment([], 'STS.Publish');
    expect(await firebreak(['pause', '--for', '1h'], one.wire)).toMatchObject({ status: 1, stdout: '' });
    expect(one.held()).toEqual([]);
  });

  it.each([
    [['--for', '8d'], /at most 7d/],
    [['--for', '0h'], /at most 7d/],
    [['--for', 'ever'], /such as 30m or 4h/],
    [['--for', '1h', '--rule', 's4/*'], /there is no rule s4/],
    [['--for', '1h', '--account', 'all'], /expected 12 digits/],
    [['--rule', 's3/*'], /for how long/],
  ])('pause %j is wrong usage', async (args, told) => {
    const ended = await firebreak(['pause', ...args], () => ({}));
    expect(ended).toMatchObject({ status: 2, stdout: '', calls: [] });
    expect(ended.stderr).toMatch(told);
  });

  it('lists what is paused, resumes just that, or all, and tells of it', async () => {
    const until = '2999-01-01T00:00:00.000Z';
    const [s3, iam] = [
      { rule: 's3/*', until, by: 'x', reason: 'y' },
      { rule: 'iam/*', account, until, by: 'x', reason: 'y' },
    ];
    const over = { until: '2020-01-01T00:00:00.000Z', by: 'x', reason: 'over' };
    const one = deployment([s3, iam, over]);
    expect(JSON.parse((await firebreak(['pause', '--json'], one.wire)).stdout)).toEqual([s3, iam]);
    expect(one.order).toEqual([]);
    const wrong = await firebreak(['resume', '--rule', 'iam/*'], one.wire);
    expect(wrong).toMatchObject({ status: 1, stdout: '' });
    expect(wrong.stderr).toMatch(/nothing is paused for just iam\/\* in all accounts; paused: s3/);
    expect(await firebreak(['resume', '--rule', 's3/*'], one.wire)).toMatchObject({ status: 0 });
    expect(one.held()).toEqual([iam]);
    expect(one.order).toEqual(['paused', 'stored', 'told', 'noted']);
    expect(await firebreak(['resume'], one.wire)).toMatchObject({ status: 0, stdout: 'nothing is paused\n' });
    expect(one.held()).toEqual([]);
    expect(await firebreak(['resume'], one.wire)).toMatchObject({ status: 0, stdout: 'nothing is paused\n' });
  });
});
