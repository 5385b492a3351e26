import {
  DeleteBucketPolicyCommand,
  GetBucketPolicyCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { client, orNull } from '../../../shared/aws/client.ts';
import { samePolicy } from '../../../shared/aws/closing.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import type { PolicyTarget } from './bucket.ts';

/** The policy of a bucket that is gone: no text that S3 would take. A bucket without a policy is another thing. */
export const gone = '';

// NoSuchBucketPolicy and NoSuchBucket: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
const [unset, missing] = ['NoSuchBucketPolicy', 'NoSuchBucket'];

/** A bucket's policy: the text as GetBucketPolicy gives it. Null where the bucket has none, `gone` where there is no bucket. */
export const bucketPolicy: Lens<PolicyTarget, string> = {
  id: 's3/bucket-policy',
  key: ({ bucket }) => bucket,
  async read({ bucket }) {
    const found = await orNull([missing], async () => ({
      policy: await orNull([unset], async () => {
        const { Policy } = await client(S3Client).send(new GetBucketPolicyCommand({ Bucket: bucket }));
        return Policy ?? null;
      }),
    }));
    return found ? found.policy : gone;
  },
  canon: samePolicy,
  async write({ bucket }, _from, to) {
    if (to) await client(S3Client).send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: to }));
    // A bucket that was deleted meanwhile has no policy either.
    else await orNull([unset, missing], () => client(S3Client).send(new DeleteBucketPolicyCommand({ Bucket: bucket })));
  },
  undo: () => 'restore',
};
