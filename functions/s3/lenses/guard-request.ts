import { at, type Json } from '../../../shared/core/json.ts';
import type { Finding } from '../../../shared/core/rule.ts';

/** The members of S3's PublicAccessBlockConfiguration. */
export const switches = ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'] as const;
export type Switches = { readonly [name in (typeof switches)[number]]: boolean };

/** The switches of a configuration as S3 answers it, a bucket's or an account's: what is left out is off. */
export const switchesOf = (found: { readonly [name in keyof Switches]?: boolean | undefined }): Switches => ({
  BlockPublicAcls: found.BlockPublicAcls === true,
  IgnorePublicAcls: found.IgnorePublicAcls === true,
  BlockPublicPolicy: found.BlockPublicPolicy === true,
  RestrictPublicBuckets: found.RestrictPublicBuckets === true,
});

/**
 * What a request to put Block Public Access, a bucket's or an account's, takes down; null where all four switches are on.
 * Shape: recorded PutBucketPublicAccessBlock in Panther's tests of its CloudTrail resource classifier. No source shows
 * the account's: where it differs, its switches are not seen, and read.
 */
export function guardPut(request: Json): Pick<Finding, 'reason' | 'certainty'> | null {
  const asked = at(request, 'PublicAccessBlockConfiguration');
  // As a word, too: the request itself is XML, whose values are text.
  const on = (value: unknown): boolean => value === true || (typeof value === 'string' && /^true$/i.test(value));
  const off = switches.filter((name) => !on(at(asked, name)));
  if (off.length === 0) return null;
  if (off.every((name) => at(asked, name) !== undefined))
    return { reason: `Block Public Access was put with ${off.join(', ')} off`, certainty: 'certain' };
  return {
    reason: 'Block Public Access was put, and the event does not show each of its switches: they are read',
    certainty: 'possible',
  };
}
