/**
 * A process is killed (SIGKILL) between each pair of HTTP calls of a fix: before the n-th call is made, and after it had
 * its effect but before it is answered. The event is then delivered again to a fresh process, as Lambda does.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Json } from '../../shared/core/json.ts';
import type { Config } from '../../shared/core/mode.ts';
import type { Delivery } from '../support/delivery.ts';
import { type Deployment, deployment } from '../support/deployment.ts';
import { aGroup, openBucket, policies, sidsOf } from '../support/fires.ts';
import { standard } from '../support/toys.ts';
import { isRead, type Seen, since, type Tapped, tap } from '../support/wire.ts';

const dir = mkdtempSync(join(tmpdir(), 'firebreak-crash-'));
const program = join(dir, 'delivery.mjs');
let place: Deployment;
let wire: Tapped;

beforeAll(async () => {
  await build({
    entryPoints: [fileURLToPath(new URL('../support/delivery.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  [place, wire] = await Promise.all([deployment(), tap(inject('sandbox').env)]);
});
afterAll(async () => {
  await wire.stop();
  await place.drop();
  rmSync(dir, { recursive: true });
});

/** The n-th request kills the process that makes it; `after`: it reaches AWS all the same. */
type Kill = { readonly n: number; readonly when: 'before' | 'after' };

let deliveries = 0;

/** Delivers to a process of its own; gives what it said, or null where it was killed. */
async function deliver(
  { room, rules }: Pick<(typeof scenarios)[number], 'room' | 'rules'>,
  event: Json,
  ahead: number,
  kill?: Kill,
): Promise<string | null> {
  deliveries += 1;
  const child = spawn(process.execPath, [program], { env: { PATH: process.env['PATH'], ...wire.env }, stdio: 'pipe' });
  const [said, complaint, ended] = [text(child.stdout), text(child.stderr), once(child, 'exit')];
  let made = 0;
  wire.hook(async () => {
    made += 1;
    if (made !== kill?.n) return 'pass';
    child.kill('SIGKILL');
    // It is dead before AWS hears of the request: nothing of the answer can reach it.
    await ended;
    return kill.when === 'before' ? 'tear' : 'tear after';
  });
  const { stack, table, topicArn, macKey, waker } = place;
  const holder = `delivery-${deliveries}`;
  const input: Delivery = {
    room,
    stack,
    table,
    topicArn,
    macKey,
    waker,
    holder,
    event,
    rules,
    config: acting(...rules),
    leaseSeconds: 0.3,
    ahead,
  };
  child.stdin.end(JSON.stringify(input));
  const [code, signal] = (await ended) as [number | null, string | null];
  wire.hook(null);
  if (signal === 'SIGKILL') return null;
  if (code === null || (await said) === '') throw new Error(`the process ended with ${code}: ${await complaint}`);
  return said;
}

type Fire = {
  readonly event: Json;
  readonly before: unknown;
  /** Whether what is there is what a fix must leave. */
  isOut(): Promise<void>;
};

const acting = (...rules: readonly string[]): Config => ({
  ...standard,
  modes: rules.map((rule) => ({ rule, mode: 'remediate' as const })),
});

/** Everybody once: who sets more than twenty fires is asked about, and that is tested elsewhere. */
const somebody = (): string => `arn:aws:iam::123456789012:user/${randomUUID()}`;

async function bucket(left: readonly unknown[]): Promise<Fire> {
  const fire = await openBucket();
  return {
    event: fire.event({ arn: somebody() }),
    before: policies(fire.bucket).open,
    isOut: async () => expect(await sidsOf(fire.bucket)).toEqual(left),
  };
}

async function group(): Promise<Fire> {
  const fire = await aGroup();
  const event = await fire.open({ arn: somebody() });
  return { event, before: null, isOut: async () => expect(await fire.ranges()).toEqual(['198.51.100.0/24']) };
}

/** Writes of the rules that reached AWS: answered or not. */
const writes = (seen: readonly Seen[], kill: Kill): readonly Seen[] =>
  seen.filter(
    (one, index) =>
      !['dynamodb', 'kms', 'sns'].includes(one.service) &&
      !isRead(one) &&
      !(kill.when === 'before' && index === kill.n - 1),
  );

const scenarios = [
  {
    name: 's3/public-policy',
    room: 's3',
    rules: ['s3/public-policy'],
    calls: 10,
    changes: 1,
    set: () => bucket(['ours']),
  },
  {
    name: 'ec2/security-group-open',
    room: 'ec2',
    rules: ['ec2/security-group-open'],
    calls: 10,
    changes: 1,
    set: group,
  },
  {
    name: 's3/public-policy and s3/tls-only, composed',
    room: 's3',
    rules: ['s3/public-policy', 's3/tls-only'],
    calls: 10,
    changes: 1,
    set: () => bucket(['ours', expect.stringMatching(/tls/i)]),
  },
];

describe.each(scenarios)('a fix of $name', (scenario) => {
  const { rules, calls, changes, set } = scenario;
  const kills = Array.from({ length: calls }, (_, at) => at + 1).flatMap((n): Kill[] => [
    { n, when: 'before' },
    { n, when: 'after' },
  ]);

  it.each(kills)('killed $when call $n', async (kill) => {
    const fire = await set();
    await place.told();
    const mark = wire.log.length;
    expect(await deliver(scenario, fire.event, 0, kill)).toBeNull();
    const retry = await deliver(scenario, fire.event, 60_000);
    const label = since(wire.log, mark)
      .map(({ service, operation, status }) => `${service} ${operation} ${status}`)
      .join('\n');
    expect(JSON.parse(retry ?? ''), label).toMatchObject({
      results: [{ outcome: expect.stringMatching(/^(fixed|duplicate)$/), rules }],
    });
    await fire.isOut();
    expect(writes(since(wire.log, mark), kill), label).toHaveLength(changes);
    const id = (JSON.parse(retry ?? '') as { results: { incident: string }[] }).results[0]?.incident ?? '';
    const incident = await place.store.get(id);
    expect(incident, label).toMatchObject({ outcome: 'fixed', told: 'fixed', rules });
    if (fire.before !== null) expect(JSON.parse(String(incident?.before?.state))).toEqual(fire.before);
    expect(JSON.stringify(incident?.before?.state)).not.toBe(JSON.stringify(incident?.after?.state));
    // Whoever died between telling and noting that has told twice: once too often is better than never.
    const told = (await place.told()).filter(({ text: words }) => words.includes(id));
    const twice = (kill.n === calls - 1 && kill.when === 'after') || (kill.n === calls && kill.when === 'before');
    expect(told, label).toHaveLength(twice ? 2 : 1);
  });

  it(`makes ${calls} calls: a kill later than that never comes`, async () => {
    const fire = await set();
    const mark = wire.log.length;
    expect(await deliver(scenario, fire.event, 0, { n: calls + 1, when: 'before' })).toContain('"fixed"');
    expect(since(wire.log, mark)).toHaveLength(calls);
  });
});
