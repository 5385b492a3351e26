import { randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeletePublicAccessBlockCommand,
  GetObjectAclCommand,
  type Grant,
  PutBucketVersioningCommand,
  PutObjectAclCommand,
  type PutObjectAclCommandInput,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Json } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

const groups = 'http://acs.amazonaws.com/groups/global';
const partner = '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be';
const user = (ID: string, Permission: Grant['Permission']): Grant => ({
  Grantee: { Type: 'CanonicalUser', ID },
  Permission,
});
const left = (to: string, permission: string): Json => ({ type: 'CanonicalUser', to, permission });

/** An object with this ACL; where `versioned`, of its older version, while the newer one stays private. */
const stage = (
  name: string,
  versioned: boolean,
  acl: (owner: string) => Partial<PutObjectAclCommandInput>,
  after: (owner: string) => readonly Json[],
): Stage => ({
  rule: 's3/object-public-acl',
  name,
  async set() {
    const s3 = new S3Client({});
    const bucket = `stage-${randomUUID()}`;
    const named = { Bucket: bucket, Key: 'reports/2026 march+1.csv' };
    await s3.send(new CreateBucketCommand({ Bucket: bucket, ObjectOwnership: 'ObjectWriter' }));
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket: bucket }));
    if (versioned)
      await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    const { VersionId } = await s3.send(new PutObjectCommand({ ...named, Body: 'one' }));
    const newer = versioned ? (await s3.send(new PutObjectCommand({ ...named, Body: 'two' }))).VersionId : undefined;
    const it = versioned ? { ...named, VersionId } : named;
    const owner = (await s3.send(new GetObjectAclCommand(it))).Owner?.ID ?? '';
    await s3.send(new PutObjectAclCommand({ ...it, ...acl(owner) }));
    const version = (versioned && VersionId) || null;
    return {
      target: { bucket, key: named.Key, version },
      after: { owner, grants: after(owner) },
      call: {
        name: 'PutObjectAcl',
        request: {
          bucketName: bucket,
          key: named.Key,
          ...(version && { versionId: version }),
          'x-amz-acl': 'public-read',
        },
      },
      async clear() {
        for (const VersionId of versioned ? [newer, version ?? undefined] : [undefined])
          await s3.send(new DeleteObjectCommand({ ...named, ...(VersionId && { VersionId }) }));
        await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage(
    'a canned ACL',
    false,
    () => ({ ACL: 'public-read' }),
    (owner) => [left(owner, 'FULL_CONTROL')],
  ),
  stage(
    'an older version, open to any account beside a partner',
    true,
    (owner) => ({
      AccessControlPolicy: {
        Owner: { ID: owner },
        Grants: [
          user(owner, 'FULL_CONTROL'),
          { Grantee: { Type: 'Group', URI: `${groups}/AuthenticatedUsers` }, Permission: 'READ' },
          user(partner, 'READ'),
        ],
      },
    }),
    (owner) => [left(owner, 'FULL_CONTROL'), left(partner, 'READ')],
  ),
];
