import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { keyOf, nameless } from './lenses/key.ts';
import { use } from './lenses/use.ts';

// Of any region: a key is reached in its own, which may be another than the function's.
const keys = 'arn:${AWS::Partition}:kms:*:${AWS::AccountId}:key/*';

export const keyDisabled = rule({
  id: 'kms/key-disabled',
  title: 'A key is disabled',
  severity: 'high',
  why: 'Nothing can be decrypted with it now: volumes do not attach, databases do not start, and applications fail on the next data key that they ask for. It is what comes before a key is deleted, and what blackmail looks like.',
  class: 'C',
  breaks: 'nothing',
  risk: 'None to applications. If the key was disabled to cut somebody off, that person has it back, with all that it can decrypt: ask whoever disabled it.',
  mends:
    'enables the key again. A key that is by then to be deleted is left alone. A key policy that does not let IAM policies decide has to allow Firebreak’s role to do this.',
  undoes: 'disables the key again with your own credentials: the role that lets keys serve may not stop them.',
  responsibility: 'encryption and network traffic protection',
  proof: 'emulator',
  controls: [
    {
      framework: 'MITRE ATT&CK',
      id: 'T1485',
      source:
        'https://elastic.co/guide/en/security/8.16/aws-kms-customer-managed-key-disabled-or-scheduled-for-deletion.html',
    },
  ],
  // https://docs.aws.amazon.com/kms/latest/developerguide/ct-disablekey.html
  triggers: calls('kms.amazonaws.com', 'DisableKey'),
  permissions: {
    read: [{ actions: ['kms:DescribeKey'], resources: [keys] }],
    write: [{ actions: ['kms:EnableKey'], resources: [keys] }],
    undo: ['kms:DisableKey'],
  },
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const key = keyOf(signal);
    if (key === undefined) return unreadable(nameless);
    const reason = 'the key encrypts and decrypts nothing any more';
    return [{ target: { key }, resource: key, reason, certainty: 'certain' }];
  },
  fix: { kind: 'state', lens: use, desire: (state) => (state === 'Disabled' ? 'Enabled' : state) },
});
