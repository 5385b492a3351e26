import { randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeletePublicAccessBlockCommand,
  GetBucketAclCommand,
  type Grant,
  PutBucketAclCommand,
  type PutBucketAclCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Json } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

/** A bucket that lets ACLs be set, with this one; `owner` is the canonical user id of its owner. */
const stage = (
  name: string,
  acl: (owner: string) => Omit<PutBucketAclCommandInput, 'Bucket'>,
  after: (owner: string) => readonly Json[],
): Stage => ({
  rule: 's3/public-acl',
  name,
  async set() {
    const s3 = new S3Client({});
    const bucket = `stage-${randomUUID()}`;
    // New buckets have ACLs disabled and public ones blocked, by AWS and by MiniStack.
    await s3.send(new CreateBucketCommand({ Bucket: bucket, ObjectOwnership: 'ObjectWriter' }));
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket: bucket }));
    const { Owner } = await s3.send(new GetBucketAclCommand({ Bucket: bucket }));
    const owner = Owner?.ID ?? '';
    await s3.send(new PutBucketAclCommand({ Bucket: bucket, ...acl(owner) }));
    return {
      target: { bucket },
      after: { owner, grants: after(owner) },
      call: { name: 'PutBucketAcl', request: { bucketName: bucket, acl: '' } },
      async clear() {
        await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
      },
    };
  },
});

const groups = 'http://acs.amazonaws.com/groups';
const partner = '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be';
const user = (id: string, permission: Grant['Permission']): Grant => ({
  Grantee: { Type: 'CanonicalUser', ID: id },
  Permission: permission,
});
const group = (name: string, permission: Grant['Permission']): Grant => ({
  Grantee: { Type: 'Group', URI: `${groups}/${name}` },
  Permission: permission,
});
const left = (to: string, permission: string): Json => ({
  type: to.startsWith('http') ? 'Group' : 'CanonicalUser',
  to,
  permission,
});

export const stages: readonly Stage[] = [
  stage(
    'two public grants among four to the owner, a partner and the log delivery',
    (owner) => ({
      AccessControlPolicy: {
        Owner: { ID: owner },
        Grants: [
          group('global/AllUsers', 'READ'),
          user(owner, 'FULL_CONTROL'),
          group('s3/LogDelivery', 'WRITE'),
          group('global/AuthenticatedUsers', 'WRITE_ACP'),
          group('s3/LogDelivery', 'READ_ACP'),
          user(partner, 'READ'),
        ],
      },
    }),
    (owner) => [
      left(owner, 'FULL_CONTROL'),
      left(`${groups}/s3/LogDelivery`, 'WRITE'),
      left(`${groups}/s3/LogDelivery`, 'READ_ACP'),
      left(partner, 'READ'),
    ],
  ),
  stage(
    'a canned ACL that lets everybody write',
    () => ({ ACL: 'public-read-write' }),
    (owner) => [left(owner, 'FULL_CONTROL')],
  ),
  stage(
    'nothing but a public grant: nobody is left, and the owner may still set the ACL',
    (owner) => ({ AccessControlPolicy: { Owner: { ID: owner }, Grants: [group('global/AllUsers', 'FULL_CONTROL')] } }),
    () => [],
  ),
];
