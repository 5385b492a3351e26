import { snapshotStage } from '../../support/shared-disks.ts';
import type { Stage } from '../../support/stage.ts';

const rule = 'ec2/snapshot-public';

export const stages: readonly Stage[] = [
  snapshotStage(rule, 'shared with everyone, for the first time', [['all']], []),
  snapshotStage(
    rule,
    'shared with everyone and, before, with two accounts',
    [['444455556666', '777788889999'], ['all']],
    ['444455556666', '777788889999'],
  ),
];
