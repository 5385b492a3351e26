import { calls, rule } from '../../shared/core/rule.ts';
import { type SharedSnapshot, shared } from './lenses/share-request.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html#rds-1';

export const snapshotPublic = rule<SharedSnapshot>({
  id: 'rds/snapshot-public',
  title: 'A database snapshot is shared with everyone',
  severity: 'critical',
  why: 'Anybody with an AWS account can restore the database from this snapshot and read all of it. Public snapshots are listed for everyone to see, and a copy that somebody made stays theirs.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'customer data',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'RDS.1', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'AC-3', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'SC-7', source: page },
  ],
  triggers: calls('rds.amazonaws.com', 'ModifyDBSnapshotAttribute', 'ModifyDBClusterSnapshotAttribute'),
  // "To make the manual DB snapshot restorable by any Amazon Web Services account, set to all":
  // API_ModifyDBSnapshotAttribute, ValuesToAdd.
  detect: (signal) =>
    shared(signal, (added) =>
      added.includes('all')
        ? { reason: 'the snapshot is shared with every AWS account (all)', certainty: 'certain' }
        : null,
    ),
});
