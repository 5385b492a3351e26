/**
 * A process is killed (SIGKILL) between each pair of HTTP calls of a fix: before the n-th call is made, and after it had
 * its effect but before it is answered. The event is then delivered again to a fresh process, as Lambda does.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { DescribeInstancesCommand, DescribeSnapshotsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { at, type Json } from '../../shared/core/json.ts';
import type { Config } from '../../shared/core/mode.ts';
import { stages } from '../stages/ec2/compromised-instance.ts';
import type { Delivery } from '../support/delivery.ts';
import { type Deployment, deployment } from '../support/deployment.ts';
import { aGroup, openBucket, policies, sidsOf } from '../support/fires.ts';
import { standard } from '../support/toys.ts';
import { isRead, type Seen, since, type Tapped, tap, type Verdict } from '../support/wire.ts';

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
type Kill = { readonly n: number; readonly operation: string; readonly when: 'before' | 'after' };

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
  wire.hook(async ({ operation }) => {
    made += 1;
    if (made !== kill?.n) return answerOf(operation, event);
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

/** GuardDuty's store, which no emulator has: it knows the finding that is delivered. */
function answerOf(operation: string, event: Json): Verdict {
  if (operation !== 'GetFindings') return 'pass';
  const body = JSON.stringify({ findings: [at(event, 'detail')] });
  return { status: 200, headers: { 'content-type': 'application/json' }, body };
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
  await fire.open();
  const event = fire.event({ arn: somebody() });
  return { event, before: null, isOut: async () => expect(await fire.ranges()).toEqual(['198.51.100.0/24']) };
}

/** An instance that GuardDuty finds in bad company. */
async function instance(): Promise<Fire> {
  const [stage] = stages;
  if (!stage) throw new Error('there is no stage of ec2/compromised-instance');
  const { instance: id } = (await stage.set()).target as { instance: string };
  const now = new Date().toISOString();
  const file = new URL('../../events/ec2/compromised-instance/fires-mining.json', import.meta.url);
  // In this account and this region: what is reported of another is told only.
  const whole = readFileSync(file, 'utf8')
    .replaceAll('111122223333', '123456789012')
    .replaceAll(/\b[a-z]{2}-[a-z]+-\d\b/g, 'us-east-1');
  const event = JSON.parse(whole.replaceAll(/i-[0-9a-f]{8,17}/g, id)) as { detail: { service: object } };
  Object.assign(event.detail, { id: randomUUID(), updatedAt: now });
  // A snapshot counts as evidence if it was made after the first sign; moto's times have whole seconds.
  const eventFirstSeen = new Date(Date.now() - 60_000).toISOString();
  Object.assign(event.detail.service, { eventFirstSeen, eventLastSeen: now });
  const ec2 = new EC2Client({});
  return {
    event: event as unknown as Json,
    before: null,
    async isOut() {
      const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
      const found = Reservations?.[0]?.Instances?.[0];
      const volumes = (found?.BlockDeviceMappings ?? []).map(({ Ebs }) => Ebs?.VolumeId ?? '');
      const { Snapshots } = await ec2.send(
        new DescribeSnapshotsCommand({ Filters: [{ Name: 'volume-id', Values: volumes }] }),
      );
      // Each volume once: a retry does not make the evidence twice.
      expect(Snapshots?.map(({ VolumeId }) => VolumeId).sort()).toEqual(volumes.sort());
      const groups = found?.NetworkInterfaces?.flatMap(({ Groups }) => Groups?.map(({ GroupName }) => GroupName));
      expect(groups).toEqual(['firebreak-isolation']);
    },
  };
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
    calls:
      `TransactWriteItems GetBucketPolicy BatchGetItem GenerateMac TransactWriteItems PutBucketPolicy GetBucketPolicy
      TransactWriteItems Publish UpdateItem`.split(/\s+/),
    changes: 1,
    set: () => bucket(['ours']),
  },
  {
    name: 'ec2/security-group-open',
    room: 'ec2',
    rules: ['ec2/security-group-open'],
    calls: `TransactWriteItems DescribeSecurityGroupRules BatchGetItem GenerateMac TransactWriteItems
      RevokeSecurityGroupIngress DescribeSecurityGroupRules TransactWriteItems Publish UpdateItem`.split(/\s+/),
    changes: 1,
    set: group,
  },
  {
    name: 'ec2/compromised-instance, in steps',
    room: 'ec2',
    rules: ['ec2/compromised-instance'],
    calls: `TransactWriteItems GetFindings DescribeInstances DescribeInstances DescribeSnapshots
      DescribeAutoScalingInstances DescribeInstances DescribeTargetGroups DescribeInstances
      DescribeSecurityGroups DescribeInstances DescribeInstanceAttribute BatchGetItem GenerateMac TransactWriteItems
      CreateTags CreateSnapshots DescribeSecurityGroups CreateSecurityGroup DescribeSecurityGroups
      RevokeSecurityGroupEgress ModifyNetworkInterfaceAttribute ModifyInstanceAttribute DescribeInstances
      DescribeInstances DescribeSnapshots DescribeAutoScalingInstances DescribeInstances DescribeTargetGroups
      DescribeInstances DescribeSecurityGroups DescribeInstances DescribeInstanceAttribute
      GenerateMac TransactWriteItems Publish UpdateItem`.split(/\s+/),
    changes: 6,
    set: instance,
  },
  {
    name: 's3/public-policy and s3/tls-only, composed',
    room: 's3',
    rules: ['s3/public-policy', 's3/tls-only'],
    calls:
      `TransactWriteItems GetBucketPolicy BatchGetItem GenerateMac TransactWriteItems PutBucketPolicy GetBucketPolicy
      TransactWriteItems Publish UpdateItem`.split(/\s+/),
    changes: 1,
    set: () => bucket(['ours', expect.stringMatching(/tls/i)]),
  },
];

describe.each(scenarios)('a fix of $name', (scenario) => {
  const { rules, calls, changes, set } = scenario;
  // Of a call that only reads or signs, to be killed after it is to be killed before the next.
  const kills = calls.flatMap((operation, at): Kill[] => [
    { n: at + 1, operation, when: 'before' },
    ...(isRead({ operation }) || /^(BatchGetItem|GenerateMac)$/.test(operation)
      ? []
      : [{ n: at + 1, operation, when: 'after' } as const]),
  ]);

  it.each(kills)('killed $when call $n, $operation', async (kill) => {
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
    const twice =
      (kill.n === calls.length - 1 && kill.when === 'after') || (kill.n === calls.length && kill.when === 'before');
    expect(told, label).toHaveLength(twice ? 2 : 1);
  });

  it('makes these calls, and no others', async () => {
    const fire = await set();
    const mark = wire.log.length;
    const beyond: Kill = { n: calls.length + 1, operation: 'none', when: 'before' };
    expect(await deliver(scenario, fire.event, 0, beyond)).toContain('"fixed"');
    expect(since(wire.log, mark).map(({ operation }) => operation)).toEqual(calls);
  });
});
