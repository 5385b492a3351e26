import {
  DeleteAccountPasswordPolicyCommand,
  IAMClient,
  UpdateAccountPasswordPolicyCommand,
  type UpdateAccountPasswordPolicyCommandInput,
} from '@aws-sdk/client-iam';
import { client, orNull } from '../../../shared/aws/client.ts';
import type { Json } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

/**
 * MiniStack adds to the policy that is there, where AWS resets what is not sent: from a policy that remembers no passwords
 * the way back can't be shown here. tests/emulator/iam-password-policy.test.ts shows it on moto.
 */
const stage = (
  name: string,
  policy: UpdateAccountPasswordPolicyCommandInput | null,
  after: { readonly [setting: string]: Json },
): Stage => ({
  rule: 'iam/password-policy',
  name,
  async set() {
    const iam = client(IAMClient);
    const clear = async (): Promise<void> => {
      await orNull(['NoSuchEntityException'], () => iam.send(new DeleteAccountPasswordPolicyCommand({})));
    };
    await clear();
    if (policy) await iam.send(new UpdateAccountPasswordPolicyCommand(policy));
    return {
      target: { account: '123456789012' },
      after,
      call: { name: 'DeleteAccountPasswordPolicy', request: null },
      clear,
    };
  },
});

const all = { symbols: true, numbers: true, uppercase: true, lowercase: true };

export const stages: readonly Stage[] = [
  stage('no policy at all', null, {
    ...all,
    length: 14,
    reuse: 24,
    maxAge: null,
    ownChange: false,
    hardExpiry: false,
  }),
  stage(
    'some settings below the baseline, some stricter than it, and hard expiry',
    {
      MinimumPasswordLength: 20,
      RequireSymbols: true,
      PasswordReusePrevention: 3,
      MaxPasswordAge: 60,
      AllowUsersToChangePassword: true,
      HardExpiry: true,
    },
    { ...all, length: 20, reuse: 24, maxAge: 60, ownChange: true, hardExpiry: true },
  ),
  stage(
    'all at the baseline but the length',
    {
      MinimumPasswordLength: 6,
      RequireSymbols: true,
      RequireNumbers: true,
      RequireUppercaseCharacters: true,
      RequireLowercaseCharacters: true,
      PasswordReusePrevention: 24,
    },
    { ...all, length: 14, reuse: 24, maxAge: null, ownChange: false, hardExpiry: false },
  ),
];
