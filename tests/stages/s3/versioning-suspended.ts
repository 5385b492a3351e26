import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, DeleteBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import type { Stage } from '../../support/stage.ts';

/** A bucket whose versions were switched so, one after the other. */
const stage = (name: string, steps: readonly ('Enabled' | 'Suspended')[]): Stage => ({
  rule: 's3/versioning-suspended',
  name,
  async set() {
    const s3 = new S3Client({});
    const bucket = `stage-${randomUUID()}`;
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    for (const Status of steps)
      await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status } }));
    return {
      target: { bucket },
      after: 'Enabled',
      call: {
        name: 'PutBucketVersioning',
        request: { bucketName: bucket, VersioningConfiguration: { Status: 'Suspended' } },
      },
      async clear() {
        await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('suspended after it was enabled', ['Enabled', 'Suspended']),
  stage('suspended where it never was enabled', ['Suspended']),
];
