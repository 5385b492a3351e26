import {
  type AccessControlPolicy,
  GetBucketAclCommand,
  type Grantee,
  PutBucketAclCommand,
  S3Client,
  type Type,
} from '@aws-sdk/client-s3';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import { canonical, type Json } from '../../../shared/core/json.ts';
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
      return aclOf(await client(S3Client).send(new GetBucketAclCommand({ Bucket: bucket })));
    }),
  canon: canonOf,
  async write({ bucket }, _from, to) {
    if (to === null) throw fault('NotWritable', `${bucket}: a bucket can't be removed by its ACL`);
    await client(S3Client).send(new PutBucketAclCommand({ Bucket: bucket, AccessControlPolicy: policyOf(to) }));
  },
  undo: (before) => (before === null ? 'none' : 'restore'),
};

/** What S3 answers, of a bucket or an object. */
export const aclOf = ({ Owner, Grants = [] }: AccessControlPolicy): Acl => ({
  owner: Owner?.ID ?? '',
  grants: Grants.map(({ Grantee: grantee, Permission }) => ({
    type: grantee?.Type ?? '',
    to: grantee?.ID ?? grantee?.URI ?? grantee?.EmailAddress ?? '',
    permission: Permission ?? '',
  })),
});

/** What S3 is asked for. */
export const policyOf = ({ owner, grants }: Acl): AccessControlPolicy => ({
  Owner: { ID: owner },
  Grants: grants.map(({ type, to, permission }) => ({
    Grantee: granteeOf(type as Type, to),
    Permission: permission as 'READ',
  })),
});

export function canonOf({ owner, grants }: Acl): Json {
  return { owner, grants: grants.map(canonical).sort() };
}

function granteeOf(type: Type, to: string): Grantee {
  if (type === 'Group') return { Type: type, URI: to };
  return type === 'CanonicalUser' ? { Type: type, ID: to } : { Type: type, EmailAddress: to };
}
