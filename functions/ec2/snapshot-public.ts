import { calls, rule } from '../../shared/core/rule.ts';
import { type Shares, snapshotShares } from './lenses/shares.ts';
import { addsNobody, anySnapshot, notPublic, opened, type Shared, snapshots } from './lenses/sharing.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-1';

export const snapshotPublic = rule<Shared, Shares>({
  id: 'ec2/snapshot-public',
  title: 'A snapshot is shared with everyone',
  severity: 'critical',
  why: 'Anybody with an AWS account can make a volume of the snapshot and read all that was on the disk, deleted files too. Public snapshots are listed for everyone to see, and a copy that somebody made stays theirs.',
  class: 'G',
  breaks: 'nothing',
  risk: 'None to applications: nothing of an account needs its own snapshots to be public. A snapshot that is published on purpose, a data set for instance, is public no longer; exempt it.',
  mends: 'ends the share with everyone. Shares with single accounts stay.',
  undoes:
    'shares the snapshot with everyone again, with your own credentials: Firebreak’s role can end shares and add none. Block public access, where it is on, refuses that.',
  proof: 'emulator',
  responsibility: 'customer data',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'EC2.1', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'AC-3', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'SC-7', source: page },
    { framework: 'MITRE ATT&CK', id: 'T1537', source: 'https://attack.mitre.org/techniques/T1537/' },
  ],
  // Not Security Hub's EC2.1: its finding is about the account, and names no snapshot.
  triggers: calls('ec2.amazonaws.com', 'ModifySnapshotAttribute'),
  permissions: {
    read: [{ actions: ['ec2:DescribeSnapshotAttribute'], resources: [anySnapshot] }],
    write: [{ actions: ['ec2:ModifySnapshotAttribute'], resources: [anySnapshot], conditions: addsNobody }],
  },
  detect: (signal) => opened(snapshots, signal),
  fix: { kind: 'state', lens: snapshotShares, desire: notPublic },
});
