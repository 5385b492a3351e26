import { arn } from '../../shared/aws/arn.ts';
import { text } from '../../shared/core/json.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import type { Bucket } from './lenses/bucket.ts';
import { type Versioning, versioning } from './lenses/versioning.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-14';

export const versioningSuspended = rule<Bucket, Versioning>({
  id: 's3/versioning-suspended',
  title: 'A bucket keeps no more versions',
  severity: 'high',
  why: 'From now on what is overwritten or deleted in this bucket is gone for good. Suspending versions is the first step of those who encrypt or delete a bucket and ask for money.',
  class: 'G',
  breaks: 'nothing',
  risk: 'Nothing that reads or writes the bucket is refused. Old versions are kept and paid for again. Where MFA delete is on, S3 refuses this without the device’s code, and the fix fails and says so.',
  mends:
    'enables versioning again. What was overwritten or deleted while it was suspended is gone; a bucket that never had versions is left alone.',
  undoes: 'suspends versioning again. The versions that exist by then stay.',
  proof: 'emulator',
  responsibility: 'customer data',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'S3.14', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'CP-9', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'CP-10', source: page },
  ],
  // Name and shape: Panther's tests of its rule AWS.S3.SuspendVersioning.
  triggers: calls('s3.amazonaws.com', 'PutBucketVersioning'),
  permissions: {
    read: [{ actions: ['s3:GetBucketVersioning'], resources: ['arn:${AWS::Partition}:s3:::*'] }],
    write: [{ actions: ['s3:PutBucketVersioning'], resources: ['arn:${AWS::Partition}:s3:::*'] }],
  },
  detect: (signal) => (signal.kind === 'call' ? found(signal) : []),
  fix: { kind: 'state', lens: versioning, desire: (state) => (state === 'Suspended' ? 'Enabled' : state) },
});

function found(call: Call): readonly Finding<Bucket>[] | Unreadable {
  const status = text(call.request, 'VersioningConfiguration', 'Status');
  if (status === 'Enabled') return [];
  const bucket = text(call.request, 'bucketName');
  if (bucket === undefined) return unreadable('requestParameters.bucketName');
  const finding = { target: { bucket }, resource: arn(call, 's3', bucket, { regional: false, owned: false }) };
  return status === undefined
    ? [{ ...finding, reason: 'versioning was set, and the event does not show to what', certainty: 'possible' }]
    : [{ ...finding, reason: 'versioning of the bucket was suspended', certainty: 'certain' }];
}
