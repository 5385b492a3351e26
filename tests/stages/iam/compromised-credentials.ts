import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  IAMClient,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import type { Stage } from '../../support/stage.ts';

/** A user with this path and these keys, by whether they are active; the last one is the stolen one. */
const stage = (name: string, user: string, path: string, active: readonly boolean[]): Stage => ({
  rule: 'iam/compromised-credentials',
  name,
  async set() {
    const iam = new IAMClient({});
    await iam.send(new CreateUserCommand({ UserName: user, Path: path }));
    const keys: string[] = [];
    for (const one of active) {
      const id = (await iam.send(new CreateAccessKeyCommand({ UserName: user }))).AccessKey?.AccessKeyId ?? '';
      keys.push(id);
      if (!one) await iam.send(new UpdateAccessKeyCommand({ UserName: user, AccessKeyId: id, Status: 'Inactive' }));
    }
    return {
      target: { user, key: keys.at(-1) ?? '', leave: null },
      report: {
        like: 'tor',
        swap: { AKIAIOSFODNN7EXAMPLE: keys.at(-1) ?? '', '"userName": "backup"': `"userName": "${user}"` },
      },
      after: 'Inactive',
      async clear() {
        for (const AccessKeyId of keys) await iam.send(new DeleteAccessKeyCommand({ UserName: user, AccessKeyId }));
        await iam.send(new DeleteUserCommand({ UserName: user }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('one of two active keys of a user with a path', 'stolen.backup@example.com', '/apps/', [true, true]),
  stage('the active key beside an inactive one', 'stolen-one', '/', [false, true]),
];
