import { ownerOfId } from '../../shared/aws/foreign.ts';
import { calls, rule } from '../../shared/core/rule.ts';
import { type SharedSnapshot, shared } from './lenses/share-request.ts';

export const snapshotForeign = rule<SharedSnapshot>({
  id: 'rds/snapshot-foreign',
  title: 'A database snapshot is shared with a strange account',
  severity: 'high',
  why: 'The account can restore the database, read all of it and copy it for good. To share a snapshot is how a database leaves an account without a byte crossing the network.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'customer data',
  controls: [{ framework: 'MITRE ATT&CK', id: 'T1537', source: 'https://attack.mitre.org/techniques/T1537/' }],
  triggers: calls('rds.amazonaws.com', 'ModifyDBSnapshotAttribute', 'ModifyDBClusterSnapshotAttribute'),
  detect: (signal, _baseline, home) =>
    shared(signal, (added) => {
      const strangers = added.filter((one) => one !== 'all' && ownerOfId(one, home) !== 'ours');
      if (strangers.length === 0) return null;
      const certain = strangers.some((one) => ownerOfId(one, home) === 'stranger');
      const reason = `the snapshot is shared with ${strangers.join(', ')}`;
      return { reason: certain ? reason : `${reason}, perhaps strangers`, certainty: certain ? 'certain' : 'possible' };
    }),
});
