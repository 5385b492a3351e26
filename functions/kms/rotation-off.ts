import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { keyOf, nameless } from './lenses/key.ts';
import { rotation, usual } from './lenses/rotation.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html#kms-4';

// Of any region: a key is reached in its own, which may be another than the function's.
const keys = 'arn:${AWS::Partition}:kms:*:${AWS::AccountId}:key/*';

export const rotationOff = rule({
  id: 'kms/rotation-off',
  title: 'Automatic rotation of a key is off',
  severity: 'medium',
  why: 'The key goes on with the same key material for ever: whoever gets hold of it once reads all that is encrypted from now on, too.',
  class: 'G',
  breaks: 'nothing',
  risk: 'None: what was encrypted with former key material stays readable, and applications notice nothing. Each rotation of a key costs money.',
  mends:
    'turns automatic rotation on again, with the period that it had if that was learned before, else every 365 days. Of a key that is disabled, or about to be deleted, it tells: KMS refuses that until it is enabled. A key policy that does not let IAM policies decide has to allow Firebreak’s role to do this.',
  undoes: 'turns automatic rotation off with your own credentials: the role that turns it on may not turn it off.',
  responsibility: 'encryption and network traffic protection',
  proof: 'emulator',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'KMS.4', source: page },
    { framework: 'CIS AWS Foundations v3.0.0', id: '3.6', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'SC-12', source: page },
    { framework: 'PCI DSS v4.0.1', id: '3.7.4', source: page },
  ],
  // "CloudTrail logs all AWS KMS operations": kms/latest/developerguide/logging-using-cloudtrail.html. Of the twins,
  // ct-enablekeyrotation.html shows the shape; API_DisableKeyRotation has the same one member.
  triggers: calls('kms.amazonaws.com', 'DisableKeyRotation'),
  permissions: {
    read: [{ actions: ['kms:GetKeyRotationStatus', 'kms:DescribeKey'], resources: [keys] }],
    write: [{ actions: ['kms:EnableKeyRotation'], resources: [keys] }],
    undo: ['kms:DisableKeyRotation'],
  },
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const key = keyOf(signal);
    if (key === undefined) return unreadable(nameless);
    const reason = 'its key material is not renewed by itself any more';
    return [{ target: { key }, resource: key, reason, certainty: 'certain' }];
  },
  fix: {
    kind: 'state',
    lens: rotation,
    learns: {
      triggers: calls('kms.amazonaws.com', 'EnableKeyRotation'),
      target(signal) {
        const key = signal.kind === 'call' ? keyOf(signal) : undefined;
        return key === undefined ? null : { key };
      },
    },
    desire(state, { target: { key }, learned }) {
      if (state === null || typeof state === 'number') return state;
      // DisabledException, KMSInvalidStateException: API_EnableKeyRotation, Errors.
      if (state !== 'off')
        return {
          unknown: `rotation is ${state}: KMS turns it on for a key that is enabled alone. When it is: aws kms enable-key-rotation --key-id ${key}`,
        };
      return typeof learned?.state === 'number' ? learned.state : usual;
    },
  },
});
