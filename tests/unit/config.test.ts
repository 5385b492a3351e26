import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toJsonSchema } from '@valibot/to-json-schema';
import fc from 'fast-check';
import * as v from 'valibot';
import { afterAll, describe, expect, test } from 'vitest';
import { allRules } from '../../functions/deployment.ts';
import { configPath, parseConfig, readConfig } from '../../shared/config/load.ts';
import { configSchema } from '../../shared/config/schema.ts';
import type { Rule, RuleClass, RuleId } from '../../shared/core/rule.ts';

const toy = (id: RuleId, of: RuleClass, baseline?: Rule['baseline']): Rule =>
  ({ id, class: of, ...(baseline && { baseline }), triggers: [], detect: () => [] }) as unknown as Rule;

const port = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65535));
const rules = [
  toy('s3/public-policy', 'A'),
  toy('s3/replication-foreign', 'N'),
  toy('iam/login-profile', '1'),
  toy('root/console-login', 'N'),
  toy('root/api-activity', 'N'),
  toy(
    'ec2/security-group-open',
    'C',
    v.strictObject({ ports: v.optional(v.array(port), [22, 3389]), strict: v.optional(v.boolean(), false) }),
  ),
];
const parse = (text: string) => parseConfig(text, 'firebreak.yml', rules);

function refused(text: string): string[] {
  try {
    parse(text);
  } catch (error) {
    expect((error as Error).name).toBe('ConfigError');
    return (error as Error).message.split('\n');
  }
  throw new Error(`this was accepted: ${text}`);
}

const exempt = (lines: string): string =>
  `exemptions:\n  - rule: s3/*\n    owner: me\n    reason: why\n    expires: "2027-03-31"\n    ${lines}\n`;

describe('what is wrong is said with line, key, what was found and what is allowed', () => {
  test.each<[string, string, string | string[]]>([
    [
      'a preset that does not exist',
      'preset: safe',
      'firebreak.yml:1: preset: found "safe", expected one of observe, guard, standard, strict',
    ],
    [
      'a preset nearly right',
      'preset: Standart',
      'firebreak.yml:1: preset: found "Standart", expected one of observe, guard, standard, strict; did you mean standard?',
    ],
    [
      'a preset without a value',
      '\npreset:',
      'firebreak.yml:2: preset: found nothing, expected one of observe, guard, standard, strict',
    ],
    [
      'a list for the preset',
      'preset: [guard]',
      'firebreak.yml:1: preset: found a list, expected one of observe, guard, standard, strict',
    ],
    [
      'an unknown key',
      'preset: guard\nfreshnes: 15',
      'firebreak.yml:2: freshnes: found an unknown key, expected one of preset, modes, rooms, exemptions, baselines, retention, freshness, breaker, approvals, operators, channels, protected, trusted, organization; did you mean freshness?',
    ],
    [
      'an unknown key inside',
      'retention:\n  log: 90',
      'firebreak.yml:2: retention.log: found an unknown key, expected one of incidents, logs; did you mean logs?',
    ],
    [
      'an unknown key in a list',
      'modes:\n  - rule: s3/public-policy\n    mode: off\n    acount: "111122223333"',
      'firebreak.yml:4: modes[0].acount: found an unknown key, expected one of rule, account, actor, mode, first; did you mean account?',
    ],
    [
      'a key of every object',
      '__proto__: 1\nconstructor: 2',
      [
        'firebreak.yml:1: __proto__: found an unknown key, expected one of preset, modes, rooms, exemptions, baselines, retention, freshness, breaker, approvals, operators, channels, protected, trusted, organization',
        'firebreak.yml:2: constructor: found an unknown key, expected one of preset, modes, rooms, exemptions, baselines, retention, freshness, breaker, approvals, operators, channels, protected, trusted, organization',
      ],
    ],
    [
      'a number for a key',
      '1: a',
      'firebreak.yml:1: 1: found an unknown key, expected one of preset, modes, rooms, exemptions, baselines, retention, freshness, breaker, approvals, operators, channels, protected, trusted, organization',
    ],
    [
      'modes that are no list',
      'modes:\n  rule: s3/public-policy',
      'firebreak.yml:1: modes: found keys and their values, expected a list',
    ],
    ['a list for keys', 'channels: [off]', 'firebreak.yml:1: channels: found a list, expected keys and their values'],
    ['modes without a line', 'modes:', 'firebreak.yml:1: modes: found nothing, expected a list'],
    [
      'a mode line that is a text',
      'modes:\n  - s3/public-policy',
      'firebreak.yml:2: modes[0]: found "s3/public-policy", expected keys and their values',
    ],
    [
      'a mode line without its keys',
      'modes:\n  - account: "111122223333"',
      ['firebreak.yml:2: modes[0]: rule is missing', 'firebreak.yml:2: modes[0]: mode is missing'],
    ],
    [
      'a mode that does not exist',
      'modes:\n  - rule: s3/public-policy\n    mode: fix',
      'firebreak.yml:3: modes[0].mode: found "fix", expected one of off, notify, approve, remediate',
    ],
    [
      'a mode as YAML 1.1 would have it',
      'modes:\n  - rule: s3/public-policy\n    mode: false',
      'firebreak.yml:3: modes[0].mode: found false, expected one of off, notify, approve, remediate',
    ],
    [
      'a rule that does not exist',
      'modes:\n  - rule: s3/public-polcy\n    mode: off',
      'firebreak.yml:2: modes[0].rule: found "s3/public-polcy", expected one of s3/public-policy, s3/replication-foreign; did you mean s3/public-policy?',
    ],
    [
      'a room that does not exist',
      'modes:\n  - rule: s4/*\n    mode: off',
      'firebreak.yml:2: modes[0].rule: found "s4/*", expected one of s3/*, iam/*, root/*, ec2/*',
    ],
    [
      'no rule at all',
      'modes:\n  - rule: everything\n    mode: off',
      'firebreak.yml:2: modes[0].rule: found "everything", expected a rule such as s3/public-policy, or a room with a star, s3/*',
    ],
    [
      'a one-way fix that shall act',
      'modes:\n  - rule: iam/login-profile\n    mode: remediate',
      'firebreak.yml:3: modes[0].mode: found remediate, expected one of off, notify, approve: iam/login-profile cannot be undone, so it always asks',
    ],
    [
      'the same by its room',
      'modes:\n  - rule: iam/*\n    mode: remediate',
      'firebreak.yml:3: modes[0].mode: found remediate, expected one of off, notify, approve: iam/* cannot be undone, so it always asks',
    ],
    [
      'a rule without a fix that shall ask',
      'modes:\n  - rule: root/console-login\n    mode: approve',
      'firebreak.yml:3: modes[0].mode: found approve, expected one of off, notify: root/console-login only tells',
    ],
    [
      'the same by its room',
      'modes:\n  - rule: root/*\n    mode: remediate',
      'firebreak.yml:3: modes[0].mode: found remediate, expected one of off, notify: root/* only tells',
    ],
    [
      'an account that is a number',
      'modes:\n  - rule: s3/*\n    mode: off\n    account: 012345678901',
      'firebreak.yml:4: modes[0].account: found 012345678901, expected an account id: 12 digits, in quotes, such as "111122223333"',
    ],
    [
      'an account that is too short',
      'modes:\n  - rule: s3/*\n    mode: off\n    account: "12345678901"',
      'firebreak.yml:4: modes[0].account: found "12345678901", expected an account id: 12 digits, in quotes, such as "111122223333"',
    ],
    [
      'an actor that is no ARN',
      'modes:\n  - rule: s3/*\n    mode: off\n    actor: terraform',
      'firebreak.yml:4: modes[0].actor: found "terraform", expected the ARN of a caller, such as arn:aws:sts::*:assumed-role/ci-*/*, in which * stands for any text',
    ],
    [
      'a fraction of a day',
      'retention:\n  incidents: 1.5',
      'firebreak.yml:2: retention.incidents: found 1.5, expected a whole number of days from 1 to 3650',
    ],
    [
      'no day at all',
      'retention:\n  incidents: -0.5',
      'firebreak.yml:2: retention.incidents: found -0.5, expected a whole number of days from 1 to 3650',
    ],
    [
      'days that CloudWatch does not offer',
      'retention:\n  logs: 10',
      'firebreak.yml:2: retention.logs: found 10, expected one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653',
    ],
    [
      'minutes in words',
      'freshness: 15m',
      'firebreak.yml:1: freshness: found "15m", expected a whole number of minutes from 1 to 1440',
    ],
    [
      'not a number',
      'freshness: .nan',
      'firebreak.yml:1: freshness: found .nan, expected a whole number of minutes from 1 to 1440',
    ],
    [
      'no address',
      'channels:\n  email:\n    - "security"',
      'firebreak.yml:3: channels.email[0]: found "security", expected an e-mail address',
    ],
    [
      'one address that is no list',
      'channels:\n  email: security@example.com',
      'firebreak.yml:2: channels.email: found "security@example.com", expected a list',
    ],
    [
      'a token, which is not repeated',
      'channels: {slack: {token: xoxb-123-secret, channel: C0123456789}}',
      'firebreak.yml:1: channels.slack.token: found a text that is no reference, expected a reference, secretsmanager:NAME or ssm:/NAME: the secret itself must not stand in this file',
    ],
    [
      'the address of a webhook',
      'channels:\n  slack:\n    webhook: https://hooks.slack.com/services/T0/B0/secret',
      'firebreak.yml:3: channels.slack.webhook: found a text that is no reference, expected a reference, secretsmanager:NAME or ssm:/NAME: the secret itself must not stand in this file',
    ],
    [
      'a token for the name of a secret',
      'channels: {slack: {token: "secretsmanager:xoxb-123-secret", channel: C0123456789}}',
      'firebreak.yml:1: channels.slack.token: found a text that is no reference, expected a reference, secretsmanager:NAME or ssm:/NAME: the secret itself must not stand in this file',
    ],
    [
      'a signing secret',
      'channels: {slack: {token: ssm:/a, channel: C0123456789, signingSecret: 8f742231b10e, approvers: {U0123456789: ann}}}',
      'firebreak.yml:1: channels.slack.signingSecret: found a text that is no reference, expected a reference, secretsmanager:NAME or ssm:/NAME: the secret itself must not stand in this file',
    ],
    [
      'a secret in the place of all of it',
      'channels: {slack: "https://hooks.slack.com/services/T0/B0/secret"}',
      'firebreak.yml:1: channels.slack: found a text that is no reference, expected keys and their values',
    ],
    [
      'the name of a Slack channel',
      'channels: {slack: {token: ssm:/a, channel: "#alerts"}}',
      'firebreak.yml:1: channels.slack.channel: found "#alerts", expected the id of a channel in Slack, such as C0123456789: the last part of its link',
    ],
    [
      'buttons that nothing believes',
      'channels: {slack: {token: ssm:/a, channel: C0123456789, approvers: {U0123456789: ann}}}',
      'firebreak.yml:1: channels.slack: found keys and their values, expected signingSecret and approvers together: buttons are shown where both are there',
    ],
    [
      'a name to protect',
      'protected: [break-glass]',
      'firebreak.yml:1: protected[0]: found "break-glass", expected the ARN of an IAM user or role, such as arn:aws:iam::*:role/break-glass-*',
    ],
    [
      'an operator with a star',
      'operators:\n  - arn:aws:iam::111122223333:role/*',
      'firebreak.yml:2: operators[0]: found "arn:aws:iam::111122223333:role/*", expected the ARN of one IAM user or role, without a star, such as arn:aws:iam::111122223333:role/security',
    ],
    [
      'a session as an operator',
      'operators: ["arn:aws:sts::111122223333:assumed-role/security/jo"]',
      'firebreak.yml:1: operators[0]: found "arn:aws:sts::111122223333:assumed-role/security/jo", expected the ARN of one IAM user or role, without a star, such as arn:aws:iam::111122223333:role/security',
    ],
    [
      'a breaker that never breaks',
      'breaker:\n  lens: 0\n  actor: 5000\n  hours: 1000\n  day: 1',
      [
        'firebreak.yml:2: breaker.lens: found 0, expected a whole number of fixes from 1 to 100',
        'firebreak.yml:3: breaker.actor: found 5000, expected a whole number of fixes from 1 to 1000',
        'firebreak.yml:4: breaker.hours: found 1000, expected a whole number of hours from 1 to 168',
        'firebreak.yml:5: breaker.day: found an unknown key, expected one of lens, actor, hours',
      ],
    ],
    [
      'questions that never expire',
      'approvals: 0',
      'firebreak.yml:1: approvals: found 0, expected a whole number of hours from 1 to 720',
    ],
    [
      'questions with a default alone',
      'approvals: {default: leave}',
      'firebreak.yml:1: approvals: found keys and their values, expected hours, or hours and default: such as 72, or {hours: 72, default: revert}',
    ],
    [
      'a fix first without a question',
      'modes:\n  - rule: s3/public-policy\n    mode: remediate\n    first: revert',
      'firebreak.yml:4: modes[0].first: found first without a question, expected it beside mode: approve',
    ],
    [
      'settings of a rule without any',
      'baselines:\n  s3/public-policy: {}',
      'firebreak.yml:2: baselines.s3/public-policy: found a rule that has no settings, expected one of ec2/security-group-open',
    ],
    [
      'settings of a rule that is no rule',
      'baselines:\n  ec2/security-group: {}\n  __proto__: {}',
      [
        'firebreak.yml:2: baselines.ec2/security-group: found a rule that has no settings, expected one of ec2/security-group-open; did you mean ec2/security-group-open?',
        'firebreak.yml:3: baselines.__proto__: found a rule that has no settings, expected one of ec2/security-group-open',
      ],
    ],
    [
      'a setting of another type',
      'baselines:\n  ec2/security-group-open:\n    ports: 22\n    strict: yes',
      [
        'firebreak.yml:3: baselines.ec2/security-group-open.ports: found 22, expected a list',
        'firebreak.yml:4: baselines.ec2/security-group-open.strict: found "yes", expected true or false',
      ],
    ],
    [
      'a setting out of bounds',
      'baselines:\n  ec2/security-group-open:\n    ports: [22, 70000, 1.5]',
      [
        'firebreak.yml:3: baselines.ec2/security-group-open.ports[1]: found 70000, expected at most 65535',
        'firebreak.yml:3: baselines.ec2/security-group-open.ports[2]: found 1.5, expected a whole number',
      ],
    ],
    [
      'an unknown setting',
      'baselines:\n  ec2/security-group-open:\n    port: 22',
      'firebreak.yml:3: baselines.ec2/security-group-open.port: found an unknown key, expected one of ports, strict; did you mean ports?',
    ],
    [
      'settings without a value',
      'baselines:\n  ec2/security-group-open:',
      'firebreak.yml:2: baselines.ec2/security-group-open: found nothing, expected keys and their values',
    ],
    [
      'an empty file',
      '',
      'firebreak.yml:1: the file: found nothing, expected keys and their values: "preset: guard" is the least',
    ],
    [
      'a file of comments',
      '# preset: guard\n',
      'firebreak.yml:1: the file: found nothing, expected keys and their values: "preset: guard" is the least',
    ],
    [
      'a list',
      '- preset: guard',
      'firebreak.yml:1: the file: found a list, expected keys and their values: "preset: guard" is the least',
    ],
    [
      'a text',
      'guard',
      'firebreak.yml:1: the file: found a text, expected keys and their values: "preset: guard" is the least',
    ],
    [
      'a key twice',
      'preset: guard\npreset: strict',
      'firebreak.yml:2: the file: found what is not plain YAML: Map keys must be unique',
    ],
    [
      'a tab',
      'modes:\n\t- rule: s3/*',
      'firebreak.yml:2: the file: found what is not plain YAML: Tabs are not allowed as indentation',
    ],
    [
      'two documents',
      'preset: guard\n---\npreset: strict',
      'firebreak.yml:2: the file: found what is not plain YAML: Source contains multiple documents; please use YAML.parseAllDocuments()',
    ],
    ['a tag', 'preset: !js guard', 'firebreak.yml:1: the file: found what is not plain YAML: Unresolved tag: !js'],
    [
      'a control character',
      'preset: guard\nmodes: []\0',
      'firebreak.yml:2: the file: found a control character, expected YAML in UTF-8',
    ],
    [
      'an alias of nothing',
      'preset: *a',
      'firebreak.yml:1: the file: found aliases that cannot be followed (Unresolved alias (the anchor must be set before the alias): a), expected at most 100 of them',
    ],
  ])('%s', (_, text, said) => {
    expect(refused(text)).toEqual(typeof said === 'string' ? [said] : said);
  });

  test('all of it at once, in the order of the file', () => {
    const text =
      'freshness: 0\nmodes:\n  - rule: s3/nothing\n    mode: off\n  - rule: s3/*\n    mode: on\nretention: {logs: 2}\nbaselines: {s3/x: 1}\npreset: no\n';
    expect(refused(text).map((line) => line.split(': ').slice(0, 2).join(' '))).toEqual([
      'firebreak.yml:1 freshness',
      'firebreak.yml:3 modes[0].rule',
      'firebreak.yml:6 modes[1].mode',
      'firebreak.yml:7 retention.logs',
      'firebreak.yml:8 baselines.s3/x',
      'firebreak.yml:9 preset',
    ]);
  });

  test('as docs/configure.md shows it', () => {
    const shown = [
      'preset: guard',
      '',
      'modes:',
      '  - rule: s3/public-polcy',
      '    acount: "111122223333"',
      '    mode: remediate',
      '  - rule: root/console-login',
      '    mode: approve',
      '',
      'exemptions:',
      '  - rule: s3/*',
      '    resource: "*"',
      '    owner: web-team@example.com',
      '    reason: the public website',
      '    expires: 2027-02-30',
      '',
      'freshness: 15m',
    ];
    const few = rules.filter(({ id }) => id === 's3/public-policy' || id === 'root/console-login');
    expect(() => parseConfig(shown.join('\n'), 'firebreak.yml', few)).toThrow(
      /^## Errors\n[^`]*```\n([^`]*)\n```/m.exec(readFileSync('docs/configure.md', 'utf8'))?.[1] ?? 'nothing shown',
    );
  });

  test('aliases that multiply are not followed', () => {
    const letters = [...'abcdefghij'];
    const bomb = letters.map(
      (letter, i) =>
        `${letter}: &${letter} [${
          i === 0
            ? 'x'
            : Array(9)
                .fill(`*${letters[i - 1]}`)
                .join(', ')
        }]`,
    );
    expect(refused(bomb.join('\n'))[0]).toMatch(/^firebreak.yml:1: the file: found aliases that cannot be followed/);
  });

  test('endless nesting is refused, and briefly', () => {
    const said = refused(`modes: ${'['.repeat(20_000)}`);
    expect(said[0]).toMatch(/^firebreak.yml:1: the file: found what is not plain YAML/);
    expect(said.length).toBeLessThanOrEqual(50);
  });

  test('whatever the file holds, it is parsed or refused by name', () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: 'small' },
        fc.jsonValue(),
        fc.constantFrom('off', '*', 's3/*', 'arn:aws:s3:::a', '__proto__'),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('rule', 'mode', 'modes', 'resource', 'email', 'toString'), tie('any'), {
          maxKeys: 4,
        }),
      ),
    })).any;
    const keys = fc.constantFrom(
      'preset',
      'modes',
      'exemptions',
      'baselines',
      'retention',
      'freshness',
      'breaker',
      'approvals',
      'operators',
      'channels',
      'protected',
      'other',
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.dictionary(keys, value).map((file) => JSON.stringify(file, null, 1)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        try {
          parse(text);
        } catch (error) {
          expect((error as Error).name).toBe('ConfigError');
          for (const line of (error as Error).message.split('\n')) expect(line).toMatch(/^firebreak\.yml:\d+: .+/);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('exemptions', () => {
  test.each([
    'arn:aws:s3:::www.example.com',
    'arn:aws:s3:::logs-*',
    'arn:aws:s3:::*-public-site',
    'arn:*:s3:::logs-*',
    'arn:aws:iam::111122223333:user/al',
    'arn:aws:iam::*:root',
    'arn:aws:ec2:*:111122223333:security-group/sg-0123456789abcdef0',
    'arn:aws:ec2:*:111122223333:security-group/sg-0123*',
    'arn:aws:cloudtrail:*:*:trail/sandbox-*',
  ])('for %s are taken', (resource) => {
    expect(parse(exempt(`resource: "${resource}"`)).exemptions[0]?.resource).toBe(resource);
  });

  test.each([
    '*',
    '**',
    'arn:*',
    'arn:aws:s3:::*',
    'arn:aws:s3:::**',
    'arn:aws:s3:::*-*',
    'arn:aws:s3:::a*',
    'arn:*:*:*:*:*',
    'arn:aws:s3*',
    'arn:aws:iam::111122223333:user/*',
    'arn:aws:iam::111122223333:*',
    'arn:aws:ec2:eu-west-1:111122223333:security-group/*',
    'arn:aws:ec2:eu-west-1:111122223333:security-group/sg-*',
    'arn:aws:cloudtrail:eu-west-1:111122223333:trail/*',
    'logs-*',
    '',
  ])('for everything are refused: %j', (resource) => {
    expect(refused(exempt(`resource: "${resource}"`))).toEqual([
      expect.stringMatching(
        /^firebreak\.yml:6: exemptions\[0\]\.resource: found .*, expected (a resource that names something after the account|the ARN of a resource)/,
      ),
    ]);
    expect(refused(exempt(`actor: "${resource}"`))).toEqual([
      expect.stringMatching(
        /^firebreak\.yml:6: exemptions\[0\]\.actor: found .*, expected (an actor that names something after the account|the ARN of a caller)/,
      ),
    ]);
  });

  test('for neither a resource nor an actor are refused', () => {
    expect(refused(exempt(''))).toEqual([
      'firebreak.yml:2: exemptions[0]: found keys and their values, expected a resource or an actor: an exemption for everything is "mode: off" under modes, which says so',
    ]);
  });

  test('need owner, reason and a last day that exists', () => {
    expect(refused('exemptions:\n  - rule: s3/*\n    resource: arn:aws:s3:::logs-*')).toEqual([
      'firebreak.yml:2: exemptions[0]: owner is missing',
      'firebreak.yml:2: exemptions[0]: reason is missing',
      'firebreak.yml:2: exemptions[0]: expires is missing',
    ]);
    const lines = (expires: string) =>
      `exemptions:\n  - {rule: s3/*, resource: "arn:aws:s3:::logs-*", owner: " ", reason: why, expires: ${expires}}`;
    expect(refused(lines('2027-02-30'))).toEqual([
      'firebreak.yml:2: exemptions[0].owner: found " ", expected who answers for it',
      'firebreak.yml:2: exemptions[0].expires: found "2027-02-30", expected a day that the calendar has',
    ]);
    expect(refused(lines('never'))[1]).toBe(
      'firebreak.yml:2: exemptions[0].expires: found "never", expected the last day on which it counts, such as "2027-03-31"',
    );
  });

  test('whose day is past are no error: they count no more', () => {
    expect(parse(exempt('resource: arn:aws:s3:::logs-*').replace('2027', '2019')).exemptions).toHaveLength(1);
  });

  test('a day without quotes stays a text', () => {
    expect(parse(exempt('resource: arn:aws:s3:::logs-*').replaceAll('"', '')).exemptions[0]?.expires).toBe(
      '2027-03-31',
    );
  });
});

describe('what is right', () => {
  test('the least file has all defaults, and the settings of every rule', () => {
    expect(parse('preset: guard')).toEqual({
      preset: 'guard',
      modes: [],
      rooms: {},
      exemptions: [],
      baselines: { 'ec2/security-group-open': { ports: [22, 3389], strict: false } },
      retention: { incidents: 400, logs: 90 },
      freshness: 15,
      breaker: { lens: 2, actor: 20, hours: 24 },
      approvals: 72,
      operators: [],
      channels: { email: [] },
      protected: [],
      trusted: [],
    });
  });

  test('a byte order mark, Windows line ends, anchors and JSON', () => {
    expect(parse('\ufeffpreset: strict\r\nfreshness: 5\r\n')).toMatchObject({ preset: 'strict', freshness: 5 });
    expect(parse('{"preset": "observe"}').preset).toBe('observe');
    const twice =
      'modes:\n  - {rule: s3/*, actor: &ci "arn:aws:sts::*:assumed-role/ci/*", mode: off}\n  - {rule: iam/*, actor: *ci, mode: off}';
    expect(parse(twice).modes[1]?.actor).toBe('arn:aws:sts::*:assumed-role/ci/*');
  });

  test('a mode by a room of which one rule can have it', () => {
    expect(parse('modes:\n  - {rule: s3/*, mode: remediate}\n  - {rule: "*/*", mode: approve}\n').modes).toHaveLength(
      2,
    );
  });

  test('the file as shipped says guard and no more', () => {
    const config = readConfig(allRules(), 'firebreak.yml');
    expect(config).toMatchObject({ preset: 'guard', modes: [], exemptions: [], channels: { email: [] } });
  });

  test('every example in it holds when it is uncommented', () => {
    const shipped = readFileSync('firebreak.yml', 'utf8');
    // An example is a comment that opens a key, or goes on with one: prose is not.
    const open = shipped.replace(/^# (?=[a-z]+:( \S*)?$| {2})/gm, '');
    const config = parseConfig(open, 'firebreak.yml', [
      ...rules.filter((toyRule) => !allRules().some(({ id }) => id === toyRule.id)),
      ...allRules(),
    ]);
    expect(config.modes).toHaveLength(1);
    expect(config.exemptions).toHaveLength(1);
    expect(config.channels.email).toEqual(['security@example.com']);
    expect(config.baselines['ec2/security-group-open']).toBeDefined();
  });
});

describe('the file itself', () => {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-config-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const of = (bytes: string | Uint8Array): string => {
    const file = join(folder, 'firebreak.yml');
    writeFileSync(file, bytes);
    return file;
  };

  test('that is no text is refused', () => {
    expect(() => readConfig(rules, of(Uint8Array.of(0x1f, 0x8b, 0x08, 0x00, 0xff)))).toThrow(
      /firebreak\.yml:1: the file: found bytes that are no text, expected YAML in UTF-8/,
    );
    expect(() => readConfig(rules, of(Buffer.from('preset: guard', 'utf16le')))).toThrow(
      /:1: the file: found a control character/,
    );
  });

  test('that is missing is named', () => {
    expect(() => readConfig(rules, join(folder, 'none.yml'))).toThrow(/none\.yml: cannot be read: ENOENT/);
    expect(() => readConfig(rules, folder)).toThrow(/cannot be read: EISDIR/);
  });

  test('is the one given, else that of FIREBREAK_CONFIG, else the one here', () => {
    const before = process.env['FIREBREAK_CONFIG'];
    process.env['FIREBREAK_CONFIG'] = of('preset: strict');
    try {
      expect(readConfig(rules).preset).toBe('strict');
      expect(readConfig(rules, 'firebreak.yml').preset).toBe('guard');
      delete process.env['FIREBREAK_CONFIG'];
      expect(configPath()).toBe(join(process.cwd(), 'firebreak.yml'));
    } finally {
      if (before !== undefined) process.env['FIREBREAK_CONFIG'] = before;
    }
  });
});

describe('the JSON Schema for editors', () => {
  const schema = toJsonSchema(configSchema, { errorMode: 'ignore', typeMode: 'input' }) as Schema;
  type Schema = {
    type?: string;
    description?: string;
    enum?: unknown[];
    properties?: Record<string, Schema>;
    items?: Schema;
    required?: string[];
    additionalProperties?: unknown;
    pattern?: string;
    minimum?: number;
    maximum?: number;
    default?: unknown;
  };
  const member = (...path: string[]): Schema =>
    path.reduce((here, key) => (key === '*' ? here.items : here.properties?.[key]) ?? {}, schema);

  test('refuses unknown keys at every depth', () => {
    const objects = (here: Schema): Schema[] => [
      ...(here.properties ? [here] : []),
      ...Object.values(here.properties ?? {}).flatMap(objects),
      ...(here.items ? objects(here.items) : []),
    ];
    expect(objects(schema)).toHaveLength(10);
    for (const object of objects(schema)) expect(object.additionalProperties).toBe(false);
  });

  test('offers the words that are allowed, what must be there, and bounds', () => {
    expect(member('preset')).toMatchObject({ enum: ['observe', 'guard', 'standard', 'strict'], default: 'guard' });
    expect(member('modes', '*', 'mode').enum).toEqual(['off', 'notify', 'approve', 'remediate']);
    expect(member('modes', '*').required).toEqual(['rule', 'mode']);
    expect(member('exemptions', '*').required).toEqual(['rule', 'owner', 'reason', 'expires']);
    expect(member('modes', '*', 'account').pattern).toBe('^\\d{12}$');
    expect(member('freshness')).toMatchObject({ type: 'integer', minimum: 1, maximum: 1440, default: 15 });
    expect(member('retention', 'logs').enum).toContain(90);
    expect(schema.required ?? []).toEqual([]);
  });

  test('describes every key', () => {
    const silent = (here: Schema, at: string): string[] =>
      Object.entries(here.properties ?? {}).flatMap(([key, value]) => [
        ...(value.description || value.properties ? [] : [`${at}${key}`]),
        ...silent(value, `${at}${key}.`),
        ...(value.items ? silent(value.items, `${at}${key}[].`) : []),
      ]);
    expect(silent(schema, '')).toEqual([]);
  });

  test('is what the first line of firebreak.yml points at', () => {
    expect(readFileSync('firebreak.yml', 'utf8').split('\n')[0]).toBe(
      '# yaml-language-server: $schema=docs/firebreak.schema.json',
    );
  });
});
