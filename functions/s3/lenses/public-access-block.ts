import {
  DeletePublicAccessBlockCommand,
  GetPublicAccessBlockCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import type { Bucket } from './bucket.ts';
import { type Switches, switchesOf } from './guard-request.ts';

/** `unset`: the bucket has no configuration, which guards like four switches off, but is not the same to put back. */
export type PublicAccessBlock = Switches | 'unset';

// NoSuchPublicAccessBlockConfiguration: https://github.com/boto/boto3/issues/3627 (S3's own page documents it for accounts alone).
// NoSuchBucket: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
const unset = 'NoSuchPublicAccessBlockConfiguration';
const gone = 'NoSuchBucket';

/** A bucket's own Block Public Access configuration; the account's is another. Null where the bucket is gone. */
export const publicAccessBlock: Lens<Bucket, PublicAccessBlock> = {
  id: 's3/public-access-block',
  key: ({ bucket }) => bucket,
  read: ({ bucket }) =>
    orNull([gone], async () => {
      const answer = await orNull([unset], () =>
        client(S3Client).send(new GetPublicAccessBlockCommand({ Bucket: bucket })),
      );
      const found = answer?.PublicAccessBlockConfiguration;
      return found ? switchesOf(found) : 'unset';
    }),
  async write({ bucket }, _from, to) {
    if (to === null) throw fault('NotWritable', `${bucket}: a bucket can't be removed by its Block Public Access`);
    if (to === 'unset')
      await orNull([unset, gone], () => client(S3Client).send(new DeletePublicAccessBlockCommand({ Bucket: bucket })));
    else
      await client(S3Client).send(
        new PutPublicAccessBlockCommand({ Bucket: bucket, PublicAccessBlockConfiguration: { ...to } }),
      );
  },
  // PutPublicAccessBlock and DeletePublicAccessBlock are one IAM action: Service Authorization Reference, Amazon S3.
  undo: (before) => (before === null ? 'none' : 'restore'),
};
