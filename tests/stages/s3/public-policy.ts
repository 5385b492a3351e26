import { randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  DeletePublicAccessBlockCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Json } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

type Policy = { readonly [member: string]: unknown };

/** A bucket with this policy; `indent` as JSON.stringify takes it. */
const stage = (
  name: string,
  policy: (bucket: string) => Policy,
  after: (bucket: string) => Policy | null,
  indent?: number,
): Stage => ({
  rule: 's3/public-policy',
  name,
  async set() {
    const s3 = new S3Client({});
    const bucket = `stage-${randomUUID()}`;
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    // On for new buckets, by AWS and by MiniStack: it would refuse the policy.
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket: bucket }));
    await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(policy(bucket), null, indent) }));
    const left = after(bucket);
    return {
      target: { bucket, partition: 'aws' },
      after: left === null ? null : JSON.stringify(left),
      call: { name: 'PutBucketPolicy', request: { bucketName: bucket, bucketPolicy: policy(bucket) as Json } },
      async clear() {
        await s3.send(new DeleteBucketPolicyCommand({ Bucket: bucket }));
        await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
      },
    };
  },
});

const objects = (bucket: string): string => `arn:aws:s3:::${bucket}/*`;

const named = (bucket: string) => ({
  Sid: 'TheReportsRole',
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::123456789012:user/sandbox-admin' },
  Action: ['s3:GetObject', 's3:PutObject'],
  Resource: objects(bucket),
});

const fromEndpoint = (bucket: string) => ({
  Sid: 'OnlyThroughTheEndpoint',
  Effect: 'Allow',
  Principal: '*',
  Action: 's3:GetObject',
  Resource: [objects(bucket), `arn:aws:s3:::${bucket}`],
  Condition: { StringEquals: { 'aws:SourceVpce': ['vpce-0a1b2c3d4e5f60718', 'vpce-0918273645f0e1d2c'] } },
});

const tlsOnly = (bucket: string) => ({
  Sid: 'TlsOnly',
  Effect: 'Deny',
  Principal: '*',
  Action: 's3:*',
  Resource: [`arn:aws:s3:::${bucket}`, objects(bucket)],
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
});

const open = (bucket: string, more: Policy = {}) => ({
  Effect: 'Allow',
  Principal: '*',
  Action: 's3:GetObject',
  Resource: objects(bucket),
  ...more,
});

export const stages: readonly Stage[] = [
  stage(
    'one public and two private statements, and a condition that only looks private',
    (bucket) => ({
      Version: '2012-10-17',
      Id: 'made-by-hand',
      Statement: [
        named(bucket),
        open(bucket, { Sid: 'Website' }),
        fromEndpoint(bucket),
        open(bucket, { Sid: 'Hotlinks', Condition: { StringLike: { 'aws:Referer': 'https://app.example.com/*' } } }),
      ],
    }),
    (bucket) => ({ Version: '2012-10-17', Id: 'made-by-hand', Statement: [named(bucket), fromEndpoint(bucket)] }),
  ),
  stage(
    'conditions that narrow nothing, in indented text',
    (bucket) => ({
      Version: '2012-10-17',
      Statement: [
        open(bucket, {
          Principal: { AWS: ['arn:aws:iam::123456789012:user/sandbox-admin', '*'] },
          Condition: { IpAddress: { 'aws:SourceIp': ['10.0.0.0/8', '0.0.0.0/1'] } },
        }),
        tlsOnly(bucket),
        open(bucket, { Condition: { 'ForAllValues:StringEquals': { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } } }),
      ],
    }),
    (bucket) => ({ Version: '2012-10-17', Statement: [tlsOnly(bucket)] }),
    2,
  ),
  stage(
    'a single statement, not in a list, that is public: nothing remains',
    (bucket) => ({ Version: '2012-10-17', Statement: open(bucket) }),
    () => null,
  ),
];
