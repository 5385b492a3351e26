import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { rooms } from '../../functions/rooms.ts';
import type { FixRule, Permission, Rule } from '../../shared/core/rule.ts';
import { differences, problemsOf, type RuleFiles, registered, root } from '../support/registry.ts';

const all = await registered();

describe('every rule', () => {
  it.each(all.map(({ rule, files }) => ({ id: rule.id, rule, files })))(
    '$id has all that a rule must have',
    ({ rule, files }) => {
      expect(problemsOf(rule, files)).toEqual([]);
    },
  );

  it('has an id of its own, and is in functions/rooms.ts (npm run generate)', () => {
    const ids = all.map(({ rule }) => rule.id);
    expect(new Set(ids).size).toBe(ids.length);
    const listed = Object.values(rooms).flatMap((rules) => rules.map(({ id }) => id));
    expect([...listed].sort()).toEqual([...ids].sort());
  });

  it('has a stage for each lens law, if it has a fix that an emulator shows', () => {
    const staged = readdirSync(join(root, 'tests/stages'), { recursive: true, encoding: 'utf8' });
    const missing = all.filter(
      ({ rule }) => rule.fix && rule.proof === 'emulator' && !staged.includes(`${rule.id}.ts`),
    );
    expect(missing.map(({ rule }) => rule.id)).toEqual([]);
  });
});

describe('every event file', () => {
  const folders = readdirSync(join(root, 'events'), { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );

  it('belongs to a rule and says whether it fires', () => {
    const known = new Set(all.flatMap(({ files }) => [...files.fires, ...files.quiet].map(({ name }) => name)));
    const stray = folders
      .map(({ parentPath, name }) => join(parentPath, name).slice(root.length + 1))
      .filter((path) => !known.has(path));
    expect(stray).toEqual([]);
  });

  it.each(all.flatMap(({ files }) => [...files.fires, ...files.quiet]))(
    '$name is a whole EventBridge event with synthetic ids',
    ({ event }) => {
      expect(Object.keys(event as object)).toEqual([
        'version',
        'id',
        'detail-type',
        'source',
        'account',
        'time',
        'region',
        'resources',
        'detail',
      ]);
      const text = JSON.stringify(event);
      // Account ids that AWS's documentation uses; a UUID's last twelve digits are none.
      const synthetic = [
        '111122223333',
        '444455556666',
        '777788889999',
        '123456789012',
        '999999999999',
        '000000000000',
      ];
      const accounts = [...text.matchAll(/(?<![\w.-])\d{12}(?![\w.-])/g)].map(([digits]) => digits);
      expect(accounts.filter((digits) => !synthetic.includes(digits))).toEqual([]);
      const keys = [...text.matchAll(/\bA(?:KIA|SIA)[A-Z0-9]{12,}\b/g)].map(([key]) => key);
      expect(keys.filter((key) => !key.includes('EXAMPLE'))).toEqual([]);
    },
  );
});

describe('the checks themselves', () => {
  const twin = (name: string): { version: string; detail: { eventName: string; errorCode?: string } } => ({
    version: '0',
    detail: { eventName: name },
  });
  const files: RuleFiles = {
    path: 'functions/s3/sample.ts',
    source: "import { lens } from './lenses/sample.ts';\n",
    exported: 1,
    lenses: [{ path: 'functions/s3/lenses/sample.ts', source: "import { S3Client } from '@aws-sdk/client-s3';\n" }],
    fires: [{ name: 'fires-a.json', event: twin('Open') }],
    quiet: [{ name: 'quiet-a.json', event: twin('Close') }],
  };
  const reading: Permission = { actions: ['s3:GetBucketPolicy'], resources: ['arn:${AWS::Partition}:s3:::*'] };
  const bucket: Permission = { ...reading, actions: ['s3:PutBucketPolicy'] };
  const sample = {
    id: 's3/sample',
    title: 'A sample of rules',
    severity: 'low',
    why: 'It shows what a rule must have.',
    class: 'A',
    breaks: 'nothing',
    risk: 'None that is known.',
    mends: 'closes what was open.',
    undoes: 'opens what was closed.',
    responsibility: 'customer data',
    proof: 'emulator',
    controls: [{ framework: 'NIST SP 800-53 Rev. 5', id: 'AC-3', source: 'https://docs.aws.amazon.com/a.html' }],
    triggers: [{ kind: 'call', service: 's3.amazonaws.com', name: 'Open' }],
    permissions: { read: [reading], write: [bucket] },
    detect: () => [],
    fix: {
      kind: 'state',
      lens: { id: 's3/x', key: String, read: async () => null, write: async () => {}, undo: () => 'restore' },
      desire: () => null,
    },
  } as unknown as FixRule;
  const rule = (change: object): Rule => ({ ...sample, ...change });
  const permissions = (change: object): Rule => rule({ permissions: { ...sample.permissions, ...change } });

  it('find nothing wrong with a rule that has everything, nor with one that only tells', () => {
    expect(problemsOf(sample, files)).toEqual([]);
    const {
      fix: _,
      permissions: __,
      risk: ___,
      mends: ____,
      undoes: _____,
      proof: ______,
      ...telling
    } = { ...sample, class: 'N' };
    expect(problemsOf(telling as unknown as Rule, { ...files, lenses: [] })).toEqual([]);
  });

  const cases: readonly (readonly [string, RegExp, Rule, Partial<RuleFiles>?])[] = [
    ['two rules in a file', /exports 2 rules/, sample, { exported: 2 }],
    ['an id that is not the path', /is not the path/, rule({ id: 's3/other' })],
    ['a file that is too long', /131 lines: at most 130/, sample, { source: 'x\n'.repeat(131) }],
    [
      'the scaffold’s trigger',
      /WriteMe is the scaffold/,
      rule({ triggers: [{ kind: 'call', service: 's3.amazonaws.com', name: 'WriteMe' }] }),
    ],
    ['no reason why', /why needs a few words/, rule({ why: '' })],
    ['a reason that is no sentence', /why is not a sentence/, rule({ why: 'public buckets are bad' })],
    ['a risk that is no sentence', /risk is not a sentence/, rule({ risk: 'it may break things' })],
    ['no risk', /risk needs a few words/, rule({ risk: ' ' })],
    ['no title', /title needs a few words/, rule({ title: '' })],
    ['a title with a full stop', /title begins with a capital/, rule({ title: 'A sample of rules.' })],
    ['no words for the fix', /mends needs a few words/, rule({ mends: 'fixes' })],
    ['no words for undo', /undoes needs a few words/, rule({ undoes: '' })],
    [
      'a control without a page',
      /control .* AC-3 needs a source/,
      rule({ controls: [{ ...sample.controls[0], source: 'AWS docs' }] }),
    ],
    ['a control without an id', /needs a source/, rule({ controls: [{ ...sample.controls[0], id: '' }] })],
    [
      'a setting that says nothing',
      /the setting days has no description/,
      rule({ baseline: v.strictObject({ days: v.optional(v.number(), 7) }) }),
    ],
    ['no permission to read', /permissions to read and to write/, permissions({ read: [] })],
    ['no permission to write', /permissions to read and to write/, permissions({ write: [] })],
    ['a wildcard action', /action s3:\* is not/, permissions({ write: [{ ...bucket, actions: ['s3:*'] }] })],
    ['a half wildcard action', /action s3:Put\* is not/, permissions({ write: [{ ...bucket, actions: ['s3:Put*'] }] })],
    ['a wildcard action for undo', /action s3:\* is not/, permissions({ undo: ['s3:*'] })],
    ['an undo action that the role holds', /for undo alone/, permissions({ undo: ['s3:PutBucketPolicy'] })],
    [
      'everything as the resource',
      /resource \* is not an ARN/,
      permissions({ write: [{ ...bucket, resources: ['*'] }] }),
    ],
    [
      'a service’s everything',
      /:\* is not an ARN/,
      permissions({ read: [{ ...reading, resources: ['arn:${AWS::Partition}:iam::${AWS::AccountId}:*'] }] }),
    ],
    [
      'an ARN of one partition',
      /arn:aws:s3:::a is not an ARN/,
      permissions({ write: [{ ...bucket, resources: ['arn:aws:s3:::a'] }] }),
    ],
    [
      'no ARN and no source for it',
      /names no https source/,
      permissions({ write: [{ ...bucket, resources: { noArn: 'there is none' } }] }),
    ],
    [
      'a client that no permission names',
      /imports client-iam/,
      sample,
      { lenses: [{ path: 'functions/s3/lenses/x.ts', source: "import { IAMClient } from '@aws-sdk/client-iam';" }] },
    ],
    [
      'a client in the rule itself',
      /imports client-ec2/,
      sample,
      { source: "import { EC2Client } from '@aws-sdk/client-ec2';" },
    ],
    ['no event that fires', /needs an event/, sample, { fires: [] }],
    ['no quiet event', /needs an event/, sample, { quiet: [] }],
    [
      'no near twin',
      /differs in 3 fields/,
      sample,
      { quiet: [{ name: 'quiet-a.json', event: { version: '1', detail: { eventName: 'Close', errorCode: 'X' } } }] },
    ],
  ];
  it.each(cases.map(([what, problem, broken, change]) => ({ what, problem, broken, change })))(
    'see $what',
    ({ problem, broken, change }) => {
      const problems = problemsOf(broken, { ...files, ...change });
      expect(
        problems.some((found) => problem.test(found)),
        `found: ${problems.join('; ') || 'nothing'}`,
      ).toBe(true);
    },
  );

  it('count leaf fields, wherever they stand', () => {
    expect(differences({ a: { b: 1 } }, { a: { b: 1 } })).toBe(0);
    expect(differences({ a: { b: 1 } }, { a: { b: 2 } })).toBe(1);
    expect(differences({ a: [1, 2] }, { a: [1, 3] })).toBe(1);
    expect(differences({ a: null }, {})).toBe(2);
    expect(differences({ a: { b: 1 } }, { a: null })).toBe(2);
    expect(differences({ a: {} }, { a: [] })).toBe(1);
    expect(differences({ a: '1' }, { a: 1 })).toBe(1);
  });
});
