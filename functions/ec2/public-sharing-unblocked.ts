import * as v from 'valibot';
import { arn } from '../../shared/aws/arn.ts';
import { failedControls, witness } from '../../shared/aws/noticed.ts';
import { calls, type Finding, rule } from '../../shared/core/rule.ts';
import type { Signal } from '../../shared/core/signal.ts';
import { anywhere } from './lenses/grants.ts';
import { type Block, type Guard, publicSharing } from './lenses/public-sharing.ts';
import { regionOf } from './lenses/record.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-182';

const baseline = v.strictObject({
  snapshots: v.optional(
    v.pipe(
      v.picklist(['block-new-sharing', 'block-all-sharing']),
      v.description(
        'the block for snapshots, where none was learned; `block-all-sharing` hides those that are public already',
      ),
    ),
    'block-new-sharing',
  ),
});
type Baseline = { readonly snapshots?: 'block-new-sharing' | 'block-all-sharing' };

export const publicSharingUnblocked = rule<Guard, Block, Baseline>({
  id: 'ec2/public-sharing-unblocked',
  title: 'Snapshots or images may be made public again',
  severity: 'high',
  why: 'The block on public sharing was the last guard of a region: no mistake and no stolen key could make a disk public while it was on. Snapshots that were public before may have become so again at this moment.',
  class: 'G',
  breaks: 'nothing',
  risk: 'None to what is shared already: only new public shares are refused. Where block-all-sharing was on for snapshots before, or is configured, public snapshots are hidden again.',
  mends:
    'blocks new public sharing of snapshots, or of images, in that region; for snapshots in the mode that was on before, where Firebreak had learned it.',
  undoes: 'takes the block away again, with your own credentials: the role that puts the guard back can’t remove it.',
  responsibility: 'customer data',
  proof: 'fake',
  controls: [{ framework: 'AWS Security Hub CSPM', id: 'EC2.182', source: page }],
  unconfirmed:
    'No recorded CloudTrail event shows DisableSnapshotBlockPublicAccess or DisableImageBlockPublicAccess: their names are the API’s.',
  triggers: [
    ...calls('ec2.amazonaws.com', 'DisableSnapshotBlockPublicAccess', 'DisableImageBlockPublicAccess'),
    // https://docs.aws.amazon.com/ebs/latest/userguide/block-public-access-snapshots-events.html
    { kind: 'event', source: 'aws.ec2', detailType: 'EBS Snapshot Block Public Access Disabled' },
    ...failedControls('EC2.182'),
  ],
  permissions: {
    read: [anywhere('ec2:GetSnapshotBlockPublicAccessState'), anywhere('ec2:GetImageBlockPublicAccessState')],
    write: [anywhere('ec2:EnableSnapshotBlockPublicAccess'), anywhere('ec2:EnableImageBlockPublicAccess')],
    undo: ['ec2:DisableSnapshotBlockPublicAccess', 'ec2:DisableImageBlockPublicAccess'],
  },
  baseline,
  detect(signal) {
    if (signal.kind === 'finding')
      return found(signal, 'snapshots', `${witness(signal)}: snapshots may be shared with everyone`, 'possible');
    const of = signal.kind === 'call' && signal.name === 'DisableImageBlockPublicAccess' ? 'images' : 'snapshots';
    return found(signal, of, `${of} may be shared with everyone again`, 'certain');
  },
  fix: {
    kind: 'state',
    lens: publicSharing,
    desire(state, { target: { of }, baseline: { snapshots = 'block-new-sharing' }, learned }) {
      if (state !== 'unblocked') return state;
      if (of === 'images') return 'block-new-sharing';
      return learned === null || learned.state === 'unblocked' ? snapshots : learned.state;
    },
    learns: {
      triggers: calls('ec2.amazonaws.com', 'EnableSnapshotBlockPublicAccess', 'EnableImageBlockPublicAccess'),
      target: (signal) => ({
        of: signal.kind === 'call' && signal.name === 'EnableImageBlockPublicAccess' ? 'images' : 'snapshots',
        region: signal.region,
      }),
    },
  },
});

function found(
  signal: Signal,
  of: Guard['of'],
  reason: string,
  certainty: Finding['certainty'],
): readonly Finding<Guard>[] {
  const region = regionOf(signal);
  const resource = arn({ ...signal, region }, 'iam', 'root', { regional: false, owned: true });
  return [{ target: { of, region }, resource, reason: region === null ? reason : `${reason} in ${region}`, certainty }];
}
