import { DeleteLoginProfileCommand, GetLoginProfileCommand, IAMClient } from '@aws-sdk/client-iam';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** `user`: the user's name, without its path. Never absent: IAM would take the caller for it. */
export type User = { readonly user: string };

/** `created`: ISO 8601. The password itself can't be read by anybody. */
export type LoginProfile = { readonly created: string | null; readonly mustReset: boolean };

// NoSuchEntityException: GetLoginProfile and DeleteLoginProfile, errors documented by their SDK commands.
const absent = ['NoSuchEntityException'];

/** A user's console password, as GetLoginProfile tells of it. Null where the user or the password is gone. */
export const loginProfile: Lens<User, LoginProfile, true> = {
  id: 'iam/login-profile',
  key: ({ user }) => user,
  read: ({ user }) =>
    orNull(absent, async () => {
      const { LoginProfile: found } = await client(IAMClient).send(new GetLoginProfileCommand({ UserName: user }));
      return { created: found?.CreateDate?.toISOString() ?? null, mustReset: found?.PasswordResetRequired === true };
    }),
  async write({ user }, _from, to) {
    if (to !== null) throw fault('NotWritable', `${user}: a password that was deleted is known to nobody`);
    await orNull(absent, () => client(IAMClient).send(new DeleteLoginProfileCommand({ UserName: user })));
  },
  undo: () => 'none',
  oneWay: true,
};
