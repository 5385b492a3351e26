/** The scaffold, run in a copy of the repository. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const copy = mkdtempSync(join(tmpdir(), 'firebreak-new-'));
const bin = resolve('node_modules/.bin');
const run = (...words: string[]) => spawnSync(process.execPath, words, { cwd: copy, encoding: 'utf8' });
const scaffold = (...words: string[]) => run('scripts/new.ts', ...words);

beforeAll(() => {
  for (const path of [
    'shared',
    'functions',
    'events',
    'scripts',
    'tests/support',
    'package.json',
    'tsconfig.json',
    'firebreak.yml',
  ])
    cpSync(path, join(copy, path), { recursive: true });
  symlinkSync(resolve('node_modules'), join(copy, 'node_modules'));
  writeFileSync(
    join(copy, 'tsconfig.new.json'),
    JSON.stringify({
      extends: './tsconfig.json',
      include: ['functions/s3', 'functions/sandcastle', 'functions/rooms.ts', 'shared'],
    }),
  );
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

test.each([
  [[], 'found no name'],
  [['s3'], 'found "s3"'],
  [['s3/Versioning'], 'found "s3/Versioning"'],
  [['s3/rules'], 'found "s3/rules"'],
  [['../x/some-rule'], 'found "../x/some-rule"'],
  [['s3/some-rule', 's3/other-rule'], 'found 2 names'],
  [['watch/some-rule'], 'found "watch/some-rule", which is the function of rooms that only tell'],
])('%j is refused', (words, found) => {
  const { status, stderr } = scaffold(...words);
  expect(stderr).toContain(`new: ${found}, expected one rule as room/what-happened`);
  expect(status).toBe(2);
});

test('a rule that exists is refused', () => {
  const room = readdirSync('events').sort()[0] ?? '';
  const rule = readdirSync(join('events', room))[0] ?? '';
  const { status, stderr } = scaffold(`${room}/${rule}`);
  expect(stderr).toContain('expected a rule that does not exist yet');
  expect(status).toBe(2);
});

describe('a new rule in a room that is there, and one in a new room', () => {
  const ids = ['s3/castle-built', 's3/delete', 'sandcastle/moat-drained'];
  test.each(ids)('%s is written', (id) => {
    const { status, stdout, stderr } = scaffold(id);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toContain(`written: functions/${id}.ts`);
    for (const file of [`events/${id}/fires-1.json`, `events/${id}/quiet-1.json`, `docs/rules/${id}.md`])
      expect(existsSync(join(copy, file))).toBe(true);
    expect(readFileSync(join(copy, `functions/${id.split('/')[0]}/rules.ts`), 'utf8')).toContain(
      `./${id.split('/')[1]}.ts`,
    );
  });

  test('the new room only tells, so it is in the shared function and has none of its own', () => {
    for (const file of ['handler.ts', 'function.yml'])
      expect(existsSync(join(copy, 'functions/sandcastle', file))).toBe(false);
    expect(readFileSync(join(copy, 'functions/rooms.ts'), 'utf8')).not.toContain('sandcastle');
    expect(readFileSync(join(copy, 'functions/watch/rules.ts'), 'utf8')).toContain('../sandcastle/rules.ts');
    expect(readFileSync(join(copy, 'functions/watch/function.yml'), 'utf8')).toContain('aws.sandcastle');
  });

  test('both compile', () => {
    const { stdout, status } = spawnSync(join(bin, 'tsc'), ['-p', 'tsconfig.new.json'], {
      cwd: copy,
      encoding: 'utf8',
    });
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });

  test('the registry finds them wanting in words, and in nothing else', () => {
    const ask = `
      import { registered, problemsOf } from './tests/support/registry.ts';
      const found = (await registered()).filter(({ rule }) => ${JSON.stringify(ids)}.includes(rule.id));
      console.log(JSON.stringify(found.map(({ rule, files }) => problemsOf(rule, files))));`;
    const { stdout, stderr } = run('--input-type=module', '-e', ask);
    expect(stderr).toBe('');
    const wanting = [
      'the trigger WriteMe is the scaffold’s: write CloudTrail’s eventName',
      'why needs a few words, and no space around them',
      'title needs a few words, and no space around them',
      'why is not a sentence: ""',
      'title begins with a capital and ends without a full stop',
    ];
    expect(JSON.parse(stdout)).toEqual(ids.map(() => wanting));
  });

  test('one event fires, and its twin is a mere attempt', () => {
    const ask = `
      import { readFileSync } from 'node:fs';
      import { decide } from './shared/core/decide.ts';
      import { normalise } from './shared/core/signal.ts';
      import { awakened } from './shared/core/route.ts';
      import { parseConfig } from './shared/config/load.ts';
      import { rooms } from './functions/rooms.ts';
      const rules = Object.values(rooms).flat();
      const config = parseConfig('preset: guard', 'x', rules);
      const ways = (rule, file) => normalise(JSON.parse(readFileSync('events/' + rule.id + '/' + file, 'utf8'))).signals.flatMap((signal) =>
        awakened([rule], signal).flatMap((woken) => decide(woken, signal, config, new Date()).map(({ way }) => way)));
      const found = ${JSON.stringify(ids)}.map((id) => rules.find((rule) => rule.id === id));
      console.log(JSON.stringify(found.flatMap((rule) => [...ways(rule, 'fires-1.json'), ...ways(rule, 'quiet-1.json')])));`;
    const { stdout, stderr } = run('--input-type=module', '-e', ask);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual(ids.flatMap(() => ['tell', 'attempt']));
  });

  test('a second time is refused, and changes nothing', () => {
    const { status, stderr } = scaffold(ids[0] ?? '');
    expect(stderr).toBe('new: found functions/s3/castle-built.ts, expected a rule that does not exist yet\n');
    expect(status).toBe(2);
  });

  test('with its first fix the room becomes a function of its own, and without it none again', () => {
    const file = join(copy, 'functions/sandcastle/moat-drained.ts');
    const telling = readFileSync(file, 'utf8');
    const fix = `class: 'A', breaks: 'nothing', risk: '', mends: '', undoes: '', proof: 'fake', contains: true,
      permissions: { read: [], write: [] }, fix: { kind: 'state', lens: {}, desire: () => null },`;
    const mending = telling.replace("class: 'N',", fix).replace("\n  breaks: 'nothing',", '').replace('rule({', '({');
    const handler = join(copy, 'functions/sandcastle/handler.ts');
    writeFileSync(file, mending);
    expect(run('scripts/generate.ts').stderr).toBe('');
    const iam = readFileSync(join(copy, 'functions/iam/handler.ts'), 'utf8');
    expect(readFileSync(handler, 'utf8')).toBe(iam.replace("'iam'", "'sandcastle'"));
    expect(readFileSync(join(copy, 'functions/rooms.ts'), 'utf8')).toContain('./sandcastle/rules.ts');
    expect(readFileSync(join(copy, 'functions/watch/function.yml'), 'utf8')).not.toContain('aws.sandcastle');
    expect(run('scripts/generate.ts', '--check').status).toBe(0);
    writeFileSync(handler, `// by hand\n${iam}`);
    run('scripts/generate.ts');
    expect(readFileSync(handler, 'utf8')).toContain('// by hand');
    writeFileSync(file, telling);
    const { stderr, status } = run('scripts/generate.ts', '--check');
    expect(status).toBe(1);
    expect(stderr).toContain('functions/sandcastle/handler.ts');
    run('scripts/generate.ts');
    expect(existsSync(handler)).toBe(false);
    expect(run('scripts/generate.ts', '--check').status).toBe(0);
  });
});
