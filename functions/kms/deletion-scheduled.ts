import { text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { deletion, isPending } from './lenses/deletion.ts';
import { keyOf, nameless } from './lenses/key.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html';
// Of any region: a key is reached in its own, which may be another than the function's.
const keys = 'arn:${AWS::Partition}:kms:*:${AWS::AccountId}:key/*';

export const deletionScheduled = rule({
  id: 'kms/deletion-scheduled',
  title: 'A key is scheduled for deletion',
  severity: 'critical',
  why: 'When the waiting period of 7 to 30 days is over, the key is gone, and with it all data that was encrypted under it: nobody can bring either back. Until then nothing can be decrypted with it.',
  class: 'G',
  breaks: 'nothing',
  risk: 'None to applications: a key that waits for its deletion serves nobody, and it does not serve again by this fix alone, either. Whoever means to delete the key, to destroy data for good for instance, finds it kept: exempt it, or pause the rule.',
  mends:
    'cancels the deletion. The key is then disabled, and nothing in the event tells whether it was enabled before: if applications need it, run aws kms enable-key. A key policy that does not let IAM policies decide has to allow Firebreak’s role to do this.',
  undoes:
    'schedules the deletion again with your own credentials, and a new waiting period of 30 days begins, whatever the former one was: the role that saves keys may not delete one.',
  responsibility: 'encryption and network traffic protection',
  proof: 'emulator',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'KMS.3', source: `${page}#kms-3` },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'SC-12', source: `${page}#kms-3` },
    {
      framework: 'MITRE ATT&CK',
      id: 'T1485',
      source:
        'https://elastic.co/guide/en/security/8.16/aws-kms-customer-managed-key-disabled-or-scheduled-for-deletion.html',
    },
  ],
  // https://docs.aws.amazon.com/kms/latest/developerguide/ct-schedule-key-deletion.html
  triggers: calls('kms.amazonaws.com', 'ScheduleKeyDeletion'),
  permissions: {
    read: [{ actions: ['kms:DescribeKey'], resources: [keys] }],
    write: [{ actions: ['kms:CancelKeyDeletion'], resources: [keys] }],
    undo: ['kms:ScheduleKeyDeletion'],
  },
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const key = keyOf(signal);
    if (key === undefined) return unreadable(nameless);
    const date = text(signal.response, 'deletionDate');
    const when =
      text(signal.response, 'keyState') === 'PendingReplicaDeletion'
        ? 'some days after its last replica is deleted'
        : date === undefined
          ? 'within 30 days'
          : `on ${date}`;
    return [{ target: { key }, resource: key, reason: `the key is to be deleted ${when}`, certainty: 'certain' }];
  },
  fix: {
    kind: 'state',
    lens: deletion,
    // API_CancelKeyDeletion: "When this operation succeeds, the key state of the KMS key is Disabled." Gone is gone.
    desire: (state) => (isPending(state) ? 'Disabled' : state),
  },
});
