/**
 * Of Amazon EC2, the block on public sharing, which no emulator has: SDK models of Enable-, Disable- and
 * GetSnapshotBlockPublicAccess…, and of the same for images.
 */
import { EC2Client } from '@aws-sdk/client-ec2';
import { type Answer, awsError, type Fake } from '../support/fakes.ts';

export const fake: Fake = {
  client: EC2Client,
  prefix: 'ec2',
  fresh(): Answer {
    // A new account blocks the sharing of images, and not that of snapshots.
    const state = { snapshots: 'unblocked', images: 'block-new-sharing' };
    const set = (of: keyof typeof state, to: unknown, allowed: readonly string[]): string => {
      if (typeof to !== 'string' || !allowed.includes(to))
        throw awsError('InvalidParameterValue', `${String(to)} for ${of}`);
      state[of] = to;
      return to;
    };
    return (command, { State, ImageBlockPublicAccessState }) => {
      switch (command) {
        case 'GetSnapshotBlockPublicAccessState':
          return { State: state.snapshots, ManagedBy: 'account' };
        case 'GetImageBlockPublicAccessState':
          return { ImageBlockPublicAccessState: state.images, ManagedBy: 'account' };
        case 'EnableSnapshotBlockPublicAccess':
          return { State: set('snapshots', State, ['block-new-sharing', 'block-all-sharing']) };
        case 'DisableSnapshotBlockPublicAccess':
          return { State: set('snapshots', 'unblocked', ['unblocked']) };
        case 'EnableImageBlockPublicAccess':
          return { ImageBlockPublicAccessState: set('images', ImageBlockPublicAccessState, ['block-new-sharing']) };
        case 'DisableImageBlockPublicAccess':
          return { ImageBlockPublicAccessState: set('images', 'unblocked', ['unblocked']) };
        default:
          throw awsError('InvalidAction', `the fake has no ${command}`);
      }
    };
  },
};
