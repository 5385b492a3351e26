/** A worker's thread: reads one log after the other, and hands out the records that some rule could wake on. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Read, reading, readLog, readStream } from './read.ts';
import { type Cut, scanners, type Wakers } from './scan.ts';

/** A log to read: a file, or an object of a bucket; or what stands for one, a question to CloudTrail (main thread only). */
export type Log =
  | { readonly path: string }
  | { readonly bucket: string; readonly key: string }
  | {
      readonly lookup: 'EventName' | 'Username';
      readonly value: string;
      readonly region: string;
      readonly start: string;
      readonly end: string;
    };
export type Asked = { readonly job: number; readonly log: Log } | { readonly go: number };
export type Told =
  | { readonly job: number; readonly part: readonly Cut[] }
  | { readonly job: number; readonly done: Read };

const port = parentPort;
if (!port) throw new Error('this file is started as a worker by cli/backtest/run.ts');
const scan = scanners(workerData as Wakers);

let go = (): void => {};
const jobs: { readonly job: number; readonly log: Log }[] = [];
let busy = false;

port.on('message', (asked: Asked) => {
  if ('go' in asked) return go();
  jobs.push(asked);
  if (!busy) void work();
});

async function work(): Promise<void> {
  busy = true;
  for (let next = jobs.shift(); next; next = jobs.shift()) {
    const { job, log } = next;
    const part = (cuts: readonly Cut[]): Promise<void> =>
      new Promise((resolve) => {
        go = resolve;
        port?.postMessage({ job, part: cuts } satisfies Told);
      });
    const done = 'path' in log ? await readLog(log.path, scan, part) : await readObject(log, part);
    port?.postMessage({ job, done } satisfies Told);
  }
  busy = false;
}

async function readObject(log: Log, part: (cuts: readonly Cut[]) => Promise<void>): Promise<Read> {
  try {
    if (!('bucket' in log)) throw new Error('this log is not a worker’s to read');
    const { open } = await import('./bucket.ts');
    return await readStream(await open(log), scan(), part);
  } catch (error) {
    return { records: 0, bytes: 0, error: reading(error), odd: null, half: null, cuts: [] };
  }
}
