import {
  CreateLoginProfileCommand,
  CreateUserCommand,
  DeleteLoginProfileCommand,
  DeleteUserCommand,
  IAMClient,
} from '@aws-sdk/client-iam';
import { client, orNull } from '../../../shared/aws/client.ts';
import type { Stage } from '../../support/stage.ts';

/** A user with a console password; another whose name begins like it keeps its own. */
const stage = (name: string, user: string, path: string, mustReset: boolean): Stage => ({
  rule: 'iam/login-profile',
  name,
  async set() {
    const iam = client(IAMClient);
    const users = [user, `${user}2`];
    for (const UserName of users) {
      await iam.send(new CreateUserCommand({ UserName, Path: path }));
      await iam.send(
        new CreateLoginProfileCommand({
          UserName,
          Password: 'Only-4-the-stage!',
          PasswordResetRequired: mustReset,
        }),
      );
    }
    return {
      target: { user },
      after: null,
      call: { name: 'CreateLoginProfile', request: { userName: user, passwordResetRequired: mustReset } },
      async clear() {
        // Throws where the other user's password is gone.
        await iam.send(new DeleteLoginProfileCommand({ UserName: `${user}2` }));
        await orNull(['NoSuchEntityException'], () => iam.send(new DeleteLoginProfileCommand({ UserName: user })));
        for (const UserName of users) await iam.send(new DeleteUserCommand({ UserName }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('a password to be changed at the next sign-in', 'stage-console', '/', true),
  stage('a user with a path, and an address for a name', 'stage+console@example.com', '/people/', false),
];
