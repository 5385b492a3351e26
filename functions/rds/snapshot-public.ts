import { failedControls } from '../../shared/aws/noticed.ts';
import { calls, rule } from '../../shared/core/rule.ts';
import { noticedSnapshots, type SharedSnapshot, shared } from './lenses/share-request.ts';
import { type Shares, snapshotShares } from './lenses/snapshot-shares.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html#rds-1';
const snapshots = 'arn:${AWS::Partition}:rds:${AWS::Region}:${AWS::AccountId}:snapshot:*' as const;
const clusterSnapshots = 'arn:${AWS::Partition}:rds:${AWS::Region}:${AWS::AccountId}:cluster-snapshot:*' as const;

export const snapshotPublic = rule<SharedSnapshot, Shares>({
  id: 'rds/snapshot-public',
  title: 'A database snapshot is shared with everyone',
  severity: 'critical',
  why: 'Anybody with an AWS account can restore the database from this snapshot and read all of it. Public snapshots are listed for everyone to see, and a copy that somebody made stays theirs.',
  class: 'G',
  breaks: 'nothing',
  risk: 'Accounts that are named keep their share. Who restored or copied the snapshot while it was public keeps the data.',
  mends: 'takes the share with everyone (all) back, and leaves those with single accounts as they are.',
  undoes: 'shares the snapshot with everyone again.',
  proof: 'emulator',
  responsibility: 'customer data',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'RDS.1', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'AC-3', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'SC-7', source: page },
  ],
  triggers: [
    ...calls('rds.amazonaws.com', 'ModifyDBSnapshotAttribute', 'ModifyDBClusterSnapshotAttribute'),
    ...failedControls('RDS.1'),
  ],
  permissions: {
    read: [
      { actions: ['rds:DescribeDBSnapshotAttributes'], resources: [snapshots] },
      { actions: ['rds:DescribeDBClusterSnapshotAttributes'], resources: [clusterSnapshots] },
    ],
    write: [
      { actions: ['rds:ModifyDBSnapshotAttribute'], resources: [snapshots] },
      { actions: ['rds:ModifyDBClusterSnapshotAttribute'], resources: [clusterSnapshots] },
    ],
  },
  // "To make the manual DB snapshot restorable by any Amazon Web Services account, set to all":
  // API_ModifyDBSnapshotAttribute, ValuesToAdd.
  detect: (signal) =>
    signal.kind === 'call'
      ? shared(signal, (added) =>
          added.includes('all')
            ? { reason: 'the snapshot is shared with every AWS account (all)', certainty: 'certain' }
            : null,
        )
      : noticedSnapshots(signal),
  fix: {
    kind: 'state',
    lens: snapshotShares,
    desire: (shares) => shares?.filter((one) => one !== 'all') ?? null,
  },
});
