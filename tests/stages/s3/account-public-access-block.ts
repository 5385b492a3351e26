import {
  DeletePublicAccessBlockCommand,
  type PublicAccessBlockConfiguration,
  PutPublicAccessBlockCommand,
  S3ControlClient,
} from '@aws-sdk/client-s3-control';
import type { Stage } from '../../support/stage.ts';

const account = '123456789012';
const all = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true };

/** An account that was guarded like `learned`, and is now like `guard`, or has no configuration. */
const stage = (
  name: string,
  guard: PublicAccessBlockConfiguration | null,
  learned: typeof all,
  after: typeof all,
): Stage => ({
  rule: 's3/account-public-access-block',
  name,
  learned,
  async set() {
    const s3 = new S3ControlClient({});
    await s3.send(new DeletePublicAccessBlockCommand({ AccountId: account }));
    if (guard)
      await s3.send(new PutPublicAccessBlockCommand({ AccountId: account, PublicAccessBlockConfiguration: guard }));
    const call = guard
      ? { name: 'PutAccountPublicAccessBlock', request: { PublicAccessBlockConfiguration: { ...guard } } }
      : { name: 'DeleteAccountPublicAccessBlock', request: { publicAccessBlock: '' } };
    return {
      target: { account },
      after,
      call,
      async clear() {
        await s3.send(new DeletePublicAccessBlockCommand({ AccountId: account }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('deleted', null, all, all),
  stage('one switch off', { ...all, BlockPublicPolicy: false }, all, all),
  stage(
    'two off, of which one was never on, and one newly on',
    { BlockPublicAcls: false, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: false },
    { BlockPublicAcls: false, IgnorePublicAcls: true, BlockPublicPolicy: false, RestrictPublicBuckets: true },
    { BlockPublicAcls: false, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true },
  ),
];
