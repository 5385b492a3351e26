import { randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeletePublicAccessBlockCommand,
  type PublicAccessBlockConfiguration,
  PutPublicAccessBlockCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Stage } from '../../support/stage.ts';

/** A bucket with this configuration, or with none. */
const stage = (name: string, guard: PublicAccessBlockConfiguration | null): Stage => ({
  rule: 's3/public-access-block',
  name,
  async set() {
    const s3 = new S3Client({});
    const bucket = `stage-${randomUUID()}`;
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    // On for new buckets, by AWS and by MiniStack.
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket: bucket }));
    if (guard !== null)
      await s3.send(new PutPublicAccessBlockCommand({ Bucket: bucket, PublicAccessBlockConfiguration: guard }));
    return {
      target: { bucket },
      after: { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true },
      call:
        guard === null
          ? { name: 'DeleteBucketPublicAccessBlock', request: { bucketName: bucket, publicAccessBlock: '' } }
          : {
              name: 'PutBucketPublicAccessBlock',
              request: { bucketName: bucket, PublicAccessBlockConfiguration: { ...guard } },
            },
      async clear() {
        await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('no configuration', null),
  stage('one switch off', {
    BlockPublicAcls: true,
    IgnorePublicAcls: true,
    BlockPublicPolicy: false,
    RestrictPublicBuckets: true,
  }),
  stage('all switches off', {
    BlockPublicAcls: false,
    IgnorePublicAcls: false,
    BlockPublicPolicy: false,
    RestrictPublicBuckets: false,
  }),
  stage('two switches left out', { IgnorePublicAcls: true, RestrictPublicBuckets: true }),
];
