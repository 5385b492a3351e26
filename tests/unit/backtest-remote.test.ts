/** Buckets and LookupEvents against a scripted wire: what is asked of AWS, and what is made of its answers. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';

const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'firebreak-remote-'));
afterAll(() => rmSync(dir, { recursive: true }));
writeFileSync(join(dir, 'guard.yml'), 'preset: guard\n');

type Answer = { readonly status?: number; readonly body: string | Uint8Array };

async function firebreak(args: readonly string[], wire: (request: IncomingMessage, body: string) => Answer) {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    asked.push(`${request.method} ${decodeURIComponent(request.url ?? '')}`);
    const { status = 200, body } = wire(request, text);
    response.writeHead(status);
    response.end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const child = spawn(process.execPath, [main, 'backtest', ...args], {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: dir,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'x',
      FIREBREAK_CONFIG: join(dir, 'guard.yml'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [status] = (await once(child, 'close')) as [number];
  server.closeAllConnections();
  server.close();
  return { status, stdout, stderr, asked };
}

const stop = (id: string, account: string) => ({
  eventID: id,
  eventTime: '2026-07-02T03:04:05Z',
  eventSource: 'cloudtrail.amazonaws.com',
  eventName: 'StopLogging',
  awsRegion: 'eu-central-1',
  recipientAccountId: account,
  userIdentity: { type: 'IAMUser', userName: 'jo', arn: `arn:aws:iam::${account}:user/jo` },
  requestParameters: { name: 'main' },
});

const [one, two] = ['111122223333', '444455556666'];
const key = (account: string, region: string, day: string, org = ''): string =>
  `logs/AWSLogs/${org}${account}/CloudTrail/${region}/${day}/${account}_CloudTrail_${region}_x.json.gz`;
const bucket = new Map<string, Uint8Array>(
  [
    key(one, 'eu-central-1', '2026/06/30'),
    key(one, 'eu-central-1', '2026/07/02'),
    key(one, 'eu-central-1', '2026/07/09'),
    key(one, 'us-east-1', '2026/07/02'),
    key(two, 'eu-central-1', '2026/07/02', 'o-abcdef1234/'),
    `logs/AWSLogs/${one}/CloudTrail-Digest/eu-central-1/2026/07/02/${one}_CloudTrail-Digest_x.json.gz`,
  ].map((name) => [name, gzipSync(JSON.stringify({ Records: [stop(name, name.includes(two) ? two : one)] }))]),
);

/** ListObjectsV2, two keys a page, and GetObject. */
function s3(request: IncomingMessage): Answer {
  const url = new URL(request.url ?? '', 'http://x');
  if (url.searchParams.get('list-type') !== '2') {
    const found = bucket.get(decodeURIComponent(url.pathname.replace('/trail/', '')));
    return found ? { body: found } : { status: 404, body: '<Error><Code>NoSuchKey</Code></Error>' };
  }
  const asked = (name: string): string => url.searchParams.get(name) ?? '';
  const after = asked('continuation-token') || asked('start-after');
  const names = [...bucket.keys()].sort().filter((name) => name.startsWith(asked('prefix')) && name > after);
  if (asked('delimiter') !== '') {
    const folders = new Set(names.map((name) => name.slice(0, name.indexOf('/', asked('prefix').length) + 1)));
    const prefixes = [...folders].map((one) => `<CommonPrefixes><Prefix>${one}</Prefix></CommonPrefixes>`);
    return { body: `<ListBucketResult>${prefixes.join('')}</ListBucketResult>` };
  }
  const shown = names.slice(0, 2);
  const contents = shown.map((name) => `<Contents><Key>${name}</Key><Size>9</Size><ETag>"e"</ETag></Contents>`);
  const more = names.length > 2 ? `<NextContinuationToken>${shown.at(-1)}</NextContinuationToken>` : '';
  return { body: `<ListBucketResult>${contents.join('')}${more}</ListBucketResult>` };
}

test('a bucket is read whole, page by page, digests passed over', async () => {
  const { status, stdout, asked } = await firebreak(['s3://trail/logs'], s3);
  expect(stdout).toContain('5 records in 5 logs');
  expect(stdout).toContain('passed over by name: digest files (1)');
  expect(status).toBe(0);
  expect(asked.filter((call) => call.includes('Digest_x.json.gz?'))).toEqual([]);
});

test('--account, --region, --from and --to list only what they name, by the key layout', async () => {
  const narrowed = ['--region', 'eu-central-1', '--from', '2026-07-01', '--to', '2026-07-05'];
  const { stdout, asked } = await firebreak(['s3://trail/logs', ...narrowed, '--json', '-'], s3);
  const answer = JSON.parse(stdout) as { findings: { account: string; time: string }[]; read: { logs: number } };
  expect(answer.read.logs).toBe(2);
  expect(answer.findings.map(({ account }) => account).sort()).toEqual([one, two]);
  expect(asked.filter((call) => call.includes('us-east-1/2026'))).toEqual([]);
  expect(
    asked.some((call) => call.includes('start-after=logs/AWSLogs/') && call.includes('eu-central-1/2026/07/01')),
  ).toBe(true);
  // Also where the prefix is an account's own.
  const deeper = await firebreak([`s3://trail/logs/AWSLogs/${one}`, ...narrowed], s3);
  expect(deeper.stdout).toContain('1 record in 1 log,');
  expect(deeper.asked.filter((call) => call.includes('us-east-1/2026'))).toEqual([]);
  expect(deeper.asked.some((call) => call.includes('start-after'))).toBe(true);
  const single = await firebreak(['s3://trail/logs', ...narrowed, '--account', two], s3);
  expect(single.stdout).toContain('1 record in 1 log,');
});

test('what may not be listed or read is said, and no crash', async () => {
  const denied = '<Error><Code>AccessDenied</Code><Message>no</Message></Error>';
  const listing = await firebreak(['s3://trail/logs'], () => ({ status: 403, body: denied }));
  expect(listing).toMatchObject({ status: 1, stderr: expect.stringMatching(/^firebreak: .*not allowed/m) });
  const reading = await firebreak(['s3://trail/logs'], (request) =>
    (request.url ?? '').includes('list-type') ? s3(request) : { status: 403, body: denied },
  );
  expect(reading).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('no permission to read it (s3:GetObject'),
  });
  expect(reading.stdout).toContain('5 unreadable');
});

test('--lookup asks name by name, and global services where their events arrive', async () => {
  const asked: { name: string; region: string; page: string | undefined }[] = [];
  const wire = (request: IncomingMessage, body: string): Answer => {
    const {
      LookupAttributes: [{ AttributeValue: name }],
      NextToken,
    } = JSON.parse(body) as {
      LookupAttributes: [{ AttributeValue: string }];
      NextToken?: string;
    };
    const region = /Credential=[^/]+\/\d+\/([^/]+)/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    asked.push({ name, region, page: NextToken });
    if (name !== 'StopLogging') return { body: '{"Events":[]}' };
    const event = { CloudTrailEvent: JSON.stringify(stop(`e-${NextToken}`, one)) };
    return { body: JSON.stringify({ Events: [event], ...(NextToken === undefined && { NextToken: 'second' }) }) };
  };
  const from = new Date(Date.now() - 20 * 86_400_000).toISOString().slice(0, 10);
  const { status, stdout, stderr } = await firebreak(['--lookup', '--from', from], wire);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(stdout).toMatch(/cloudtrail\/logging-stopped\s+2 /);
  expect(asked.filter(({ name }) => name === 'StopLogging').map(({ page }) => page)).toEqual([undefined, 'second']);
  expect(asked.find(({ name }) => name === 'StopLogging')?.region).toBe('eu-central-1');
  expect(asked.find(({ name }) => name === 'CreateAccessKey')?.region).toBe('us-east-1');
  const denied = await firebreak(['--lookup'], () => ({
    status: 400,
    body: JSON.stringify({
      __type: 'AccessDeniedException',
      message: 'not authorized to perform: cloudtrail:LookupEvents',
    }),
  }));
  expect(denied).toMatchObject({ status: 1, stderr: expect.stringContaining('cloudtrail:LookupEvents granted') });
  expect(readFileSync(join(dir, 'guard.yml'), 'utf8')).toBe('preset: guard\n');
});
