import { GetBucketLoggingCommand, type LoggingEnabled, PutBucketLoggingCommand, S3Client } from '@aws-sdk/client-s3';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { JsonObject } from '../../../shared/core/json.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import type { Bucket } from './bucket.ts';

/** Where a bucket's access log goes, as GetBucketLogging gives it (LoggingEnabled); `off` where nowhere. */
export type AccessLogging = JsonObject | 'off';

/** A bucket's server access logging. Null where the bucket is gone. */
export const accessLogging: Lens<Bucket, AccessLogging> = {
  id: 's3/access-logging',
  key: ({ bucket }) => bucket,
  read: ({ bucket }) =>
    // https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    orNull(['NoSuchBucket'], async () => {
      const answer = await client(S3Client).send(new GetBucketLoggingCommand({ Bucket: bucket }));
      const found = answer.LoggingEnabled;
      return found ? (JSON.parse(JSON.stringify(found)) as JsonObject) : 'off';
    }),
  async write({ bucket }, _from, to) {
    if (to === null) throw fault('NotWritable', `${bucket}: a bucket can't be removed by its access log`);
    // "To disable logging, you use an empty BucketLoggingStatus request element": API_PutBucketLogging.
    const status = to === 'off' ? {} : { LoggingEnabled: to as unknown as LoggingEnabled };
    await client(S3Client).send(new PutBucketLoggingCommand({ Bucket: bucket, BucketLoggingStatus: status }));
  },
  undo: (before) => (before === null ? 'none' : 'restore'),
};
