/** Reads all logs with a thread a core, judges what they hand out, and puts the results into the spool. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Config } from '../../shared/core/mode.ts';
import type { Rule } from '../../shared/core/rule.ts';
import { halfWritten, listIn, opened, type Piece, pieces } from '../input.ts';
import { judge, type Row } from './judge.ts';
import type { Listed } from './logs.ts';
import { type Read, reading } from './read.ts';
import { type Cut, tooLarge, type Wakers } from './scan.ts';
import type { Problem, Result, Spool } from './spool.ts';
import type { Asked, Told } from './worker.ts';

/** Problems of one log that are kept by name; the others are counted. */
const named = 20;
/** Logs that each worker has before it: one to read, one not to wait for. */
const ahead = 2;

export type Judging = { readonly rules: readonly Rule[]; readonly config: Config; readonly now: Date };
export type Progress = (result: Result) => void;

/** What wakes the rules, as far as a record's text tells it. What is no call is always handed out. */
export function wakersOf(rules: readonly Rule[]): Wakers {
  const calls: Record<string, string[]> = {};
  let root = false;
  for (const trigger of rules.flatMap((rule) => rule.triggers))
    switch (trigger.kind) {
      case 'call': {
        const services = calls[trigger.name] ?? [];
        if (!services.includes(trigger.service)) calls[trigger.name] = [...services, trigger.service];
        break;
      }
      case 'root':
        root = true;
        break;
      case 'finding':
      case 'event':
        break;
      default:
        // A trigger of a new kind has to be looked for in the text, too.
        trigger satisfies never;
    }
  return { calls, root };
}

/** What came of one log so far. */
function tally({ name, stamp }: Listed, judging: Judging) {
  const rows: Row[] = [];
  const problems: Problem[] = [];
  let unreadable = 0;
  let from: string | null = null;
  let to: string | null = null;
  let first = true;

  function problem(source: string, error: string): void {
    first = false;
    unreadable += 1;
    if (problems.length < named) problems.push({ source, error });
  }
  function value(one: unknown, source: string): void {
    const judged = judge(one, source, judging.rules, judging.config, judging.now);
    if (judged.error !== undefined) problem(source, judged.error);
    rows.push(...judged.rows);
    // Of the first record and of those with findings: the same ones, whichever way the log is read.
    const times = first || judged.rows.length > 0 ? judged.times : [];
    first = false;
    for (const time of times) {
      if (from === null || time < from) from = time;
      if (to === null || time > to) to = time;
    }
  }
  const result = (records: number, bytes: number): Result => ({
    log: name,
    stamp,
    records,
    bytes,
    from,
    to,
    unreadable,
    problems,
    rows,
  });
  return { problem, value, result };
}
type Tally = ReturnType<typeof tally>;

/** The careful way: `classify`'s own reader, which understands whatever is JSON, and takes its time. */
async function carefully(listed: Listed, judging: Judging): Promise<Result> {
  const all = tally(listed, judging);
  let records = 0;
  try {
    for await (const piece of await sourceOf(listed)) {
      records += 1;
      if ('error' in piece) all.problem(piece.source, piece.error);
      else all.value(piece.value, piece.source);
    }
  } catch (error) {
    // Without the permission to ask there is no answer at all.
    if ('lookup' in listed.log) throw error;
    all.problem(listed.name, reading(error));
  }
  const result = all.result(records, listed.size);
  return 'lookup' in listed.log ? { ...result, bytes: 0, from: listed.log.start, to: listed.log.end } : result;
}

async function sourceOf(listed: Listed): Promise<AsyncIterable<Piece>> {
  if ('path' in listed.log) return pieces(listed.log.path);
  if ('bucket' in listed.log) return (await import('./bucket.ts')).wholeObject(listed);
  return (await import('./lookup.ts')).lookupPieces(listed);
}

/** Reads the logs that the spool does not have yet. */
export async function readAll(
  logs: readonly Listed[],
  spool: Spool,
  judging: Judging,
  full: boolean,
  progress: Progress,
): Promise<void> {
  const add = (result: Result): void => {
    spool.add(result);
    progress(result);
  };
  const todo = logs.filter(({ name, stamp }) => spool.known(name) !== stamp);
  const isSlow = ({ log }: Listed): boolean => full || 'lookup' in log;
  await fast(
    todo.filter((listed) => !isSlow(listed)),
    judging,
    add,
  );
  for (const listed of todo.filter(isSlow)) add(await carefully(listed, judging));
}

async function fast(todo: readonly Listed[], judging: Judging, add: Progress): Promise<void> {
  const workers = Math.min(availableParallelism(), todo.length);
  const wakers = wakersOf(judging.rules);
  let next = 0;
  await Promise.all(Array.from({ length: workers }, () => one()));

  function one(): Promise<void> {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: wakers,
      // Little garbage is let grow: what is unzipped is outside of the heap, and goes with it.
      resourceLimits: { maxYoungGenerationSizeMb: 2 },
    });
    const open = new Map<number, { readonly all: Tally; readonly counted: { bad: string | null } }>();
    const give = (): void => {
      const listed = todo[next];
      if (!listed) return;
      open.set(next, { all: tally(listed, judging), counted: { bad: null } });
      worker.postMessage({ job: next, log: listed.log } satisfies Asked);
      next += 1;
    };
    return new Promise((resolve, reject) => {
      const told = async (message: Told): Promise<void> => {
        const listed = todo[message.job];
        const state = open.get(message.job);
        if (!listed || !state) throw new Error('a worker told of a log that it was not given');
        const cuts = 'part' in message ? message.part : message.done.cuts;
        for (const cut of cuts) take(cut, listed, state.all, state.counted);
        if ('part' in message) return worker.postMessage({ go: message.job } satisfies Asked);
        add(await finished(message.done, listed, state.all, state.counted, judging));
        // Only now: while one log is read again with care, the end of the next must not end the run.
        open.delete(message.job);
        give();
        if (open.size === 0) await worker.terminate().then(() => resolve());
      };
      worker.on('message', (message: Told) => void told(message).catch(reject));
      worker.on('error', reject);
      for (let count = 0; count < ahead; count += 1) give();
      if (open.size === 0) void worker.terminate().then(() => resolve());
    });
  }
}

function take(cut: Cut, listed: Listed, all: Tally, counted: { bad: string | null }): void {
  const source = cut.index === null ? `${listed.name}:${cut.line}` : `${listed.name}#${cut.index}`;
  let value: unknown;
  try {
    value = JSON.parse(cut.text) as unknown;
  } catch {
    counted.bad ??= source;
    return;
  }
  // A list by itself: the careful reader counts its elements through the file.
  if (cut.index === null && listIn(value) !== null) counted.bad ??= source;
  else all.value(opened(value), source);
}

/** A log that is odd is read again from its beginning; what was found in it so far counts no more. */
async function finished(
  read: Read,
  listed: Listed,
  all: Tally,
  counted: { bad: string | null },
  judging: Judging,
): Promise<Result> {
  if (read.odd === null && counted.bad === null) {
    if (read.error !== null) all.problem(listed.name, read.error);
    if (read.half !== null) all.problem(`${listed.name}#${read.half}`, halfWritten);
    return all.result(read.records + (read.error === null && read.half === null ? 0 : 1), read.bytes);
  }
  // Too much to be held at once is too much for the careful reader as well.
  if (read.odd !== tooLarge) return carefully(listed, judging);
  all.problem(listed.name, read.odd);
  return all.result(read.records + 1, read.bytes);
}
