import { GetObjectAclCommand, PutObjectAclCommand, S3Client } from '@aws-sdk/client-s3';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import { type Acl, aclOf, canonOf, policyOf } from './bucket-acl.ts';

/** `version`: the object's, or null for the one that is current. */
export type StoredObject = { readonly bucket: string; readonly key: string; readonly version: string | null };

const named = ({ bucket, key, version }: StoredObject) => ({
  Bucket: bucket,
  Key: key,
  ...(version !== null && { VersionId: version }),
});

/** An object's access control list. Null where the object, its version or the bucket is gone. */
export const objectAcl: Lens<StoredObject, Acl> = {
  id: 's3/object-acl',
  key: ({ bucket, key, version }) => `${bucket}/${key}${version === null ? '' : `?versionId=${version}`}`,
  read: (target) =>
    // https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; the last is a delete marker's, which has no ACL.
    orNull(['NoSuchKey', 'NoSuchVersion', 'NoSuchBucket', 'MethodNotAllowed'], async () =>
      aclOf(await client(S3Client).send(new GetObjectAclCommand(named(target)))),
    ),
  canon: canonOf,
  async write(target, _from, to) {
    if (to === null) throw fault('NotWritable', `${target.key}: an object can't be removed by its ACL`);
    await client(S3Client).send(new PutObjectAclCommand({ ...named(target), AccessControlPolicy: policyOf(to) }));
  },
  undo: (before) => (before === null ? 'none' : 'restore'),
};
