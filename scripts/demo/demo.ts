/**
 * npm run demo: a sandbox account, the real stack deployed into it, five fires lit and what Firebreak made of them.
 * Every step is checked against the account itself; the exit code is 1 if any did not do what it says.
 */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, styleText } from 'node:util';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DeleteBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { Incident } from '../../shared/core/incident.ts';
import { canonical, type Json, type JsonObject } from '../../shared/core/json.ts';
import { dynamoIncidents } from '../../shared/incidents/dynamo.ts';
import { difference } from '../../shared/notify/diff.ts';
import { deployInto, run } from '../sandbox/deploy.ts';
import { credentialsOf, type Sandbox, startSandbox } from '../sandbox/sandbox.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const config = join(root, 'scripts/demo/firebreak.yml');
const began = performance.now();
/** How long one fire may burn before the demo gives up on it, in milliseconds. */
const patience = 40_000;

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
  let sandbox: Sandbox | undefined;
  try {
    say(bold('Firebreak puts out five fires in an account that exists only on this machine.'));
    say(
      'Preset standard, from scripts/demo/firebreak.yml; the shipped firebreak.yml says guard, which changes less.\n',
    );
    sandbox = await startSandbox({ log: step });
    step(`sandbox account ${sandbox.account} is up at ${sandbox.endpoint} (IAM enforced) and ${sandbox.moto} (EC2)`);
    Object.assign(process.env, sandbox.env);
    step('packaging and deploying serverless.yml with osls …');
    const env = await deployInto(sandbox, config, step);
    step('deployed: stack firebreak\n');
    await play(report, problems, env);
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  } finally {
    await sandbox?.stop();
  }
  report.ok = problems.length === 0;
  report.seconds = Number(((performance.now() - began) / 1000).toFixed(1));
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  say();
  for (const problem of problems) say(`${mark(false)} ${problem}`);
  say(
    report.ok
      ? `${mark(true)} ${bold(`Everything did what it says, in ${report.seconds} s.`)} The sandbox is gone; nothing is left running.`
      : bold(`The demo failed after ${report.seconds} s.`),
  );
  if (report.ok) {
    say('\nWhere to look next:');
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
        `read back by the function${seconds === null ? '' : `, ${seconds.toFixed(1)} s after the call`}`,
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

/** A rule's incident of an event, once it has ended and people have been told where it is theirs to know. */
const ended = (store: ReturnType<typeof dynamoIncidents>, event: string, rule: string): Promise<Incident | undefined> =>
  until(async () => {
    const incident = (await store.list(2, new Date())).find(
      (one) => one.event.id === event && one.rules.includes(rule),
    );
    if (!incident || incident.outcome === 'open') return undefined;
    return incident.told === incident.outcome || incident.outcome === 'exempt' ? incident : undefined;
  });

async function until<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
  for (const end = performance.now() + patience; performance.now() < end; await pause(150)) {
    const found = await look();
    if (found !== undefined) return found;
  }
  return undefined;
}

const { values } = parseArgs({ options: { json: { type: 'string' } } });
process.exitCode = (await main(values.json)) ? 0 : 1;
