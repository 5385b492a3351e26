import { ownerOfId } from '../../shared/aws/foreign.ts';
import { calls, rule } from '../../shared/core/rule.ts';
import { type SharedSnapshot, shared } from './lenses/share-request.ts';
import { type Shares, snapshotShares } from './lenses/snapshot-shares.ts';

const snapshots = 'arn:${AWS::Partition}:rds:${AWS::Region}:${AWS::AccountId}:snapshot:*' as const;
const clusterSnapshots = 'arn:${AWS::Partition}:rds:${AWS::Region}:${AWS::AccountId}:cluster-snapshot:*' as const;

export const snapshotForeign = rule<SharedSnapshot, Shares>({
  id: 'rds/snapshot-foreign',
  title: 'A database snapshot is shared with a strange account',
  severity: 'high',
  why: 'The account can restore the database, read all of it and copy it for good. To share a snapshot is how a database leaves an account without a byte crossing the network.',
  class: 'C',
  breaks: 'access',
  risk: 'The accounts can restore the snapshot no longer: copies for disaster recovery, partners. An account of your own organisation counts as a stranger unless firebreak.yml names it under trusted.',
  mends:
    'takes back the shares with accounts that are neither this one nor named under trusted. The others stay, and so do copies that were made of the snapshot.',
  undoes: 'shares the snapshot with those accounts again.',
  proof: 'emulator',
  responsibility: 'customer data',
  controls: [{ framework: 'MITRE ATT&CK', id: 'T1537', source: 'https://attack.mitre.org/techniques/T1537/' }],
  triggers: calls('rds.amazonaws.com', 'ModifyDBSnapshotAttribute', 'ModifyDBClusterSnapshotAttribute'),
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
  detect: (signal, _baseline, home) =>
    shared(signal, (added) => {
      const strangers = added.filter((one) => one !== 'all' && ownerOfId(one, home) !== 'ours');
      if (strangers.length === 0) return null;
      const certain = strangers.some((one) => ownerOfId(one, home) === 'stranger');
      const reason = `the snapshot is shared with ${strangers.join(', ')}`;
      return { reason: certain ? reason : `${reason}, perhaps strangers`, certainty: certain ? 'certain' : 'possible' };
    }),
  fix: {
    kind: 'state',
    lens: snapshotShares,
    // Everyone is no account: that share is snapshot-public's to take back.
    desire: (shares, { home }) => shares?.filter((one) => one === 'all' || ownerOfId(one, home) === 'ours') ?? null,
  },
});
