import {
  CreateLoginProfileCommand,
  CreateUserCommand,
  CreateVirtualMFADeviceCommand,
  DeactivateMFADeviceCommand,
  DeleteLoginProfileCommand,
  DeleteUserCommand,
  DeleteUserPolicyCommand,
  DeleteVirtualMFADeviceCommand,
  EnableMFADeviceCommand,
  IAMClient,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { client, orNull } from '../../../shared/aws/client.ts';
import type { Stage } from '../../support/stage.ts';

const everything =
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::a/*"}]}';

const held = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'BlockMostAccessUnlessSignedInWithMFA',
      Effect: 'Deny',
      NotAction: [
        'iam:CreateVirtualMFADevice',
        'iam:EnableMFADevice',
        'iam:ListMFADevices',
        'iam:ListUsers',
        'iam:ListVirtualMFADevices',
        'iam:ResyncMFADevice',
        'sts:GetSessionToken',
      ],
      Resource: '*',
      Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } },
    },
  ],
};

/** A user with a password and an inline policy of their own, which must stay, whose only device was taken away. */
const stage = (name: string, user: string, path: string, worn: string | null): Stage => ({
  rule: 'iam/mfa-removed',
  name,
  async set() {
    const iam = client(IAMClient);
    await iam.send(new CreateUserCommand({ UserName: user, Path: path }));
    await iam.send(new CreateLoginProfileCommand({ UserName: user, Password: 'Only-4-the-stage!' }));
    const made = await iam.send(new CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: `phone-of-${user}` }));
    const SerialNumber = made.VirtualMFADevice?.SerialNumber ?? '';
    const codes = { AuthenticationCode1: '123456', AuthenticationCode2: '654321' };
    await iam.send(new EnableMFADeviceCommand({ UserName: user, SerialNumber, ...codes }));
    await iam.send(new DeactivateMFADeviceCommand({ UserName: user, SerialNumber }));
    const put = (PolicyName: string, PolicyDocument: string) =>
      iam.send(new PutUserPolicyCommand({ UserName: user, PolicyName, PolicyDocument }));
    await put('own', everything);
    if (worn !== null) await put('FirebreakUntilMfa', worn);
    return {
      target: { user },
      after: { password: true, devices: 0, policy: JSON.stringify(held) },
      call: { name: 'DeactivateMFADevice', request: { userName: user, serialNumber: SerialNumber } },
      async clear() {
        const gone = ['NoSuchEntityException'];
        // Throws where the user's own policy is gone.
        await iam.send(new DeleteUserPolicyCommand({ UserName: user, PolicyName: 'own' }));
        await orNull(gone, () =>
          iam.send(new DeleteUserPolicyCommand({ UserName: user, PolicyName: 'FirebreakUntilMfa' })),
        );
        await iam.send(new DeleteVirtualMFADeviceCommand({ SerialNumber }));
        await iam.send(new DeleteLoginProfileCommand({ UserName: user }));
        await iam.send(new DeleteUserCommand({ UserName: user }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('a user with a path, and an address for a name', 'stage+mfa@example.com', '/people/', null),
  stage('a policy of our name that somebody emptied of its meaning', 'stage-mfa', '/', everything),
];
