import type { Stage } from '../../support/stage.ts';
import { shared } from './snapshot-foreign.ts';

const call = (cluster: boolean) => (name: string) =>
  cluster
    ? {
        name: 'ModifyDBClusterSnapshotAttribute',
        request: { dBClusterSnapshotIdentifier: name, attributeName: 'restore', valuesToAdd: ['all'] },
      }
    : {
        name: 'ModifyDBSnapshotAttribute',
        request: { dBSnapshotIdentifier: name, attributeName: 'restore', valuesToAdd: ['all'] },
      };

export const stages: readonly Stage[] = [
  {
    rule: 'rds/snapshot-public',
    name: 'an instance’s, shared with everyone and nobody else',
    set: shared(false, ['all'], [], call(false)),
  },
  {
    rule: 'rds/snapshot-public',
    name: 'an instance’s, shared with everyone beside two accounts',
    set: shared(false, ['444455556666', 'all', '111122223333'], ['111122223333', '444455556666'], call(false)),
  },
  {
    rule: 'rds/snapshot-public',
    name: 'a cluster’s',
    set: shared(true, ['111122223333', 'all'], ['111122223333'], call(true)),
  },
];
