import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { type Piece, pieces } from '../../cli/input.ts';

const dir = mkdtempSync(join(tmpdir(), 'firebreak-input-'));
afterAll(() => rmSync(dir, { recursive: true }));

/** What comes out of a file with this content: `line 3` or `#0` and the value, or `error`. */
async function read(content: string | Uint8Array): Promise<readonly (readonly [string, unknown])[]> {
  const file = join(dir, 'input');
  writeFileSync(file, content);
  const found: Piece[] = [];
  for await (const piece of pieces(file)) found.push(piece);
  return found.map((piece) => [
    piece.source.slice(file.length),
    'error' in piece ? `error: ${piece.error}` : piece.value,
  ]);
}

const halfWritten = 'error: ends before its JSON does: half written?';
const a = { a: 'x{[",:\\', n: -1.5e3, list: [1, { deep: [] }, null, true] };
const b = { b: {} };
const records = { Records: [a, b, 7] };
/** A record as LookupEvents lists it. */
const listed = (record: unknown): object => ({
  EventId: 'e',
  EventName: 'n',
  Resources: [],
  CloudTrailEvent: typeof record === 'string' ? record : JSON.stringify(record),
});

describe('what is read', () => {
  it.each([
    [
      'JSON lines',
      `${JSON.stringify(a)}\n${JSON.stringify(b)}\n`,
      [
        [':1', a],
        [':2', b],
      ],
    ],
    [
      'no line end at the end',
      `${JSON.stringify(a)}\n${JSON.stringify(b)}`,
      [
        [':1', a],
        [':2', b],
      ],
    ],
    [
      'a byte order mark, CRLF and blank lines',
      `\ufeff${JSON.stringify(a)}\r\n\r\n  \r\n${JSON.stringify(b)}\r\n`,
      [
        [':1', a],
        [':4', b],
      ],
    ],
    [
      'a log file',
      JSON.stringify(records),
      [
        ['#0', a],
        ['#1', b],
        ['#2', 7],
      ],
    ],
    [
      'a log file over many lines',
      JSON.stringify(records, null, 2),
      [
        ['#0', a],
        ['#1', b],
        ['#2', 7],
      ],
    ],
    [
      'what aws cloudtrail lookup-events prints, whole, as lines, and the texts alone',
      [
        JSON.stringify({ Events: [listed(a), listed(b)], NextToken: 'x' }, null, 4),
        JSON.stringify(listed(a)),
        JSON.stringify([JSON.stringify(a), 'no record']),
        JSON.stringify({ eventName: 'x', CloudTrailEvent: '{}' }),
        JSON.stringify(listed('{ half')),
      ].join('\n'),
      [
        ['#0', a],
        ['#1', b],
        [':18', a],
        ['#2', a],
        ['#3', 'no record'],
        [':20', { eventName: 'x', CloudTrailEvent: '{}' }],
        [':21', listed('{ half')],
      ],
    ],
    ['findings as their API lists them', JSON.stringify({ NextToken: '', Findings: [b] }), [['#0', b]]],
    ['a list', `[${JSON.stringify(a)}]`, [['#0', a]]],
    [
      'a list with a line for each',
      `[\n${JSON.stringify(a)},\n${JSON.stringify(b)}\n]\n`,
      [
        ['#0', a],
        ['#1', b],
      ],
    ],
    ['one document over many lines', `\n${JSON.stringify(a, null, 4)}\n`, [[':2', a]]],
    [
      'documents one after the other',
      `${JSON.stringify(b, null, 1)}\n${JSON.stringify(b, null, 1)}{"c":1}{"d":2}`,
      [
        [':1', b],
        [':4', b],
        [':6', { c: 1 }],
        [':6', { d: 2 }],
      ],
    ],
    [
      'lines that were cut from a list',
      `${JSON.stringify(b)},\n${JSON.stringify(b)}\n`,
      [
        [':1', b],
        [':2', b],
      ],
    ],
    [
      'lists and lines mixed: one count through the file',
      `${JSON.stringify(b)}\n[1,2]\n${JSON.stringify(b)}\n{"Records":[3]}`,
      [
        [':1', b],
        ['#0', 1],
        ['#1', 2],
        [':3', b],
        ['#2', 3],
      ],
    ],
    [
      'an envelope that holds a list',
      '{"detail-type":"x","Records":[1]}',
      [[':1', { 'detail-type': 'x', Records: [1] }]],
    ],
    ['an empty log file', '{"Records":[]}', []],
    ['nothing', '', []],
    ['blank lines alone', '\n \r\n', []],
    ['one character', '7', [[':1', 7]]],
  ])('%s', async (_, content, expected) => {
    expect(await read(content)).toEqual(expected);
    expect(await read(gzipSync(content)), 'gzipped').toEqual(expected);
    expect(
      await read(Buffer.concat([gzipSync(content.slice(0, 9)), gzipSync(content.slice(9))])),
      'in two gzip members',
    ).toEqual(expected);
  });

  it('UTF-16 with its mark, as PowerShell writes it', async () => {
    expect(await read(Buffer.from(`\ufeff${JSON.stringify(b)}\r\n`, 'utf16le'))).toEqual([[':1', b]]);
  });
});

describe('what cannot be read', () => {
  it.each([
    [
      'a line of something else',
      `hello\n${JSON.stringify(b)}`,
      [
        [':1', expect.stringMatching(/^error: not JSON: /)],
        [':2', b],
      ],
    ],
    [
      'a half-written line keeps the ones after it',
      `{"a":"tr\n${JSON.stringify(b)}\n${JSON.stringify(a)}`,
      [
        [':1', halfWritten],
        [':2', b],
        [':3', a],
      ],
    ],
    [
      'one that breaks off between members',
      `{"a":1,\n${JSON.stringify(b)}\n`,
      [
        [':1', halfWritten],
        [':2', b],
      ],
    ],
    [
      'one that breaks off in a list',
      `{"a":[\n${JSON.stringify(b)}\n${JSON.stringify(a)}\n`,
      [
        [':1', halfWritten],
        [':2', b],
        [':3', a],
      ],
    ],
    [
      'one that breaks off before a document over many lines',
      `{"a":1,\n${JSON.stringify(a, null, 2)}\n`,
      [
        [':1', halfWritten],
        [':2', a],
      ],
    ],
    [
      'a broken document over many lines is one error',
      `{\n  "a": 1,,\n  "b": 2\n}\n${JSON.stringify(b)}`,
      [
        [':1', expect.stringMatching(/^error: not JSON: /)],
        [':5', b],
      ],
    ],
    [
      'a broken record among a log file’s lines',
      `{"Records":[\n{"a":1},\n{"b":,\n{"c":1},\n{"d":1}\n]}\n`,
      [
        ['#0', { a: 1 }],
        ['#1', expect.stringMatching(/^error: not JSON: /)],
        [':4', { c: 1 }],
        [':5', { d: 1 }],
      ],
    ],
    [
      'a half-written log file before a whole one',
      `{"Records":[{"a":1},{"b\n{"Records":[{"c":1}]}`,
      [
        ['#0', { a: 1 }],
        ['#1', halfWritten],
        ['#2', { c: 1 }],
      ],
    ],
    [
      'brackets that do not match',
      '[{"a":1}}',
      [
        ['#0', { a: 1 }],
        ['#1', expect.stringMatching(/^error: not JSON: /)],
      ],
    ],
    [
      'a bad escape',
      '{"Records":[{"a":1},{"b":"\\x"}]}',
      [
        ['#0', { a: 1 }],
        ['#1', expect.stringMatching(/^error: not JSON: Bad escaped/)],
      ],
    ],
    ['bytes that are no text', 'PK\u0003\u0004\0\0', [['', expect.stringMatching(/NUL bytes/)]]],
  ])('%s', async (_, content, expected) => {
    expect(await read(content)).toEqual(expected);
  });

  it('a missing file and a directory', async () => {
    const found: Piece[] = [];
    for (const path of [join(dir, 'none'), dir]) for await (const piece of pieces(path)) found.push(piece);
    expect(found).toEqual([
      { source: join(dir, 'none'), error: 'there is no such file' },
      { source: dir, error: 'is a directory; expected a file: name the files in it' },
    ]);
  });

  it('a log file cut anywhere: every complete record, then one error', async () => {
    for (const whole of [JSON.stringify(records), JSON.stringify(records, null, 1)]) {
      for (let length = 12; length < whole.length; length += 1) {
        const found = await read(whole.slice(0, length));
        const good = found.slice(0, -1);
        expect(
          good.map(([, value]) => value),
          whole.slice(0, length),
        ).toEqual(records.Records.slice(0, good.length));
        expect(found.at(-1)?.[1], whole.slice(0, length)).toBe(halfWritten);
      }
    }
  });

  it('a gzip cut anywhere: records first, then one error', async () => {
    const many = { Records: Array.from({ length: 300 }, (_, n) => ({ n, r: Math.sin(n) })) };
    const zipped = gzipSync(JSON.stringify(many));
    let most = 0;
    for (const part of [0.01, 0.3, 0.6, 0.9, 0.999]) {
      const found = await read(zipped.subarray(0, Math.floor(zipped.length * part)));
      expect(found.at(-1)?.[1]).toBe('error: its gzip ends early: half written?');
      expect(found.slice(0, -1).map(([, value]) => value)).toEqual(many.Records.slice(0, found.length - 1));
      most = Math.max(most, found.length - 1);
    }
    expect(most).toBeGreaterThan(200);
    const damaged = Uint8Array.from(zipped);
    damaged.fill(0xff, 200, 260);
    expect(String((await read(damaged)).at(-1)?.[1])).toMatch(/gzip is damaged/);
  });

  it('many lines that each open a document take no longer than they are long', async () => {
    const started = performance.now();
    expect(await read('{"a":[\n'.repeat(50_000))).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
