import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it, test } from 'vitest';
import { deafRules } from '../../cli/deaf.ts';
import { toJson } from '../../cli/output.ts';
import { rooms } from '../../functions/rooms.ts';

const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'firebreak-cli-'));
afterAll(() => rmSync(dir, { recursive: true }));

/** No person's own account, region or configuration: whoever calls AWS here finds nobody. */
const bare = {
  PATH: process.env['PATH'] ?? '',
  HOME: dir,
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
  AWS_MAX_ATTEMPTS: '1',
  FIREBREAK_CONFIG: file('guard.yml', 'preset: guard\n'),
};

function file(name: string, content: string | Uint8Array): string {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

type Ended = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

function firebreak(args: readonly string[], more: { env?: Record<string, string>; input?: string } = {}): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    cwd: dir,
    env: { ...bare, ...more.env },
    input: more.input ?? '',
  });
  return { status, stdout, stderr };
}

const lines = ({ stdout }: Ended): readonly unknown[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

const trail = 'arn:aws:cloudtrail:us-east-1:111122223333:trail/main';
const stop = (id: string, more: object = {}) => ({
  eventVersion: '1.09',
  userIdentity: {
    type: 'IAMUser',
    arn: 'arn:aws:iam::111122223333:user/mallory',
    accountId: '111122223333',
    userName: 'mallory',
  },
  eventTime: '2025-01-01T00:00:00Z',
  eventSource: 'cloudtrail.amazonaws.com',
  eventName: 'StopLogging',
  awsRegion: 'us-east-1',
  requestParameters: { name: trail },
  responseElements: null,
  eventID: id,
  eventType: 'AwsApiCall',
  recipientAccountId: '111122223333',
  ...more,
});
const envelope = (detail: object) => ({
  version: '0',
  id: 'envelope-1',
  source: 'aws.cloudtrail',
  'detail-type': 'AWS API Call via CloudTrail',
  account: '111122223333',
  region: 'us-east-1',
  time: '2025-01-01T00:00:00Z',
  detail,
});

describe('the program', () => {
  it('shows help, with the exit codes, and an example for each command', () => {
    const help = firebreak(['--help']);
    expect(help).toMatchObject({ status: 0, stderr: '' });
    expect(help.stdout).toMatch(/Exit codes:\n {2}0 {2}done\n {2}1 .*\n {2}2 /);
    const names = ['rules', 'classify', 'patterns', 'invoke', 'incidents', 'approve', 'undo', 'redrive'];
    for (const name of [...names, 'pause', 'resume', 'exempt', 'exemptions', 'leave', 'roles']) {
      expect(help.stdout).toMatch(new RegExp(`\\n  ${name} `));
      const one = firebreak([name, '--help']);
      expect(one, name).toMatchObject({ status: 0, stderr: '' });
      expect(one.stdout, name).toContain(`Example:\n  $ npx firebreak ${name} `);
    }
  });

  it('tells its version', () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(firebreak(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  test.each([
    [[], /Usage: firebreak/],
    [['rule'], /unknown command 'rule'[\s\S]*next: firebreak --help/],
    [['rules', '--jsn'], /unknown option '--jsn'[\s\S]*next: firebreak rules --help/],
    [['rules', 'extra'], /too many arguments/],
    [['approve'], /missing required argument 'id'/],
    [['incidents', '--days', '-1'], /whole number/],
    [['redrive', '--max', 'all'], /whole number/],
    [['incidents', '--stack', 'a b'], /cannot be a stack's name/],
  ])('wrong usage %j ends with 2', (args, told) => {
    const ended = firebreak(args);
    expect(ended).toMatchObject({ status: 2, stdout: '' });
    expect(ended.stderr).toMatch(told);
  });

  it.each([
    ['rules', 'preset: gard\n', /bad\.yml:1: preset: .*guard/],
    ['classify', 'preset: guard\nmode: []\n', /bad\.yml:2: mode: /],
    ['invoke', 'modes: [{rule: no/rule, mode: off}]\n', /bad\.yml:1: .*no\/rule/],
  ])('%s with a wrong firebreak.yml ends with 2', (command, content, told) => {
    const args = [
      command,
      ...(command === 'invoke' ? [file('event.json', '{}')] : []),
      '--config',
      file('bad.yml', content),
    ];
    const ended = firebreak(args);
    expect(ended).toMatchObject({ status: 2, stdout: '' });
    expect(ended.stderr).toMatch(told);
  });

  it('says nothing when the reader of its output has gone', async () => {
    const many = file('many.jsonl', `${JSON.stringify(stop('e'))}\n`.repeat(20_000));
    const child = spawn(process.execPath, [main, 'classify', many], { env: bare, stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdout.once('data', () => child.stdout.destroy());
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(stderr).toBe('');
  });
});

describe('rules and patterns', () => {
  it('lists each rule in the documented shape', () => {
    const ended = firebreak(['rules', '--json']);
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    const rules = JSON.parse(ended.stdout) as Record<string, unknown>[];
    expect(rules.map(({ id }) => id)).toEqual(
      Object.values(rooms)
        .flat()
        .map(({ id }) => id)
        .sort(),
    );
    const keys = [
      'id',
      'title',
      'severity',
      'triggers',
      'mode',
      'breaks',
      'fix',
      'undo',
      'permissions',
      'controls',
      'responsibility',
      'proof',
      'unconfirmed',
    ];
    for (const rule of rules) expect(Object.keys(rule)).toEqual(keys);
    expect(rules.find(({ id }) => id === 'cloudtrail/logging-stopped')).toMatchObject({
      severity: 'critical',
      mode: 'remediate',
      breaks: 'nothing',
      fix: expect.any(String),
      undo: expect.any(String),
      triggers: expect.arrayContaining([
        { source: 'aws.cloudtrail', detailType: 'AWS API Call via CloudTrail', name: 'StopLogging' },
      ]),
      permissions: { read: expect.arrayContaining(['cloudtrail:GetTrailStatus']), write: ['cloudtrail:StartLogging'] },
      controls: expect.arrayContaining([
        { framework: expect.any(String), id: expect.any(String), source: expect.stringMatching(/^https:/) },
      ]),
      proof: 'emulator',
      unconfirmed: null,
    });
    expect(rules.find(({ id }) => id === 'root/console-login')).toMatchObject({
      mode: 'notify',
      breaks: 'nothing',
      fix: null,
      undo: null,
      permissions: { read: [], write: [] },
      proof: null,
    });
  });

  it('gives the mode by the firebreak.yml that counts, and a table to people', () => {
    const off = file('off.yml', 'preset: observe\nmodes: [{rule: cloudtrail/*, mode: off}]\n');
    for (const ended of [
      firebreak(['rules', '--config', off]),
      firebreak(['rules'], { env: { FIREBREAK_CONFIG: off } }),
    ]) {
      expect(ended).toMatchObject({ status: 0, stderr: '' });
      expect(ended.stdout).toMatch(/^RULE +SEVERITY +MODE +BREAKS +PROOF +TITLE\n/);
      expect(ended.stdout).toMatch(/\ncloudtrail\/logging-stopped +critical +off /);
      expect(ended.stdout).toMatch(/\niam\/access-key-created +medium +notify /);
    }
  });

  it('warns of rules that cannot fire in a region', () => {
    const told = (region: string) => firebreak(['rules', '--json'], { env: { AWS_REGION: region } }).stderr;
    expect(told('us-east-1')).toBe('');
    expect(told('eu-west-1')).toContain(
      'in eu-west-1 iam/access-key-created cannot fire: CreateAccessKey arrives in us-east-1 alone',
    );
    expect(told('eu-west-1')).not.toContain('logging-stopped');
    expect(firebreak(['rules', '--region', 'us-gov-east-1']).stderr).toContain('arrives in us-gov-west-1');
    expect(deafRules(Object.values(rooms).flat(), 'cn-northwest-1')).toContainEqual({
      rule: 'root/console-login',
      arrivesIn: 'cn-north-1',
      names: ['ConsoleLogin'],
      wholly: true,
    });
  });

  it('prints the patterns of each function', () => {
    const patterns = JSON.parse(firebreak(['patterns', '--json']).stdout) as { function: string; pattern: object }[];
    expect(new Set(patterns.map((one) => one.function))).toEqual(new Set(Object.keys(rooms)));
    expect(patterns).toContainEqual({
      function: 'cloudtrail',
      pattern: {
        source: ['aws.cloudtrail'],
        'detail-type': ['AWS API Call via CloudTrail'],
        detail: {
          eventSource: ['cloudtrail.amazonaws.com'],
          eventName: expect.arrayContaining(['DeleteTrail', 'StopLogging']),
          errorCode: [{ exists: false }],
        },
      },
    });
    expect(firebreak(['patterns']).stdout.trim().split('\n')).toHaveLength(patterns.length);
  });
});

describe('roles', () => {
  type Listed = {
    function: string;
    effect: string;
    actions: string[];
    resources: string[];
    conditions: object;
    access: string;
    for: string[];
  };
  const roles = (...args: readonly string[]): Listed[] => {
    const ended = firebreak(['roles', '--json', ...args]);
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    return JSON.parse(ended.stdout) as Listed[];
  };

  it('lists each function’s statements in the documented shape', () => {
    const all = roles();
    const keys = ['function', 'effect', 'actions', 'resources', 'conditions', 'access', 'for'];
    for (const one of all) expect(Object.keys(one)).toEqual(keys);
    expect(new Set(all.map((one) => one.function))).toEqual(new Set(Object.keys(rooms)));
    expect(all).toContainEqual({
      function: 's3',
      effect: 'Allow',
      actions: ['s3:GetBucketPolicy'],
      resources: ['arn:${AWS::Partition}:s3:::*'],
      conditions: {},
      access: 'read',
      for: expect.arrayContaining(['s3/public-policy']),
    });
    for (const room of Object.keys(rooms))
      expect(all).toContainEqual({
        function: room,
        effect: 'Deny',
        actions: ['iam:*', 'sts:*'],
        resources: ['arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${AWS::StackName}-*'],
        conditions: { StringNotEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
        access: 'own',
        for: [],
      });
  });

  it('holds write statements by the preset, and by firebreak.yml without one', () => {
    const writes = (...args: readonly string[]) =>
      new Set(roles(...args).flatMap((one) => (one.access === 'write' ? one.for : [])));
    expect(writes('--preset', 'observe')).toEqual(new Set());
    expect(writes()).toEqual(writes('--preset', 'guard'));
    expect(writes()).toContain('cloudtrail/logging-stopped');
    expect(writes()).not.toContain('s3/public-policy');
    expect(writes('--preset', 'strict')).toContain('s3/public-policy');
    const one = file('one.yml', 'preset: observe\nmodes: [{rule: s3/public-policy, mode: approve}]\n');
    expect(writes('--config', one)).toEqual(new Set(['s3/public-policy']));
    expect(firebreak(['roles', '--preset', 'all'])).toMatchObject({ status: 2, stdout: '' });
  });

  it('shows what promoting a rule gains, and what taking it back loses', () => {
    const change = (...args: readonly string[]) =>
      JSON.parse(firebreak(['roles', '--json', ...args]).stdout) as { gains: Listed[]; loses: Listed[] };
    const gained = change('--promote', 's3/public-policy=approve');
    expect(gained).toMatchObject({
      gains: [{ function: 's3', access: 'write', actions: ['s3:DeleteBucketPolicy', 's3:PutBucketPolicy'] }],
      loses: [],
    });
    expect(change('--promote', 's3/public-policy=notify', '--preset', 'standard')).toMatchObject({ gains: [] });
    expect(change('--promote', 'cloudtrail/logging-stopped=notify').loses).toMatchObject([
      { function: 'cloudtrail', actions: ['cloudtrail:StartLogging'] },
    ]);
    expect(firebreak(['roles', '--promote', 'root/console-login=notify']).stdout).toBe('no role changes\n');
    expect(firebreak(['roles', '--promote', 's3/public-policy=remediate']).stdout).toMatch(
      /\n\+ s3 +Allow +write +s3\/public-policy/,
    );
    for (const wrong of ['s3/public-polcy=approve', 's3/public-policy', 'root/console-login=remediate'])
      expect(firebreak(['roles', '--promote', wrong])).toMatchObject({ status: 2, stdout: '' });
  });
});

describe('exemptions', () => {
  it('lists all with their last day, the first to end first, and those that count no more', () => {
    const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
    const line = (name: string, expires: string) =>
      `  - {rule: s3/public-policy, resource: "arn:aws:s3:::${name}", owner: web, reason: r, expires: "${expires}"}`;
    const config = file(
      'exempt.yml',
      ['exemptions:', line('later', day(300)), line('gone', day(-1)), line('today', day(0))].join('\n'),
    );
    const listed = JSON.parse(firebreak(['exemptions', '--offline', '--config', config, '--json']).stdout) as object[];
    expect(listed).toMatchObject([
      { resource: 'arn:aws:s3:::gone', state: 'expired', daysLeft: 0 },
      { resource: 'arn:aws:s3:::today', state: 'ends soon', daysLeft: 1, expires: day(0), owner: 'web', reason: 'r' },
      { resource: 'arn:aws:s3:::later', state: 'active', daysLeft: 301 },
    ]);
    expect(firebreak(['exemptions', '--offline', '--config', config]).stdout).toMatch(/^STATE +LAST DAY .*\nexpired +/);
    expect(firebreak(['exemptions', '--offline'])).toMatchObject({ status: 0, stdout: 'no exemptions\n' });
  });
});

describe('classify', () => {
  const fires = {
    rule: 'cloudtrail/logging-stopped',
    severity: 'critical',
    certainty: 'certain',
    resource: trail,
    reason: expect.any(String),
    mode: 'remediate',
  };

  it('gives a JSON line for each record, in order, whatever it came in', () => {
    const log = file(
      'log.json',
      JSON.stringify({
        Records: [
          stop('e-1'),
          stop('e-2', { errorCode: 'AccessDenied' }),
          stop('e-3', { eventName: 'DescribeTrails' }),
        ],
      }),
    );
    const zipped = file('log.json.gz', gzipSync(readFileSync(log)));
    const finding = {
      schemaVersion: '2.0',
      accountId: '111122223333',
      region: 'us-east-1',
      id: 'gd-1',
      type: 'Stealth:IAMUser/CloudTrailLoggingDisabled',
      service: {},
      title: 't',
    };
    const capital = {
      AccountId: '111122223333',
      Region: 'us-east-1',
      Id: 'gd-2',
      Type: 'Recon:Nothing/OfOurs',
      Severity: 2,
      Service: {},
      Title: 't',
    };
    const hub = {
      SchemaVersion: '2018-10-08',
      AwsAccountId: '111122223333',
      ProductArn: 'arn:aws:securityhub:us-east-1::product/aws/securityhub',
      Id: 'sh-1',
      Types: ['x'],
    };
    const mixed = file(
      'mixed.jsonl',
      [envelope(stop('e-4')), finding, 'x', capital, hub].map((one) => JSON.stringify(one)).join('\r\n'),
    );
    const ended = firebreak(['classify', log, zipped, mixed]);
    const [logged, found] = [
      (name: string, from: number) => [
        { index: from, source: `${name}#0`, id: 'e-1', findings: [fires] },
        {
          index: from + 1,
          source: `${name}#1`,
          id: 'e-2',
          findings: [],
          ignored: 'the call failed (AccessDenied): an attempt, not a change',
        },
        {
          index: from + 2,
          source: `${name}#2`,
          id: 'e-3',
          findings: [],
          ignored: 'no rule wakes on cloudtrail.amazonaws.com DescribeTrails',
        },
      ],
      lines(ended),
    ];
    expect(found).toEqual([
      ...logged(log, 0),
      ...logged(zipped, 3),
      { index: 6, source: `${mixed}:1`, id: 'e-4', findings: [fires] },
      { index: 7, source: `${mixed}:2`, id: 'gd-1', findings: [expect.objectContaining({ certainty: 'possible' })] },
      { index: 8, source: `${mixed}:3`, id: null, findings: [], error: 'expected a JSON object, found string' },
      {
        index: 9,
        source: `${mixed}:4`,
        id: 'gd-2',
        findings: [],
        ignored: 'harmless by guardduty/finding',
      },
      { index: 10, source: `${mixed}:5`, id: 'sh-1', findings: [], ignored: 'no rule wakes on securityhub x' },
    ]);
    expect(ended.status).toBe(1);
    expect(ended.stderr).toContain('1 of 11 records could not be read');
  });

  it('reads stdin, with - and without', () => {
    const input = `${JSON.stringify(stop('e-1'))}\n[${JSON.stringify(stop('e-2'))}]`;
    for (const args of [['classify', '-', '--json'], ['classify']])
      expect(lines(firebreak(args, { input }))).toMatchObject([
        { source: '-:1', id: 'e-1' },
        { source: '-#0', id: 'e-2' },
      ]);
  });

  it('gives the mode for the account and the actor, whatever the age of the event', () => {
    const config = file(
      'modes.yml',
      [
        'preset: standard',
        'modes:',
        '  - {rule: cloudtrail/*, account: "111122223333", mode: approve}',
        '  - {rule: cloudtrail/*, actor: "arn:aws:iam::*:user/ci", mode: "off"}',
        'exemptions:',
        `  - {rule: cloudtrail/*, resource: "${trail}", owner: o, reason: r, expires: "2999-01-01"}`,
      ].join('\n'),
    );
    const ci = { userIdentity: { type: 'IAMUser', arn: 'arn:aws:iam::111122223333:user/ci' } };
    const input = [stop('1'), stop('2', ci), stop('3', { recipientAccountId: '444455556666' })]
      .map((one) => JSON.stringify(one))
      .join('\n');
    const found = lines(firebreak(['classify', '--config', config], { input })) as { findings: { mode: string }[] }[];
    expect(found.map(({ findings }) => findings[0]?.mode)).toEqual(['approve', 'off', 'remediate']);
  });

  it('keeps the complete records of a half-written file, and ends with 1', () => {
    const half = file('half.json', JSON.stringify({ Records: [stop('e-1'), stop('e-2')] }).slice(0, -40));
    const ended = firebreak(['classify', half]);
    expect(lines(ended)).toEqual([
      { index: 0, source: `${half}#0`, id: 'e-1', findings: [fires] },
      { index: 1, source: `${half}#1`, id: null, findings: [], error: 'ends before its JSON does: half written?' },
    ]);
    expect(ended.status).toBe(1);
  });

  it('goes on after a file that cannot be read, and tells people too', () => {
    const good = file('good.json', JSON.stringify(stop('e-1')));
    const ended = firebreak(['classify', join(dir, 'none.json'), dir, good]);
    expect(lines(ended)).toMatchObject([
      { error: 'there is no such file' },
      { error: expect.stringMatching(/is a directory/) },
      { index: 2, id: 'e-1' },
    ]);
    expect(ended.status).toBe(1);
    expect(ended.stderr).toMatch(/none\.json: there is no such file/);
  });

  it('says that a file holds no record, which is no error', () => {
    const ended = firebreak(['classify', file('empty.json', '')]);
    expect(ended).toMatchObject({ status: 0, stdout: '' });
    expect(ended.stderr).toMatch(/empty\.json holds no record/);
  });

  it('makes no call, to AWS or anybody, whatever the credentials', async () => {
    let calls = 0;
    const server = createServer((_, response) => {
      calls += 1;
      response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const env = {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_PROFILE: 'does-not-exist',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    };
    const child = spawn(process.execPath, [main, 'classify'], { env: { ...bare, ...env } });
    child.stdin.end(JSON.stringify(stop('e-1')));
    expect(await once(child, 'close')).toEqual([0, null]);
    server.close();
    expect(calls).toBe(0);
  });

  it('prints nothing that a terminal would act on', () => {
    const hostile = '\u001b[31m\u009b2J\u202egnp\u200b\u{e0041}';
    const { stdout } = firebreak(['classify'], { input: JSON.stringify(stop(hostile, { eventName: hostile })) });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\p{Cf}]/u);
    expect((JSON.parse(stdout) as { id: string }).id).toBe(hostile);
    expect(JSON.parse(toJson({ [hostile]: hostile }))).toEqual({ [hostile]: hostile });
  });
});

describe('invoke', () => {
  const event = file('fires.json', JSON.stringify(envelope(stop('e-1'))));

  it('refuses what is no single EventBridge event', () => {
    const told = (path: string) => firebreak(['invoke', path, '--dry-run']);
    expect(told(join(dir, 'none'))).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/there is no such file/),
    });
    expect(told(file('raw.json', JSON.stringify(stop('e-1'))))).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/no EventBridge event: expected an object with source/),
    });
    expect(told(file('two.json', '{}\n{}'))).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/holds 2 records/),
    });
    expect(told(file('none.json', ' '))).toMatchObject({ status: 1, stderr: expect.stringMatching(/is empty/) });
  });

  it('says why nobody is woken', () => {
    const failed = firebreak(['invoke', '-', '--dry-run'], {
      input: JSON.stringify(envelope(stop('e', { errorCode: 'AccessDenied' })), null, 2),
    });
    expect(failed).toMatchObject({ status: 0, stdout: '[]\n' });
    expect(failed.stderr).toMatch(
      /failed \(AccessDenied\): an attempt, not a change; patterns for that name:\n.*cloudtrail {2}\{/,
    );
    const other = firebreak(['invoke', '-', '--dry-run'], {
      input: JSON.stringify({ ...envelope({}), source: 'aws.health' }),
    });
    expect(other).toMatchObject({ status: 0, stdout: '[]\n' });
    expect(other.stderr).toContain(
      'no function wakes on aws.health, AWS API Call via CloudTrail; next: npx firebreak patterns',
    );
  });

  it('does not deliver without credentials, and says so', () => {
    const ended = firebreak(['invoke', event], { env: { AWS_REGION: 'us-east-1' } });
    expect(ended).toMatchObject({ status: 1, stdout: '' });
    expect(ended.stderr).toMatch(
      /^firebreak: no AWS credentials that can be used: .*\nfirebreak: next: .*aws sts get-caller-identity\n$/,
    );
  });
});

describe('errors', () => {
  const keys = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'x', AWS_REGION: 'us-east-1' };

  it.each([
    ['no region', { ...keys, AWS_REGION: '' }, /no AWS region is known/],
    ['no network', keys, /AWS cannot be reached \(ECONNREFUSED/],
  ])('%s', (_, env, told) => {
    const ended = firebreak(['incidents'], { env });
    expect(ended).toMatchObject({ status: 1, stdout: '' });
    expect(ended.stderr).toMatch(told);
    expect(ended.stderr).not.toMatch(/\n +at /);
  });

  it('shows the stack trace to those who ask', () => {
    expect(firebreak(['incidents'], { env: { ...keys, DEBUG: '1' } }).stderr).toMatch(/\n +at /);
  });
});
