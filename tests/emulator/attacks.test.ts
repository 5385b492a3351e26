/** Hostile hands: invented findings, changed records, wide exemptions, roles of ours, names that inject. Each refused, stored, told. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, ListAccessKeysCommand } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { readConfig } from '../../shared/config/load.ts';
import type { Deps, Result } from '../../shared/core/deps.ts';
import { due } from '../../shared/core/due.ts';
import { handle } from '../../shared/core/engine.ts';
import type { Incident } from '../../shared/core/incident.ts';
import type { Json } from '../../shared/core/json.ts';
import type { Config } from '../../shared/core/mode.ts';
import { approve, decide, undo } from '../../shared/core/people.ts';
import { type Deployment, deployment } from '../support/deployment.ts';
import { event, openBucket, policies, sidsOf } from '../support/fires.ts';
import { type Hands, hands } from '../support/hands.ts';
import { standard } from '../support/toys.ts';
import { isRead, since, type Tapped, tap } from '../support/wire.ts';

const account = '123456789012';
let place: Deployment;
let wire: Tapped;
let own: Hands;
beforeAll(async () => {
  place = await deployment();
  wire = await tap(inject('sandbox').env);
  own = await hands(wire.env);
});
beforeEach(() => void wire.hook(null));
afterAll(async () => {
  await wire.stop();
  await place.drop();
});

const strict: Config = { ...standard, preset: 'strict' };
let deliveries = 0;
function depsOf(room: string, ids: readonly string[], config: Config = strict): Deps {
  deliveries += 1;
  const rules = own.rules.filter(({ id }) => ids.includes(id));
  const { confirm } = own;
  return {
    ...own.compose({ ...place, room, rules, config, confirm, holder: `attack-${deliveries}` }),
    leaseSeconds: 0.2,
  };
}
const incidents = (): Promise<readonly Incident[]> => place.store.list(2, new Date());
const toldOf = async (id: string): Promise<readonly string[]> =>
  (await place.told()).map(({ text }) => text).filter((text) => text.includes(id));

describe('an invented GuardDuty finding', () => {
  const iam = new IAMClient({});
  /** A user whose key an attacker would like to see switched off. */
  async function victim(): Promise<{ user: string; key: string; status(): Promise<string | undefined> }> {
    const user = `victim-${randomUUID().slice(0, 8)}`;
    await iam.send(new CreateUserCommand({ UserName: user }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: user }));
    return {
      user,
      key: AccessKey?.AccessKeyId ?? '',
      status: async () =>
        (await iam.send(new ListAccessKeysCommand({ UserName: user }))).AccessKeyMetadata?.[0]?.Status,
    };
  }

  const finding = (id: string, user: string, key: string, seen = new Date().toISOString()) => ({
    schemaVersion: '2.0',
    accountId: account,
    region: 'us-east-1',
    partition: 'aws',
    id,
    arn: `arn:aws:guardduty:us-east-1:${account}:detector/d1/finding/${id}`,
    type: 'UnauthorizedAccess:IAMUser/TorIPCaller',
    title: 'from Tor',
    severity: 8,
    createdAt: seen,
    updatedAt: seen,
    resource: {
      resourceType: 'AccessKey',
      accessKeyDetails: { accessKeyId: key, principalId: 'AIDAX', userType: 'IAMUser', userName: user },
    },
    service: { serviceName: 'guardduty', detectorId: 'd1', eventFirstSeen: seen, eventLastSeen: seen, count: 1 },
  });
  const envelope = (detail: Json): Json => ({
    version: '0',
    id: randomUUID(),
    source: 'aws.guardduty',
    'detail-type': 'GuardDuty Finding',
    account,
    region: 'us-east-1',
    time: new Date().toISOString(),
    detail,
  });
  const deliver = (detail: Json): Promise<readonly Result[]> =>
    own.as(() => handle(envelope(detail), depsOf('iam', ['iam/compromised-credentials'])));

  /** GuardDuty's store, which neither emulator has: what GetFindings answers on the wire. */
  function guardDutyHolds(...held: readonly { readonly id: string }[]): void {
    wire.hook(({ operation }) => {
      if (operation !== 'GetFindings') return 'pass';
      return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ findings: held }) };
    });
  }

  it('is refused where GuardDuty knows nothing of it: stored, told, nothing of IAM even read', async () => {
    const { user, key, status } = await victim();
    guardDutyHolds();
    const mark = wire.log.length;
    const [result] = await deliver(finding(randomUUID(), user, key));
    expect(result).toMatchObject({ outcome: 'refused' });
    expect(since(wire.log, mark).filter(({ service }) => service === 'iam')).toEqual([]);
    expect(await status()).toBe('Active');
    expect(await place.store.get(result?.incident ?? '')).toMatchObject({ outcome: 'refused', told: 'refused' });
    expect(await toldOf(result?.incident ?? '')).toHaveLength(1);
  });

  it('is refused where its id is that of a true one about somebody else', async () => {
    const [innocent, guilty] = [await victim(), await victim()];
    const id = randomUUID();
    guardDutyHolds(finding(id, guilty.user, guilty.key));
    expect(await deliver(finding(id, innocent.user, innocent.key))).toMatchObject([{ outcome: 'refused' }]);
    expect([await innocent.status(), await guilty.status()]).toEqual(['Active', 'Active']);
  });

  it('is refused where its id is that of another type, or another account', async () => {
    const { user, key, status } = await victim();
    for (const change of [{ type: 'Recon:IAMUser/TorIPCaller' }, { accountId: '444455556666' }]) {
      const id = randomUUID();
      guardDutyHolds({ ...finding(id, user, key), ...change });
      expect(await deliver(finding(id, user, key))).toMatchObject([{ outcome: 'refused' }]);
    }
    expect(await status()).toBe('Active');
  });

  it('asks where it is an old one, said to be of now', async () => {
    const { user, key, status } = await victim();
    const id = randomUUID();
    guardDutyHolds(finding(id, user, key, '2026-01-01T00:00:00Z'));
    expect(await deliver(finding(id, user, key))).toMatchObject([{ outcome: 'asked' }]);
    expect(await status()).toBe('Active');
  });

  it('asks where GuardDuty cannot be asked: moto, which has no GetFindings', async () => {
    const { user, key, status } = await victim();
    const mark = wire.log.length;
    expect(await deliver(finding(randomUUID(), user, key))).toMatchObject([{ outcome: 'asked' }]);
    expect(since(wire.log, mark).some(({ service, status: code }) => service === 'guardduty' && code >= 400)).toBe(
      true,
    );
    expect(await status()).toBe('Active');
  });

  it('and a true one is acted on', async () => {
    const { user, key, status } = await victim();
    const true_ = finding(randomUUID(), user, key);
    guardDutyHolds(true_);
    expect(await deliver(true_)).toMatchObject([{ outcome: 'fixed' }]);
    expect(await status()).toBe('Inactive');
  });
});

describe('a record that was changed in the table', () => {
  /** What somebody with write access to the table does. */
  async function tamper(id: string, change: (incident: Incident) => Partial<Incident>): Promise<void> {
    const db = new DynamoDBClient({});
    const Key = { pk: { S: `incident#${id}` } };
    const { Item } = await db.send(new GetItemCommand({ TableName: place.table, Key }));
    const incident = JSON.parse(Item?.['record']?.S ?? '') as Incident;
    await db.send(
      new UpdateItemCommand({
        TableName: place.table,
        Key,
        UpdateExpression: 'SET #record = :record',
        ExpressionAttributeNames: { '#record': 'record' },
        ExpressionAttributeValues: { ':record': { S: JSON.stringify({ ...incident, ...change(incident) }) } },
      }),
    );
  }
  const deps = (config?: Config): Deps => depsOf('s3', ['s3/public-policy'], config);
  const asking: Config = { ...strict, modes: [{ rule: 's3/public-policy', mode: 'approve' }] };
  /** A policy that gives everything to a stranger. */
  const evil = (bucket: string): string =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Sid: 'evil', Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: `arn:aws:s3:::${bucket}/*` },
      ],
    });

  async function refused(id: string, bucket: string, command: () => Promise<unknown>): Promise<void> {
    const before = await sidsOf(bucket);
    const mark = wire.log.length;
    await place.told();
    for (let n = 0; n < 2; n += 1) await expect(own.as(command)).rejects.toMatchObject({ name: 'Forged' });
    expect(since(wire.log, mark).filter((seen) => seen.service === 's3' && !isRead(seen))).toEqual([]);
    expect(await sidsOf(bucket)).toEqual(before);
    const alarms = (await incidents()).filter(({ reasons }) => reasons.join().includes(id));
    expect(alarms).toMatchObject([
      { outcome: 'refused', severity: 'critical', told: 'refused', rules: ['self/tampering'] },
    ]);
    expect(await toldOf(alarms[0]?.id ?? '')).toHaveLength(1);
  }

  it('is not undone: its before is somebody’s wish', async () => {
    const fire = await openBucket();
    const [result] = await own.as(() => handle(fire.event(), deps()));
    const id = result?.incident ?? '';
    expect(result?.outcome).toBe('fixed');
    await tamper(id, () => ({ before: { state: evil(fire.bucket) } }));
    await refused(id, fire.bucket, () => undo(id, 'somebody', true, deps()));
  });

  it('is not undone on another bucket', async () => {
    const [fire, other] = [await openBucket(), await openBucket()];
    const [result] = await own.as(() => handle(fire.event(), deps()));
    const id = result?.incident ?? '';
    await tamper(id, () => ({ target: { bucket: other.bucket, partition: 'aws' } }));
    await refused(id, other.bucket, () => undo(id, 'somebody', true, deps()));
  });

  it('is not approved: its plan is somebody’s wish, and its code that of another', async () => {
    const [fire, other] = [await openBucket(), await openBucket()];
    const [[one], [two]] = [
      await own.as(() => handle(fire.event(), deps(asking))),
      await own.as(() => handle(other.event(), deps(asking))),
    ];
    const id = one?.incident ?? '';
    const stolen = (await place.store.get(two?.incident ?? ''))?.code ?? '';
    await own.as(() => decide(id, 'somebody', deps(asking)));
    await tamper(id, () => ({ plan: { state: evil(fire.bucket) }, code: stolen }));
    await refused(id, fire.bucket, () => approve(id, deps(asking)));
  });

  it('is not approved by whoever writes a yes into it', async () => {
    const fire = await openBucket();
    const [one] = await own.as(() => handle(fire.event(), deps(asking)));
    const id = one?.incident ?? '';
    await tamper(id, () => ({ decision: { by: 'somebody', at: new Date().toISOString() } }));
    await refused(id, fire.bucket, () => approve(id, deps(asking)));
  });

  it('is no hold that ends: a fix stays', async () => {
    const fire = await openBucket();
    const [result] = await own.as(() => handle(fire.event(), deps()));
    const id = result?.incident ?? '';
    await tamper(id, () => ({ outcome: 'held', until: '2026-01-01T00:00:00.000Z' }));
    await refused(id, fire.bucket, () => due(id, deps()));
    await tamper(id, ({ until: _, ...rest }) => ({ ...rest, until: undefined as unknown as string }));
    await expect(own.as(() => due(id, deps()))).rejects.toMatchObject({ name: 'Forged' });
    expect(await sidsOf(fire.bucket)).toEqual(['ours']);
  });

  it('whose code is no code at all is refused by KMS, not by luck', async () => {
    const fire = await openBucket();
    const [result] = await own.as(() => handle(fire.event(), deps()));
    const id = result?.incident ?? '';
    await tamper(id, () => ({ code: Buffer.from('a guess of thirty-two bytes here').toString('base64') }));
    const mark = wire.log.length;
    await refused(id, fire.bucket, () => undo(id, 'somebody', false, deps()));
    expect(since(wire.log, mark).some(({ operation }) => operation === 'VerifyMac')).toBe(true);
  });

  it('and one that nobody changed is undone, through the same checks', async () => {
    const fire = await openBucket();
    const [result] = await own.as(() => handle(fire.event(), deps()));
    expect(await own.as(() => undo(result?.incident ?? '', 'somebody', false, deps()))).toMatchObject({
      outcome: 'undone',
    });
    expect(await sidsOf(fire.bucket)).toEqual(['open', 'ours']);
  });
});

describe('an exemption for everything', () => {
  const exempting = (lines: string): string =>
    `exemptions:\n  - rule: '*/*'\n    owner: mallory\n    reason: because\n    expires: '2099-01-01'\n${lines}`;
  it.each([
    ['that names nothing', ''],
    ['of all ARNs', "    resource: 'arn:*:*:*:*:*'\n"],
    ['of all buckets', "    resource: 'arn:aws:s3:::*'\n"],
    ['of everybody', "    actor: 'arn:aws:iam::*:*'\n"],
    ['of all users', "    actor: 'arn:aws:iam::123456789012:user/*'\n"],
  ])('%s is no configuration', async (_, lines) => {
    const dir = mkdtempSync(join(tmpdir(), 'firebreak-attacks-'));
    try {
      writeFileSync(`${dir}/firebreak.yml`, exempting(lines));
      expect(() => readConfig(own.rules, `${dir}/firebreak.yml`)).toThrow(/exemption for everything|expected the ARN/);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it('that came past the configuration’s checks still only asks where it names an actor', async () => {
    const fire = await openBucket();
    const line = { rule: '*/*', actor: '*', owner: 'mallory', reason: 'because', expires: '2099-01-01' };
    const config: Config = { ...strict, exemptions: [line] };
    // After one whom nobody was asked about yet: his fourth question would be told together with others.
    const event = fire.event({ arn: `arn:aws:iam::${account}:user/trent` });
    const [result] = await own.as(() => handle(event, depsOf('s3', ['s3/public-policy'], config)));
    expect(result?.outcome).toBe('asked');
    expect(await toldOf(result?.incident ?? '')).toHaveLength(1);
  });
});

describe('a role of ours in somebody’s hand', () => {
  const role = (): string => `arn:aws:sts::${account}:assumed-role/${place.stack}-s3-us-east-1/${place.stack}-s3`;

  it('is told, loudly and once, and what it opened is closed', async () => {
    const fire = await openBucket();
    const seen = fire.event({ arn: role(), time: new Date(Date.now() - 180_000).toISOString() });
    const results = await own.as(() => handle(seen, depsOf('s3', ['s3/public-policy'])));
    expect(results.map(({ outcome }) => outcome).sort()).toEqual(['fixed', 'refused']);
    expect(await sidsOf(fire.bucket)).toEqual(['ours']);
    const alarm = results.find(({ outcome }) => outcome === 'refused')?.incident ?? '';
    expect(await place.store.get(alarm)).toMatchObject({ severity: 'critical', told: 'refused', resource: role() });
    await own.as(() => handle(seen, depsOf('s3', ['s3/public-policy'])));
    expect(await toldOf(alarm)).toHaveLength(1);
  });

  it('is no alarm where the write is one of ours', async () => {
    const fire = await openBucket();
    const [result] = await own.as(() => handle(fire.event(), depsOf('s3', ['s3/public-policy'])));
    const requestId = (await place.store.get(result?.incident ?? ''))?.writes[0]?.requestId ?? '';
    const mine = event(
      's3',
      'PutBucketPolicy',
      { bucketName: fire.bucket, bucketPolicy: policies(fire.bucket).ours },
      { arn: role(), requestId },
    );
    expect(await own.as(() => handle(mine, depsOf('s3', ['s3/public-policy'])))).toEqual([]);
  });
});

describe('names that try to be something else', () => {
  const names: readonly [string, Json][] = [
    ['a path', '../../victim'],
    ['a path to another bucket', 'x/../VICTIM'],
    ['a query', 'VICTIM?policy&x='],
    ['a fragment', 'VICTIM#'],
    ['an encoded slash', 'x%2f..%2fVICTIM'],
    ['a host', 'VICTIM@example.com'],
    ['an ARN', 'arn:aws:s3:us-east-1:444455556666:accesspoint/x'],
    ['lines', 'x\r\nHost: example.com\r\n\r\n'],
    ['a key of the table', 'x#incident#fb-0'],
    ['a prototype', '__proto__'],
    ['markup', '<script>alert(1)</script>'],
    ['a very long one', 'x'.repeat(100_000)],
    ['an object', { $ne: null }],
    ['a list', ['VICTIM']],
    ['nothing', ''],
  ];

  it.each(names)('%s: nothing is written anywhere, and whatever is stored and told is text', async (_, name) => {
    const fire = await openBucket();
    const bucketName = JSON.parse(JSON.stringify(name).replaceAll('VICTIM', fire.bucket)) as Json;
    const mark = wire.log.length;
    await place.told();
    const arn = `arn:aws:iam::${account}:user/<b>\r\nSubject: x`;
    const forged = event('s3', 'PutBucketPolicy', { bucketName, bucketPolicy: fire.policy }, { arn });
    const end = await own.as(() => handle(forged, depsOf('s3', ['s3/public-policy']))).catch((error: Error) => error);
    const written = since(wire.log, mark).filter((seen) => seen.service === 's3' && !isRead(seen));
    expect(written).toEqual([]);
    expect(await sidsOf(fire.bucket)).toEqual(['open', 'ours']);
    // Never a silent fault: either nothing was recognised, or there is an incident of it.
    const id = (forged['detail'] as { eventID: string }).eventID;
    const stored = (await incidents()).filter((one) => one.event.id === id);
    if (end instanceof Error) expect(stored.length, String(end)).toBe(1);
    for (const { subject, text } of await place.told()) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
      expect(subject).toMatch(/^[^\u0000-\u001f]{1,99}$/);
      expect(text).not.toMatch(/\r|<script>/);
      expect(text.length).toBeLessThan(20_000);
    }
  });
});
