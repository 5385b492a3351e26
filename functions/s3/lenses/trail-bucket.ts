/** What of a bucket's policy matters to the trail that writes into the bucket. Pure. */
import { reachesAction, reachesResource } from '../../../shared/aws/cover.ts';
import { foreignStatements } from '../../../shared/aws/foreign.ts';
import { publicStatements, type Statement, statementsOf } from '../../../shared/aws/policy.ts';
import { principalsOf } from '../../../shared/aws/statement.ts';
import type { Json } from '../../../shared/core/json.ts';
import type { Home } from '../../../shared/core/mode.ts';
import type { PolicyTarget } from './bucket.ts';

/** CloudTrail's own principal: AWS CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail". */
const cloudtrail = /^cloudtrail\.amazonaws\.com(\.cn)?$/;

const putsObjects = (statement: Statement): boolean => reachesAction(statement, 's3:putobject');

/** Whether the policy lets CloudTrail put objects. A condition on it is how AWS's own policy has it. */
export const letsTrailWrite = (policy: Json): boolean =>
  (statementsOf(policy) ?? []).some(
    (statement) =>
      statement.Effect === 'Allow' &&
      putsObjects(statement) &&
      principalsOf(statement).some(({ type, name }) => type === 'Service' && cloudtrail.test(name)),
  );

/** Whether a statement surely keeps CloudTrail from writing, whatever others allow: one with a condition may spare it. */
function keepsTrailOut(statement: Statement, { bucket, partition }: PolicyTarget): boolean {
  const { Effect, Condition, NotPrincipal } = statement;
  if (Effect !== 'Deny' || Condition !== undefined || NotPrincipal !== undefined || !putsObjects(statement))
    return false;
  const meant = principalsOf(statement).some(
    ({ type, name }) => name === '*' || (type === 'Service' && cloudtrail.test(name)),
  );
  const logs = ['*', 'AWSLogs/*'].map((objects) => `arn:${partition}:s3:::${bucket}/${objects}`);
  return meant && logs.some((one) => reachesResource(statement, one));
}

/** What is wrong with a trail's bucket that has this policy; null where nothing is. `certain` where the policy alone tells. */
export function troubleOf(
  policy: Json,
  target: PolicyTarget,
  home: Home,
): { readonly reason: string; readonly certain: boolean } | null {
  const kept = (statementsOf(policy) ?? []).some((statement) => keepsTrailOut(statement, target));
  if (kept || !letsTrailWrite(policy)) return { reason: 'CloudTrail may no longer write into it', certain: true };
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
