/** What a policy document in an event would make of whoever has it. Pure. */
import { adminOf } from '../../../shared/aws/admin.ts';
import type { Where } from '../../../shared/aws/arn.ts';
import { statementsOf } from '../../../shared/aws/policy.ts';
import { isObject, type Json } from '../../../shared/core/json.ts';

/**
 * `admin` by these words; `harmless`; `unseen` where the event does not show the document: CloudTrail leaves out what
 * is too large.
 */
export type FoundPolicy =
  | { readonly is: 'admin'; readonly reason: string; readonly certainty: 'certain' | 'possible' }
  | { readonly is: 'harmless' }
  | { readonly is: 'unseen' };

/** IAM's documents are JSON texts (recorded: policyDocument of UpdateAssumeRolePolicy); objects are read, too. */
export function foundPolicy(document: unknown, where: Where): FoundPolicy {
  if (!(typeof document === 'string' || isObject(document)) || statementsOf(document as Json) === null)
    return { is: 'unseen' };
  const admin = adminOf([document as Json], where);
  return admin === null ? { is: 'harmless' } : { is: 'admin', ...admin };
}

/** Whether the document grants anything at all: one that only denies gives nobody permissions. */
export const grants = (document: unknown): boolean =>
  (statementsOf(document as Json) ?? [{ Effect: 'Allow' }]).some(({ Effect }) => Effect === 'Allow');
