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

const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'firebreak-wire-'));
afterAll(() => rmSync(dir, { recursive: true }));
const config = join(dir, 'standard.yml');
writeFileSync(config, 'preset: standard\n');

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const acted = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\p{Cf}]/u;

/** One answer: status, body, headers. */
type Answer = { readonly status?: number; readonly body?: unknown; readonly headers?: Record<string, string> };
/** A call by its name: `SQS.ReceiveMessage`, `STS.GetCallerIdentity`, `Lambda firebreak-iam Event`. */
type Wire = (call: string, body: Record<string, unknown>, endpoint: string) => Answer;

type Ended = {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly calls: readonly string[];
};

async function firebreak(args: readonly string[], wire: Wire, env: Record<string, string> = {}): Promise<Ended> {
  const calls: string[] = [];
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
    const answer = wire(call, text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {}, endpoint);
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
  return { status, stdout, stderr, calls };
}

const account = '111122223333';
const me = `arn:aws:iam::${account}:user/jo`;
const identity = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>${me}</Arn><UserId>X</UserId><Account>${account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;
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
/** A table with one incident, and somebody who asks. */
const stored =
  (record: object, rest: Wire = () => ({})): Wire =>
  (call, body, endpoint) =>
    call === 'STS.GetCallerIdentity'
      ? { body: identity }
      : call === 'DynamoDB.GetItem'
        ? { body: { Item: item(record) } }
        : rest(call, body, endpoint);

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
    ]);
    const ended = await firebreak(['redrive'], wire);
    expect(ended.status).toBe(1);
    expect(ended.stdout).toBe('0 delivered again, 7 left in firebreak-dead-letters\n');
    expect(ended.calls.filter((call) => /Lambda|Delete/.test(call))).toEqual([]);
    expect(wire.released).toHaveLength(7);
    expect(ended.stderr).toMatch(/left message 3: .*somebody-elses is no function of stack firebreak/);
    expect(ended.stderr).toMatch(/left message 6: it is a command to Firebreak/);
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
    const listed = await firebreak(['incidents', '--days', '2'], () => days.shift() ?? { body: { Items: [] } });
    expect(listed.calls).toEqual(['DynamoDB.Query', 'DynamoDB.Query']);
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
    (call) =>
      call.startsWith('Lambda') ? answer : {};

  it('records who decided, then has the room’s function do it', async () => {
    let decided: unknown;
    const ended = await firebreak(
      ['approve', 'fb-1', '--json'],
      stored(incident(), (call, body) => {
        if (call === 'DynamoDB.PutItem')
          decided = JSON.parse(String((body as { Item?: { record?: { S?: string } } }).Item?.record?.S));
        return call.startsWith('Lambda') ? { body: done } : {};
      }),
    );
    expect(ended.status).toBe(0);
    expect(JSON.parse(ended.stdout)).toEqual(done[0]);
    expect(decided).toMatchObject({ decision: { by: me, at: expect.stringMatching(/Z$/) }, version: 3 });
    expect(ended.calls.slice(-2)).toEqual(['DynamoDB.PutItem', 'Lambda firebreak-iam RequestResponse']);
    expect(ended.stderr).toMatch(/- Active\n.*\+ Inactive/);
  });

  it('refuses what is not asked, before anything is written', async () => {
    const ended = await firebreak(['approve', 'fb-1'], stored(incident({ outcome: 'fixed' })));
    expect(ended).toMatchObject({ status: 1, stdout: '', calls: ['STS.GetCallerIdentity', 'DynamoDB.GetItem'] });
    expect(ended.stderr).toMatch(/incident fb-1 is fixed: only one that is asked can be approved/);
  });

  it('refuses a room that this version has not', async () => {
    const ended = await firebreak(['approve', 'fb-1'], stored(incident({ room: 'x/../evil' })));
    expect(ended).toMatchObject({ status: 1, calls: ['STS.GetCallerIdentity', 'DynamoDB.GetItem'] });
  });

  it.each([
    [
      'a refusal',
      { body: [{ ...done[0], outcome: 'replanned', note: 'it changed' }] },
      /^replanned: r: it changed\n$/,
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
    const ended = await firebreak(['approve', 'fb-1'], stored(incident(), answering(answer)));
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
  });

  it('shows what it writes and needs before it does, and names what is lacking', async () => {
    const refusal = `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: ${me} is not authorized to perform: iam:ListAccessKeys on resource: user bob</Message></Error></ErrorResponse>`;
    const ended = await firebreak(['undo', 'fb-1'], (call, body, endpoint) =>
      call === 'STS.ListAccessKeys' ? { status: 403, body: refusal } : stored(fixed)(call, body, endpoint),
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

  it('refuses what is no fix', async () => {
    const ended = await firebreak(['undo', 'fb-1'], stored(incident()));
    expect(ended).toMatchObject({ status: 1, stdout: '' });
    expect(new Set(ended.calls)).toEqual(new Set(['STS.GetCallerIdentity', 'DynamoDB.GetItem']));
    expect(ended.stderr).toMatch(/only a fix can be undone/);
  });
});
