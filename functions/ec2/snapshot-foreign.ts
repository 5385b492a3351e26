import { calls, rule } from '../../shared/core/rule.ts';
import { type Shares, snapshotShares } from './lenses/shares.ts';
import { addsNobody, anySnapshot, givenAway, notGivenAway, type Shared, snapshots } from './lenses/sharing.ts';

export const snapshotForeign = rule<Shared, Shares>({
  id: 'ec2/snapshot-foreign',
  title: 'A snapshot is shared with a strange account',
  severity: 'high',
  why: 'The account can make volumes of the snapshot, read all that was on the disk and copy it for good. To share a snapshot is how data leaves an account without a byte crossing the network.',
  class: 'C',
  breaks: 'access',
  risk: 'The accounts can use the snapshot no longer: copies for disaster recovery, partners. An account of your own organisation counts as a stranger unless firebreak.yml names it under trusted.',
  mends:
    'ends the shares with accounts that are neither this one nor named under trusted. The others stay, and so do copies that were made of the snapshot.',
  undoes:
    'shares the snapshot with those accounts again, with your own credentials: Firebreak’s role can end shares and add none.',
  proof: 'emulator',
  responsibility: 'customer data',
  controls: [{ framework: 'MITRE ATT&CK', id: 'T1537', source: 'https://attack.mitre.org/techniques/T1537/' }],
  triggers: calls('ec2.amazonaws.com', 'ModifySnapshotAttribute'),
  permissions: {
    read: [{ actions: ['ec2:DescribeSnapshotAttribute'], resources: [anySnapshot] }],
    write: [{ actions: ['ec2:ModifySnapshotAttribute'], resources: [anySnapshot], conditions: addsNobody }],
  },
  detect: (signal, _baseline, home) => givenAway(snapshots, signal, home),
  fix: { kind: 'state', lens: snapshotShares, desire: (shares, { home }) => notGivenAway(shares, home) },
});
