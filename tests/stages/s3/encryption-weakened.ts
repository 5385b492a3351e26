import { randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketEncryptionCommand,
  PutBucketEncryptionCommand,
  S3Client,
  type ServerSideEncryptionRule,
} from '@aws-sdk/client-s3';
import type { Json } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

const key = (account: string): string => `arn:aws:kms:us-east-1:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const under = (SSEAlgorithm: string, KMSMasterKeyID?: string, more: object = {}): Json => ({
  ApplyServerSideEncryptionByDefault: { SSEAlgorithm, ...(KMSMasterKeyID !== undefined && { KMSMasterKeyID }) },
  ...more,
});

/** A bucket that had these rules for a day, and has other ones, or none. */
const stage = (name: string, learned: Json, rule: Json | null, stands?: true): Stage => ({
  rule: 's3/encryption-weakened',
  name,
  learned: [learned],
  ...(stands && { stands }),
  async set(stood) {
    const s3 = new S3Client({});
    const bucket = `stage-${randomUUID()}`;
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    const encrypt = (one: Json) =>
      s3.send(
        new PutBucketEncryptionCommand({
          Bucket: bucket,
          ServerSideEncryptionConfiguration: { Rules: [one as ServerSideEncryptionRule] },
        }),
      );
    if (stood) {
      await encrypt(learned);
      await stood({ bucket });
    }
    if (rule === null) await s3.send(new DeleteBucketEncryptionCommand({ Bucket: bucket }));
    else await encrypt(rule);
    const asked = { bucketName: bucket, ServerSideEncryptionConfiguration: { Rule: rule } };
    return {
      target: { bucket },
      after: [learned],
      call:
        rule === null
          ? { name: 'DeleteBucketEncryption', request: { bucketName: bucket, encryption: '' } }
          : { name: 'PutBucketEncryption', request: asked },
      async clear() {
        await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('deleted, after a key of ours', under('aws:kms', key('111122223333'), { BucketKeyEnabled: true }), null),
  stage('S3’s own keys, after a key by alias', under('aws:kms', 'alias/invoices'), under('AES256'), true),
  stage(
    'the key of a stranger, after two layers under ours',
    under('aws:kms:dsse', key('111122223333')),
    under('aws:kms', key('444455556666')),
  ),
];
