/**
 * npm run demo: a sandbox account, the real stack deployed into it, five fires lit and what Firebreak made of them; with
 * `--all` every fire whose API the emulators have, with a table of times. Every step is checked against the account
 * itself; the exit code is 1 if any did not do what it says.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, styleText } from 'node:util';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DeleteBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { loadConfig } from '../../functions/deployment.ts';
import { canonical, type Json, type JsonObject } from '../../shared/core/json.ts';
import { dynamoIncidents } from '../../shared/incidents/dynamo.ts';
import { difference } from '../../shared/notify/diff.ts';
import { deployInto, run } from '../sandbox/deploy.ts';
import { credentialsOf, type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import type { Tried } from './all.ts';
import { ended, patience, until } from './ended.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const config = join(root, 'scripts/demo/firebreak.yml');
const began = performance.now();

const say = (line = ''): void => void process.stdout.write(`${line}\n`);
const bold = (text: string): string => styleText('bold', text);
const mark = (good: boolean): string => (good ? styleText('green', '✔') : styleText('red', '✘'));
const elapsed = (): string => `${((performance.now() - began) / 1000).toFixed(1)} s`.padStart(7);
const step = (line: string): void => say(`${styleText('dim', elapsed())}  ${line}`);

type Burnt = {
  rule: string;
  resource: string;
  incident: string;
  outcome: string;
  before: Json;
  plan: Json;
  after: Json;
  seconds: number | null;
};
type Report = {
  preset: string;
  ok: boolean;
  seconds: number;
  fires: Burnt[];
  undo: { incident: string; ok: boolean } | null;
  exempt: { incident: string; outcome: string } | null;
  duplicate: { id: string; outcome: string } | null;
  refused: { function: string; action: string; error: string } | null;
};

/** What is there before anything else, and gone after it, whatever happens. */
async function inSandbox(config: string, problems: string[], work: (env: Record<string, string>) => Promise<void>) {
  let sandbox: Sandbox | undefined;
  try {
    sandbox = await startSandbox({ log: step });
    step(`sandbox account ${sandbox.account} is up at ${sandbox.endpoint} (IAM enforced) and ${sandbox.moto} (EC2)`);
    Object.assign(process.env, sandbox.env);
    step('packaging and deploying serverless.yml with osls …');
    const env = await deployInto(sandbox, config, step);
    step('deployed: stack firebreak\n');
    await work(env);
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  } finally {
    await sandbox?.stop();
  }
}

const endings = (ok: boolean, seconds: number): string =>
  ok
    ? `${mark(true)} ${bold(`Everything did what it says, in ${seconds} s.`)} The sandbox is gone; nothing is left running.`
    : bold(`The demo failed after ${seconds} s.`);

const secondsNow = (): number => Number(((performance.now() - began) / 1000).toFixed(1));

async function everything(file: string | undefined): Promise<boolean> {
  const { allConfig, allFires, tryFire, unlit } = await import('./all.ts');
  const fires = await allFires();
  const problems: string[] = [];
  const tried: Tried[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-demo-'));
  try {
    const config = join(folder, 'firebreak.yml');
    writeFileSync(config, allConfig(fires));
    say(
      bold(`Firebreak puts out ${fires.length} fires in an account that exists only on this machine. Preset strict.\n`),
    );
    await inSandbox(config, problems, async (env) => {
      const counts = loadConfig(config);
      for (const fire of fires) {
        const one: Tried = await tryFire(fire, counts, env).catch((error: unknown) => ({
          rule: fire.rule.id,
          stage: fire.stage.name,
          outcome: 'fault',
          seconds: null,
          ok: false,
          why: error instanceof Error ? error.message : String(error),
        }));
        tried.push(one);
        const time = one.seconds === null ? '' : `${one.seconds.toFixed(1)} s`;
        const what = `${one.outcome.padEnd(8)}  ${one.rule.padEnd(34)}  ${one.learned ? '*' : ' '} ${one.stage}`;
        say(`${mark(one.ok)} ${time.padStart(7)}  ${what}`);
        if (!one.ok) problems.push(`${one.rule} (${one.stage}): ${one.outcome}: ${one.why ?? ''}`);
      }
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
  if (tried.some(({ learned }) => learned))
    say(
      '\n* What was there before is learned in a day. Here the same code learned it under the function’s role, by a clock set back.',
    );
  const rest = unlit(fires);
  if (rest.length > 0) say(`\nNot lit here:\n${rest.map((line) => `  ${line}`).join('\n')}`);
  const times = tried.flatMap(({ seconds }) => seconds ?? []).toSorted((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)];
  if (median !== undefined)
    say(`\nFrom the call to the proof: ${median} s in the middle, ${times.at(-1)} s at the most.`);
  const ok = problems.length === 0 && tried.length === fires.length;
  const seconds = secondsNow();
  if (file !== undefined)
    writeFileSync(file, `${JSON.stringify({ preset: 'strict', ok, seconds, fires: tried, unlit: rest }, null, 2)}\n`);
  say();
  for (const problem of problems) say(`${mark(false)} ${problem}`);
  say(endings(ok, seconds));
  return ok;
}

async function main(file: string | undefined): Promise<boolean> {
  const report: Report = {
    preset: 'standard',
    ok: false,
    seconds: 0,
    fires: [],
    undo: null,
    exempt: null,
    duplicate: null,
    refused: null,
  };
  const problems: string[] = [];
  say(bold('Firebreak puts out five fires in an account that exists only on this machine.'));
  say('Preset standard, from scripts/demo/firebreak.yml; the shipped firebreak.yml says guard, which changes less.\n');
  await inSandbox(config, problems, (env) => play(report, problems, env));
  report.ok = problems.length === 0;
  report.seconds = secondsNow();
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  say();
  for (const problem of problems) say(`${mark(false)} ${problem}`);
  say(endings(report.ok, report.seconds));
  if (report.ok) {
    say('\nWhere to look next:');
    say('  npm run demo -- --all      every fire whose API the emulators have, with a table of times');
    say('  npm run sandbox            the same account, kept up to play with');
    say('  npx firebreak rules        what is recognised, and what may be done about it');
    say('  npx firebreak classify     what the rules make of your own CloudTrail files, without an account');
    say('  README.md                  deploy, configure, undo');
  }
  return report.ok;
}

async function play(report: Report, problems: string[], env: Record<string, string>): Promise<void> {
  const { fires, exempted, put, website, websitePolicy } = await import('./fires.ts');
  const store = dynamoIncidents('firebreak-incidents', 400);
  const check = (good: boolean, what: string): void => {
    say(`         ${mark(good)} ${what}`);
    if (!good) problems.push(what);
  };
  const details: JsonObject[] = [];

  for (const fire of fires) {
    step(`${bold(fire.rule)}  ${fire.what}`);
    const detail = await fire.light();
    details.push(detail);
    const lit = canonical(await fire.look());
    await put(detail);
    const incident = await ended(store, String(detail['eventID']), fire.rule);
    if (!incident) {
      check(false, `${fire.rule}: an incident within ${patience / 1000} s (its event is ${String(detail['eventID'])})`);
      continue;
    }
    const { times, before, plan, after } = incident;
    const seconds =
      times.event && times.verified ? (Date.parse(times.verified) - Date.parse(times.event)) / 1000 : null;
    const states = { before: before?.state ?? null, plan: plan?.state ?? null, after: after?.state ?? null };
    report.fires.push({
      rule: fire.rule,
      resource: incident.resource,
      incident: incident.id,
      outcome: incident.outcome,
      ...states,
      seconds,
    });
    say(`         recognised: ${incident.reasons.join('; ')}`);
    say(`         incident ${incident.id}: ${bold(incident.outcome)}, ${incident.note}`);
    if (plan)
      for (const line of difference(states.before, after ? states.after : states.plan, 14))
        say(`           ${tint(line)}`);
    check(
      incident.outcome === fire.expected,
      incident.outcome === fire.expected
        ? `${fire.rule} is ${fire.expected}`
        : `${fire.rule}: expected ${fire.expected}, found ${incident.outcome}`,
    );
    const now = await fire.look();
    if (fire.expected === 'fixed') {
      check(
        after !== undefined && seconds !== null,
        `${fire.rule}: read back by the function${seconds === null ? '' : `, ${seconds.toFixed(1)} s after the call`}`,
      );
      check(canonical(now) !== lit && fire.safe(now), 'and the account itself, asked now, says so');
    } else if (fire.expected === 'asked') {
      check(fire.safe(now), 'nothing was changed without an answer');
      step(`a person answers:  npx firebreak approve ${incident.id}`);
      await run('node', ['cli/main.ts', 'approve', incident.id], env);
      check(canonical(await fire.look()) === canonical('Inactive'), 'approved: the key is inactive');
    }
    say();
  }

  const first = report.fires[0];
  if (first?.outcome === 'fixed') {
    step(bold('The same event comes a second time'));
    const versions = async (): Promise<string> =>
      canonical(((await store.get(first.incident))?.writes ?? []) as unknown as Json);
    const writes = await versions();
    await put(details[0] ?? {});
    const again = await until(async () =>
      (await store.get(first.incident))?.timeline.find((entry) => entry.outcome === 'duplicate'),
    );
    report.duplicate = { id: String(details[0]?.['eventID']), outcome: again?.outcome ?? 'unknown' };
    check(again !== undefined && (await versions()) === writes, `duplicate: ignored, nothing was written again`);

    say();
    step(`${bold('Undo')}  npx firebreak undo ${first.incident}`);
    await run('node', ['cli/main.ts', 'undo', first.incident], env);
    const undone = await store.get(first.incident);
    const state = await fires[0]?.look();
    const ok = undone?.outcome === 'undone' && canonical(jsonOf(state ?? null)) === canonical(jsonOf(first.before));
    report.undo = { incident: first.incident, ok };
    check(ok, 'the bucket policy is what it was before the fix');
  } else problems.push('nothing was fixed that could be undone');

  say();
  step(`${bold('An exemption')}  ${website} is exempt in firebreak.yml, and gets a public policy`);
  const detail = await exempted();
  const had = canonical(await websitePolicy());
  await put(detail);
  const left = await ended(store, String(detail['eventID']), 's3/public-policy');
  report.exempt = left ? { incident: left.id, outcome: left.outcome } : null;
  check(
    left?.outcome === 'exempt' && canonical(await websitePolicy()) === had,
    `${left?.outcome ?? 'no incident'}: ${left?.note ?? ''}; the policy is untouched`,
  );

  say();
  step(`${bold('Least privilege')}  the s3 function’s role tries a call that its rules do not need`);
  const error = await deleteAs('firebreak-s3', website);
  report.refused = { function: 's3', action: 's3:DeleteBucket', error };
  check(/^AccessDenied/.test(error), `s3:DeleteBucket: ${error}`);
}

const tint = (line: string): string =>
  line.startsWith('+')
    ? styleText('green', line)
    : line.startsWith('-')
      ? styleText('red', line)
      : styleText('dim', line);

/** A policy's text as what it says: text and spacing aside. */
const jsonOf = (state: Json): Json =>
  typeof state === 'string' && state.startsWith('{') ? (JSON.parse(state) as Json) : state;

/** Tries to delete a bucket with the very credentials that a deployed function works with; gives the refusal. */
async function deleteAs(name: string, bucket: string): Promise<string> {
  const { FunctionArn, Role } = await new LambdaClient({}).send(
    new GetFunctionConfigurationCommand({ FunctionName: name }),
  );
  const credentials = credentialsOf({ FunctionArn: FunctionArn ?? '', Role: Role ?? '' });
  try {
    await new S3Client({ credentials }).send(new DeleteBucketCommand({ Bucket: bucket }));
    return 'none: the bucket is gone';
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
}

const usage = `usage: npm run demo -- [--all] [--json FILE]

  --all        every fire whose API the emulators have, under preset strict, with a table of times
  --json FILE  write what came of it as JSON, too`;

type Asked = { readonly all: boolean; readonly file: string | undefined };

/** What the command line says, or why it can't be done: learnt before minutes have passed. */
function asked(): Asked | { readonly exit: number; readonly says: string } {
  try {
    const options = {
      all: { type: 'boolean' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    } as const;
    const { values } = parseArgs({ options });
    if (values.help) return { exit: 0, says: usage };
    if (values.json !== undefined) writeFileSync(values.json, '', { flag: 'a' });
    return { all: values.all === true, file: values.json };
  } catch (error) {
    return { exit: 2, says: `demo: ${(error as Error).message}\n\n${usage}` };
  }
}

const wish = asked();
if ('says' in wish) {
  (wish.exit === 0 ? process.stdout : process.stderr).write(`${wish.says}\n`);
  process.exitCode = wish.exit;
} else process.exitCode = (await (wish.all ? everything(wish.file) : main(wish.file))) ? 0 : 1;
