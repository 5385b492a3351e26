import {
  DeleteUserPolicyCommand,
  GetLoginProfileCommand,
  GetUserPolicyCommand,
  IAMClient,
  PutUserPolicyCommand,
  paginateListMFADevices,
} from '@aws-sdk/client-iam';
import { client, orNull } from '../../../shared/aws/client.ts';
import { samePolicy } from '../../../shared/aws/closing.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import { documentOf } from './document.ts';

/** `user`: the user's name, without its path. */
export type OneFactor = { readonly user: string };

/** Whether the user can sign in with a password, how many second factors there are, and the inline policy of our name. */
export type Hold = { readonly password: boolean; readonly devices: number; readonly policy: string | null };

const PolicyName = 'FirebreakUntilMfa';

/**
 * BlockMostAccessUnlessSignedInWithMFA of
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_iam_mfa-selfmanage.html, and
 * sts:GetSessionToken, by which programs sign in with a second factor ("GetSessionToken", IAM User Guide).
 */
export const hold = JSON.stringify({
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
});

// NoSuchEntityException: the documented error of all commands used here.
const missing = ['NoSuchEntityException'];

/** An inline policy of our own that denies a user nearly everything without a second factor. Null where the user is gone. */
export const mfaHold: Lens<OneFactor, Hold> = {
  id: 'iam/mfa-hold',
  key: ({ user }) => user,
  read: ({ user: UserName }) =>
    orNull(missing, async () => {
      const iam = client(IAMClient);
      let devices = 0;
      for await (const { MFADevices } of paginateListMFADevices({ client: iam }, { UserName }))
        devices += MFADevices?.length ?? 0;
      const profile = await orNull(missing, () => iam.send(new GetLoginProfileCommand({ UserName })));
      const found = await orNull(missing, () => iam.send(new GetUserPolicyCommand({ UserName, PolicyName })));
      return { password: profile !== null, devices, policy: found && documentOf(found.PolicyDocument) };
    }),
  // Devices and passwords are the user's to change meanwhile.
  canon: ({ policy }) => policy && samePolicy(policy),
  async write({ user: UserName }, _from, to) {
    const iam = client(IAMClient);
    if (to?.policy) await iam.send(new PutUserPolicyCommand({ UserName, PolicyName, PolicyDocument: to.policy }));
    else await orNull(missing, () => iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName })));
  },
  undo: (before) => (before === null ? 'none' : 'restore'),
};
