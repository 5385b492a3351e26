import { randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  DeletePublicAccessBlockCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Json, JsonObject } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

/** Names are chosen here, so that the policy that was learned is known before the bucket is made. */
const bucketFor = (name: string): string => `stage-cloudtrail-${name}`;
const objects = (bucket: string): string => `arn:aws:s3:::${bucket}/AWSLogs/123456789012/*`;

const checks = (bucket: string): JsonObject => ({
  Sid: 'AWSCloudTrailAclCheck20150319',
  Effect: 'Allow',
  Principal: { Service: 'cloudtrail.amazonaws.com' },
  Action: 's3:GetBucketAcl',
  Resource: `arn:aws:s3:::${bucket}`,
});
const writes = (bucket: string): JsonObject => ({
  Sid: 'AWSCloudTrailWrite20150319',
  Effect: 'Allow',
  Principal: { Service: 'cloudtrail.amazonaws.com' },
  Action: 's3:PutObject',
  Resource: objects(bucket),
  Condition: { StringEquals: { 's3:x-amz-acl': 'bucket-owner-full-control' } },
});
const reads = (bucket: string, who: string): JsonObject => ({
  Effect: 'Allow',
  Principal: { AWS: who },
  Action: 's3:GetObject',
  Resource: objects(bucket),
});
const policy = (...statements: readonly Json[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements }, null, 1);

/** A trail's bucket that had CloudTrail's own policy for a day, and has another one, or none. */
const stage = (name: string, made: (bucket: string) => string | null): Stage => {
  const bucket = bucketFor(randomUUID().slice(0, 8));
  const learned = policy(checks(bucket), writes(bucket));
  return {
    rule: 's3/trail-bucket-policy',
    name,
    learned,
    stands: true,
    async set(stood) {
      const s3 = new S3Client({});
      await s3.send(new CreateBucketCommand({ Bucket: bucket }));
      await s3.send(new DeletePublicAccessBlockCommand({ Bucket: bucket }));
      const target = { bucket, partition: 'aws' };
      const text = made(bucket);
      if (stood) {
        await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: learned }));
        await stood(target);
      }
      if (text !== null) await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: text }));
      else if (stood) await s3.send(new DeleteBucketPolicyCommand({ Bucket: bucket }));
      return {
        target,
        after: learned,
        call:
          text === null
            ? { name: 'DeleteBucketPolicy', request: { bucketName: bucket, policy: '' } }
            : { name: 'PutBucketPolicy', request: { bucketName: bucket, bucketPolicy: JSON.parse(text) as Json } },
        async clear() {
          await s3.send(new DeleteBucketPolicyCommand({ Bucket: bucket }));
          await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
        },
      };
    },
  };
};

export const stages: readonly Stage[] = [
  stage('the policy deleted', () => null),
  stage('CloudTrail left out', (bucket) => policy(checks(bucket), reads(bucket, 'arn:aws:iam::123456789012:root'))),
  stage('a stranger who reads', (bucket) =>
    policy(checks(bucket), writes(bucket), reads(bucket, 'arn:aws:iam::444455556666:root')),
  ),
];
