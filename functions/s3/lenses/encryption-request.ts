import { parseArn } from '../../../shared/aws/arn.ts';
import { ownerOfId } from '../../../shared/aws/foreign.ts';
import { at, type Json, text } from '../../../shared/core/json.ts';
import type { Home } from '../../../shared/core/mode.ts';

/** `key`: id, ARN or alias of a KMS key, as it was asked; null for the one that S3 takes by itself. */
export type Asked = { readonly algorithm: string; readonly key: string | null };

/**
 * What a recorded PutBucketEncryption asks for; null where the event does not show it. Shape:
 * `ServerSideEncryptionConfiguration.Rule.ApplyServerSideEncryptionByDefault.SSEAlgorithm`, in a published Splunk search
 * over CloudTrail; KMSMasterKeyID beside it as the API has it (API_ServerSideEncryptionByDefault).
 */
export function askedEncryption(request: Json): Asked | null {
  const rules = at(request, 'ServerSideEncryptionConfiguration', 'Rule');
  const [rule] = Array.isArray(rules) ? rules : [rules];
  const algorithm = text(rule, 'ApplyServerSideEncryptionByDefault', 'SSEAlgorithm');
  if (algorithm === undefined) return null;
  return { algorithm, key: text(rule, 'ApplyServerSideEncryptionByDefault', 'KMSMasterKeyID') ?? null };
}

/** Whose a key is: an id or an alias without an account is looked for in our own, and so is no key at all. */
export function ownerOfKey(key: string | null, home: Home): 'ours' | 'stranger' | 'unknown' {
  const account = parseArn(key ?? '')?.account;
  return account === undefined ? 'ours' : ownerOfId(account, home);
}

/** The same of rules of default encryption, as GetBucketEncryption gives them; `none` for S3's own keys. */
export function keyOwner(rules: readonly Json[] | 'unset', home: Home): 'none' | 'ours' | 'stranger' | 'unknown' {
  const chosen = rules === 'unset' ? undefined : at(rules[0], 'ApplyServerSideEncryptionByDefault');
  if (!/^aws:kms/.test(text(chosen, 'SSEAlgorithm') ?? '')) return 'none';
  return ownerOfKey(text(chosen, 'KMSMasterKeyID') ?? null, home);
}
