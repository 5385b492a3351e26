/** What of a bucket's policy matters to the trail that writes into the bucket. Pure. */
import { foreignStatements } from '../../../shared/aws/foreign.ts';
import { publicStatements, statementsOf } from '../../../shared/aws/policy.ts';
import { principalsOf } from '../../../shared/aws/statement.ts';
import type { Json } from '../../../shared/core/json.ts';
import type { Home } from '../../../shared/core/mode.ts';

/** CloudTrail's own principal: AWS CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail". */
const cloudtrail = /^cloudtrail\.amazonaws\.com(\.cn)?$/;

/** Whether the policy lets CloudTrail put objects. A condition on it is how AWS's own policy has it. */
export const letsTrailWrite = (policy: Json): boolean =>
  (statementsOf(policy) ?? []).some(
    (statement) =>
      statement.Effect === 'Allow' &&
      principalsOf(statement).some(({ type, name }) => type === 'Service' && cloudtrail.test(name)) &&
      many(statement.Action).some((one) => typeof one === 'string' && /^(\*|s3:\*|s3:put(object)?\*?)$/i.test(one)),
  );

/** What is wrong with a trail's bucket that has this policy; null where nothing is. `certain` where the policy alone tells. */
export function troubleOf(policy: Json, home: Home): { readonly reason: string; readonly certain: boolean } | null {
  if (!letsTrailWrite(policy)) return { reason: 'CloudTrail may no longer write into it', certain: true };
  const open = publicStatements(policy);
  if (open.length > 0) return { reason: `its log is open to ${open[0]?.reason}`, certain: true };
  // A service for another account's trail writes; it does not read.
  const foreign = foreignStatements(policy, home).filter(({ who }) => who.some((one) => !one.startsWith('a service')));
  const certain = foreign.some((one) => one.certainty === 'certain');
  return foreign.length > 0 ? { reason: `it ${foreign[0]?.reason}`, certain } : null;
}

/**
 * Whether a bucket is a trail's, as far as its name and its policy tell: nothing else in an event does. Who names theirs
 * otherwise lists them under `baselines:`.
 */
export const looksLikeTrail = (bucket: string, policy: Json): boolean =>
  /cloud-?trail|trail-?logs?|controltower-logs/i.test(bucket) || letsTrailWrite(policy);

const many = (value: Json | undefined): readonly (Json | undefined)[] => (Array.isArray(value) ? value : [value]);
