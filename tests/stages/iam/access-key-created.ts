import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  IAMClient,
  type StatusType,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { client } from '../../../shared/aws/client.ts';
import type { Stage } from '../../support/stage.ts';

/** A user who has a key of this status already, and then gets the new one. */
const created =
  (user: string, path: string, older: StatusType | null): Stage['set'] =>
  async () => {
    const iam = client(IAMClient);
    const make = async (): Promise<string> => {
      const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: user }));
      if (!AccessKey?.AccessKeyId) throw new Error(`CreateAccessKey for ${user} gave no key`);
      return AccessKey.AccessKeyId;
    };
    await iam.send(new CreateUserCommand({ UserName: user, Path: path }));
    const keys = older === null ? [] : [await make()];
    if (older === 'Inactive')
      await iam.send(new UpdateAccessKeyCommand({ UserName: user, AccessKeyId: keys[0], Status: older }));
    const key = await make();
    return {
      target: { user, key },
      after: 'Inactive',
      call: {
        name: 'CreateAccessKey',
        request: { userName: user },
        response: { accessKey: { userName: user, accessKeyId: key, status: 'Active' } },
      },
      async clear() {
        for (const id of [...keys, key])
          await iam.send(new DeleteAccessKeyCommand({ UserName: user, AccessKeyId: id }));
        await iam.send(new DeleteUserCommand({ UserName: user }));
      },
    };
  };

export const stages: readonly Stage[] = [
  {
    rule: 'iam/access-key-created',
    name: 'the new one of two active keys',
    set: created('stage-two-keys', '/', 'Active'),
  },
  {
    rule: 'iam/access-key-created',
    name: 'a key beside an inactive one, of a user with a path',
    set: created('stage+path@example.com', '/apps/backup/', 'Inactive'),
  },
  { rule: 'iam/access-key-created', name: 'a user’s only key', set: created('stage-one-key', '/', null) },
];
