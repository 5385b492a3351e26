/**
 * npm run bench:backtest [-- --records N --files N --one-in N --rounds N --json FILE]: what reading a history costs, beside what nobody can do without
 * (gunzip), what a reader without tricks would pay (JSON.parse of everything), and DuckDB with the same names in one WHERE.
 * Each is a process of its own over the same files, start-up and all; CPU of all its threads. They take turns, some rounds
 * of it: the round with the middle CPU is printed, with the most memory of any.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { wakersOf } from '../../cli/backtest/run.ts';
import { allRules } from '../../functions/deployment.ts';
import { writeCorpus } from '../corpus.ts';

const duckdb = '1.5.6';
const here = dirname(fileURLToPath(import.meta.url));
const main = join(here, '../../cli/main.ts');
const bare = join(here, 'gunzip.ts');
/** Tells at its end what the whole process used. */
const meter = `data:text/javascript,${encodeURIComponent(`
import { writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
if (isMainThread) process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  writeSync(3, JSON.stringify({ cpu: (userCPUTime + systemCPUTime) / 1e6, peak: maxRSS / 1024 }));
});`)}`;
const python = `
import duckdb, json, os, resource, sys
files, names = json.load(open(sys.argv[1]))
duckdb.sql("SET enable_progress_bar = false")
found = duckdb.sql("""SELECT count(*) FROM (SELECT unnest(Records) AS r FROM read_json($files, columns={Records:
'STRUCT(eventName VARCHAR, eventSource VARCHAR, userIdentity JSON, requestParameters JSON, eventTime VARCHAR)[]'},
maximum_object_size=1000000000)) WHERE list_contains($names, r.eventName)""", params={'files': files, 'names': names}).fetchone()
used = resource.getrusage(resource.RUSAGE_SELF)
print(found[0])
os.write(3, json.dumps({'cpu': used.ru_utime + used.ru_stime, 'peak': used.ru_maxrss / 1024}).encode())
`;

/** As `npm run bench` writes them. */
type Row = { name: string; value: number; unit: string; yardstick: string | null; ratio: number | null };

type Used = { readonly cpu: number; readonly peak: number; readonly wall: number; readonly out: string };

async function measured(file: string, args: readonly string[], env: Record<string, string> = {}): Promise<Used> {
  const began = performance.now();
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit', 'pipe'] });
  let [out, used] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stdio[3]?.on('data', (chunk: Buffer) => (used += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`${file} ${args.slice(0, 4).join(' ')} ended with ${code}: ${out.slice(-300)}`);
  return { ...(JSON.parse(used) as { cpu: number; peak: number }), wall: (performance.now() - began) / 1000, out };
}

/** A Python with DuckDB in a folder of its own; null, and why, where it cannot be had. */
async function withDuckdb(folder: string): Promise<string | null> {
  const run = async (file: string, args: readonly string[]): Promise<boolean> => {
    const child = spawn(file, args, { stdio: 'ignore' });
    child.on('error', () => {});
    return ((await once(child, 'close').catch(() => [1])) as [number])[0] === 0;
  };
  const bin = join(folder, 'venv/bin/python');
  if (existsSync(bin)) return bin;
  if (!(await run('python3', ['-m', 'venv', join(folder, 'venv')]))) return null;
  return (await run(bin, ['-m', 'pip', 'install', '--quiet', `duckdb==${duckdb}`])) ? bin : null;
}

const usage = '[--records N] [--files N] [--one-in N …] [--rounds N] [--json FILE]';

/** A number from 1 on. */
function number(name: string, given: string | undefined, usual: number): number {
  const value = Number(given ?? usual);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`--${name} ${given}: expected a number from 1 on; ${usage}`);
  return value;
}

/** Of several rounds the one in the middle by CPU, with the most memory of all. */
function middle(rounds: readonly Used[]): Used {
  const sorted = rounds.toSorted((a, b) => a.cpu - b.cpu);
  const one = sorted[sorted.length >> 1];
  if (!one) throw new Error('there was no round');
  return { ...one, peak: Math.max(...rounds.map(({ peak }) => peak)) };
}

/** Everything that is measured, each in turn. */
async function measuredInTurn<Name extends string>(
  all: { readonly [name in Name]: () => Promise<Used> },
  rounds: number,
): Promise<{ readonly [name in Name]: Used }> {
  const names = Object.keys(all) as Name[];
  const used = new Map<Name, Used[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) for (const name of names) used.get(name)?.push(await all[name]());
  return Object.fromEntries(names.map((name) => [name, middle(used.get(name) ?? [])])) as { [name in Name]: Used };
}

type Answer = { readonly read: { readonly records: number }; readonly rules: readonly { readonly findings: number }[] };

async function bench(): Promise<void> {
  const { values } = parseArgs({
    options: {
      records: { type: 'string' },
      files: { type: 'string' },
      'one-in': { type: 'string', multiple: true },
      rounds: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const records = number('records', values.records, 1_000_000);
  const files = number('files', values.files, Math.max(20, Math.round(records / 2000)));
  const rounds = number('rounds', values.rounds, 3);
  const corpora = (values['one-in'] ?? ['1000', '10']).map((given) => number('one-in', given, 1000));
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-bench-'));
  const rows: Row[] = [];
  try {
    const duck = await withDuckdb(folder);
    if (duck === null) console.log(`DuckDB ${duckdb} could not be installed from PyPI: left out`);
    for (const oneIn of corpora)
      rows.push(...(await corpus(join(folder, `one-in-${oneIn}`), duck, { records, files, oneIn, rounds })));
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type Size = { readonly records: number; readonly files: number; readonly oneIn: number; readonly rounds: number };

/** All of it over one corpus, printed; and as rows. */
async function corpus(at: string, duck: string | null, size: Size): Promise<readonly Row[]> {
  const { records, files, oneIn, rounds } = size;
  const logs = join(at, 'logs');
  const { paths, bytes } = writeCorpus(logs, { records, files, oneIn, days: 31, seed: 1 });
  const zipped = paths.reduce((sum, path) => sum + statSync(path).size, 0);
  const rules = allRules();
  const names = Object.keys(wakersOf(rules).calls);
  const put = (name: string, text: string): string => {
    writeFileSync(join(at, name), text);
    return join(at, name);
  };
  const list = put('files.json', JSON.stringify(paths));
  const asked = put('asked.json', JSON.stringify([paths, names]));
  const env = { FIREBREAK_CONFIG: put('firebreak.yml', 'preset: guard\n') };
  const json = join(at, 'answer.json');
  const tenth = paths.slice(0, Math.ceil(paths.length / 10));
  const node = (...args: readonly string[]) => measured(process.execPath, ['--import', meter, ...args], env);
  // Once, so that every one of them finds the files in memory.
  await node(bare, list);
  const { small, ours, gunzip, parse, query } = await measuredInTurn(
    {
      gunzip: () => node(bare, list),
      small: () => node(main, 'backtest', ...tenth, '--json', join(at, 'small.json')),
      ours: () => node(main, 'backtest', logs, '--json', json),
      parse: () => node(bare, list, 'parse'),
      query: () => (duck === null ? Promise.resolve(none) : measured(duck, ['-c', python, asked])),
    },
    rounds,
  );
  const found = (file: string): number => {
    const answer = JSON.parse(readFileSync(file, 'utf8')) as Answer;
    if (file === json && answer.read.records !== records)
      throw new Error(`the backtest read ${answer.read.records} records`);
    return answer.rules.reduce((sum, one) => sum + one.findings, 0);
  };
  console.log(
    `\none in ${oneIn}: ${records.toLocaleString('en')} records, ${paths.length} files, ${Math.round(bytes / 1e6)} MB of text, ${Math.round(zipped / 1e6)} MB zipped; ${rules.length} rules, which wake on ${names.length} names; ${availableParallelism()} cores, Node ${process.version}; the middle of ${rounds}`,
  );
  const rows: Row[] = [];
  const tell = (name: string, value: number, unit: string, yardstick: string | null, ratio: number | null): void => {
    rows.push({ name: `one in ${oneIn}: ${name}`, value, unit, yardstick, ratio });
  };
  const row = (what: string, used: Used, beside: string): void => {
    tell(`${what}, CPU`, used.cpu, 's', 'gunzip only', used.cpu / gunzip.cpu);
    if (duck !== null && used === ours)
      tell(`${what}, CPU by DuckDB's`, used.cpu, 's', 'DuckDB, one WHERE', used.cpu / query.cpu);
    tell(`${what}, wall`, used.wall, 's', 'gunzip only', used.wall / gunzip.wall);
    tell(`${what}, peak memory`, used.peak, 'MB', 'backtest of a tenth of it', used.peak / small.peak);
    console.log(
      `  ${what.padEnd(25)} CPU ${used.cpu.toFixed(2).padStart(6)} s  wall ${used.wall.toFixed(2).padStart(6)} s  peak ${used.peak.toFixed(0).padStart(5)} MB  ${(used.cpu / gunzip.cpu).toFixed(2)} × gunzip  ${beside}`,
    );
  };
  const count = (value: number): string => value.toLocaleString('en');
  tell('rules', rules.length, 'rules', null, null);
  tell('findings', found(json), 'findings', null, null);
  row('backtest, all rules', ours, `${rules.length} rules, ${count(found(json))} findings`);
  row('backtest of a tenth of it', small, `${rules.length} rules, ${count(found(join(at, 'small.json')))} findings`);
  row('gunzip only', gunzip, 'no rules');
  row('gunzip and JSON.parse', parse, `no rules, ${count(Number(parse.out))} records`);
  if (duck !== null)
    row(`DuckDB ${duckdb}, one WHERE`, query, `no rules, ${names.length} names, ${count(Number(query.out))} rows`);
  const duckAim = duck === null ? '' : `, ${(ours.cpu / query.cpu).toFixed(2)} × DuckDB (aim 0.6)`;
  console.log(
    `  CPU ${(ours.cpu / gunzip.cpu).toFixed(2)} × gunzip only (aim 1.8)${duckAim}; peak ${ours.peak.toFixed(0)} MB (aim 200), ${(ours.peak / small.peak).toFixed(2)} × that of a tenth (aim 1.3); ${(ours.cpu / ours.wall).toFixed(2)} cores busy`,
  );
  rmSync(at, { recursive: true });
  return rows;
}

const none: Used = { cpu: Number.NaN, peak: Number.NaN, wall: Number.NaN, out: '' };

await bench();
