import { IAMClient, paginateListAccessKeys, type StatusType, UpdateAccessKeyCommand } from '@aws-sdk/client-iam';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** The user's name, without its path, and the key's id. */
export type AccessKey = { readonly user: string; readonly key: string };

/** The status of a user's access key, as ListAccessKeys tells it. Null where the user or the key is gone. */
export const accessKey: Lens<AccessKey, StatusType> = {
  id: 'iam/access-key',
  key: ({ user, key }) => `${user}/${key}`,
  // NoSuchEntityException: ListAccessKeys, errors documented by its SDK command.
  read: ({ user, key }) =>
    orNull(['NoSuchEntityException'], async () => {
      for await (const page of paginateListAccessKeys({ client: client(IAMClient) }, { UserName: user })) {
        const found = page.AccessKeyMetadata?.find(({ AccessKeyId }) => AccessKeyId === key);
        if (found?.Status) return found.Status;
      }
      return null;
    }),
  async write({ user, key }, _from, to) {
    // A deleted key can't come back, and only AWS lets one expire.
    if (to !== 'Active' && to !== 'Inactive')
      throw fault('NotWritable', `an access key is made Active or Inactive; ${to} is neither`);
    await client(IAMClient).send(new UpdateAccessKeyCommand({ UserName: user, AccessKeyId: key, Status: to }));
  },
  undo: (before) => (before === 'Active' || before === 'Inactive' ? 'restore' : 'none'),
};
