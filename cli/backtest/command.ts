/** `firebreak backtest`: what Firebreak would have done, by the account's own history. Changes nothing anywhere. */
import {
  accessSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../../functions/deployment.ts';
import { rooms } from '../../functions/rooms.ts';
import { fault } from '../../shared/core/fault.ts';
import type { Rule } from '../../shared/core/rule.ts';
import { plain } from '../../shared/notify/plain.ts';
import type { Options } from '../backtest.ts';
import { print, say, toJson } from '../output.ts';
import { type Answer, gatherer } from './answer.ts';
import { type Listing, localLogs } from './logs.ts';
import { progress } from './progress.ts';
import { readAll } from './run.ts';
import { sifter } from './sift.ts';
import { keyOf, openSpool, type Spool, usualPath } from './spool.ts';
import { counted, summary } from './summary.ts';

export async function run(paths: readonly string[], options: Options): Promise<number> {
  if (paths.length === 0 && !options.lookup)
    throw fault(
      'UsageError',
      'nothing to try: expected files, folders or s3://bucket/prefix; next: npx firebreak backtest --help',
    );
  if (paths.length > 0 && options.lookup) throw fault('UsageError', '--lookup takes no paths: it asks CloudTrail');
  const range = rangeOf(options);
  narrowable(paths, options);
  for (const file of [options.html, options.json]) writable(file);
  const config = loadConfig(options.config);
  const rules = Object.values(rooms).flat();
  const now = new Date();
  const { logs, skipped, problems } = await listed(paths, options, range);
  // All that the results depend on: with another rule or another mode they are others.
  const where = [
    paths.map((path) => (path.startsWith('s3://') ? path : resolve(path))),
    range,
    options.account ?? null,
  ];
  const key = keyOf(sources(), where, options.region ?? null, options.lookup ?? null, config);
  const path = options.state ?? usualPath(key);
  const spool = openSpool(path, key);
  try {
    const answer = await answered({ logs, skipped, problems }, spool, { rules, config, now }, options);
    await told(
      answer,
      spool,
      logs.map(({ name }) => name),
      rules,
      options,
    );
    spool.close();
    // What was asked for is written: the next run begins anew.
    if (options.state === undefined) rmSync(path, { force: true });
    return answer.read.unreadable > 0 ? 1 : 0;
  } catch (error) {
    spool.close();
    throw error;
  }
}

/** What the rules are made of: a run that began before they were changed is not gone on with. */
function sources(): readonly string[] {
  const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
  return ['cli/backtest', 'functions', 'shared/aws', 'shared/core']
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(root, folder, file)),
    )
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .map((file) => keyOf(readFileSync(file, 'utf8')));
}

type Range = { readonly from: string | null; readonly to: string | null };

function rangeOf({ from, to }: Options): Range {
  for (const [name, day] of [
    ['--from', from],
    ['--to', to],
  ] as const)
    if (day !== undefined && !isDay(day))
      throw fault('UsageError', `${name} ${plain(day, 40)}: expected a day, such as 2026-07-01`);
  if (from !== undefined && to !== undefined && from > to) throw fault('UsageError', '--from is later than --to');
  return { from: from ?? null, to: to ?? null };
}

/** Of a day that no month has, V8 makes one of the next month. */
const isDay = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d$/.test(text) &&
  !Number.isNaN(Date.parse(text)) &&
  new Date(text).toISOString().slice(0, 10) === text;

/** What would not count is refused: an answer about more than was asked for is a wrong one. */
function narrowable(paths: readonly string[], options: Options): void {
  const file = paths.find((path) => !path.startsWith('s3://'));
  const asked = (['from', 'to', 'account', 'region'] as const).find((name) => options[name] !== undefined);
  if (file !== undefined && asked !== undefined)
    throw fault(
      'UsageError',
      `--${asked} counts for s3:// and --lookup alone, and ${plain(file, 200)} would be read whole: name the folders of those days, accounts and regions instead`,
    );
}

/** Said before the logs are read, not hours later. */
function writable(file: string | undefined): void {
  if (file === undefined || file === '-') return;
  try {
    if (existsSync(file)) accessSync(file, constants.W_OK);
    else accessSync(dirname(resolve(file)), constants.W_OK);
    if (existsSync(file) && statSync(file).isDirectory()) throw new Error('it is a folder');
    if (!statSync(dirname(resolve(file))).isDirectory()) throw new Error('it would lie in what is no folder');
  } catch (error) {
    throw fault('UsageError', `${plain(file, 200)} cannot be written: ${(error as Error).message}`);
  }
}

async function listed(paths: readonly string[], options: Options, range: Range): Promise<Listing> {
  const wish = { ...range, accounts: options.account ?? [], regions: options.region ?? [] };
  if (options.lookup) return (await import('./lookup.ts')).lookups(wish);
  const remote = paths.filter((path) => path.startsWith('s3://'));
  const local = localLogs(paths.filter((path) => !remote.includes(path)));
  if (remote.length === 0) return local;
  const { bucketLogs } = await import('./bucket.ts');
  const listings = [local, ...(await Promise.all(remote.map((url) => bucketLogs(url, wish))))];
  const skipped: Record<string, number> = {};
  for (const [what, count] of listings.flatMap((one) => Object.entries(one.skipped)))
    skipped[what] = (skipped[what] ?? 0) + count;
  return { logs: listings.flatMap((one) => one.logs), skipped, problems: listings.flatMap((one) => one.problems) };
}

async function answered(
  { logs, skipped, problems }: Listing,
  spool: Spool,
  judging: Parameters<typeof readAll>[2],
  options: Options,
): Promise<Answer> {
  for (const { source, error } of problems.slice(0, 20)) say(`${plain(source, 300)}: ${error}`);
  const done = logs.filter(({ name, stamp }) => spool.known(name) === stamp);
  if (done.length > 0)
    say(`${done.length} of ${logs.length} logs were read by a run before this one: going on from there`);
  const show = progress(logs, done);
  await readAll(logs, spool, judging, options.fullParse === true, show.add);
  show.end();
  const gathered = gatherer(judging.rules, judging.config);
  const sift = sifter(judging.rules);
  for (const { name } of logs) {
    const result = spool.get(name);
    if (!result) continue;
    gathered.add({ ...result, rows: sift(result.rows) });
    for (const problem of result.problems.slice(0, 3))
      say(`${plain(problem.source, 300)}: ${plain(problem.error, 200)}`);
    if (result.unreadable > 3) say(`${plain(name, 300)}: ${result.unreadable - 3} more that could not be read`);
  }
  if (logs.length === 0)
    say(
      `no CloudTrail log found${Object.keys(skipped).length > 0 ? ` (passed over by name: ${counted(skipped)})` : ''}`,
    );
  return gathered.answer(skipped, problems, judging.now.toISOString().slice(0, 10));
}

async function told(
  answer: Answer,
  spool: Spool,
  logs: readonly string[],
  rules: readonly Rule[],
  options: Options,
): Promise<void> {
  if (options.html !== undefined) {
    const { page } = await import('./page.ts');
    writeFileSync(options.html, page(answer), { mode: 0o600 });
    say(`the report is in ${plain(options.html, 300)}`);
  }
  if (options.json === undefined) return print(...summary(answer));
  const file = options.json === '-' ? null : openSync(options.json, 'w', 0o600);
  // Line by line: the findings are many, and nobody needs them in memory at once.
  const put = async (text: string): Promise<void> => {
    if (file === null) await print(text);
    else writeSync(file, `${text}\n`);
  };
  await put(`${toJson({ version: 1, ...answer }, 1).slice(0, -2)},\n "findings": [`);
  let first = true;
  const sift = sifter(rules);
  for (const log of logs)
    for (const row of sift(spool.get(log)?.rows ?? [])) {
      await put(`${first ? '' : ','}${toJson(row)}`);
      first = false;
    }
  await put(' ]\n}');
  if (file !== null) await print(...summary(answer));
}
