import { GetBucketAclCommand, type Grantee, PutBucketAclCommand, S3Client, type Type } from '@aws-sdk/client-s3';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import { canonical } from '../../../shared/core/json.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import type { Bucket } from './bucket.ts';

/** To a canonical user's id, a group's URI or, in old ACLs, an e-mail address. `permission`: READ, WRITE, READ_ACP, WRITE_ACP or FULL_CONTROL. */
export type Grant = { readonly type: string; readonly to: string; readonly permission: string };

/** `owner`: the canonical user id of the bucket's owner. Display names are left out: S3 does not need them. */
export type Acl = { readonly owner: string; readonly grants: readonly Grant[] };

/**
 * A bucket's access control list. Null where the bucket is gone. Where ACLs are disabled (BucketOwnerEnforced) S3 reads
 * out the owner's FULL_CONTROL alone and refuses others with AccessControlListNotSupported (SDK, GetBucketAcl, PutBucketAcl).
 */
export const bucketAcl: Lens<Bucket, Acl> = {
  id: 's3/bucket-acl',
  key: ({ bucket }) => bucket,
  read: ({ bucket }) =>
    // https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    orNull(['NoSuchBucket'], async () => {
      const { Owner, Grants = [] } = await client(S3Client).send(new GetBucketAclCommand({ Bucket: bucket }));
      const grants = Grants.map(({ Grantee: grantee, Permission }) => ({
        type: grantee?.Type ?? '',
        to: grantee?.ID ?? grantee?.URI ?? grantee?.EmailAddress ?? '',
        permission: Permission ?? '',
      }));
      return { owner: Owner?.ID ?? '', grants };
    }),
  canon: ({ owner, grants }) => ({ owner, grants: grants.map(canonical).sort() }),
  async write({ bucket }, _from, to) {
    if (to === null) throw fault('NotWritable', `${bucket}: a bucket can't be removed by its ACL`);
    const Grants = to.grants.map(({ type, to: who, permission }) => ({
      Grantee: granteeOf(type as Type, who),
      Permission: permission as 'READ',
    }));
    await client(S3Client).send(
      new PutBucketAclCommand({ Bucket: bucket, AccessControlPolicy: { Owner: { ID: to.owner }, Grants } }),
    );
  },
  undo: (before) => (before === null ? 'none' : 'restore'),
};

function granteeOf(type: Type, to: string): Grantee {
  if (type === 'Group') return { Type: type, URI: to };
  return type === 'CanonicalUser' ? { Type: type, ID: to } : { Type: type, EmailAddress: to };
}
