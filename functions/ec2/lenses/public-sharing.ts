import {
  DisableImageBlockPublicAccessCommand,
  DisableSnapshotBlockPublicAccessCommand,
  EC2Client,
  EnableImageBlockPublicAccessCommand,
  EnableSnapshotBlockPublicAccessCommand,
  GetImageBlockPublicAccessStateCommand,
  GetSnapshotBlockPublicAccessStateCommand,
} from '@aws-sdk/client-ec2';
import { client } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** What may be public, and in which region; null for the function's own. */
export type Guard = { readonly of: 'snapshots' | 'images'; readonly region: string | null };

/** Images know no `block-all-sharing`: ImageBlockPublicAccessEnabledState. */
export type Block = 'unblocked' | 'block-new-sharing' | 'block-all-sharing';

const blocks: readonly string[] = ['unblocked', 'block-new-sharing', 'block-all-sharing'] satisfies Block[];

/** Whether a region blocks the public sharing of its snapshots, or of its images. */
export const publicSharing: Lens<Guard, Block> = {
  id: 'ec2/public-sharing',
  key: ({ of, region }) => `${region ?? 'here'}/${of}`,
  async read({ of, region }) {
    const ec2 = client(EC2Client, region ?? undefined);
    const state =
      of === 'snapshots'
        ? (await ec2.send(new GetSnapshotBlockPublicAccessStateCommand({}))).State
        : (await ec2.send(new GetImageBlockPublicAccessStateCommand({}))).ImageBlockPublicAccessState;
    if (state === undefined || !blocks.includes(state))
      throw fault('NotUnderstood', `the block on public ${of} is ${state}: none of ${blocks.join(', ')}`);
    return state as Block;
  },
  async write({ of, region }, _from, to) {
    const ec2 = client(EC2Client, region ?? undefined);
    if (to === null || (of === 'images' && to === 'block-all-sharing'))
      throw fault('NotWritable', `the block on public ${of} can’t be ${to}`);
    if (of === 'snapshots' && to === 'unblocked') await ec2.send(new DisableSnapshotBlockPublicAccessCommand({}));
    else if (of === 'snapshots') await ec2.send(new EnableSnapshotBlockPublicAccessCommand({ State: to }));
    else if (to === 'unblocked') await ec2.send(new DisableImageBlockPublicAccessCommand({}));
    else await ec2.send(new EnableImageBlockPublicAccessCommand({ ImageBlockPublicAccessState: 'block-new-sharing' }));
  },
  // "The API can take up to 10 minutes to configure this setting": API_EnableImageBlockPublicAccess.
  settles: 10,
  // The role that puts the guard back must not be able to take it away.
  undo: (before, after) => (before === after ? 'none' : 'operator'),
};
