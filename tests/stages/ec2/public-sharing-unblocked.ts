import {
  DisableImageBlockPublicAccessCommand,
  DisableSnapshotBlockPublicAccessCommand,
  EC2Client,
  EnableSnapshotBlockPublicAccessCommand,
} from '@aws-sdk/client-ec2';
import type { Json } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

const region = 'us-east-1';
const snapshots = { of: 'snapshots', region };

const stage = (
  name: string,
  after: string,
  known: { readonly learned?: Json; readonly baseline?: Json } = {},
): Stage => ({
  rule: 'ec2/public-sharing-unblocked',
  name,
  ...known,
  async set() {
    const ec2 = new EC2Client({ region });
    await ec2.send(new EnableSnapshotBlockPublicAccessCommand({ State: 'block-all-sharing' }));
    await ec2.send(new DisableSnapshotBlockPublicAccessCommand({}));
    const request = { DisableSnapshotBlockPublicAccessRequest: '' };
    return {
      target: snapshots,
      after,
      call: { name: 'DisableSnapshotBlockPublicAccess', request },
      async clear() {
        await ec2.send(new DisableSnapshotBlockPublicAccessCommand({}));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('snapshots, and nothing was learned', 'block-new-sharing'),
  stage('snapshots, of which all sharing was blocked', 'block-all-sharing', { learned: 'block-all-sharing' }),
  stage('snapshots, all sharing to be blocked as configured', 'block-all-sharing', {
    baseline: { snapshots: 'block-all-sharing' },
  }),
  {
    rule: 'ec2/public-sharing-unblocked',
    name: 'images',
    async set() {
      const ec2 = new EC2Client({ region });
      await ec2.send(new DisableImageBlockPublicAccessCommand({}));
      return {
        target: { of: 'images', region },
        after: 'block-new-sharing',
        call: { name: 'DisableImageBlockPublicAccess', request: { DisableImageBlockPublicAccessRequest: '' } },
        async clear() {
          await ec2.send(new DisableImageBlockPublicAccessCommand({}));
        },
      };
    },
  },
];
