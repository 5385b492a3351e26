import * as v from 'valibot';
import { arn, parseArn } from '../../shared/aws/arn.ts';
import { text } from '../../shared/core/json.ts';
import type { Home } from '../../shared/core/mode.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import type { Bucket } from './lenses/bucket.ts';
import { type Encryption, encryption, stillBlocking } from './lenses/encryption.ts';
import { askedEncryption, keyOwner, ownerOfKey } from './lenses/encryption-request.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-17';

const baseline = v.strictObject({
  unseen: v.optional(
    v.pipe(
      v.picklist(['tell', 'leave']),
      v.description(
        'S3’s own keys on a bucket that was never seen with a key of yours: `leave` is for who makes many buckets without one',
      ),
    ),
    'tell',
  ),
});
type Baseline = { readonly unseen?: 'tell' | 'leave' };

export const encryptionWeakened = rule<Bucket, Encryption, Baseline>({
  id: 's3/encryption-weakened',
  title: 'A bucket’s own key is no longer used',
  severity: 'medium',
  why: 'New objects are no longer encrypted under the key that was chosen for this bucket, so its key policy and its log of who decrypts do not protect them. Under a key of another account, its owner decides whether you can read your own data, and may ask for money.',
  class: 'A',
  breaks: 'access',
  risk: 'Whoever writes into the bucket needs the key again, as before: a writer that came since, or whose right to the key was taken away, is refused, and all are if the key was disabled. Objects that were written meanwhile stay as they are, and readable.',
  mends:
    'puts the default encryption back as it was last seen unchanged for a day. Where Firebreak never saw a key of yours there, it only tells.',
  undoes: 'puts the former default encryption back, or deletes it where there was none.',
  proof: 'emulator',
  responsibility: 'encryption and network traffic protection',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'S3.17', source: page },
    { framework: 'PCI DSS v4.0.1', id: '3.5.1', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'SC-28', source: page },
  ],
  // Recorded: DeleteBucketEncryption in Panther's tests of AWS.S3.DeleteBucketEncryption; PutBucketEncryption there too.
  triggers: calls('s3.amazonaws.com', 'DeleteBucketEncryption', 'PutBucketEncryption'),
  permissions: {
    read: [{ actions: ['s3:GetEncryptionConfiguration'], resources: ['arn:${AWS::Partition}:s3:::*'] }],
    write: [{ actions: ['s3:PutEncryptionConfiguration'], resources: ['arn:${AWS::Partition}:s3:::*'] }],
  },
  baseline,
  detect: (signal, _baseline, home) => (signal.kind === 'call' ? found(signal, home) : []),
  fix: {
    kind: 'state',
    lens: encryption,
    desire(state, { target, learned, home, baseline: { unseen } }) {
      if (state === null) return null;
      const owner = keyOwner(state, home);
      if (owner === 'ours') return state;
      if (owner === 'unknown') return { unknown: `whether the key of ${target.bucket} is a stranger’s is not known` };
      if (learned !== null && keyOwner(learned.state, home) === 'ours') return stillBlocking(state, learned.state);
      return owner === 'stranger' || (learned === null && unseen !== 'leave')
        ? { unknown: `whether ${target.bucket} had a key of its own is not known` }
        : state;
    },
    // What is read is learned only where nothing was found wrong with it: never a stranger's key.
    learns: {
      triggers: calls('s3.amazonaws.com', 'PutBucketEncryption'),
      target(signal) {
        const bucket = signal.kind === 'call' ? text(signal.request, 'bucketName') : undefined;
        return bucket === undefined ? null : { bucket };
      },
    },
  },
});

function found(call: Call, home: Home): readonly Finding<Bucket>[] | Unreadable {
  const weaker = call.name === 'DeleteBucketEncryption' ? deleted : put(call, home);
  if (weaker === null) return [];
  const bucket = text(call.request, 'bucketName');
  if (bucket === undefined) return unreadable('requestParameters.bucketName');
  return [{ target: { bucket }, resource: arn(call, 's3', bucket, { regional: false, owned: false }), ...weaker }];
}

type Weaker = Pick<Finding, 'reason' | 'certainty'>;

// Without a configuration S3 encrypts with its own keys, as it does for a bucket that never had one of yours.
const deleted: Weaker = {
  reason: 'default encryption was reset to S3’s own keys; whether the bucket had a key of its own is not in the event',
  certainty: 'possible',
};

/** Another key of ours is a rotation, and nobody's trouble. */
function put(call: Call, home: Home): Weaker | null {
  const asked = askedEncryption(call.request);
  if (asked === null)
    return { reason: 'default encryption was put, and the event does not show how', certainty: 'possible' };
  if (!asked.algorithm.startsWith('aws:kms'))
    return {
      reason: `default encryption was put to ${asked.algorithm}, S3’s own keys; whether the bucket had a key of its own is not in the event`,
      certainty: 'possible',
    };
  const owner = ownerOfKey(asked.key, home);
  if (owner === 'ours') return null;
  const reason = `new objects are encrypted under a key of account ${parseArn(asked.key ?? '')?.account}`;
  return owner === 'stranger'
    ? { reason, certainty: 'certain' }
    : { reason: `${reason}, perhaps a stranger’s`, certainty: 'possible' };
}
