import { arn, partitionOf } from '../../shared/aws/arn.ts';
import { failedControls, nonCompliant } from '../../shared/aws/noticed.ts';
import { statementsOf } from '../../shared/aws/policy.ts';
import { at, type Json, text } from '../../shared/core/json.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import type { PolicyTarget } from './lenses/bucket.ts';
import { bucketPolicy, gone } from './lenses/bucket-policy.ts';
import { noticed } from './lenses/noticed.ts';
import { refusesHttp, refusingHttp } from './lenses/tls.ts';

const controls = 'https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html';

export const tlsOnly = rule<PolicyTarget, string>({
  id: 's3/tls-only',
  title: 'A bucket answers over plain HTTP',
  severity: 'medium',
  why: 'What travels over plain HTTP can be read and changed on its way: objects, and the signatures of requests and presigned links. S3 answers it unless the bucket’s policy denies it.',
  class: 'C',
  breaks: 'access',
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteEndpoints.html: "do not support HTTPS"
  risk: 'Clients that use http:// are refused. S3’s website endpoints speak nothing else: a website served from one goes dark. A policy that would grow over 20 KB is refused by S3, and the fix fails and says so.',
  mends:
    'adds a statement that denies everybody every action without TLS, on the bucket and its objects. The other statements stay as they are; where there is no policy, it becomes the policy.',
  undoes: 'puts the former policy back, text for text, or deletes the policy where there was none.',
  responsibility: 'encryption and network traffic protection',
  proof: 'emulator',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'S3.5', source: `${controls}#s3-5` },
    { framework: 'CIS AWS Foundations v3.0.0', id: '2.1.1', source: `${controls}#s3-5` },
    { framework: 'PCI DSS v4.0.1', id: '4.2.1', source: `${controls}#s3-5` },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'SC-8', source: `${controls}#s3-5` },
  ],
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html, bucket-level actions
  triggers: [
    ...calls('s3.amazonaws.com', 'PutBucketPolicy', 'DeleteBucketPolicy'),
    ...failedControls('S3.5'),
    nonCompliant('s3-bucket-ssl-requests-only'),
  ],
  permissions: {
    read: [{ actions: ['s3:GetBucketPolicy'], resources: ['arn:${AWS::Partition}:s3:::*'] }],
    // Deleting is the way back to no policy; the room's role holds it for public-policy's fix, whose lens this is.
    write: [{ actions: ['s3:PutBucketPolicy', 's3:DeleteBucketPolicy'], resources: ['arn:${AWS::Partition}:s3:::*'] }],
  },
  detect: (signal) =>
    signal.kind === 'call'
      ? found(signal)
      : noticed(signal, 'its policy', (bucket) => ({ bucket, partition: partitionOf(signal.region) })),
  fix: {
    kind: 'state',
    lens: bucketPolicy,
    desire(policy, { target }) {
      if (policy === gone || (policy !== null && refusesHttp(policy, target))) return policy;
      return refusingHttp(policy, target) ?? { unknown: `the policy of ${target.bucket} can't be read as statements` };
    },
  },
});

/** CloudTrail shows the policy as an object; too large a request is left out: then only a read can tell. */
function found(call: Call): readonly Finding<PolicyTarget>[] | Unreadable {
  const bucket = text(call.request, 'bucketName');
  if (bucket === undefined) return unreadable('requestParameters.bucketName');
  const target = { bucket, partition: partitionOf(call.region) };
  const finding = { target, resource: arn(call, 's3', bucket, { regional: false, owned: false }) };
  if (call.name === 'DeleteBucketPolicy')
    return [{ ...finding, reason: 'the bucket’s policy was deleted: nothing denies plain HTTP', certainty: 'certain' }];
  const policy = (at(call.request, 'bucketPolicy') ?? null) as Json;
  if (statementsOf(policy) === null)
    return [
      { ...finding, reason: 'a policy was put, and the event does not show it: it is read', certainty: 'possible' },
    ];
  if (refusesHttp(policy, target)) return [];
  return [
    { ...finding, reason: 'the policy that was put does not deny plain HTTP to everybody', certainty: 'certain' },
  ];
}
