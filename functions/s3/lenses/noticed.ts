/** Buckets that a finding of another service is about: what is the matter with them is read. */
import { arn, parseArn } from '../../../shared/aws/arn.ts';
import { column, resourcesNamed, witness } from '../../../shared/aws/noticed.ts';
import { type Finding, type Unreadable, unreadable } from '../../../shared/core/rule.ts';
import type { Signal } from '../../../shared/core/signal.ts';
import type { Bucket } from './bucket.ts';

// GuardDuty: API reference, S3BucketDetail. Config names a bucket by its name: AWS Config Developer Guide, resource
// types. Security Hub's by its ARN: recorded findings of S3.1 to S3.8 in AWS's Automated Security Response.
const bucketType = {
  securityHub: 'AwsS3Bucket',
  config: 'AWS::S3::Bucket',
  guardDuty: 's3BucketDetails',
  trustedAdvisor: 'Bucket Name',
};

/**
 * Trusted Advisor's check of ACLs and policies together. Columns: "Amazon S3 Bucket Permissions", AWS Support User Guide; the
 * event has them under these names: aws/Trusted-Advisor-Tools, S3BucketPermissions.
 */
export const permissionsCheck = 'Amazon S3 Bucket Permissions';

/** Whether the item says of all of these columns that nothing is open: `No`, as in the same place. */
export const isCleared = (signal: Signal, ...columns: readonly string[]): boolean =>
  columns.every((one) => column(signal, one) === 'No');

/** @param what is read, as words that stand before "is read" */
export function noticed<T extends Bucket>(
  signal: Signal,
  what: string,
  target: (bucket: string) => T,
): readonly Finding<T>[] | Unreadable {
  const named = resourcesNamed(signal, bucketType).flatMap((one) => parseArn(one)?.resource || one);
  const buckets = [...new Set(named)].filter((name) => /^[a-z0-9][a-z0-9._-]{1,253}$/i.test(name));
  if (buckets.length === 0) return unreadable('name of a bucket');
  return buckets.map((bucket) => ({
    target: target(bucket),
    resource: arn(signal, 's3', bucket, { regional: false, owned: false }),
    reason: `${witness(signal)}: ${what} is read`,
    certainty: 'possible',
  }));
}
