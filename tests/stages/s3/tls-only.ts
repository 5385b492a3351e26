import { randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Json } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

type Policy = { readonly [member: string]: unknown };

/** A bucket with this policy, or with none; `indent` as JSON.stringify takes it. */
const stage = (
  name: string,
  policy: (bucket: string) => Policy | null,
  after: (bucket: string) => Policy,
  indent?: number,
): Stage => ({
  rule: 's3/tls-only',
  name,
  async set() {
    const s3 = new S3Client({});
    const bucket = `stage-${randomUUID()}`;
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    const set = policy(bucket);
    if (set !== null)
      await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(set, null, indent) }));
    return {
      target: { bucket, partition: 'aws' },
      after: JSON.stringify(after(bucket)),
      call:
        set === null
          ? { name: 'DeleteBucketPolicy', request: { bucketName: bucket, policy: '' } }
          : { name: 'PutBucketPolicy', request: { bucketName: bucket, bucketPolicy: set as Json } },
      async clear() {
        await s3.send(new DeleteBucketPolicyCommand({ Bucket: bucket }));
        await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
      },
    };
  },
});

const denies = (bucket: string, Sid: string, more: Policy = {}): Policy => ({
  Sid,
  Effect: 'Deny',
  Principal: '*',
  Action: 's3:*',
  Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  ...more,
});

const reports = (bucket: string): Policy => ({
  Sid: 'TheReportsRole',
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::123456789012:user/sandbox-admin' },
  Action: ['s3:GetObject', 's3:PutObject'],
  Resource: `arn:aws:s3:::${bucket}/*`,
  Condition: { Bool: { 'aws:SecureTransport': 'true' } },
});

export const stages: readonly Stage[] = [
  stage(
    'no policy',
    () => null,
    (bucket) => ({ Version: '2012-10-17', Statement: [denies(bucket, 'FirebreakTlsOnly')] }),
  ),
  stage(
    'an Allow over TLS, and a Deny for the objects alone, in indented text',
    (bucket) => ({
      Version: '2012-10-17',
      Id: 'made-by-hand',
      Statement: [reports(bucket), denies(bucket, 'Objects', { Resource: `arn:aws:s3:::${bucket}/*` })],
    }),
    (bucket) => ({
      Version: '2012-10-17',
      Id: 'made-by-hand',
      Statement: [
        reports(bucket),
        denies(bucket, 'Objects', { Resource: `arn:aws:s3:::${bucket}/*` }),
        denies(bucket, 'FirebreakTlsOnly'),
      ],
    }),
    2,
  ),
  stage(
    'our own statement, not in a list, weakened by hand',
    (bucket) => ({ Version: '2008-10-17', Statement: denies(bucket, 'FirebreakTlsOnly', { Action: 's3:GetObject' }) }),
    (bucket) => ({
      Version: '2008-10-17',
      Statement: [denies(bucket, 'FirebreakTlsOnly', { Action: 's3:GetObject' }), denies(bucket, 'FirebreakTlsOnly2')],
    }),
  ),
];
