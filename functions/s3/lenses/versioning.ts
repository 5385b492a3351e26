import { GetBucketVersioningCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import type { Bucket } from './bucket.ts';

/** `never`: the bucket never had versions; it can be suspended from then on, but not go back to that. */
export type Versioning = 'Enabled' | 'Suspended' | 'never';

/** Whether a bucket keeps versions: GetBucketVersioning. Null where the bucket is gone. */
export const versioning: Lens<Bucket, Versioning> = {
  id: 's3/versioning',
  key: ({ bucket }) => bucket,
  read: ({ bucket }) =>
    // https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    orNull(['NoSuchBucket'], async () => {
      const { Status } = await client(S3Client).send(new GetBucketVersioningCommand({ Bucket: bucket }));
      return Status ?? 'never';
    }),
  async write({ bucket }, _from, to) {
    if (to === null || to === 'never')
      throw fault('NotWritable', `${bucket}: a bucket that had versions once can't be as if it never had`);
    // Without MfaDelete, which then stays as it is; where it is on, S3 refuses this without the device's code.
    await client(S3Client).send(
      new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: to } }),
    );
  },
  undo: (before) => (before === 'Enabled' || before === 'Suspended' ? 'restore' : 'none'),
};
