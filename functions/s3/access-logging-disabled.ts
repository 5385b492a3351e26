import { arn } from '../../shared/aws/arn.ts';
import { guardDuty } from '../../shared/aws/noticed.ts';
import { at, isObject, text } from '../../shared/core/json.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { type AccessLogging, accessLogging } from './lenses/access-logging.ts';
import type { Bucket } from './lenses/bucket.ts';
import { noticed } from './lenses/noticed.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-9';

export const accessLoggingDisabled = rule<Bucket, AccessLogging>({
  id: 's3/access-logging-disabled',
  title: 'A bucket’s access log was switched off',
  severity: 'medium',
  why: 'Who reads, lists and deletes in this bucket is no longer written down, unless a trail logs its data events. What is taken from now on can’t be found out afterwards.',
  class: 'A',
  breaks: 'nothing',
  risk: 'Nothing that reads or writes the bucket notices. The log fills its target again, and is paid for. Where the target is gone or no longer lets S3 write, S3 refuses, and the fix fails and says so.',
  mends:
    'sends the access log where it last went for a day without a change. Where Firebreak never saw that, it only tells.',
  undoes: 'switches the access log off again.',
  proof: 'emulator',
  responsibility: 'customer data',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'S3.9', source: page },
    { framework: 'PCI DSS v4.0.1', id: '10.2.1', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'AU-2', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'AU-12', source: page },
  ],
  // Name and shape, switching off and on: Panther's tests of its rule AWS.S3.DisableBucketLogging.
  triggers: [...calls('s3.amazonaws.com', 'PutBucketLogging'), ...guardDuty('Stealth:S3/ServerAccessLoggingDisabled')],
  permissions: {
    read: [{ actions: ['s3:GetBucketLogging'], resources: ['arn:${AWS::Partition}:s3:::*'] }],
    write: [{ actions: ['s3:PutBucketLogging'], resources: ['arn:${AWS::Partition}:s3:::*'] }],
  },
  detect: (signal) =>
    signal.kind === 'call' ? found(signal) : noticed(signal, 'its access log', (bucket) => ({ bucket })),
  fix: {
    kind: 'state',
    lens: accessLogging,
    desire(state, { target, learned }) {
      if (state !== 'off') return state;
      return learned?.state ?? { unknown: `where the access log of ${target.bucket} went is not known` };
    },
    learns: {
      triggers: calls('s3.amazonaws.com', 'PutBucketLogging'),
      target(signal) {
        const bucket = signal.kind === 'call' ? text(signal.request, 'bucketName') : undefined;
        return bucket === undefined ? null : { bucket };
      },
    },
  },
});

function found(call: Call): readonly Finding<Bucket>[] | Unreadable {
  const status = at(call.request, 'BucketLoggingStatus');
  if (isObject(at(status, 'LoggingEnabled'))) return [];
  const bucket = text(call.request, 'bucketName');
  if (bucket === undefined) return unreadable('requestParameters.bucketName');
  const finding = { target: { bucket }, resource: arn(call, 's3', bucket, { regional: false, owned: false }) };
  return status === undefined || status === null
    ? [{ ...finding, reason: 'access logging was set, and the event does not show to what', certainty: 'possible' }]
    : [{ ...finding, reason: 'access logging of the bucket was switched off', certainty: 'certain' }];
}
