/** What S3's fixes put back comes from what was learned; without that they tell. */
import {
  GetBucketEncryptionCommand,
  GetBucketLoggingCommand,
  GetBucketVersioningCommand,
  GetObjectAclCommand,
  PutBucketEncryptionCommand,
  PutBucketLoggingCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { accessLoggingDisabled } from '../../functions/s3/access-logging-disabled.ts';
import { accountPublicAccessBlock } from '../../functions/s3/account-public-access-block.ts';
import { encryptionWeakened } from '../../functions/s3/encryption-weakened.ts';
import { accessLogging } from '../../functions/s3/lenses/access-logging.ts';
import { gone } from '../../functions/s3/lenses/bucket-policy.ts';
import { encryption } from '../../functions/s3/lenses/encryption.ts';
import { objectAcl } from '../../functions/s3/lenses/object-acl.ts';
import { versioning } from '../../functions/s3/lenses/versioning.ts';
import { trailBucketPolicy } from '../../functions/s3/trail-bucket-policy.ts';
import { versioningSuspended } from '../../functions/s3/versioning-suspended.ts';
import { fault } from '../../shared/core/fault.ts';
import type { Json, JsonObject } from '../../shared/core/json.ts';
import type { Rule } from '../../shared/core/rule.ts';
import { normalise } from '../../shared/core/signal.ts';
import { context, home } from '../support/detecting.ts';

const bucket = { bucket: 'b' };
const desire = (rule: Rule, state: Json, learned?: Json, more: object = {}): unknown =>
  rule.fix?.desire(state, {
    ...context(bucket as Json, {}, learned === undefined ? null : { state: learned, by: 'lee', at: '2026-03-01' }),
    ...more,
  });
const unknown = { unknown: expect.any(String) };

describe('the account’s guard', () => {
  const all = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true };
  const some = { ...all, BlockPublicPolicy: false };
  it('is told of where it was never seen', () => {
    expect(desire(accountPublicAccessBlock, 'unset')).toEqual(unknown);
    expect(desire(accountPublicAccessBlock, some)).toEqual(unknown);
    expect(desire(accountPublicAccessBlock, all)).toBe(all);
  });
  it('stays as it is where it was never more', () => {
    expect(desire(accountPublicAccessBlock, 'unset', 'unset')).toBe('unset');
    expect(desire(accountPublicAccessBlock, some, some)).toBe(some);
  });
});

describe('default encryption', () => {
  const under = (SSEAlgorithm: string, KMSMasterKeyID?: string): Json => [
    { ApplyServerSideEncryptionByDefault: { SSEAlgorithm, ...(KMSMasterKeyID && { KMSMasterKeyID }) } },
  ];
  const key = (account: string): string => `arn:aws:kms:eu-west-1:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
  const ours = under('aws:kms', key('111122223333'));
  const theirs = under('aws:kms', key('444455556666'));

  it('under a key of ours, or S3’s for us, is nobody’s trouble', () => {
    for (const state of [ours, under('aws:kms'), under('aws:kms:dsse', 'alias/b')])
      expect(desire(encryptionWeakened, state, under('aws:kms', 'alias/other'))).toBe(state);
    expect(desire(encryptionWeakened, null, ours)).toBeNull();
  });
  it('comes back only where a key of ours was seen', () => {
    expect(desire(encryptionWeakened, under('AES256'), ours)).toBe(ours);
    expect(desire(encryptionWeakened, 'unset')).toEqual(unknown);
    expect(desire(encryptionWeakened, 'unset', under('AES256'))).toBe('unset');
    expect(desire(encryptionWeakened, theirs, under('AES256'))).toEqual(unknown);
    expect(desire(encryptionWeakened, theirs, ours)).toBe(ours);
  });
  it('comes back with what the bucket blocks now, unless it was said before what it blocks', () => {
    const blocks = (rules: Json, ...EncryptionType: string[]): Json =>
      (rules as JsonObject[]).map((one) => ({ ...one, BlockedEncryptionTypes: { EncryptionType } }));
    const now = blocks(under('AES256'), 'SSE-C');
    expect(desire(encryptionWeakened, now, ours)).toEqual(blocks(ours, 'SSE-C'));
    expect(desire(encryptionWeakened, now, blocks(ours, 'NONE'))).toEqual(blocks(ours, 'NONE'));
    expect(desire(encryptionWeakened, under('AES256'), blocks(ours, 'SSE-C'))).toEqual(blocks(ours, 'SSE-C'));
  });
  it('of S3’s own keys, where a key was never seen, can be left alone', () => {
    const left = { baseline: { unseen: 'leave' } };
    expect(desire(encryptionWeakened, 'unset', undefined, left)).toBe('unset');
    expect(desire(encryptionWeakened, 'unset', ours, left)).toBe(ours);
    expect(desire(encryptionWeakened, theirs, undefined, left)).toEqual(unknown);
  });
  it('under a key of an account that may be the organisation’s is only told of', () => {
    expect(desire(encryptionWeakened, theirs, ours, { home: { ...home, organization: 'o-a1b2c3d4e5' } })).toEqual(
      unknown,
    );
  });
  it('under S3’s own keys is one state, however S3 says it', () => {
    expect(encryption.canon?.('unset')).toEqual(encryption.canon?.(under('AES256') as readonly Json[]));
    expect(encryption.canon?.(ours as readonly Json[])).not.toEqual(encryption.canon?.('unset'));
    const blocked = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BlockedEncryptionTypes: {} }];
    expect(encryption.canon?.(blocked)).not.toEqual(encryption.canon?.('unset'));
  });
});

it('an access log is sent where it went, or told of', () => {
  const log = { TargetBucket: 'logs', TargetPrefix: 'b/' };
  expect(desire(accessLoggingDisabled, 'off')).toEqual(unknown);
  expect(desire(accessLoggingDisabled, 'off', log)).toBe(log);
  expect(desire(accessLoggingDisabled, 'off', 'off')).toBe('off');
  expect(desire(accessLoggingDisabled, log, { TargetBucket: 'other' })).toBe(log);
});

it('versions are kept again only where they were suspended', () => {
  expect(['Suspended', 'Enabled', 'never', null].map((state) => desire(versioningSuspended, state))).toEqual([
    'Enabled',
    'Enabled',
    'never',
    null,
  ]);
});

describe('a trail’s bucket', () => {
  const write = {
    Effect: 'Allow',
    Principal: { Service: 'cloudtrail.amazonaws.com' },
    Action: 's3:PutObject',
    Resource: '*',
  };
  const policy = (...statements: readonly Json[]): string => JSON.stringify({ Statement: statements });
  const [good, silent] = [policy(write), policy({ ...write, Effect: 'Deny' })];
  it('gets the policy under which the trail wrote, if that is known and without the same trouble', () => {
    expect(desire(trailBucketPolicy, null, good)).toBe(good);
    expect(desire(trailBucketPolicy, silent, good)).toBe(good);
    expect(desire(trailBucketPolicy, silent)).toEqual(unknown);
    expect(desire(trailBucketPolicy, silent, policy({ ...write, Principal: '*' }, write))).toEqual(unknown);
  });
  it('that is gone needs none, and one that writes keeps its own', () => {
    expect(desire(trailBucketPolicy, gone, good)).toBe(gone);
    const newer = policy(write, { Effect: 'Deny', Principal: '*', Action: 's3:DeleteObject', Resource: '*' });
    expect(desire(trailBucketPolicy, newer, good)).toBe(newer);
  });
  it('that denies what it allows does not let the trail write', () => {
    const deny = {
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: ['s3:PutObject'],
      Resource: 'arn:aws:s3:::b/AWSLogs/*',
    };
    const target = { bucket: 'b', partition: 'aws' };
    const wanted = (statement: Json) =>
      trailBucketPolicy.fix?.desire(policy(write, statement), {
        ...context<Json>(target, {}),
        learned: { state: good, by: 'lee', at: '2026-03-01' },
      });
    expect(wanted(deny)).toBe(good);
    for (const spared of [
      { Resource: 'arn:aws:s3:::other/*' },
      { Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
      { Principal: { AWS: 'arn:aws:iam::111122223333:user/casey' } },
      { Action: 's3:DeleteObject' },
    ])
      expect(wanted({ ...deny, ...spared })).toBe(policy(write, { ...deny, ...spared }));
  });

  it('is learned of a policy that lets CloudTrail write, and of no other', () => {
    const put = (bucketPolicy: Json) => {
      const event = { eventSource: 's3.amazonaws.com', eventName: 'PutBucketPolicy', awsRegion: 'eu-west-1' };
      const normalised = normalise({ ...event, requestParameters: { bucketName: 'b', bucketPolicy } });
      if ('unparsed' in normalised) throw new Error(normalised.unparsed);
      return trailBucketPolicy.fix?.learns?.target(normalised.signals[0]);
    };
    expect(put(JSON.parse(good) as Json)).toEqual({ bucket: 'b', partition: 'aws' });
    expect(put(JSON.parse(silent) as Json)).toBeNull();
    expect(put(null)).toBeNull();
  });
});

describe('the lenses', () => {
  const s3 = mockClient(S3Client);
  beforeEach(() => s3.reset());
  const object = { bucket: 'b', key: 'k', version: null };

  it('read nothing where the bucket or the object is gone', async () => {
    for (const command of [GetBucketEncryptionCommand, GetBucketLoggingCommand, GetBucketVersioningCommand])
      s3.on(command as typeof GetBucketLoggingCommand).rejects(fault('NoSuchBucket', ''));
    expect([await encryption.read(bucket), await accessLogging.read(bucket), await versioning.read(bucket)]).toEqual([
      null,
      null,
      null,
    ]);
    for (const name of ['NoSuchKey', 'NoSuchVersion', 'NoSuchBucket', 'MethodNotAllowed']) {
      s3.on(GetObjectAclCommand).rejects(fault(name, ''));
      expect(await objectAcl.read(object)).toBeNull();
    }
  });

  it('throw all else', async () => {
    s3.onAnyCommand().rejects(fault('AccessDenied', 'no'));
    await expect(encryption.read(bucket)).rejects.toThrow('no');
    await expect(objectAcl.read(object)).rejects.toThrow('no');
  });

  it('read a bucket that never had the setting, and keep what they do not know', async () => {
    s3.on(GetBucketEncryptionCommand).rejects(fault('ServerSideEncryptionConfigurationNotFoundError', ''));
    s3.on(GetBucketLoggingCommand).resolves({});
    s3.on(GetBucketVersioningCommand).resolves({});
    expect([await encryption.read(bucket), await accessLogging.read(bucket), await versioning.read(bucket)]).toEqual([
      'unset',
      'off',
      'never',
    ]);
    const format = { TargetObjectKeyFormat: { PartitionedPrefix: { PartitionDateSource: 'EventTime' } } } as const;
    const LoggingEnabled = { TargetBucket: 'logs', TargetPrefix: '', ...format };
    s3.on(GetBucketLoggingCommand).resolves({ LoggingEnabled });
    s3.on(PutBucketLoggingCommand).resolves({});
    await accessLogging.write(bucket, 'off', await accessLogging.read(bucket));
    expect(s3.commandCalls(PutBucketLoggingCommand)[0]?.args[0].input).toEqual({
      Bucket: 'b',
      BucketLoggingStatus: { LoggingEnabled },
    });
  });

  it('write nothing that is not a setting', async () => {
    s3.on(PutBucketEncryptionCommand).resolves({});
    for (const lens of [encryption, accessLogging, versioning])
      await expect(lens.write(bucket, null, null)).rejects.toMatchObject({ name: 'NotWritable' });
    await expect(versioning.write(bucket, 'Suspended', 'never')).rejects.toMatchObject({ name: 'NotWritable' });
    await expect(objectAcl.write(object, null, null)).rejects.toMatchObject({ name: 'NotWritable' });
    expect(s3.calls()).toEqual([]);
  });
});
