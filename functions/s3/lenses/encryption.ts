import {
  DeleteBucketEncryptionCommand,
  GetBucketEncryptionCommand,
  PutBucketEncryptionCommand,
  S3Client,
  type ServerSideEncryptionRule,
} from '@aws-sdk/client-s3';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import { at, type Json, type JsonObject } from '../../../shared/core/json.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import type { Bucket } from './bucket.ts';

/** The rules of a bucket's default encryption, as GetBucketEncryption gives them; `unset` where it has none. */
export type Encryption = readonly Json[] | 'unset';

// ServerSideEncryptionConfigurationNotFoundError, NoSuchBucket:
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
const unset = 'ServerSideEncryptionConfigurationNotFoundError';

/** A bucket's default encryption. Null where the bucket is gone. */
export const encryption: Lens<Bucket, Encryption> = {
  id: 's3/encryption',
  key: ({ bucket }) => bucket,
  read: ({ bucket }) =>
    orNull(['NoSuchBucket'], async () => {
      const answer = await orNull([unset], () =>
        client(S3Client).send(new GetBucketEncryptionCommand({ Bucket: bucket })),
      );
      const rules = answer?.ServerSideEncryptionConfiguration?.Rules;
      return rules ? (JSON.parse(JSON.stringify(rules)) as readonly Json[]) : 'unset';
    }),
  // Since January 2023 a bucket without a configuration has S3's own keys, and says so: one and the same.
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html
  canon: (state) => (state === 'unset' || state.every((rule) => isOwn(rule)) ? 'S3’s own keys' : state),
  async write({ bucket }, _from, to) {
    if (to === null) throw fault('NotWritable', `${bucket}: a bucket can't be removed by its encryption`);
    if (to === 'unset') await client(S3Client).send(new DeleteBucketEncryptionCommand({ Bucket: bucket }));
    else
      await client(S3Client).send(
        new PutBucketEncryptionCommand({
          Bucket: bucket,
          ServerSideEncryptionConfiguration: { Rules: to as unknown as ServerSideEncryptionRule[] },
        }),
      );
  },
  // Putting and deleting are one IAM action: Service Authorization Reference, Amazon S3.
  undo: (before) => (before === null ? 'none' : 'restore'),
};

/** What was before, and of what it says nothing about, encryption by the writer's own key (SSE-C), what is blocked now. */
export function stillBlocking(now: Encryption, before: Encryption): Encryption {
  const blocked = now === 'unset' ? undefined : at(now[0], 'BlockedEncryptionTypes');
  if (blocked === undefined || before === 'unset') return before;
  return before.map((rule) => ({ BlockedEncryptionTypes: blocked as Json, ...(rule as JsonObject) }));
}

/** Nothing but S3's own keys, for which a bucket key means nothing (API_ServerSideEncryptionRule). */
function isOwn(rule: Json): boolean {
  const { ApplyServerSideEncryptionByDefault: chosen, BucketKeyEnabled: _, ...rest } = rule as ServerSideEncryptionRule;
  return chosen?.SSEAlgorithm === 'AES256' && Object.keys(rest).length === 0;
}
