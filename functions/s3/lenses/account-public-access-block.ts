import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import { type Switches, switchesOf } from './guard-request.ts';

/** `account`: its id. */
export type Account = { readonly account: string };

/** `unset`: the account has no configuration, which guards like four switches off. */
export type AccountGuard = Switches | 'unset';

const calls = () => import('./control-calls.ts');

// SDK, errors of S3 Control: GetPublicAccessBlock.
const unset = 'NoSuchPublicAccessBlockConfiguration';

/** The account's Block Public Access, which holds for all its buckets in every region; never null. */
export const accountPublicAccessBlock: Lens<Account, AccountGuard> = {
  id: 's3/account-public-access-block',
  key: ({ account }) => account,
  async read({ account }) {
    const { GetPublicAccessBlockCommand, S3ControlClient } = await calls();
    const answer = await orNull([unset], () =>
      client(S3ControlClient).send(new GetPublicAccessBlockCommand({ AccountId: account })),
    );
    const found = answer?.PublicAccessBlockConfiguration;
    return found ? switchesOf(found) : 'unset';
  },
  async write({ account }, _from, to) {
    if (to === null) throw fault('NotWritable', `${account}: an account can't be removed by its Block Public Access`);
    const { DeletePublicAccessBlockCommand, PutPublicAccessBlockCommand, S3ControlClient } = await calls();
    const s3 = client(S3ControlClient);
    if (to === 'unset') await s3.send(new DeletePublicAccessBlockCommand({ AccountId: account }));
    else
      await s3.send(new PutPublicAccessBlockCommand({ AccountId: account, PublicAccessBlockConfiguration: { ...to } }));
  },
  // PutPublicAccessBlock and DeletePublicAccessBlock are one IAM action: Service Authorization Reference, Amazon S3.
  undo: () => 'restore',
};
