import { readdirSync, readFileSync } from 'node:fs';
import {
  DeleteBucketPolicyCommand,
  GetBucketPolicyCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it, test } from 'vitest';
import { bucketPolicy, gone } from '../../functions/s3/lenses/bucket-policy.ts';
import { publicPolicy } from '../../functions/s3/public-policy.ts';
import { fault } from '../../shared/core/fault.ts';
import type { Json } from '../../shared/core/json.ts';
import type { Finding } from '../../shared/core/rule.ts';
import { normalise } from '../../shared/core/signal.ts';
import { context, detected } from '../support/detecting.ts';

function detect(raw: unknown): readonly Finding[] {
  const normalised = normalise(raw);
  if ('unparsed' in normalised) throw new Error(normalised.unparsed);
  return normalised.signals.flatMap((signal) => detected(publicPolicy, signal));
}

describe('events', () => {
  const folder = new URL('../../events/s3/public-policy/', import.meta.url);
  // Findings name buckets without what is wrong with them: tests/unit/s3-findings.test.ts.
  for (const file of readdirSync(folder).filter(
    (name) => !/-(security-hub|guardduty|config|trusted-advisor)[-.]/.test(name),
  )) {
    it(file, () => {
      const event = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as {
        detail: { errorCode?: string; requestParameters: { bucketName: string } };
      };
      const bucket = event.detail.requestParameters.bucketName;
      // A failed call is an attempt: for the engine to say, not for the rule.
      const fires = file.startsWith('fires-') || event.detail.errorCode !== undefined;
      expect(detect(event).map(({ target, resource }) => ({ target, resource }))).toEqual(
        fires ? [{ target: { bucket, partition: 'aws' }, resource: `arn:aws:s3:::${bucket}` }] : [],
      );
    });
  }
});

describe('detection', () => {
  const put = (requestParameters: Json): Json => ({
    eventSource: 's3.amazonaws.com',
    eventName: 'PutBucketPolicy',
    awsRegion: 'cn-north-1',
    requestParameters,
  });
  const open = { Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: '*' };

  it('says which statements are open, and why', () => {
    const policy = { Statement: [{ ...open, Effect: 'Deny' }, open] };
    expect(detect(put({ bucketName: 'b', bucketPolicy: policy }))).toEqual([
      {
        target: { bucket: 'b', partition: 'aws-cn' },
        resource: 'arn:aws-cn:s3:::b',
        reason: 'statement 2 is open to everyone (principal *), without a condition',
        certainty: 'certain',
      },
    ]);
  });

  test.each<[string, Json]>([
    ['missing', { bucketName: 'b' }],
    ['null', { bucketName: 'b', bucketPolicy: null }],
    ['cut off', { bucketName: 'b', bucketPolicy: '{"Statement": [{"Eff' }],
    ['a list', { bucketName: 'b', bucketPolicy: [open] }],
    ['without statements', { bucketName: 'b', bucketPolicy: {} }],
  ])('a policy that is %s is only possible', (_name, request) => {
    expect(detect(put(request))).toMatchObject([{ certainty: 'possible', target: { bucket: 'b' } }]);
  });

  test.each<[Json]>([
    [null],
    ['HIDDEN_DUE_TO_SECURITY_REASONS'],
    [{}],
    [{ bucketName: '' }],
    [{ bucketName: { a: 1 } }],
  ])('unreadable without a bucket: %j', (request) => {
    expect(() => detect(put(request))).toThrow('requestParameters.bucketName');
  });
});

describe('the desired policy', () => {
  const desire = (state: Json) => publicPolicy.fix?.desire(state, context({ bucket: 'b' }, {}));
  test.each([null, gone, '{"Version":"2012-10-17","Statement":[]}', 'no JSON'])('%s stays as it is', (state) => {
    expect(desire(state)).toBe(state);
  });
});

describe('two policies are the same', () => {
  const canon = (policy: Json) => bucketPolicy.canon?.(JSON.stringify(policy));
  const one = {
    Effect: 'Allow',
    Principal: { AWS: ['a', 'b'] },
    Action: ['x', 'y'],
    Resource: 'r',
    Condition: { StringEquals: { k: ['1', '2'] } },
  };
  it('whatever the order in their lists, and whether one is a list', () => {
    const other = {
      Effect: 'Allow',
      Principal: { AWS: ['b', 'a'] },
      Action: ['y', 'x'],
      Resource: ['r'],
      Condition: { StringEquals: { k: ['2', '1'] } },
    };
    expect(canon({ Statement: one })).toEqual(canon({ Statement: [other] }));
  });
  test.each<[string, Json]>([
    ['effect', { ...one, Effect: 'Deny' }],
    ['principal', { ...one, Principal: { AWS: ['a'] } }],
    ['type of principal', { ...one, Principal: { Federated: ['a', 'b'] } }],
    ['action', { ...one, Action: ['x'] }],
    ['condition', { ...one, Condition: { StringLike: { k: ['1', '2'] } } }],
    ['sid', { ...one, Sid: 'x' }],
  ])('but not with another %s', (_name, other) => {
    expect(canon({ Statement: [one] })).not.toEqual(canon({ Statement: [other] }));
  });
});

describe('the lens', () => {
  const s3 = mockClient(S3Client);
  beforeEach(() => {
    s3.reset();
    s3.onAnyCommand().resolves({});
  });
  const target = { bucket: 'b', partition: 'aws' };

  it('sends text as it is, and deletes where there is none', async () => {
    await bucketPolicy.write(target, null, '{ "a": 1 }');
    await bucketPolicy.write(target, '{}', null);
    expect(s3.calls().map(({ args: [command] }) => [command.constructor.name, command.input])).toEqual([
      ['PutBucketPolicyCommand', { Bucket: 'b', Policy: '{ "a": 1 }' }],
      ['DeleteBucketPolicyCommand', { Bucket: 'b' }],
    ]);
  });

  test.each([
    ['NoSuchBucketPolicy', null],
    ['NoSuchBucket', gone],
  ])('reads %s as %j', async (name, state) => {
    s3.on(GetBucketPolicyCommand).rejects(fault(name, ''));
    expect(await bucketPolicy.read(target)).toBe(state);
  });

  it('does not mind a bucket that is gone, and throws all else', async () => {
    s3.on(DeleteBucketPolicyCommand).rejectsOnce(fault('NoSuchBucket', '')).rejects(fault('AccessDenied', 'no'));
    await bucketPolicy.write(target, '{}', null);
    await expect(bucketPolicy.write(target, '{}', null)).rejects.toThrow('no');
    s3.on(PutBucketPolicyCommand).rejects(fault('NoSuchBucket', 'gone'));
    await expect(bucketPolicy.write(target, null, '{}')).rejects.toThrow('gone');
  });
});
