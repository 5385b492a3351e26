import { arn } from '../../shared/aws/arn.ts';
import { failedControls, guardDuty, nonCompliant } from '../../shared/aws/noticed.ts';
import { text } from '../../shared/core/json.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import type { Bucket } from './lenses/bucket.ts';
import { guardPut } from './lenses/guard-request.ts';
import { noticed } from './lenses/noticed.ts';
import { publicAccessBlock as lens, type PublicAccessBlock } from './lenses/public-access-block.ts';

const controls = 'https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html';

export const publicAccessBlock = rule<Bucket, PublicAccessBlock>({
  id: 's3/public-access-block',
  title: 'A bucket’s guard against public access was taken down',
  severity: 'high',
  why: 'With all four switches of Block Public Access on, no policy and no ACL can open the bucket to strangers. With one of them off, a single careless or hostile call is enough.',
  class: 'A',
  breaks: 'access',
  risk: 'What relied on the bucket being public is refused at once: a website served from it, downloads without credentials. While the bucket’s policy is public, even the other accounts that it names are refused.',
  mends:
    'turns the four switches on. Policies and ACLs stay as they are: the public ones only stop counting, until the guard is off again.',
  undoes: 'puts the switches back as they were, or deletes the configuration where there was none.',
  responsibility: 'customer data',
  proof: 'emulator',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'S3.8', source: `${controls}#s3-8` },
    { framework: 'CIS AWS Foundations v3.0.0', id: '2.1.4', source: `${controls}#s3-8` },
    { framework: 'PCI DSS v4.0.1', id: '1.4.4', source: `${controls}#s3-8` },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'AC-3', source: `${controls}#s3-8` },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'SC-7', source: `${controls}#s3-8` },
  ],
  // Not the API's names, which want the word Bucket; those with the word Account are the account's guard:
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
  triggers: [
    ...calls('s3.amazonaws.com', 'PutBucketPublicAccessBlock', 'DeleteBucketPublicAccessBlock'),
    ...failedControls('S3.8'),
    ...guardDuty('Policy:S3/BucketBlockPublicAccessDisabled'),
    nonCompliant('s3-bucket-level-public-access-prohibited'),
  ],
  permissions: {
    read: [{ actions: ['s3:GetBucketPublicAccessBlock'], resources: ['arn:${AWS::Partition}:s3:::*'] }],
    write: [{ actions: ['s3:PutBucketPublicAccessBlock'], resources: ['arn:${AWS::Partition}:s3:::*'] }],
  },
  detect: (signal) => (signal.kind === 'call' ? found(signal) : noticed(signal, 'its guard', (bucket) => ({ bucket }))),
  fix: {
    kind: 'state',
    lens,
    // What is gone with its bucket needs no guard.
    desire: (state) =>
      state && { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true },
  },
});

function found(call: Call): readonly Finding<Bucket>[] | Unreadable {
  const bucket = text(call.request, 'bucketName');
  if (bucket === undefined) return unreadable('requestParameters.bucketName');
  const finding = { target: { bucket }, resource: arn(call, 's3', bucket, { regional: false, owned: false }) };
  if (call.name === 'DeleteBucketPublicAccessBlock')
    return [{ ...finding, reason: 'Block Public Access was deleted from the bucket', certainty: 'certain' }];
  const put = guardPut(call.request);
  return put === null ? [] : [{ ...finding, ...put }];
}
