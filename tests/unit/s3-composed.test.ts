/** Two rules that want something of one bucket's policy: one incident, one plan, one write. */
import {
  DeleteBucketPolicyCommand,
  GetBucketPolicyCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { publicPolicy } from '../../functions/s3/public-policy.ts';
import { tlsOnly } from '../../functions/s3/tls-only.ts';
import { trailBucketPolicy } from '../../functions/s3/trail-bucket-policy.ts';
import type { Deps } from '../../shared/core/deps.ts';
import { dueLesson } from '../../shared/core/due.ts';
import { handle } from '../../shared/core/engine.ts';
import { fault } from '../../shared/core/fault.ts';
import type { Json } from '../../shared/core/json.ts';
import type { Config } from '../../shared/core/mode.ts';
import { approve, decide, undo } from '../../shared/core/people.ts';
import { toyWorld, type World } from '../support/toys.ts';

const named = { Sid: 'Named', Effect: 'Allow', Principal: { AWS: 'arn:aws-cn:iam::111122223333:role/reports' } };
const reports = { ...named, Action: 's3:GetObject', Resource: 'arn:aws-cn:s3:::b/*' };
const open = { ...reports, Sid: 'Open', Principal: '*' };
const tls = {
  Sid: 'FirebreakTlsOnly',
  Effect: 'Deny',
  Principal: '*',
  Action: 's3:*',
  Resource: ['arn:aws-cn:s3:::b', 'arn:aws-cn:s3:::b/*'],
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
};
const policy = (...statements: readonly Json[]): { [member: string]: Json } => ({
  Version: '2012-10-17',
  Statement: statements,
});

/** S3 with one bucket: its policy, or null for none, or undefined when the bucket is gone. */
const s3 = mockClient(S3Client);
let stored: string | null | undefined;
let world: World;
beforeEach(() => {
  world = toyWorld();
  s3.reset();
  s3.on(GetBucketPolicyCommand).callsFake(async () => {
    if (stored === undefined) throw fault('NoSuchBucket', 'gone');
    if (stored === null) throw fault('NoSuchBucketPolicy', 'none');
    return { Policy: stored };
  });
  s3.on(PutBucketPolicyCommand).callsFake(async ({ Policy }: { Policy: string }) => {
    if (stored === undefined) throw fault('NoSuchBucket', 'gone');
    stored = Policy;
    return {};
  });
  s3.on(DeleteBucketPolicyCommand).callsFake(async () => {
    stored = null;
    return {};
  });
});

const strict = (change: Partial<Config> = {}): Deps =>
  world.deps([publicPolicy, tlsOnly], { preset: 'strict', ...change });

const event = (eventName: string, bucketPolicy?: Json, minutesAgo = 1): Json => ({
  eventID: `event-${eventName}`,
  eventSource: 's3.amazonaws.com',
  eventName,
  eventTime: new Date(world.now().getTime() - minutesAgo * 60_000).toISOString(),
  awsRegion: 'cn-north-1',
  recipientAccountId: '111122223333',
  userIdentity: { type: 'IAMUser', arn: 'arn:aws-cn:iam::111122223333:user/casey', userName: 'casey' },
  requestParameters: { bucketName: 'b', ...(bucketPolicy !== undefined && { bucketPolicy }) },
});

const put = (text: string, minutesAgo?: number): Json => {
  stored = text;
  return event('PutBucketPolicy', JSON.parse(text) as Json, minutesAgo);
};

const calls = (): readonly string[] =>
  s3
    .calls()
    .map(({ args: [command] }) => command.constructor.name)
    .filter((name) => !name.startsWith('Get'));

describe('a policy that is public and allows plain HTTP, under strict', () => {
  const both = JSON.stringify(policy(reports, open));
  const safe = JSON.stringify(policy(reports, tls));

  it('is one incident with both rules and both reasons, one plan and one write', async () => {
    const results = await handle(put(both), strict());
    expect(results).toMatchObject([{ outcome: 'fixed', rules: ['s3/public-policy', 's3/tls-only'] }]);
    expect(calls()).toEqual(['PutBucketPolicyCommand']);
    expect(stored).toBe(safe);
    const [incident, ...others] = world.store.all();
    expect(others).toEqual([]);
    expect(incident).toMatchObject({
      rules: ['s3/public-policy', 's3/tls-only'],
      lens: 's3/bucket-policy',
      lease: '111122223333/cn-north-1/s3/bucket-policy/b',
      before: { state: both },
      plan: { state: safe },
      after: { state: safe },
      undo: 'restore',
    });
    expect(incident?.reasons).toEqual([
      expect.stringContaining('statement 2 is open to everyone'),
      expect.stringContaining('does not deny plain HTTP'),
    ]);
    expect(world.told).toHaveLength(1);
  });

  it('is taken back whole, text for text', async () => {
    const indented = JSON.stringify(policy(reports, open), null, 2);
    const [fixed] = await handle(put(indented), strict());
    expect(stored).toBe(JSON.stringify(policy(reports, tls), null, 2));
    expect(await undo(fixed?.incident ?? '', 'casey', false, strict())).toMatchObject({ outcome: 'undone' });
    expect(stored).toBe(indented);
  });

  it('in which nothing private remains becomes the deny alone, also when approved by what is stored', async () => {
    const asked = await handle(put(JSON.stringify(policy(open)), 60), strict());
    expect(asked).toMatchObject([{ outcome: 'asked', rules: ['s3/public-policy', 's3/tls-only'] }]);
    const id = asked[0]?.incident ?? '';
    await decide(id, 'casey', strict());
    expect(await approve(id, strict())).toMatchObject({ outcome: 'fixed' });
    expect(stored).toBe(JSON.stringify(policy(tls)));
    expect(calls()).toEqual(['PutBucketPolicyCommand']);
  });

  it('is delivered twice and written once', async () => {
    await handle(put(both), strict());
    expect(await handle(event('PutBucketPolicy', policy(reports, open)), strict())).toMatchObject([
      { outcome: 'duplicate' },
    ]);
    expect(calls()).toHaveLength(1);
  });
});

it('under standard the public statement is dropped at once, and the question is about what is left', async () => {
  const results = await handle(put(JSON.stringify(policy(reports, open))), strict({ preset: 'standard' }));
  expect(results).toMatchObject([
    { outcome: 'fixed', rules: ['s3/public-policy'] },
    { outcome: 'asked', rules: ['s3/tls-only'] },
  ]);
  expect(stored).toBe(JSON.stringify(policy(reports)));
  const asked = world.store.all().find(({ outcome }) => outcome === 'asked');
  expect(asked?.before).toEqual({ state: JSON.stringify(policy(reports)) });
});

describe('a policy that was deleted', () => {
  it('comes back as the deny alone, and undo deletes that', async () => {
    stored = null;
    const results = await handle(event('DeleteBucketPolicy'), strict());
    expect(results).toMatchObject([{ outcome: 'fixed', rules: ['s3/tls-only'] }]);
    expect(stored).toBe(JSON.stringify(policy(tls)));
    expect(await undo(results[0]?.incident ?? '', 'casey', false, strict())).toMatchObject({ outcome: 'undone' });
    expect(stored).toBeNull();
    expect(calls()).toEqual(['PutBucketPolicyCommand', 'DeleteBucketPolicyCommand']);
  });

  it('with its bucket needs nothing', async () => {
    stored = undefined;
    expect(await handle(event('DeleteBucketPolicy'), strict())).toMatchObject([{ outcome: 'safe' }]);
    expect(calls()).toEqual([]);
  });

  it('before its bucket is deleted under our hands: the write fails, the next delivery finds nothing to do', async () => {
    stored = null;
    s3.on(PutBucketPolicyCommand).callsFake(async () => {
      stored = undefined;
      throw fault('NoSuchBucket', 'gone');
    });
    const deleted = event('DeleteBucketPolicy');
    await expect(handle(deleted, strict())).rejects.toThrow('gone');
    expect(await handle(deleted, strict())).toMatchObject([{ outcome: 'safe' }]);
  });
});

describe('the policy of a trail’s bucket', () => {
  const trail = {
    Effect: 'Allow',
    Principal: { Service: 'cloudtrail.amazonaws.com' },
    Action: 's3:PutObject',
    Resource: 'arn:aws-cn:s3:::b/AWSLogs/111122223333/*',
  };
  const good = JSON.stringify(policy(trail));
  const deps = (preset: Config['preset']): Deps =>
    world.deps([publicPolicy, tlsOnly, trailBucketPolicy], {
      preset,
      baselines: { 's3/trail-bucket-policy': { buckets: ['b'] } },
    });
  const lease = '111122223333/cn-north-1/s3/bucket-policy/b';

  /** It stood for a day, as CloudTrail has it: without a word about plain HTTP, which is flagged. */
  async function stood(preset: Config['preset']): Promise<void> {
    expect(await handle(put(good), deps(preset))).toMatchObject([
      { outcome: 'rehearsed', rules: ['s3/tls-only'] },
      { outcome: 'learning' },
    ]);
    world.wait(86_400);
    await dueLesson(lease, deps(preset));
  }

  it('is learned although it allows plain HTTP, and comes back when a person says so', async () => {
    await stood('guard');
    stored = null;
    const asked = await handle(event('DeleteBucketPolicy'), deps('standard'));
    expect(asked).toMatchObject([{ outcome: 'asked', rules: ['s3/tls-only', 's3/trail-bucket-policy'] }]);
    const id = asked[0]?.incident ?? '';
    await decide(id, 'casey', deps('standard'));
    expect(await approve(id, deps('standard'))).toMatchObject({ outcome: 'fixed' });
    expect(stored).toBe(JSON.stringify(policy(trail, tls)));
  });

  it('is not learned where strangers read it', async () => {
    const results = await handle(put(JSON.stringify(policy(trail, reports, open))), deps('guard'));
    expect(results.map(({ outcome }) => outcome)).not.toContain('learning');
    expect((await world.store.lessons(lease)).candidate).toBeNull();
  });
});
