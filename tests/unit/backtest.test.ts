/** The fast reader against the careful one: the same findings, record by record, whatever a log looks like. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it, test } from 'vitest';
import type { Row } from '../../cli/backtest/judge.ts';
import { localLogs, otherThan } from '../../cli/backtest/logs.ts';
import { readLog, readStream } from '../../cli/backtest/read.ts';
import { readAll, wakersOf } from '../../cli/backtest/run.ts';
import { type Cut, scanners, tooLarge } from '../../cli/backtest/scan.ts';
import { sifter } from '../../cli/backtest/sift.ts';
import { openSpool, type Result } from '../../cli/backtest/spool.ts';
import { classify } from '../../cli/classify.ts';
import { pieces } from '../../cli/input.ts';
import { allRules } from '../../functions/deployment.ts';
import { records } from '../../scripts/corpus.ts';
import { parseConfig } from '../../shared/config/load.ts';
import { counter } from '../../shared/core/count.ts';
import { recorded } from '../support/recorded.ts';

const rules = allRules();
const config = parseConfig('preset: standard\n', 'test', rules);
const now = new Date('2026-09-01T00:00:00Z');
const judging = { rules, config, now };
const dir = mkdtempSync(join(tmpdir(), 'firebreak-backtest-'));
afterAll(() => rmSync(dir, { recursive: true }));

let spools = 0;
/** All results of a run over the paths, by the fast way or the full one. */
async function ran(paths: readonly string[], full = false): Promise<readonly Result[]> {
  const spool = openSpool(join(dir, `state-${spools++}`), 'key');
  const { logs } = localLogs(paths);
  await readAll(logs, spool, judging, full, () => {});
  const results = logs.flatMap(({ name }) => spool.get(name) ?? []);
  spool.close();
  return results;
}

type Told = { source: string; id: string | null; rule: string; certainty: string; resource: string; reason: string };
const told = ({ source, id, rule, certainty, resource, reason, mode }: Row): Told & { mode: string } => ({
  source,
  id,
  rule,
  certainty,
  resource,
  reason,
  mode,
});

/** One log's findings, counted by itself as the answer counts all. */
const sifted = ({ rows }: Result): readonly unknown[] => sifter(rules)(rows).map(told);

const placeless = (row: unknown): unknown => ({ ...(row as object), source: null });

/** What `classify` says of a file. */
async function classified(path: string): Promise<{ rows: readonly unknown[]; records: number; unreadable: number }> {
  const rows: unknown[] = [];
  const counts = counter();
  let [count, unreadable] = [0, 0];
  for await (const piece of pieces(path)) {
    const line = classify(piece, count, rules, config, now, counts);
    count += 1;
    if (line.error !== undefined) unreadable += 1;
    for (const { rule, certainty, resource, reason, mode } of line.findings)
      rows.push({ source: line.source, id: line.id, rule, certainty, resource, reason, mode });
  }
  return { rows, records: count, unreadable };
}

const interesting = [...records({ records: 120, files: 1, oneIn: 1, days: 9, seed: 3 }, 0)];
const dull = [...records({ records: 40, files: 1, oneIn: 1e9, days: 9, seed: 4 }, 0)];

/** JSON as nobody writes it: keys in any order, blanks anywhere, any character escaped. */
function written(value: unknown, random: (below: number) => number): string {
  const blank = (): string => (random(6) === 0 ? (['', ' ', '\t', '\r', '  '][random(5)] ?? '') : '');
  const text = (plain: string): string => {
    const style = random(12);
    const quoted = JSON.stringify(plain);
    if (style > 1) return quoted;
    return `"${[...quoted.slice(1, -1).matchAll(/\\u[0-9a-f]{4}|\\.|[^\\]/gs)]
      .map(([unit]) => {
        if (unit.startsWith('\\') || random(4) > 0) return unit;
        const hex = unit.charCodeAt(0).toString(16).padStart(4, '0');
        return `\\u${random(2) === 0 ? hex : hex.toUpperCase()}`;
      })
      .join('')}"`;
  };
  if (typeof value === 'string') return text(value);
  if (Array.isArray(value))
    return `[${value.map((one) => `${blank()}${written(one, random)}${blank()}`).join(',')}${blank()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value);
  if (random(3) === 0) members.sort(() => random(3) - 1);
  return `{${blank()}${members.map(([key, one]) => `${blank()}${text(key)}${blank()}:${blank()}${written(one, random)}`).join(',')}${blank()}}`;
}

const arbitraryRecord = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...interesting) },
  { weight: 3, arbitrary: fc.constantFrom(...dull) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom(...dull), fc.constantFrom(...interesting), fc.integer({ min: 0, max: 13 }), fc.string())
      .map(([one, other, way, noise]): unknown => {
        const call = other as { eventName: string; eventSource: string };
        switch (way) {
          case 0: // A dangerous record inside of a harmless one.
            return { ...one, requestParameters: { list: [{ foo: 1 }, other, other], eventName: call.eventName } };
          case 1: // An EventBridge envelope, with a name of its own.
            return { ...one, 'detail-type': 'AWS API Call via CloudTrail', source: 'aws.x', detail: other };
          case 2:
            return { ...other, eventSource: call.eventSource.toUpperCase() };
          case 3:
            return { ...other, errorMessage: `"eventName":"${noise}\\","eventSource":"` };
          case 4:
            return { ...one, userAgent: `\\\\"{[}]${noise}\u{1f525}\u2028`, note: '"eventName":"PutBucketPolicy"' };
          case 5:
            return { ...other, eventName: call.eventName === 'x' ? 1 : null };
          case 6:
            return { ...one, eventSource: '', AwsAccountId: '1', ProductArn: 'x' };
          case 7:
            return { [noise]: one, eventName: 'eventName', eventSource: 'eventSource' };
          case 8:
            return [other];
          case 9:
            return { ...other, [`eventName${noise}`]: 'eventName' };
          case 10:
            return { ...one, userIdentity: { type: 'Root', arn: 'arn:aws:iam::111122223333:root', [noise]: noise } };
          case 11:
            return { ...one, [noise]: { type: 'Root' } };
          case 12:
            return { ...other, eventName: `${call.eventName} ` };
          default:
            return { ...other, requestParameters: { text: JSON.stringify({ Records: [one] }), deep: [[[[{}]]]] } };
        }
      }),
  },
  { weight: 1, arbitrary: fc.oneof(fc.constant(null), fc.constant(7), fc.string(), fc.constant({})) },
);

type Shape = 'log' | 'list' | 'lines' | 'spread' | 'bare';
const arbitraryLog = fc
  .record({
    values: fc.array(arbitraryRecord, { maxLength: 12 }),
    shape: fc.constantFrom<Shape>('log', 'log', 'log', 'list', 'lines', 'lines', 'spread', 'bare'),
    seed: fc.integer(),
    twice: fc.integer({ min: 0, max: 5 }),
    broken: fc.integer({ min: 0, max: 12 }),
  })
  .map(({ values, shape, seed, twice, broken }) => {
    let state = seed >>> 0;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 4_294_967_296) * below);
    };
    const texts = values.map((value) => written(value, random));
    // A key twice in one object: the last one counts.
    const doubled = texts.map((text) =>
      twice === 0 && text.endsWith('}') && text.length > 4
        ? `${text.slice(0, -1)},"\\u0065ventName":"StopLogging"}`
        : text,
    );
    const body =
      shape === 'lines'
        ? doubled.join('\n')
        : shape === 'list'
          ? `[${doubled.join(',')}]`
          : shape === 'spread'
            ? JSON.stringify({ Records: values }, null, 2)
            : shape === 'bare'
              ? doubled.join(' ')
              : `{"Records":${random(3) === 0 ? ' ' : ''}[${doubled.join(',')}]${random(5) === 0 ? ' ' : ''}}`;
    const text = twice === 1 ? `${body}\n${body}` : body;
    if (broken === 0) return { text: text.slice(0, random(text.length + 1)), sound: true };
    if (broken === 1) {
      const at = random(text.length + 1);
      const wrong = `${text.slice(0, at)}${['}', '"', ',', '\u0000', '\\', '\n'][random(6)]}${text.slice(at)}`;
      return { text: wrong, sound: false };
    }
    return { text, sound: true };
  });

describe('the fast reader', () => {
  it('finds what classify finds, in the same places', { timeout: 240_000 }, async () => {
    const folder = join(dir, 'generated');
    mkdirSync(folder);
    const logs = fc.sample(arbitraryLog, { numRuns: 700, seed: 20260901 });
    for (const [number, { text }] of logs.entries())
      writeFileSync(
        join(folder, `${String(number).padStart(4, '0')}.json`),
        number % 3 === 0 ? gzipSync(text) : Buffer.from(text),
      );
    const results = await ran([folder]);
    expect(results).toHaveLength(logs.length);
    let found = 0;
    // The full parse is the same run over another reader.
    const full = await ran([folder], true);
    for (const [number, result] of results.entries()) {
      const expected = await classified(result.log);
      expect((full[number] ? [full[number]] : []).map(sifted)).toEqual([expected.rows]);
      if (!logs[number]?.sound) {
        // No JSON: a record that no rule wakes on is not looked into, so the fast reader may not notice, and find more.
        const [more, fewer] = [sifted(result), expected.rows].map((rows) => rows.map(placeless));
        expect(more).toEqual(expect.arrayContaining(fewer ?? []));
        continue;
      }
      expect({ log: result.log, rows: sifted(result) }).toEqual({ log: result.log, rows: expected.rows });
      expect(full[number]?.rows).toEqual(result.rows);
      found += result.rows.length;
    }
    expect(found).toBeGreaterThan(500);
  });

  it('reads what aws cloudtrail lookup-events prints as classify does, and as the records themselves', async () => {
    const folder = join(dir, 'listed');
    mkdirSync(folder);
    const all = [...dull.slice(0, 9), ...interesting, ...dull.slice(9)];
    const Events = all.map((one) => ({ EventId: 'x', EventName: 'y', CloudTrailEvent: JSON.stringify(one) }));
    writeFileSync(join(folder, 'a.json'), JSON.stringify({ Events }));
    writeFileSync(join(folder, 'b.json'), JSON.stringify({ Events, NextToken: 'x' }, null, 4));
    writeFileSync(join(folder, 'c.json'), JSON.stringify(Events));
    writeFileSync(join(folder, 'd.jsonl'), Events.map((one) => JSON.stringify(one)).join('\n'));
    writeFileSync(join(folder, 'e.json'), JSON.stringify(Events.map(({ CloudTrailEvent }) => CloudTrailEvent)));
    writeFileSync(join(folder, 'f.json'), JSON.stringify({ Records: all }));
    const results = await ran([folder]);
    const plain = results.at(-1);
    for (const result of results) {
      const expected = await classified(result.log);
      expect(sifted(result)).toEqual(expected.rows);
      expect(result).toMatchObject({ records: expected.records, unreadable: expected.unreadable });
      expect(sifted(result).map(placeless)).toEqual(plain && sifted(plain).map(placeless));
    }
    expect((await ran([folder], true)).map(sifted)).toEqual(results.map(sifted));
  });

  it('counts the same records in whole logs', async () => {
    const folder = join(dir, 'whole');
    mkdirSync(folder);
    writeFileSync(join(folder, 'a.json'), JSON.stringify({ Records: [...dull, ...interesting] }));
    writeFileSync(join(folder, 'b.jsonl'), [...dull, ...interesting].map((one) => JSON.stringify(one)).join('\n'));
    for (const result of await ran([folder])) {
      const expected = await classified(result.log);
      expect(result).toMatchObject({ records: expected.records, unreadable: 0 });
      expect(sifted(result)).toEqual(expected.rows);
    }
  });

  it.runIf(recorded.length > 0)('finds what classify finds in events that others recorded', async () => {
    const path = join(dir, 'recorded.jsonl');
    writeFileSync(path, recorded.map(({ event }) => JSON.stringify(event)).join('\n'));
    const [result] = await ran([path]);
    const expected = await classified(path);
    expect(result && sifted(result)).toEqual(expected.rows);
    expect(expected.rows.length).toBeGreaterThan(20);
    expect(result).toMatchObject({ records: expected.records, unreadable: expected.unreadable });
  });

  it('does not mind where its chunks end', async () => {
    const scan = scanners(wakersOf(rules));
    const ofWhole = async (text: string, sizes: readonly number[]): Promise<readonly Cut[]> => {
      const bytes = Buffer.from(text);
      const chunks = function* (): Generator<Buffer> {
        for (let at = 0, number = 0; at < bytes.length; number += 1) {
          const size = sizes[number % sizes.length] ?? bytes.length;
          yield bytes.subarray(at, at + size);
          at += size;
        }
      };
      const { cuts, odd } = await readStream(
        (async function* () {
          yield* chunks();
        })(),
        scan(),
        async () => {},
      );
      return odd === null ? cuts : [];
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...dull, ...interesting), { minLength: 1, maxLength: 30 }),
        fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 8 }),
        async (values, sizes) => {
          const text = JSON.stringify({ Records: values });
          expect(await ofWhole(text, sizes)).toEqual(await ofWhole(text, [text.length]));
        },
      ),
      { numRuns: 60 },
    );
  });
});

const log = (values: readonly unknown[]): string => JSON.stringify({ Records: values });

describe('what is told only from some number on', () => {
  const failed = (id: string, minute: number, user: string): object => ({
    eventVersion: '1.08',
    userIdentity: { type: 'IAMUser', userName: user, accountId: '111122223333' },
    eventTime: `2026-07-01T10:${String(minute).padStart(2, '0')}:00Z`,
    eventSource: 'signin.amazonaws.com',
    eventName: 'ConsoleLogin',
    awsRegion: 'us-east-1',
    sourceIPAddress: `198.51.100.${user.length}`,
    errorMessage: 'Failed authentication',
    responseElements: { ConsoleLogin: 'Failure' },
    eventID: id,
    eventType: 'AwsConsoleSignIn',
    recipientAccountId: '111122223333',
  });
  const folder = join(dir, 'counted');
  mkdirSync(folder);
  // Five of alice's within a quarter of an hour, over three logs, one of them twice; four of bobby's, and one much later.
  const logs = [
    [failed('a1', 0, 'alice'), failed('b1', 0, 'robert'), failed('a2', 1, 'alice'), failed('b2', 3, 'robert')],
    [failed('a2', 1, 'alice'), failed('a3', 5, 'alice'), failed('b3', 6, 'robert'), failed('a4', 7, 'alice')],
    [failed('b4', 9, 'robert'), failed('a5', 12, 'alice'), failed('a6', 13, 'alice'), failed('b5', 50, 'robert')],
  ];
  const paths = logs.map((values, number) => {
    const path = join(folder, `${number}.json`);
    writeFileSync(path, log(values));
    return path;
  });
  const carried = (results: readonly Result[]): readonly unknown[] => {
    const sift = sifter(rules);
    return results.flatMap(({ rows }) => sift(rows).map(told));
  };

  it('is carried by the record that reaches it, as classify has it, by either reader', async () => {
    const count = counter();
    const rows: unknown[] = [];
    const ignored: (string | undefined)[] = [];
    for (const path of paths)
      for await (const piece of pieces(path)) {
        const line = classify(piece, 0, rules, config, now, count);
        ignored.push(line.ignored);
        for (const { rule, certainty, resource, reason, mode } of line.findings)
          rows.push({ source: line.source, id: line.id, rule, certainty, resource, reason, mode });
      }
    expect(rows).toMatchObject([
      { source: `${paths[2]}#1`, id: 'a5', rule: 'signin/failed-logins' },
      { source: `${paths[2]}#1`, id: 'a5', rule: 'signin/failed-logins' },
    ]);
    expect(ignored[0]).toMatch(/^signin\/failed-logins counts it: 1 of 5 within 15 minutes/);
    expect(carried(await ran(paths))).toEqual(rows);
    const sift = sifter(rules);
    expect((await ran(paths)).flatMap((result) => sift(result.rows)).map(({ way }) => way)).toEqual(['tell', 'tell']);
    expect(carried(await ran(paths, true))).toEqual(rows);
  });

  it('does not depend on how many runs read the logs', async () => {
    const path = join(dir, 'counted-state');
    for (const some of [paths.slice(2), paths.slice(0, 1), paths]) {
      const spool = openSpool(path, 'key');
      await readAll(localLogs(some).logs, spool, judging, false, () => {});
      spool.close();
    }
    const spool = openSpool(path, 'key');
    const results = paths.flatMap((name) => spool.get(name) ?? []);
    spool.close();
    expect(carried(results)).toEqual(carried(await ran(paths)));
    expect(carried(results)).toHaveLength(2);
  });
});

describe('what is broken', () => {
  test('a gzip that ends early gives its complete records, and is named', async () => {
    const path = join(dir, 'cut.json.gz');
    const many = Array.from({ length: 40 }, () => interesting).flat();
    const whole = gzipSync(log(many), { level: 1 });
    writeFileSync(path, whole.subarray(0, whole.length >> 1));
    const [result] = await ran([path]);
    const expected = await classified(path);
    expect(expected.rows.length).toBeGreaterThan(100);
    expect(result && sifted(result)).toEqual(expected.rows);
    expect(result?.problems).toEqual([{ source: path, error: 'its gzip ends early: half written?' }]);
    // What was complete in it, up to the last of its blocks.
    expect(result?.records).toBe(expected.records);
  });

  test('a long line that ends early gives its complete records without being read twice', async () => {
    const path = join(dir, 'cut.json');
    const many = Array.from({ length: 12 }, () => interesting).flat();
    writeFileSync(path, log(many).slice(0, -700));
    expect(statSync(path).size).toBeGreaterThan(1 << 20);
    const [result] = await ran([path]);
    const expected = await classified(path);
    expect(expected.unreadable).toBe(1);
    expect(result && sifted(result)).toEqual(expected.rows);
    expect(result).toMatchObject({
      records: expected.records,
      problems: [{ source: `${path}#${many.length - 1}`, error: 'ends before its JSON does: half written?' }],
    });
    expect(await readLog(path, scanners(wakersOf(rules)), async () => {})).toMatchObject({
      odd: null,
      half: many.length - 1,
    });
  });

  test('a line that is no JSON and goes on for long hides nothing behind it', async () => {
    const path = join(dir, 'long.jsonl');
    writeFileSync(path, `${'a'.repeat(17 << 20)}\n${JSON.stringify(interesting[0])}\n`);
    const [result] = await ran([path]);
    expect(result).toMatchObject({ records: 2, unreadable: 1, problems: [{ source: `${path}:1` }] });
    expect(result?.problems[0]?.error.length).toBeLessThan(200);
  });

  test('what is not CloudTrail, not JSON, not there or not to be read is one clear line each', async () => {
    const files = { 'other.json': '{"name":"firebreak"}', 'text.json': 'hello', 'nul.json': 'a\0b', 'empty.json': '' };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
    const results = await ran(Object.keys(files).map((name) => join(dir, name)));
    expect(results.map(({ problems }) => problems.map(({ error }) => error))).toEqual([
      ['not a CloudTrail record, a GuardDuty or Security Hub finding, or an EventBridge event'],
      [expect.stringContaining('not JSON')],
      [expect.stringContaining('NUL')],
      [],
    ]);
    expect(localLogs([join(dir, 'nowhere')]).problems[0]?.error).toBe('there is no such file');
  });

  test('one value that is too large to be a record is not held', async () => {
    const scan = scanners({ calls: {}, root: false })();
    const chunk = Buffer.alloc(1 << 20, 0x20);
    scan.feed(Buffer.from('{"a":'));
    let fed = 0;
    while (fed < 80 && scan.feed(chunk)) fed += 1;
    expect(scan.odd()).toBe(tooLarge);
    expect(fed).toBeLessThan(70);
  });
});

test('digest files, Insights files and the logs of other services are passed over by their names', () => {
  const key = (rest: string): string => `AWSLogs/111122223333/${rest}`;
  expect(
    otherThan(key('CloudTrail/eu-central-1/2026/07/01/111122223333_CloudTrail_eu-central-1_x.json.gz')),
  ).toBeNull();
  expect(otherThan(`o/AWSLogs/o-abc123/111122223333/CloudTrail/us-east-1/2026/07/01/x.json.gz`)).toBeNull();
  expect(otherThan(key('CloudTrail-Digest/us-east-1/2026/07/01/1_CloudTrail-Digest_x.json.gz'))).toBe('digest files');
  expect(otherThan(key('CloudTrail-Insight/us-east-1/2026/07/01/x.json.gz'))).toBe('Insights files');
  expect(otherThan(key('Config/us-east-1/2026/7/1/ConfigHistory/x.json.gz'))).toBe('logs of other services');
  expect(otherThan('readme.txt')).toBe('files that are no JSON by their names');
});

describe('the state of a run', () => {
  const result = (name: string): Result => ({
    log: name,
    stamp: '1',
    records: 1,
    bytes: 1,
    from: null,
    to: null,
    unreadable: 0,
    problems: [],
    rows: [],
  });

  it('keeps whole lines, and forgets half of one', () => {
    const path = join(dir, 'half');
    const spool = openSpool(path, 'k');
    for (const name of ['a', 'b\u2028', 'c']) spool.add(result(name));
    spool.close();
    writeFileSync(path, readFileSync(path).subarray(0, -20));
    const again = openSpool(path, 'k');
    expect([again.known('a'), again.known('b\u2028'), again.known('c')]).toEqual(['1', '1', undefined]);
    again.add(result('d'));
    expect(again.get('d')).toEqual(result('d'));
    again.close();
  });

  it('does not take a file that is not its own', () => {
    const path = join(dir, 'mine.txt');
    writeFileSync(path, 'a letter\n');
    expect(() => openSpool(path, 'k')).toThrow(/no state of a backtest/);
    expect(readFileSync(path, 'utf8')).toBe('a letter\n');
    const other = join(dir, 'other-state');
    openSpool(other, 'one').close();
    expect(() => openSpool(other, 'two')).toThrow(/another backtest/);
  });
});
