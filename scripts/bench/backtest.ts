/**
 * npm run bench:backtest [-- --records N --files N --one-in N --json FILE]: what reading a history costs, beside what nobody can do without
 * (gunzip), what a reader without tricks would pay (JSON.parse of everything), and DuckDB with the same names in one WHERE.
 * Each is a process of its own over the same files, start-up and all; CPU of all its threads.
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

async function bench(): Promise<void> {
  const { values } = parseArgs({
    options: {
      records: { type: 'string' },
      files: { type: 'string' },
      'one-in': { type: 'string', multiple: true },
      json: { type: 'string' },
    },
  });
  const rows: Row[] = [];
  const records = Number(values.records ?? 1_000_000);
  const files = Number(values.files ?? Math.max(20, records / 2000));
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-bench-'));
  const env = { FIREBREAK_CONFIG: join(folder, 'firebreak.yml') };
  writeFileSync(env.FIREBREAK_CONFIG, 'preset: guard\n');
  const rules = allRules();
  const names = Object.keys(wakersOf(rules).calls);
  const duck = await withDuckdb(folder);
  if (duck === null) console.log(`DuckDB ${duckdb} could not be installed from PyPI: left out`);
  try {
    for (const oneIn of (values['one-in'] ?? ['1000', '10']).map(Number)) {
      const at = join(folder, `one-in-${oneIn}`);
      const { paths, bytes } = writeCorpus(at, { records, files, oneIn, days: 31, seed: 1 });
      const zipped = paths.reduce((sum, path) => sum + statSync(path).size, 0);
      const list = join(folder, 'files.json');
      writeFileSync(list, JSON.stringify(paths));
      const asked = join(folder, 'asked.json');
      writeFileSync(asked, JSON.stringify([paths, names]));
      const tenth = paths.slice(0, Math.ceil(paths.length / 10));
      const node = (...args: readonly string[]) => measured(process.execPath, ['--import', meter, ...args], env);
      const json = join(folder, 'answer.json');
      // Once, so that every one of them finds the files in memory.
      await node(bare, list);
      const gunzip = await node(bare, list);
      const small = await node(main, 'backtest', ...tenth, '--json', json);
      const ours = await node(main, 'backtest', at, '--json', json);
      const parse = await node(bare, list, 'parse');
      const query = duck === null ? null : await measured(duck, ['-c', python, asked]);
      const answer = JSON.parse(readFileSync(json, 'utf8')) as { read: { records: number } };
      if (answer.read.records !== records) throw new Error(`the backtest read ${answer.read.records} records`);
      const findings = /([\d,]+) findings/.exec(ours.out)?.[1];
      console.log(
        `\none in ${oneIn}: ${records.toLocaleString('en')} records, ${paths.length} files, ${Math.round(bytes / 1e6)} MB of text, ${Math.round(zipped / 1e6)} MB zipped; ${rules.length} rules, ${names.length} names, ${findings} findings; ${availableParallelism()} cores, Node ${process.version}`,
      );
      const row = (what: string, used: Used): void => {
        const told = (name: string, value: number, unit: string, yardstick: string | null, ratio: number | null) =>
          rows.push({ name: `one in ${oneIn}: ${name}`, value, unit, yardstick, ratio });
        told(`${what}, CPU`, used.cpu, 's', 'gunzip only', used.cpu / gunzip.cpu);
        if (query && used === ours)
          told(`${what}, CPU by DuckDB's`, used.cpu, 's', 'DuckDB, one WHERE', used.cpu / query.cpu);
        told(`${what}, wall`, used.wall, 's', 'gunzip only', used.wall / gunzip.wall);
        told(`${what}, peak memory`, used.peak, 'MB', 'backtest of a tenth of it', used.peak / small.peak);
        console.log(
          `  ${what.padEnd(34)} CPU ${used.cpu.toFixed(2).padStart(7)} s  wall ${used.wall.toFixed(2).padStart(6)} s  peak ${used.peak.toFixed(0).padStart(5)} MB  ${(used.cpu / gunzip.cpu).toFixed(2)} × gunzip`,
        );
      };
      rows.push({ name: `one in ${oneIn}: rules`, value: rules.length, unit: 'rules', yardstick: null, ratio: null });
      rows.push({
        name: `one in ${oneIn}: findings`,
        value: Number(findings?.replaceAll(',', '') ?? Number.NaN),
        unit: 'findings',
        yardstick: null,
        ratio: null,
      });
      row('backtest, all rules', ours);
      row('backtest of a tenth of it', small);
      row('gunzip only', gunzip);
      row('gunzip and JSON.parse', parse);
      if (query) row(`DuckDB ${duckdb}, one WHERE (${query.out.trim()} rows)`, query);
      console.log(
        `  CPU ${(ours.cpu / gunzip.cpu).toFixed(2)} × gunzip only (aim 1.8)${query ? `, ${(ours.cpu / query.cpu).toFixed(2)} × DuckDB (aim 0.6)` : ''}; peak ${ours.peak.toFixed(0)} MB (aim 200), ${(ours.peak / small.peak).toFixed(2)} × that of a tenth (aim 1.3); ${(ours.cpu / ours.wall).toFixed(2)} cores busy`,
      );
    }
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

await bench();
