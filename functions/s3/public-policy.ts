import { arn, partitionOf } from '../../shared/aws/arn.ts';
import { advised, failedControls, guardDuty, nonCompliant } from '../../shared/aws/noticed.ts';
import { publicStatements, statementsOf, withoutStatements } from '../../shared/aws/policy.ts';
import { at, isObject, type Json, text } from '../../shared/core/json.ts';
import { calls, type Finding, rule, unreadable } from '../../shared/core/rule.ts';
import type { Signal } from '../../shared/core/signal.ts';
import type { PolicyTarget } from './lenses/bucket.ts';
import { bucketPolicy } from './lenses/bucket-policy.ts';
import { isCleared, noticed, permissionsCheck } from './lenses/noticed.ts';

const controls = 'https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html';

export const publicPolicy = rule<PolicyTarget, string>({
  id: 's3/public-policy',
  title: 'A bucket policy lets strangers in',
  severity: 'critical',
  why: 'Whatever the policy allows, anybody on the internet, or in any AWS account, may now do: read the objects, list their names, overwrite or delete them. Public buckets are found by scanners within hours.',
  class: 'A',
  breaks: 'access',
  risk: 'Clients that relied on the public statement are refused at once: a website served from the bucket, downloads without credentials, partners who were never named. All other statements stay.',
  mends:
    'drops the statements that make the bucket public, as Amazon S3 defines public, and leaves the others as they are. When none remains, the policy is deleted.',
  undoes: 'puts the former policy back, text for text. Block Public Access, where it is on, refuses that.',
  responsibility: 'customer data',
  proof: 'emulator',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'S3.2', source: `${controls}#s3-2` },
    { framework: 'AWS Security Hub CSPM', id: 'S3.3', source: `${controls}#s3-3` },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'AC-3', source: `${controls}#s3-2` },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'AC-6', source: `${controls}#s3-2` },
  ],
  triggers: [
    ...calls('s3.amazonaws.com', 'PutBucketPolicy'),
    ...failedControls('S3.2', 'S3.3'),
    ...guardDuty('Policy:S3/BucketAnonymousAccessGranted', 'Policy:S3/BucketPublicAccessGranted'),
    nonCompliant('s3-bucket-public-read-prohibited', 's3-bucket-public-write-prohibited'),
    advised(permissionsCheck),
  ],
  permissions: {
    // Buckets' ARNs hold neither region nor account. S3 answers 405 to the policy calls of a stranger to the bucket's
    // account, whatever its policy says: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
    read: [{ actions: ['s3:GetBucketPolicy'], resources: ['arn:${AWS::Partition}:s3:::*'] }],
    write: [{ actions: ['s3:PutBucketPolicy', 's3:DeleteBucketPolicy'], resources: ['arn:${AWS::Partition}:s3:::*'] }],
  },
  detect(signal) {
    if (isCleared(signal, 'Policy Allows Access')) return [];
    if (signal.kind !== 'call')
      return noticed(signal, 'its policy', (bucket) => ({ bucket, partition: partitionOf(signal.region) }));
    const bucket = text(signal.request, 'bucketName');
    if (bucket === undefined) return unreadable('requestParameters.bucketName');
    return found(bucket, at(signal.request, 'bucketPolicy') as Json, signal);
  },
  fix: {
    kind: 'state',
    lens: bucketPolicy,
    desire(policy) {
      const open = policy === null ? [] : publicStatements(policy);
      return policy === null || open.length === 0
        ? policy
        : withoutStatements(
            policy,
            open.map(({ index }) => index),
          );
    },
  },
});

/** CloudTrail shows the policy as an object; too large a request is left out: then only a read can tell. */
function found(bucket: string, policy: Json | undefined, signal: Signal): readonly Finding<PolicyTarget>[] {
  const target = { bucket, partition: partitionOf(signal.region) };
  const finding = { target, resource: arn(signal, 's3', bucket, { regional: false, owned: false }) };
  if (!(isObject(policy) || typeof policy === 'string') || statementsOf(policy) === null)
    return [
      {
        ...finding,
        reason: 'a bucket policy was put, and the event does not show it: it is read',
        certainty: 'possible',
      },
    ];
  const reasons = publicStatements(policy).map(({ index, reason }) => `statement ${index + 1} is open to ${reason}`);
  return reasons.length === 0 ? [] : [{ ...finding, reason: reasons.join('; '), certainty: 'certain' }];
}
