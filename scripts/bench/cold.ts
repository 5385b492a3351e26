/**
 * What a cold start costs: each function's bundle loaded in a fresh process, against the function that is the quickest. The
 * time passed is what Lambda makes one wait; the processor's time is the same work, whatever else the machine is doing.
 */
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Built } from '../build.ts';
import { median, type Row, row } from './row.ts';

type Taken = { readonly passed: number; readonly cpu: number };

const rounds = 11;

/** What the deployment sets: a handler looks for these names as it is loaded, and calls nobody. */
const names = ['STACK', 'TABLE', 'TOPIC', 'MAC_KEY', 'WAKER_ROLE', 'DEAD_LETTERS'];
const env = {
  PATH: process.env['PATH'] ?? '',
  AWS_REGION: 'us-east-1',
  ...Object.fromEntries(names.map((name) => [`FIREBREAK_${name}`, 'none'])),
};

/** From the process's start until the handler is there, in seconds. */
async function load(file: string | null): Promise<Taken> {
  const wait = file === null ? '' : `await import(${JSON.stringify(pathToFileURL(file).href)});`;
  const tell = 'const {user,system}=process.cpuUsage();console.log(user+system);process.exit()';
  const began = performance.now();
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', wait + tell], { env });
  return { passed: (performance.now() - began) / 1000, cpu: Number(stdout) / 1e6 };
}

/** Rows of all functions' cold starts, quickest first; round by round, so that what else the machine does falls on all. */
export async function coldStarts(built: readonly Built[]): Promise<readonly Row[]> {
  const files = built.map(({ room, zip }) => [room, join(dirname(zip), room, 'index.mjs')] as const);
  const all = new Map<string, Taken[]>();
  for (let round = 0; round < rounds; round += 1)
    for (const [room, file] of [['node -e 0', null] as const, ...files])
      all.set(room, [...(all.get(room) ?? []), await load(file)]);
  const of = (room: string, what: keyof Taken): number => median((all.get(room) ?? []).map((one) => one[what]));
  return (['passed', 'cpu'] as const).flatMap((what) => {
    const sorted = built.map(({ room }) => room).sort((a, b) => of(a, what) - of(b, what));
    const [quickest = ''] = sorted;
    const named = (room: string): string => `cold start of ${room}${what === 'cpu' ? ', processor' : ''}`;
    return [
      row(named('nothing: node -e 0'), of('node -e 0', what), 's', named(quickest), of(quickest, what)),
      ...sorted.map((room) => row(named(room), of(room, what), 's', named(quickest), of(quickest, what))),
    ];
  });
}
