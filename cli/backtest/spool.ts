/**
 * What was found, log by log, in a file of JSON lines: a run that was interrupted goes on from it, and the answer is made
 * of it alone, in the order of the logs. So one that was killed half-way gives the same answer as one that was not.
 */
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { fault } from '../../shared/core/fault.ts';
import { cached } from './cached.ts';
import type { Row } from './judge.ts';

export type Problem = { readonly source: string; readonly error: string };

/** One log's result. */
export type Result = {
  readonly log: string;
  /** What tells a changed log from the one that was read: size and time, or ETag. */
  readonly stamp: string;
  readonly records: number;
  readonly bytes: number;
  /** Earliest and latest time of its first record and of those with findings. */
  readonly from: string | null;
  readonly to: string | null;
  readonly unreadable: number;
  /** The first of them. */
  readonly problems: readonly Problem[];
  readonly rows: readonly Row[];
};

export type Spool = {
  /** The stamp with which a log was read already, or undefined. */
  readonly known: (log: string) => string | undefined;
  readonly add: (result: Result) => void;
  /** A log's result, read back. */
  readonly get: (log: string) => Result | undefined;
  readonly close: () => void;
};

type Header = { readonly firebreak: 'backtest'; readonly key: string };

/** One text for all that the results depend on. */
export const keyOf = (...parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24);

/** The state of a run that nobody named another file for. */
export const usualPath = (key: string): string => cached(`backtest-${key}.jsonl`);

const chunk = 1 << 20;

/** Opens or begins a spool. Throws a UsageError where the file is something else. */
export function openSpool(path: string, key: string): Spool {
  const file = opened(path, key);
  const places = new Map<string, { readonly stamp: string; readonly from: number; readonly length: number }>();
  let end = 0;
  let first = true;
  for (const { text, at, length } of linesOf(file)) {
    if (first) {
      const header = parsed(text) as Partial<Header> | null;
      if (header?.firebreak !== 'backtest' || header.key !== key) {
        closeSync(file);
        throw fault(
          'UsageError',
          header?.firebreak === 'backtest'
            ? `${path} is the state of another backtest (other logs, rules or firebreak.yml): remove it, or name another with --state`
            : `${path} is no state of a backtest: name another file with --state`,
        );
      }
      first = false;
    } else {
      const head = parsed(text) as Pick<Result, 'log' | 'stamp'> | null;
      // Half of a line is what a run wrote when it was killed: its log is read again.
      if (typeof head?.log !== 'string') break;
      places.set(head.log, { stamp: head.stamp, from: at, length });
    }
    end = at + length + 1;
  }
  ftruncateSync(file, end);

  return {
    known: (log) => places.get(log)?.stamp,
    add(result) {
      const line = Buffer.from(`${JSON.stringify(result)}\n`);
      for (let done = 0; done < line.length; ) done += writeSync(file, line, done, line.length - done, end + done);
      places.set(result.log, { stamp: result.stamp, from: end, length: line.length - 1 });
      end += line.length;
    },
    get(log) {
      const place = places.get(log);
      if (!place) return undefined;
      const bytes = Buffer.alloc(place.length);
      for (let done = 0; done < place.length; ) {
        const got = readSync(file, bytes, done, place.length - done, place.from + done);
        if (got === 0) throw new Error(`${path} was cut off while it was read`);
        done += got;
      }
      return JSON.parse(bytes.toString('utf8')) as Result;
    },
    close: () => closeSync(file),
  };
}

function opened(path: string, key: string): number {
  try {
    const fresh = !existsSync(path);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    if (fresh)
      appendFileSync(path, `${JSON.stringify({ firebreak: 'backtest', key } satisfies Header)}\n`, { mode: 0o600 });
    return openSync(path, 'r+');
  } catch (error) {
    throw fault('UsageError', `the state cannot be kept: ${(error as Error).message}; next: name a file with --state`);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** Lines that end; what stands behind the last line break is none. */
function* linesOf(file: number): Generator<{ readonly text: string; readonly at: number; readonly length: number }> {
  let held: Buffer = Buffer.alloc(0);
  let at = 0;
  for (let position = 0; ; ) {
    const bytes = Buffer.alloc(chunk);
    const got = readSync(file, bytes, 0, chunk, position);
    if (got === 0) return;
    position += got;
    held = Buffer.concat([held, bytes.subarray(0, got)]);
    for (let newline = held.indexOf(10); newline >= 0; newline = held.indexOf(10)) {
      yield { text: held.toString('utf8', 0, newline), at, length: newline };
      at += newline + 1;
      held = held.subarray(newline + 1);
    }
  }
}
