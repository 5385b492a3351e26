/** What a password policy must at least demand, and a policy raised to it. Pure. */
import { at, isObject, type Json } from '../../../shared/core/json.ts';
import { type PasswordPolicy, unset } from './password-policy.ts';

/** What is demanded, `maxAge` in days; null and false demand nothing. */
export type Baseline = {
  readonly minimumLength: number;
  readonly reusePrevention: number | null;
  readonly symbols: boolean;
  readonly numbers: boolean;
  readonly uppercase: boolean;
  readonly lowercase: boolean;
  readonly maxAge: number | null;
};

/**
 * 14 characters is Security Hub's IAM.15 (CIS 1.8), 24 remembered passwords IAM.16 (CIS 1.9), the four kinds of characters
 * IAM.7. No age: neither CIS v3.0.0 nor IAM.7 by its defaults asks for one, and setting one expires older passwords at once.
 * https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html
 */
export const usual: Baseline = {
  minimumLength: 14,
  reusePrevention: 24,
  symbols: true,
  numbers: true,
  uppercase: true,
  lowercase: true,
  maxAge: null,
};

/**
 * AWS's default policy asks for 8 characters: less would be weaker than no policy. Its "three of four kinds of characters"
 * can't be said in a policy of one's own.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html#default-policy-details
 */
export const none: PasswordPolicy = { ...unset, length: 8 };

/** The policy, with what is below the baseline raised to it. Stricter settings stay; ownChange and hardExpiry are not asked about. */
export function raised(policy: PasswordPolicy, given: Partial<Baseline>): PasswordPolicy {
  const least = { ...usual, ...given };
  return {
    ...policy,
    length: Math.max(policy.length, least.minimumLength),
    symbols: policy.symbols || least.symbols,
    numbers: policy.numbers || least.numbers,
    uppercase: policy.uppercase || least.uppercase,
    lowercase: policy.lowercase || least.lowercase,
    reuse: Math.max(policy.reuse ?? 0, least.reusePrevention ?? 0) || null,
    maxAge: least.maxAge === null ? policy.maxAge : Math.min(policy.maxAge ?? least.maxAge, least.maxAge),
  };
}

const words: { readonly [setting in keyof PasswordPolicy]?: string } = {
  length: 'minimum length',
  symbols: 'symbols required',
  numbers: 'numbers required',
  uppercase: 'capitals required',
  lowercase: 'small letters required',
  reuse: 'passwords remembered',
  maxAge: 'days until they expire',
};

/** What of a policy is below the baseline, for a person. */
export function below(policy: PasswordPolicy, given: Partial<Baseline>): readonly string[] {
  const least = raised(policy, given);
  return (Object.keys(words) as (keyof PasswordPolicy)[]).flatMap((setting) =>
    policy[setting] === least[setting]
      ? []
      : [`${words[setting]} ${show(policy[setting])}, not ${show(least[setting])}`],
  );
}

const show = (value: Json): string =>
  value === null ? 'none' : value === true ? 'yes' : value === false ? 'no' : `${value}`;

/**
 * The policy that a request of UpdateAccountPasswordPolicy makes, or null where the event does not show one. Nobody
 * recorded this call: the names are the API's parameters as CloudTrail writes those of IAM, beginning small.
 */
export function requested(request: Json): PasswordPolicy | null {
  const number = (name: string): number | null => {
    const value = at(request, name);
    return typeof value === 'number' && value > 0 ? value : null;
  };
  const yes = (name: string): boolean => at(request, name) === true;
  const policy = {
    length: number('minimumPasswordLength') ?? unset.length,
    symbols: yes('requireSymbols'),
    numbers: yes('requireNumbers'),
    uppercase: yes('requireUppercaseCharacters'),
    lowercase: yes('requireLowercaseCharacters'),
    ownChange: yes('allowUsersToChangePassword'),
    maxAge: number('maxPasswordAge'),
    reuse: number('passwordReusePrevention'),
    hardExpiry: yes('hardExpiry'),
  };
  return isObject(request) && Object.keys(request).length > 0 ? policy : null;
}
