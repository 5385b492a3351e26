import { imageStage } from '../../support/shared-disks.ts';
import type { Stage } from '../../support/stage.ts';

const rule = 'ec2/image-foreign';

export const stages: readonly Stage[] = [
  imageStage(rule, 'shared with one strange account', [['444455556666']], []),
  imageStage(rule, 'public before, and now two strange accounts', [['all'], ['444455556666', '777788889999']], ['all']),
];
