/**
 * Reads files of events: `{"Records":[…]}` as CloudTrail delivers it, JSON lines, one document over many lines, a list;
 * one after the other in one file, gzipped or not. Nothing here throws: what cannot be read is a piece with an error,
 * and all that was complete comes out before it.
 */
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { isObject } from '../shared/core/json.ts';

/** `source` is `file:line`, or `file#index` inside `Records` or a list (from 0, counted through the file); `-` is stdin. */
export type Piece =
  | { readonly source: string; readonly value: unknown }
  | { readonly source: string; readonly error: string };

/** Members that hold a list of records: CloudTrail's log files and LookupEvents; GetFindings of GuardDuty and of Security Hub. */
const holders = ['Records', 'Findings', 'Events'] as const;

/** A document that began on a line and has not ended yet. */
type Open = { readonly line: number; readonly lines: string[]; readonly scan: Scanner };

/** Every record of one file, in order. */
export async function* pieces(path: string): AsyncGenerator<Piece> {
  let line = 0;
  let index = 0;
  let open: Open | null = null;
  // After a document that broke half-way, its remaining lines are no records of their own; nor are its last brackets.
  let skipping = false;
  let broke = false;

  function* unpack(value: unknown, at: number): Generator<Piece> {
    const list = listIn(value);
    if (list === null) yield { source: `${path}:${at}`, value: opened(value) };
    else for (const element of list) yield { source: `${path}#${index++}`, value: opened(element) };
  }

  /** What was complete in a broken document, and one error for the rest; `whole` where the document did come to its end. */
  function* salvage(broken: Open, error: string, whole = false): Generator<Piece> {
    if (broken.scan.inList()) {
      let failed = false;
      const text = broken.lines.join('\n');
      for (const [from, to] of broken.scan.elements) {
        const element = parsed(text.slice(from, to));
        failed ||= element === null;
        const piece = element ? { value: opened(element.value) } : { error: whyNot(text.slice(from, to)) };
        yield { source: `${path}#${index++}`, ...piece };
      }
      if (!whole || !failed) yield { source: `${path}#${index++}`, error };
      return;
    }
    yield { source: `${path}:${broken.line}`, error };
    // A half-written line swallows the good ones after it: each of those stands by itself at the start of its line.
    for (const [offset, text] of broken.lines.slice(1).entries()) {
      const alone = text.startsWith('{') ? parsed(text) : null;
      if (alone) yield* unpack(alone.value, broken.line + 1 + offset);
    }
  }

  /** One line; `cut` is why it is the last one, where the file could not be read to its end. */
  function* take(text: string, cut: string | null): Generator<Piece> {
    let rest = text;
    while (rest.trim() !== '') {
      if (open === null) {
        const whole = parsed(rest);
        if (whole) {
          skipping = false;
          return yield* unpack(whole.value, line);
        }
        if (!/^\s*[[{]/.test(rest)) {
          if (skipping || (broke && /^[\s\]},]+$/.test(rest))) return;
          return yield { source: `${path}:${line}`, error: cut ?? whyNot(rest) };
        }
        skipping = false;
        open = { line, lines: [], scan: scanner() };
      }
      const now: Open = open;
      const end = now.scan.feed(rest);
      now.lines.push(rest);
      if (end === 'open') return;
      open = null;
      if (end !== 'broken') {
        now.lines[now.lines.length - 1] = rest.slice(0, end);
        const whole = now.lines.join('\n');
        const value = parsed(whole);
        if (value) yield* unpack(value.value, now.line);
        else yield* salvage(now, cut ?? whyNot(whole), true);
        // People paste lines out of lists, commas and all.
        rest = rest.slice(end).replace(/^\s*,/, '');
        continue;
      }
      // A line that does not continue the document at all is the first of the next one.
      const reopens = now.line < line && now.scan.brokeAt() === 0 && /^[[{]/.test(rest);
      if (reopens) now.lines.pop();
      yield* salvage(now, reopens ? halfWritten : (cut ?? whyNot(now.lines.join('\n'))));
      broke = true;
      skipping = now.line < line;
      if (!reopens) return;
    }
  }

  for await (const { text, cut } of lines(path)) {
    if (text !== null) {
      line += 1;
      let told = false;
      for (const piece of take(text, cut)) {
        told ||= 'error' in piece && piece.error === cut;
        yield piece;
      }
      if (told) return;
    }
    if (cut === null) continue;
    if (open) yield* salvage(open, cut);
    else yield { source: line === 0 ? path : `${path}:${line}`, error: cut };
    return;
  }
  if (open) yield* salvage(open, halfWritten);
}

/**
 * What `aws cloudtrail lookup-events` lists has each record as a text in it (AWS CloudTrail API reference, Event:
 * CloudTrailEvent); by itself that text is a record, too. All else is what it is.
 */
export function opened(value: unknown): unknown {
  const listed = isObject(value) && !('detail-type' in value) && !('eventName' in value);
  const text = listed ? value['CloudTrailEvent'] : value;
  return typeof text === 'string' && text.startsWith('{') ? (parsed(text)?.value ?? value) : value;
}

/** The records that a document is a list of, or holds one of; null where it is a record itself. */
export function listIn(value: unknown): readonly unknown[] | null {
  if (Array.isArray(value)) return value;
  if (!isObject(value) || 'detail-type' in value || 'eventName' in value) return null;
  for (const holder of holders) if (Array.isArray(value[holder])) return value[holder] as readonly unknown[];
  return null;
}

function parsed(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return null;
  }
}

export const halfWritten = 'ends before its JSON does: half written?';

/** V8's words, but for its ways to say that the text ends too soon. */
function whyNot(text: string): string {
  try {
    JSON.parse(text);
    return 'not JSON';
  } catch (error) {
    const { message } = error as Error;
    return /Unterminated string|Unexpected end/.test(message) ? halfWritten : `not JSON: ${message.slice(0, 160)}`;
  }
}

type Want = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or end';

export type Scanner = {
  /** Reads one more line: where the document ended in it, or whether it goes on or can be no JSON. */
  feed(text: string): number | 'open' | 'broken';
  /** Where in its last line it broke. */
  brokeAt(): number;
  /** Complete elements of the list that the document is, or that it holds under `Records`: from, to. */
  readonly elements: readonly (readonly [number, number])[];
  inList(): boolean;
};

/** Follows a document's structure line by line; lines are counted as joined by one character. */
export function scanner(): Scanner {
  const stack: ('{' | '[')[] = [];
  const elements: [number, number][] = [];
  let want: Want = 'value';
  let before = 0;
  let key = '';
  /** How deep the list of records lies; null until it is seen. */
  let list: number | null = null;
  let element = 0;
  let at = 0;

  function ended(position: number): void {
    want = ', or end';
    if (stack.length === list) elements.push([element, before + position]);
  }

  function opens(bracket: '{' | '[', position: number): void {
    if (stack.length === list) element = before + position;
    stack.push(bracket);
    want = bracket === '{' ? 'key or }' : 'value or ]';
    if (list !== null || bracket !== '[') return;
    if (stack.length === 1 || (stack.length === 2 && stack[0] === '{' && holders.some((holder) => holder === key)))
      list = stack.length;
  }

  function feed(text: string): number | 'open' | 'broken' {
    let i = 0;
    while (i < text.length) {
      const c = text.charAt(i);
      at = i;
      if (c === ' ' || c === '\t' || c === '\r' || c === '\n') {
        i += 1;
        continue;
      }
      const valueWanted = want === 'value' || want === 'value or ]';
      if (c === '{' || c === '[') {
        if (!valueWanted) return 'broken';
        opens(c, i);
        i += 1;
      } else if (c === '}' || c === ']') {
        if (want !== ', or end' && want !== (c === '}' ? 'key or }' : 'value or ]')) return 'broken';
        if (stack.pop() !== (c === '}' ? '{' : '[')) return 'broken';
        i += 1;
        // What stands behind the list of records changes nothing: the records are known.
        ended(i);
        if (stack.length === 0) return i;
      } else if (c === ',') {
        if (want !== ', or end') return 'broken';
        want = stack.at(-1) === '{' ? 'key' : 'value';
        i += 1;
      } else if (c === ':') {
        if (want !== ':') return 'broken';
        want = 'value';
        i += 1;
      } else if (c === '"') {
        const end = stringEnd(text, i);
        if (end < 0) return 'broken';
        if (want === 'key' || want === 'key or }') {
          if (stack.length === 1) key = text.slice(i + 1, end - 1);
          want = ':';
        } else if (valueWanted) {
          if (stack.length === list) element = before + i;
          ended(end);
        } else return 'broken';
        i = end;
      } else {
        const word = /[-+.\w]+/y;
        word.lastIndex = i;
        const length = word.exec(text)?.[0].length ?? 0;
        if (!valueWanted || length === 0) return 'broken';
        if (stack.length === list) element = before + i;
        i += length;
        ended(i);
      }
    }
    before += text.length + 1;
    return 'open';
  }

  return { feed, elements, brokeAt: () => at, inList: () => list !== null };
}

/** Behind the closing quote, or -1: a JSON string ends on its line. */
function stringEnd(text: string, from: number): number {
  for (let quote = text.indexOf('"', from + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let slashes = 0;
    while (text.charAt(quote - 1 - slashes) === '\\') slashes += 1;
    if (slashes % 2 === 0) return quote + 1;
  }
  return -1;
}

/** A line, or null after the last one; `cut` says why the file could not be read on. */
type Line = { readonly text: string | null; readonly cut: string | null };

/** So much is held of a line that begins as no document does; within one that is spread over lines none is longer. */
const mostOfOther = 16 << 20;

async function* lines(path: string): AsyncGenerator<Line> {
  let held: string[] = [];
  let length = 0;
  let first = true;
  let cut: string | null = null;
  try {
    for await (const chunk of decoded(plainBytes(bytes(path)))) {
      // Neither UTF-8 nor UTF-16 without its mark: a picture, an archive, a database.
      if (first && chunk.includes('\0')) throw new Error('it holds NUL bytes: neither text nor gzip');
      first = false;
      const [head = '', ...others] = chunk.split('\n');
      if (length < mostOfOther || /^\s*[[{]/.test(held[0] ?? '')) held.push(head);
      length += head.length;
      for (const other of others) {
        yield { text: held.join('').replace(/\r$/, ''), cut: null };
        held = [other];
        length = other.length;
      }
    }
  } catch (error) {
    cut = reading(error);
  }
  const last = held.join('');
  if (last !== '' || cut !== null) yield { text: last === '' ? null : last, cut };
}

function reading(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'no permission to read it';
  if (code === 'EISDIR') return 'is a directory; expected a file: name the files in it';
  // zlib: https://nodejs.org/api/zlib.html#error-codes
  if (code === 'Z_BUF_ERROR') return 'its gzip ends early: half written?';
  if (code?.startsWith('Z_')) return `its gzip is damaged: ${message}`;
  return `cannot be read: ${message}`;
}

async function* bytes(path: string): AsyncGenerator<Buffer> {
  const stream = path === '-' ? process.stdin : createReadStream(path);
  // The first bytes decide how to read on: two for gzip, three for a byte order mark.
  let start: Buffer | null = Buffer.alloc(0);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (start === null) yield chunk;
    else {
      start = Buffer.concat([start, chunk]);
      if (start.length < 3) continue;
      yield start;
      start = null;
    }
  }
  if (start !== null && start.length > 0) yield start;
}

/** Unzips what begins with gzip's magic bytes (RFC 1952, ID1 and ID2); all that could be unzipped comes before the error. */
async function* plainBytes(source: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const head = await source.next();
  if (head.done) return;
  if (head.value[0] !== 0x1f || head.value[1] !== 0x8b) {
    yield head.value;
    return yield* source;
  }
  const gunzip = createGunzip();
  let out: Buffer[] = [];
  let failed: Error | null = null;
  gunzip.on('data', (chunk: Buffer) => out.push(chunk));
  const over = new Promise<void>((resolve) => {
    gunzip.once('end', resolve).once('error', (error) => {
      failed = error;
      resolve();
    });
  });
  for (let next: IteratorResult<Buffer> = head; !next.done && failed === null; next = await source.next()) {
    const chunk = next.value;
    await Promise.race([over, new Promise((resolve) => gunzip.write(chunk, resolve))]);
    const ready = out;
    out = [];
    yield* ready;
  }
  if (failed === null) gunzip.end();
  await over;
  yield* out;
  if (failed !== null) throw failed;
}

async function* decoded(source: AsyncGenerator<Buffer>): AsyncGenerator<string> {
  let decoder: InstanceType<typeof TextDecoder> | null = null;
  for await (const chunk of source) {
    // PowerShell's `>` writes UTF-16 with its mark. TextDecoder drops the mark of either.
    decoder ??= new TextDecoder(chunk[0] === 0xff && chunk[1] === 0xfe ? 'utf-16le' : 'utf-8');
    yield decoder.decode(chunk, { stream: true });
  }
  if (decoder) yield decoder.decode();
}
