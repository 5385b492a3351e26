import {
  DeleteAccountPasswordPolicyCommand,
  GetAccountPasswordPolicyCommand,
  IAMClient,
  UpdateAccountPasswordPolicyCommand,
} from '@aws-sdk/client-iam';
import { client, orNull } from '../../../shared/aws/client.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** `account`: its id, as the event tells it. The policy read and written is always that of the role's own account. */
export type Account = { readonly account: string };

/** `maxAge` in days, null where passwords never expire; `reuse` counts passwords remembered, null where none is. */
export type PasswordPolicy = {
  readonly length: number;
  readonly symbols: boolean;
  readonly numbers: boolean;
  readonly uppercase: boolean;
  readonly lowercase: boolean;
  readonly ownChange: boolean;
  readonly maxAge: number | null;
  readonly reuse: number | null;
  readonly hardExpiry: boolean;
};

/** What a setting that is not given becomes: "Request Parameters" of API_UpdateAccountPasswordPolicy. */
export const unset: PasswordPolicy = {
  length: 6,
  symbols: false,
  numbers: false,
  uppercase: false,
  lowercase: false,
  ownChange: false,
  maxAge: null,
  reuse: null,
  hardExpiry: false,
};

// NoSuchEntityException: GetAccountPasswordPolicy and DeleteAccountPasswordPolicy, errors documented by their SDK commands.
const absent = ['NoSuchEntityException'];

/** The account's password policy. Null where it has none of its own, and AWS's default holds. */
export const passwordPolicy: Lens<Account, PasswordPolicy> = {
  id: 'iam/password-policy',
  key: () => 'account',
  read: () =>
    orNull(absent, async () => {
      const { PasswordPolicy: found } = await client(IAMClient).send(new GetAccountPasswordPolicyCommand({}));
      return {
        length: found?.MinimumPasswordLength ?? unset.length,
        symbols: found?.RequireSymbols ?? false,
        numbers: found?.RequireNumbers ?? false,
        uppercase: found?.RequireUppercaseCharacters ?? false,
        lowercase: found?.RequireLowercaseCharacters ?? false,
        ownChange: found?.AllowUsersToChangePassword ?? false,
        // ExpirePasswords only says whether the age is above 0 (API_PasswordPolicy), and can't be sent.
        maxAge: found?.MaxPasswordAge || null,
        reuse: found?.PasswordReusePrevention || null,
        hardExpiry: found?.HardExpiry ?? false,
      };
    }),
  async write(_target, _from, to) {
    if (to === null) {
      await orNull(absent, () => client(IAMClient).send(new DeleteAccountPasswordPolicyCommand({})));
      return;
    }
    // No partial updates: what is not sent reverts. Age and reuse begin at 1, so that "none" can only be left out.
    await client(IAMClient).send(
      new UpdateAccountPasswordPolicyCommand({
        MinimumPasswordLength: to.length,
        RequireSymbols: to.symbols,
        RequireNumbers: to.numbers,
        RequireUppercaseCharacters: to.uppercase,
        RequireLowercaseCharacters: to.lowercase,
        AllowUsersToChangePassword: to.ownChange,
        HardExpiry: to.hardExpiry,
        ...(to.maxAge !== null && { MaxPasswordAge: to.maxAge }),
        ...(to.reuse !== null && { PasswordReusePrevention: to.reuse }),
      }),
    );
  },
  // The role that raises a policy must not be able to delete one.
  undo: (before) => (before === null ? 'operator' : 'restore'),
};
