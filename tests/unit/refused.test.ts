/** Refusals as the alarm, the table and a clock see them; and hostile text where it could be longest. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { DynamoDBClient, GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { GenerateMacCommand, KMSClient, VerifyMacCommand } from '@aws-sdk/client-kms';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Context } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { decideOf } from '../../scripts/decide.ts';
import { type Refusal, refusals } from '../../shared/core/answer.ts';
import { read } from '../../shared/core/token.ts';
import { serveDecisions } from '../../shared/lambda/decide.ts';
import { render } from '../../shared/notify/message.ts';
import { asks } from '../../shared/page/view.ts';
import { memoryDecisions } from '../support/decisions.ts';
import { incidentOf } from '../support/incident.ts';
import { standard } from '../support/toys.ts';

vi.mock('node:crypto', async (original) => {
  const real = await original<typeof import('node:crypto')>();
  return { ...real, timingSafeEqual: vi.fn(real.timingSafeEqual) };
});

const db = mockClient(DynamoDBClient);
const kms = mockClient(KMSClient);
const vault = mockClient(SecretsManagerClient);
const secret = 'the signing secret';
const config = {
  ...standard,
  channels: {
    email: [],
    page: { approvers: ['jo@example.com'] },
    slack: { signingSecret: 'secretsmanager:signing', approvers: { U0JO: 'jo@example.com' } },
  },
};
const context = { invokedFunctionArn: 'arn:aws:lambda:eu-central-1:111122223333:function:firebreak-decide' } as Context;
const lines: string[] = [];

beforeEach(() => {
  for (const mock of [db, kms, vault]) mock.reset();
  db.on(GetItemCommand).resolves({}).on(PutItemCommand).resolves({}).on(UpdateItemCommand).resolves({});
  kms
    .on(VerifyMacCommand)
    .resolves({ MacValid: false })
    .on(GenerateMacCommand)
    .resolves({ Mac: new Uint8Array(32) });
  vault.on(GetSecretValueCommand).resolves({ SecretString: secret });
  const own = ['STACK', 'TABLE', 'TOPIC', 'MAC_KEY', 'WAKER_ROLE', 'DEAD_LETTERS'];
  for (const name of own) vi.stubEnv(`FIREBREAK_${name}`, 'firebreak');
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  lines.length = 0;
  vi.mocked(timingSafeEqual).mockClear();
  for (const way of ['log', 'info', 'warn', 'error'] as const)
    vi.spyOn(console, way).mockImplementation((line) => void lines.push(String(line)));
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

type Sent = { readonly rawPath?: string; readonly query?: string; readonly body?: string; readonly headers?: object };
async function send({ rawPath = '/', query = '', body = '', headers = {} }: Sent): Promise<number> {
  const requestContext = { http: { method: query ? 'GET' : 'POST' } };
  const event = { requestContext, rawPath, rawQueryString: query, headers, body };
  return ((await serveDecisions(config, {})(event as never, context)) as { statusCode: number }).statusCode;
}

const token = `0123456789abcdef.${'a'.repeat(43)}`;
const press = (value: string, user = 'U0JO'): string =>
  new URLSearchParams({
    payload: JSON.stringify({
      type: 'block_actions',
      user: { id: user },
      actions: [{ action_id: 'firebreak_fix', value }],
    }),
  }).toString();
function slacks(body: string, change: { key?: string; age?: number; signature?: string } = {}): Sent {
  const time = String(Math.floor(Date.now() / 1000) - (change.age ?? 0));
  const right = createHmac('sha256', change.key ?? secret)
    .update(`v0:${time}:${body}`)
    .digest('hex');
  const headers = { 'x-slack-request-timestamp': time, 'x-slack-signature': change.signature ?? `v0=${right}` };
  return { rawPath: '/slack', body, headers };
}

/** What the alarm of the stack counts. */
const alarm = (
  decideOf(config, 'firebreak', (name) => name).resources['DecideRefusedAlarm'] as {
    Properties: { MetricName: string; Namespace: string; Dimensions: { Name: string; Value: string }[] };
  }
).Properties;
function counted(): number {
  const emf = lines.flatMap((line) => (line.includes('CloudWatchMetrics') ? [JSON.parse(line)] : []));
  const of = Object.fromEntries(alarm.Dimensions.map(({ Name, Value }) => [Name, Value]));
  const own = emf.filter(
    (one) =>
      one._aws.CloudWatchMetrics[0].Namespace === alarm.Namespace &&
      Object.entries(of).every(([name, value]) => one[name] === value),
  );
  return own.reduce(
    (sum: number, one) => sum + [one[alarm.MetricName] ?? 0].flat().length * (one[alarm.MetricName] ? 1 : 0),
    0,
  );
}
/** The kinds of refusals that were stored. */
const storedAs = (): readonly string[] =>
  db
    .commandCalls(UpdateItemCommand)
    .map(({ args: [{ input }] }) => input)
    .filter(({ Key }) => Key?.['pk']?.S?.startsWith('refused#'))
    .flatMap(({ ExpressionAttributeNames = {} }) => Object.values(ExpressionAttributeNames))
    .filter((name) => /^(page|slack)-/.test(name) && !name.endsWith('-last'));

describe('the function', () => {
  test.each<[string, () => Sent, number, `${'page' | 'slack'}-${Refusal}`]>([
    ['a forged link that is opened', () => ({ query: `t=${token}` }), 403, 'page-forged'],
    ['a forged link that is answered', () => ({ body: `t=${token}&answer=fix` }), 403, 'page-forged'],
    ['a click that is signed by others', () => slacks(press('x'), { key: 'another' }), 401, 'slack-forged'],
    ['a click whose text was altered', () => ({ ...slacks(press('x')), body: press('y') }), 401, 'slack-forged'],
    ['an old click', () => slacks(press('x'), { age: 301 }), 401, 'slack-expired'],
    ['a stranger’s click', () => slacks(press('x', 'U0EVIL')), 200, 'slack-stranger'],
    ['a click on nothing of ours', () => slacks(press('x')), 200, 'slack-unsound'],
  ])('refuses %s: stored, and counted by what the alarm looks at', async (_, sent, status, why) => {
    expect(await send(sent())).toBe(status);
    expect(storedAs().filter((name) => name === why)).toHaveLength(1);
    expect(counted()).toBe(1);
  });

  test('refuses a click for the second time', async () => {
    const one = slacks(press('x', 'U0EVIL'));
    await send(one);
    const again = Object.assign(new Error('it is there'), { name: 'ConditionalCheckFailedException' });
    db.on(PutItemCommand).rejects(again);
    lines.length = 0;
    expect(await send(one)).toBe(401);
    expect([storedAs().at(-1), counted()]).toEqual(['slack-used', 1]);
  });

  test('counts nothing where nothing is refused', async () => {
    expect(await send({ rawPath: '/favicon.ico', query: 'x' })).toBe(404);
    expect([storedAs(), counted()]).toEqual([[], 0]);
  });
});

describe('how long it takes tells nothing', () => {
  test.each(['', 'v', 'v0=', `v0=${'0'.repeat(64)}`, `v0=${'0'.repeat(63)}`, 'x'.repeat(10_000), '\u00e9'.repeat(67)])(
    'a signature is compared in constant time, whatever its length (%#)',
    async (signature) => {
      expect(await send(slacks(press('x'), { signature }))).toBe(401);
      const compared = vi.mocked(timingSafeEqual).mock.calls.map((pair) => pair.map(({ byteLength }) => byteLength));
      expect(compared).toEqual([[32, 32]]);
    },
  );

  test('a link’s code is compared by KMS alone', async () => {
    const tokens = memoryDecisions();
    const about = { incident: 'fb-1', question: 'q', approver: 'jo@example.com', until: '2099' };
    await tokens.put({ ...about, id: '0123456789abcdef' });
    const asked: string[] = [];
    const verify = (answer: boolean) => async (_: string, code: string) => {
      asked.push(code);
      return answer;
    };
    const deps = { digest: (text: string) => text, sign: async () => 'unused' };
    expect(await read(token, tokens, { ...deps, verify: verify(false) })).toBeNull();
    expect(await read(token, tokens, { ...deps, verify: verify(true) })).not.toBeNull();
    expect(asked).toEqual(Array(2).fill(`${'a'.repeat(43)}=`));
    // Of a text that has no form nobody is asked.
    expect(await read(`${token}!`, tokens, { ...deps, verify: verify(true) })).toBeNull();
    expect(asked).toHaveLength(2);
  });
});

describe('hostile text', () => {
  const pieces = ['x', '<b>', '\u{1f469}', '\n', '\u0301', '"', '://', '\ud800'];

  test.each(pieces)('megabytes of %j leave the page short, with a pointer to the incident', (piece) => {
    const much = piece.repeat(1_000_000 / piece.length);
    const { id, ...rest } = incidentOf({ outcome: 'asked', until: '2099-01-01T00:00:00.000Z' });
    const page = asks(
      {
        ...rest,
        id,
        title: much,
        note: much,
        resource: much,
        region: much,
        reasons: Array(30).fill(much),
        actor: { type: much, name: much, arn: much, ip: much, userAgent: much, person: much },
        event: { id: much, name: much },
        before: { state: { [much.slice(0, 1000)]: much } },
        plan: { state: much },
        fight: { actor: much, fixes: [{ incident: much, at: much }], source: much },
      },
      {},
      token,
      null,
    );
    expect(page.length).toBeLessThan(100_000);
    expect(page).toContain(id);
    expect(page.isWellFormed()).toBe(true);
  });

  test.each([
    ...pieces,
    '\r\nBcc: all@example.com\r\n',
    '\u001b[2J',
    '\u202e',
    '<!channel>',
    '[x](https://evil.example)',
  ])('as a resource’s name %j changes nothing in the list of a flood', (piece) => {
    const witnesses = Array.from({ length: 50 }, (_, n) => ({
      id: `fb-${n}`,
      name: `arn:aws:s3:::${piece.repeat(n === 7 ? 100_000 : 3)}`,
      at: '2026-10-03T20:54:20.100Z',
    }));
    const { text } = render(
      incidentOf({
        outcome: 'told',
        title: 'Many questions after one actor',
        flood: { of: 'asked', told: 0 },
        witnesses,
        seen: 60,
      }),
    );
    const listed = text.split('\n').filter((line) => line.startsWith('  fb-'));
    expect(listed).toHaveLength(50);
    expect(text).toContain('  … and 10 more\n');
    expect(text.length).toBeLessThan(20_000);
    for (const line of listed) expect(line).not.toMatch(/[\p{C}\p{Zl}\p{Zp}<>]|:\/\/|\]\(/u);
    expect(text).not.toMatch(/^Bcc/m);
  });
});

test('what is refused is one closed list, each with its words', () => {
  expect(Object.keys(refusals).toSorted()).toEqual(
    ['answered', 'changed', 'ended', 'expired', 'forged', 'one-way', 'own', 'stranger', 'unsound', 'used'].toSorted(),
  );
});
