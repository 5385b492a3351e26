/** The answer: counted once, suggested with evidence, harmless on a page and in a terminal; and promote, which uses it. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, it, test } from 'vitest';
import { type Answer, gatherer } from '../../cli/backtest/answer.ts';
import { judge, kindOf, type Row } from '../../cli/backtest/judge.ts';
import { page } from '../../cli/backtest/page.ts';
import { summary } from '../../cli/backtest/summary.ts';
import { withMode } from '../../cli/promote.ts';
import { allRules } from '../../functions/deployment.ts';
import { writeCorpus } from '../../scripts/corpus.ts';
import { parseConfig } from '../../shared/config/load.ts';
import { modeOf, modesFor } from '../../shared/core/mode.ts';

const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const rules = allRules();
const config = parseConfig('preset: guard\n', 'test', rules);
const dir = mkdtempSync(join(tmpdir(), 'firebreak-answer-'));
afterAll(() => rmSync(dir, { recursive: true }));
writeFileSync(join(dir, 'guard.yml'), 'preset: guard\n');

const env = {
  PATH: process.env['PATH'] ?? '',
  HOME: dir,
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
  FIREBREAK_CONFIG: join(dir, 'guard.yml'),
};
function firebreak(...args: readonly string[]) {
  return spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', cwd: dir, env, input: '' });
}

const put = (id: string, time: string, bucket: string, by: object, agent = 'aws-cli/2') => ({
  eventID: id,
  eventTime: time,
  eventSource: 's3.amazonaws.com',
  eventName: 'PutBucketPolicy',
  awsRegion: 'eu-central-1',
  recipientAccountId: '111122223333',
  userAgent: agent,
  userIdentity: by,
  requestParameters: {
    bucketName: bucket,
    bucketPolicy: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${bucket}/*` }],
    },
  },
});
const pipeline = (session: string) => ({
  type: 'AssumedRole',
  arn: `arn:aws:sts::111122223333:assumed-role/site-deploy/${session}`,
  accountId: '111122223333',
});
const person = { type: 'IAMUser', arn: 'arn:aws:iam::111122223333:user/jo', userName: 'jo' };

function answered(values: readonly unknown[]): Answer {
  const gathered = gatherer(rules, config);
  const rows = values.flatMap((value, index) => judge(value, `log#${index}`, rules, config, new Date()).rows);
  const times = values.map((value) => (value as { eventTime: string }).eventTime).sort();
  const all = { log: 'log', stamp: '', records: values.length, bytes: 1, unreadable: 0, problems: [], rows };
  gathered.add({ ...all, from: times[0] ?? null, to: times.at(-1) ?? null });
  return gathered.answer({}, [], '2026-09-01');
}
const of = (answer: Answer, rule: string) => answer.rules.find((one) => one.rule === rule);

describe('the answer', () => {
  const days = ['01', '05', '09', '20', '28'];
  const site = days.map((day) =>
    put(`e-${day}`, `2026-07-${day}T10:00:00Z`, 'site', pipeline(`run-${day}`), 'Terraform'),
  );
  const answer = answered([...site, site[0], put('e-x', '2026-07-11T10:00:00Z', 'mine', person)]);

  it('counts an event once, whoever delivers it, and sessions of a role as one', () => {
    expect(of(answer, 's3/public-policy')).toMatchObject({
      findings: 6,
      repeated: 1,
      who: { person: 1, pipeline: 5, service: 0, unclear: 0 },
      days: { '2026-07-01': 1, '2026-07-11': 1 },
      resources: [{ resource: 'arn:aws:s3:::site', findings: 5 }, { resource: 'arn:aws:s3:::mine' }],
    });
    expect(of(answer, 's3/public-policy')?.actors).toMatchObject([
      { name: 'site-deploy/*', arn: 'arn:aws:sts::111122223333:assumed-role/site-deploy/*', findings: 5 },
      { name: 'jo', findings: 1 },
    ]);
    expect(answer.fights[0]).toMatchObject({
      resource: 'arn:aws:s3:::site',
      actor: { arn: 'arn:aws:sts::111122223333:assumed-role/site-deploy/*' },
      breaker: false,
    });
  });

  it('tells what would have changed where the event holds the whole state', () => {
    expect(of(answer, 's3/public-policy')?.would).toMatchObject({ change: 6, look: 0 });
    expect(of(answer, 's3/public-policy')?.would.example?.lines.join('\n')).toMatch(/- .*GetObject/);
    const opened = { eventSource: 'ec2.amazonaws.com', eventName: 'AuthorizeSecurityGroupIngress' };
    const requestParameters = {
      groupId: 'sg-0123456789abcdef0',
      ipPermissions: {
        items: [{ ipProtocol: 'tcp', fromPort: 22, toPort: 22, ipRanges: { items: [{ cidrIp: '0.0.0.0/0' }] } }],
      },
    };
    const [row] = judge({ ...site[0], ...opened, requestParameters }, 'x', rules, config, new Date()).rows.filter(
      ({ rule }) => rule === 'ec2/security-group-open',
    );
    // The event shows what was added, not what the group holds.
    expect(row?.would).toMatchObject({ kind: 'look', lens: 'ec2/ingress' });
  });

  it('suggests exemptions that firebreak.yml takes as they are', () => {
    expect(answer.exemptions.list).toContainEqual(
      expect.objectContaining({ rule: 's3/public-policy', resource: 'arn:aws:s3:::site', expires: '2026-11-30' }),
    );
    expect(answer.exemptions.list.some(({ resource }) => resource?.endsWith('mine'))).toBe(false);
    const read = parseConfig(`preset: guard\n${answer.exemptions.yaml}`, 'pasted', rules);
    expect(read.exemptions).toHaveLength(answer.exemptions.list.length);
  });

  it('leaves out what is exempt already', () => {
    const exempt = parseConfig(`preset: standard\n${answer.exemptions.yaml}`, 'pasted', rules);
    const gathered = gatherer(rules, exempt);
    const rows = site.flatMap((value) => judge(value, 'log', rules, exempt, new Date()).rows);
    const all = { log: 'log', stamp: '', records: 5, bytes: 1, unreadable: 0, problems: [], rows };
    gathered.add({ ...all, from: '2026-07-01T00:00:00Z', to: '2026-07-28T00:00:00Z' });
    const after = gathered.answer({}, [], '2026-09-01');
    expect(of(after, 's3/public-policy')).toMatchObject({
      findings: 5,
      ways: { exempt: 5 },
      would: { change: 0, look: 0 },
      suggestion: { mode: 'remediate', why: ['0 findings in 28 days beside 5 exempt', expect.any(String)] },
    });
    expect(after).toMatchObject({ fights: [], exemptions: { list: [] } });
  });

  it('knows a fight by somebody known, as what he came most often', () => {
    const all = [
      put('f-1', '2026-07-02T10:00:00Z', 'mixed', pipeline('a'), 'Mozilla/5.0'),
      put('f-2', '2026-07-03T10:00:00Z', 'mixed', pipeline('b'), 'Terraform'),
      put('f-3', '2026-07-04T10:00:00Z', 'mixed', pipeline('c'), 'Terraform'),
      ...['2026-07-02', '2026-07-03'].map((day) => put(`g-${day}`, `${day}T10:00:00Z`, 'nobodys', {})),
    ];
    expect(answered(all).fights.filter(({ rule }) => rule === 's3/public-policy')).toMatchObject([
      { resource: 'arn:aws:s3:::mixed', actor: { kind: 'pipeline' }, times: { length: 3 } },
    ]);
    // A person was among them.
    expect(answered(all).exemptions.list).toEqual([]);
  });

  it('says of a rule whose room is off what has to come first', () => {
    const boundary = { eventSource: 'iam.amazonaws.com', eventName: 'PutUserPolicy' };
    const requestParameters = {
      userName: 'jo',
      policyName: 'all',
      policyDocument: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
    };
    const old = put('h-0', '2026-06-01T10:00:00Z', 'site', person);
    const one = of(answered([old, { ...site[0], ...boundary, requestParameters }]), 'iam/inline-admin-policy');
    expect(one?.findings).toBe(1);
    expect(one?.suggestion.why.some((why) => why.includes('rooms: {iam-policies: on}'))).toBe(
      one?.suggestion.mode !== one?.mode,
    );
    expect(answered([]).rules.every(({ suggestion }) => suggestion.why.every((why) => !why.includes('room')))).toBe(
      true,
    );
  });

  it('says on a terminal when, who, where, what would have changed and which modes, with why', () => {
    const shown = summary(answer).join('\n');
    expect(shown).toMatch(/^Mon +[·░▒▓█ ]+$/m);
    expect(shown).toMatch(
      /^s3\/public-policy +6 +1 +5 +0 +0 +[·░▒▓█]{5} +site-deploy\/\* \(5\) +arn:aws:s3:::site \(5\)$/m,
    );
    expect(shown).toMatch(/^s3\/public-policy +notify +notify +access +6 +0 +arn:aws:s3:::site$/m);
    expect(shown).toMatch(/^by this firebreak.yml \(preset guard\): 0 to be mended, 12 rehearsed and told$/m);
    const better = answered(['01', '20'].map((day) => put(`i-${day}`, `2026-07-${day}T10:00:00Z`, `b${day}`, person)));
    expect(summary(better).join('\n')).toMatch(/^ {2}s3\/public-policy: notify → approve, 2 findings in 20 days; /m);
  });

  it('suggests no mode that the rule cannot have, and says why', () => {
    for (const one of [...answer.rules, ...answered([]).rules]) {
      const rule = rules.find(({ id }) => id === one.rule);
      expect(rule && modesFor(rule.class)).toContain(one.suggestion.mode);
      expect(one.suggestion.why.join('; ')).toMatch(/finding/);
    }
    expect(of(answer, 's3/public-policy')?.suggestion.mode).toBe('notify');
    // Without a history nothing speaks for a change.
    for (const one of answered([]).rules.filter(({ fix }) => fix !== null)) expect(one.suggestion.mode).toBe(one.mode);
  });
});

test.each([
  ['person', { type: 'Root', name: 'root' }],
  ['person', { type: 'AssumedRole', name: '', arn: 'arn:aws:sts::1:assumed-role/AWSReservedSSO_Admin_0/jo' }],
  ['person', { type: 'IAMUser', name: 'jo', userAgent: 'Mozilla/5.0' }],
  ['person', { type: 'AssumedRole', name: '', arn: 'arn:aws:sts::1:assumed-role/dev/jo@example.com' }],
  ['pipeline', { type: 'AssumedRole', name: '', arn: 'arn:aws:sts::1:assumed-role/x/y', userAgent: 'Terraform/1' }],
  ['pipeline', { type: 'AssumedRole', name: '', arn: 'arn:aws:sts::1:assumed-role/x/GitHubActions' }],
  ['pipeline', { type: 'IAMUser', name: 'x', invokedBy: 'cloudformation.amazonaws.com' }],
  ['service', { type: 'AWSService', name: 'x', invokedBy: 'config.amazonaws.com' }],
  ['service', { type: 'AssumedRole', name: '', arn: 'arn:aws:sts::1:assumed-role/AWSServiceRoleForConfig/x' }],
  ['unclear', { type: 'AssumedRole', name: '', arn: 'arn:aws:sts::1:assumed-role/x/y' }],
  ['unclear', { type: 'Unknown', name: 'unknown' }],
] as const)('%s: %o', (kind, actor) => {
  expect(kindOf(actor)).toBe(kind);
});

describe('the page', () => {
  const tags = new Set<string>();
  function checked(html: string): void {
    const whole = html.replace(/<style>.*?<\/style>/s, '<style></style>');
    for (const [, name = '', rest = ''] of whole.matchAll(/<\/?([a-z0-9]+|!doctype)([^>]*)>/gi)) {
      tags.add(name.toLowerCase());
      // Within quotes anything may stand: none of it can end them.
      expect(rest.replace(/"[^"]*"/g, (value) => (value.startsWith('"#') ? value : '""'))).not.toMatch(
        /\son[a-z]+\s*=|javascript:|\bsrc\s*=|\bhref="(?!#)/i,
      );
    }
    // What is no tag of ours holds no angle bracket: it would begin one.
    expect(whole.replace(/<\/?([a-z0-9]+|!doctype)(\s[^<>]*)?\/?>/gi, '')).not.toMatch(/[<>]/);
    for (const tag of tags) expect(['script', 'img', 'iframe', 'link', 'object', 'form', 'base']).not.toContain(tag);
    expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'`);
  }

  it('makes nothing of what an attacker called things', () => {
    const evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>\u202e\u001b[31m\'&lt;';
    const values = ['01', '02', '03', '20'].map((day) => ({
      ...put(
        `e-${day}`,
        `2026-07-${day}T10:00:00Z`,
        `b${evil}`,
        { ...pipeline(evil), arn: `arn:aws:sts::1:assumed-role/${evil}/x` },
        'Terraform',
      ),
      userAgent: `Terraform ${evil}`,
    }));
    checked(page(answered(values)));
    const shown = summary(answered(values)).join('\n');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });

  it('links to nothing that is not on it', () => {
    const html = page(answered([put('e', '2026-07-01T10:00:00Z', 'site', person), put('f', '', 'site', person)]));
    const links = [...html.matchAll(/href="#([^"]*)"/g)].map(([, id]) => id);
    expect(links.length).toBeGreaterThan(3);
    for (const id of links) expect(html).toContain(`id="${id}"`);
  });

  it('stands whatever texts there are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.string(), (bucket, name, time) => {
        const value = put('e', time, bucket, { type: 'IAMUser', userName: name, arn: name });
        checked(page(answered([value, { ...value, eventID: 'f' }])));
      }),
      { numRuns: 60 },
    );
  });
});

describe('the command', () => {
  const folder = join(dir, 'logs');
  mkdirSync(folder);
  writeCorpus(folder, { records: 6000, files: 600, oneIn: 10, days: 31, seed: 7 });

  it('gives the same answer after kill -9 and another run', { timeout: 120_000 }, async () => {
    const state = join(dir, 'state');
    const whole = firebreak('backtest', folder, '--json', '-');
    expect(whole.stderr).toBe('');
    expect(whole.status).toBe(0);
    const lines = (): number => (existsSync(state) ? readFileSync(state, 'latin1').split('\n').length - 1 : 0);
    for (let kills = 0, before = 1; kills < 2; kills += 1) {
      const child = spawn(process.execPath, [main, 'backtest', folder, '--state', state], { env, stdio: 'ignore' });
      const closed = once(child, 'close');
      while (lines() <= before + 40) await sleep(2);
      child.kill('SIGKILL');
      expect((await closed)[1]).toBe('SIGKILL');
      before = lines();
      expect(before).toBeLessThan(601);
    }
    const resumed = firebreak('backtest', folder, '--state', state, '--json', '-');
    expect(resumed.stderr).toMatch(/^firebreak: \d+ of 600 logs were read by a run before this one/);
    expect(resumed.stdout).toBe(whole.stdout);
    const answer = JSON.parse(whole.stdout) as Answer & { version: number; findings: readonly Row[] };
    expect(answer).toMatchObject({ version: 1, read: { logs: 600, records: 6000, unreadable: 0 } });
    expect(answer.findings.length).toBe(answer.rules.reduce((sum, one) => sum + one.findings + one.repeated, 0));
    // The default one is gone once the answer is there.
    expect(readdirSync(join(dir, '.cache/firebreak'))).toEqual(['code']);
  });

  it('says the same with --full-parse', () => {
    const some = join(folder, 'AWSLogs/111122223333/CloudTrail/eu-central-1/2026/07/03');
    expect(firebreak('backtest', some, '--full-parse', '--json', '-').stdout).toBe(
      firebreak('backtest', some, '--json', '-').stdout,
    );
  });

  it('writes a page and a JSON that only their owner may read', () => {
    const [html, json] = [join(dir, 'a.html'), join(dir, 'a.json')];
    expect(firebreak('backtest', folder, '--html', html, '--json', json).status).toBe(0);
    expect(readFileSync(html, 'utf8')).toMatch(/^<!doctype html>/);
    expect(statSync(html).mode & 0o777).toBe(0o600);
    expect(statSync(json).mode & 0o777).toBe(0o600);
  });

  it('has a clear line and an exit code for what cannot be read', () => {
    writeFileSync(join(dir, 'notes.txt'), 'mine\n');
    const empty = join(dir, 'empty');
    mkdirSync(empty);
    expect(firebreak('backtest', empty)).toMatchObject({ status: 0, stderr: 'firebreak: no CloudTrail log found\n' });
    expect(firebreak('backtest', join(dir, 'nowhere'))).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('there is no such file'),
    });
    writeFileSync(join(empty, 'package.json'), '{"name":"x"}');
    expect(firebreak('backtest', empty)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('not a CloudTrail record'),
    });
    expect(firebreak('backtest').status).toBe(2);
    expect(firebreak('backtest', empty, '--from', 'monday').status).toBe(2);
    expect(firebreak('backtest', 's3://x/y', '--from', '2026-02-31').status).toBe(2);
    expect(firebreak('backtest', 's3://UPPER/x').status).toBe(2);
    // What would not count, or could not be written in the end, is said before anything is read.
    expect(firebreak('backtest', folder, '--account', '111122223333')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--account counts for s3:// and --lookup alone'),
    });
    for (const option of ['--html', '--json', '--state'])
      expect(firebreak('backtest', empty, option, join(dir, 'notes.txt', 'x'))).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(/^firebreak: .*cannot be (written|kept)/),
        stdout: '',
      });
    expect(firebreak('backtest', empty, '--state', join(dir, 'notes.txt')).status).toBe(2);
    expect(readFileSync(join(dir, 'notes.txt'), 'utf8')).toBe('mine\n');
  });
});

describe('promote', () => {
  const text = `# Ours.
preset: guard # for now

modes:
  # Sites are public.
  - rule: s3/public-policy
    account: "111122223333"
    mode: off
exemptions: [] # none yet
`;
  const rule = (id: string) => rules.find((one) => one.id === id) as (typeof rules)[number];

  it('keeps what is there, comments too', () => {
    const changed = withMode(text, 'f', rules, rule('s3/public-policy'), 'approve', ['6 findings in 28 days']);
    expect(changed).toBe(
      text.replace(
        'exemptions',
        '  # 6 findings in 28 days\n  - rule: s3/public-policy\n    mode: approve\nexemptions',
      ),
    );
    const again = withMode(changed, 'f', rules, rule('s3/public-policy'), 'remediate', []);
    expect(again).toBe(changed.replace('mode: approve', 'mode: remediate'));
    expect(withMode('preset: guard\n', 'f', rules, rule('s3/tls-only'), 'approve', [])).toBe(
      'preset: guard\nmodes:\n  - rule: s3/tls-only\n    mode: approve\n',
    );
  });

  it('leaves each blank where it is', () => {
    const odd = `preset:   guard   # for now\r
modes:      # reviewed
    # ours
    # backtest 2026-01-01 to 2026-02-01: old
    # by person 3
    -   rule:  s3/tls-only   # hm
        mode:  "notify"   # yet
    -   {rule: "s3/*", account: '111122223333', mode: off}   # last

trusted:   ["444455556666"]`.replaceAll('\r', '');
    const evidence = ['backtest 2026-07-01 to 2026-08-01: new', 'by pipeline 1'];
    expect(withMode(odd, 'f', rules, rule('kms/key-disabled'), 'approve', ['why'])).toBe(
      odd.replace('# last\n', '# last\n    # why\n    - rule: kms/key-disabled\n      mode: approve\n'),
    );
    const own = odd.replace('    -   {rule: "s3/*", account: \'111122223333\', mode: off}   # last\n', '');
    expect(withMode(own, 'f', rules, rule('s3/tls-only'), 'approve', evidence)).toBe(
      own
        .replace('"notify"', 'approve')
        .replace('2026-01-01 to 2026-02-01: old', '2026-07-01 to 2026-08-01: new')
        .replace('person 3', 'pipeline 1'),
    );
    // What can't be added to is written anew, and means the same.
    for (const modes of ['modes: []', 'modes: [{rule: s3/tls-only, mode: off}]', 'modes: # none', '{preset: guard}']) {
      const changed = withMode(`${modes}\n`, 'f', rules, rule('s3/tls-only'), 'approve', ['why']);
      expect(parseConfig(changed, 'f', rules).modes).toEqual([{ rule: 's3/tls-only', mode: 'approve' }]);
    }
    const list = '# a\npreset: guard\n# modes:\n#   - none';
    expect(withMode(list, 'f', rules, rule('s3/tls-only'), 'approve', ['why'])).toBe(
      `${list}\nmodes:\n  # why\n  - rule: s3/tls-only\n    mode: approve\n`,
    );
  });

  it('gives every rule every mode that it can have', () => {
    // What has to be turned on first is refused until then.
    for (const one of rules.filter((rule) => rule.function === undefined))
      for (const mode of modesFor(one.class))
        expect(modeOf(parseConfig(withMode(text, 'f', rules, one, mode, ['x: #y']), 'f', rules), one)).toBe(mode);
  });

  it('shows the change and the permissions, and writes only when told to', () => {
    const file = join(dir, 'firebreak.yml');
    writeFileSync(file, text);
    const json = join(dir, 'evidence.json');
    expect(firebreak('backtest', join(dir, 'logs'), '--json', json).status).toBe(0);
    const asked = firebreak('promote', 's3/public-policy', '--mode', 'remediate', '--evidence', json, '--config', file);
    expect(asked).toMatchObject({ status: 1, stderr: expect.stringContaining('nothing was written') });
    expect(asked.stdout).toContain('+   - rule: s3/public-policy');
    expect(asked.stdout).toMatch(/\+ s3 .*s3:PutBucketPolicy/);
    expect(readFileSync(file, 'utf8')).toBe(text);
    const done = firebreak(
      'promote',
      's3/public-policy',
      '--mode',
      'remediate',
      '--evidence',
      json,
      '--config',
      file,
      '--yes',
    );
    expect(done).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(file, 'utf8')).toMatch(/# backtest 2026-07-01 to 2026-07-3\d: \d+ findings in \d+ days/);
    expect(modeOf(parseConfig(readFileSync(file, 'utf8'), file, rules), rule('s3/public-policy'))).toBe('remediate');
  });

  it('refuses what cannot be', () => {
    const oneWay = firebreak('promote', 'iam/login-profile', '--mode', 'remediate');
    expect(oneWay).toMatchObject({ status: 2, stderr: expect.stringContaining('cannot be undone') });
    expect(firebreak('promote', 'root/console-login', '--mode', 'approve').status).toBe(2);
    expect(firebreak('promote', 's3/nothing', '--mode', 'approve').status).toBe(2);
    writeFileSync(join(dir, 'no.json'), '{}');
    expect(firebreak('promote', 's3/tls-only', '--evidence', join(dir, 'no.json')).status).toBe(1);
  });
});
