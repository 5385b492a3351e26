import * as v from 'valibot';
import { arn, partitionOf } from '../../shared/aws/arn.ts';
import { statementsOf } from '../../shared/aws/policy.ts';
import { at, type Json, text } from '../../shared/core/json.ts';
import type { Home } from '../../shared/core/mode.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import type { PolicyTarget } from './lenses/bucket.ts';
import { bucketPolicy, gone } from './lenses/bucket-policy.ts';
import { letsTrailWrite, looksLikeTrail, troubleOf } from './lenses/trail-bucket.ts';

const baseline = v.strictObject({
  buckets: v.optional(
    v.pipe(
      v.array(v.pipe(v.string(), v.minLength(3))),
      v.description('names of the buckets that trails write into, where name and policy do not tell'),
    ),
    [],
  ),
});
type Baseline = { readonly buckets?: readonly string[] };

export const trailBucketPolicy = rule<PolicyTarget, string, Baseline>({
  id: 's3/trail-bucket-policy',
  title: 'The policy of a trail’s bucket was changed',
  severity: 'critical',
  why: 'A trail whose bucket no longer lets CloudTrail write records nothing, and says so only in its own status. A log that strangers may read tells them who works here, from where and with what.',
  class: 'C',
  breaks: 'access',
  risk: 'What the new policy allowed is gone with it: a reader of the log that was added just now is refused until somebody adds it again. The policy that comes back is the one under which the trail wrote.',
  mends:
    'puts back the policy that the bucket last had for a day without a change, text for text. Where Firebreak never saw one, or the one it saw has the same trouble, it only tells.',
  undoes: 'puts the newer policy back, text for text, or deletes the policy where there was none.',
  proof: 'emulator',
  responsibility: 'customer data',
  controls: [],
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html, bucket-level actions. That a
  // trail stops without the policy: CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail".
  triggers: calls('s3.amazonaws.com', 'PutBucketPolicy', 'DeleteBucketPolicy'),
  permissions: {
    read: [{ actions: ['s3:GetBucketPolicy'], resources: ['arn:${AWS::Partition}:s3:::*'] }],
    write: [{ actions: ['s3:PutBucketPolicy', 's3:DeleteBucketPolicy'], resources: ['arn:${AWS::Partition}:s3:::*'] }],
  },
  baseline,
  detect: (signal, settings, home) => (signal.kind === 'call' ? found(signal, settings, home) : []),
  fix: {
    kind: 'state',
    lens: bucketPolicy,
    desire(policy, { target, learned, home }) {
      if (policy === gone || (policy !== null && troubleOf(policy, target, home) === null)) return policy;
      const before = learned?.state;
      return before !== undefined && troubleOf(before, target, home) === null
        ? before
        : { unknown: `under which policy CloudTrail wrote into ${target.bucket} is not known` };
    },
    learns: {
      triggers: calls('s3.amazonaws.com', 'PutBucketPolicy'),
      // CloudTrail's own policy does not deny plain HTTP, and tls-only asks for that of whatever comes back.
      despite: ['s3/tls-only'],
      target(signal) {
        const bucket = signal.kind === 'call' ? text(signal.request, 'bucketName') : undefined;
        const trails = signal.kind === 'call' && letsTrailWrite((at(signal.request, 'bucketPolicy') ?? null) as Json);
        return trails && bucket !== undefined ? { bucket, partition: partitionOf(signal.region) } : null;
      },
    },
  },
});

function found(call: Call, { buckets = [] }: Baseline, home: Home): readonly Finding<PolicyTarget>[] | Unreadable {
  const bucket = text(call.request, 'bucketName');
  if (bucket === undefined) return unreadable('requestParameters.bucketName');
  const policy = (at(call.request, 'bucketPolicy') ?? null) as Json;
  const known = buckets.includes(bucket);
  if (!known && !looksLikeTrail(bucket, policy)) return [];
  const finding = {
    target: { bucket, partition: partitionOf(call.region) },
    resource: arn(call, 's3', bucket, { regional: false, owned: false }),
  };
  const guess = known ? '' : ' (a trail’s bucket, as it looks)';
  if (call.name === 'DeleteBucketPolicy')
    return [
      {
        ...finding,
        reason: `the policy was deleted${guess}: CloudTrail may no longer write into it`,
        certainty: known ? 'certain' : 'possible',
      },
    ];
  if (statementsOf(policy) === null)
    return [{ ...finding, reason: `a policy was put${guess}, and the event does not show it`, certainty: 'possible' }];
  const trouble = troubleOf(policy, finding.target, home);
  if (trouble === null) return [];
  const certain = trouble.certain && (known || looksLikeTrail('', policy));
  return [
    { ...finding, reason: `a policy was put${guess}: ${trouble.reason}`, certainty: certain ? 'certain' : 'possible' },
  ];
}
