import { randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  type LoggingEnabled,
  PutBucketLoggingCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Json, JsonObject } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

const target = 'stage-access-logs';

/** A bucket whose access log went to `learned` for a day, and goes nowhere now. */
const stage = (name: string, learned: JsonObject): Stage => ({
  rule: 's3/access-logging-disabled',
  name,
  learned,
  stands: true,
  async set(stood) {
    const s3 = new S3Client({});
    const bucket = `stage-${randomUUID()}`;
    await s3.send(new CreateBucketCommand({ Bucket: target }));
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    if (stood) {
      const before = { LoggingEnabled: learned as unknown as LoggingEnabled };
      await s3.send(new PutBucketLoggingCommand({ Bucket: bucket, BucketLoggingStatus: before }));
      await stood({ bucket });
    }
    const LoggingEnabled = { TargetBucket: target, TargetPrefix: 'elsewhere/' };
    await s3.send(new PutBucketLoggingCommand({ Bucket: bucket, BucketLoggingStatus: { LoggingEnabled } }));
    await s3.send(new PutBucketLoggingCommand({ Bucket: bucket, BucketLoggingStatus: {} }));
    return {
      target: { bucket },
      after: learned as Json,
      call: { name: 'PutBucketLogging', request: { bucketName: bucket, logging: '', BucketLoggingStatus: {} } },
      async clear() {
        await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
        await s3.send(new DeleteBucketCommand({ Bucket: target }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('a log under a prefix', { TargetBucket: target, TargetPrefix: 'invoices/' }),
  stage('a log at the top of its bucket', { TargetBucket: target, TargetPrefix: '' }),
];
