/** Snapshots and images in the emulator, shared with whom a stage says. */
import {
  CreateSnapshotCommand,
  CreateVolumeCommand,
  DeleteSnapshotCommand,
  DeregisterImageCommand,
  EC2Client,
  ModifyImageAttributeCommand,
  ModifySnapshotAttributeCommand,
  RegisterImageCommand,
} from '@aws-sdk/client-ec2';
import type { Json } from '../../shared/core/json.ts';
import type { RuleId } from '../../shared/core/rule.ts';
import type { Stage } from './stage.ts';

/** `all` or an account; the last ones are those of the call that makes the trouble. */
type Shares = readonly (readonly string[])[];

const recorded = (whom: readonly string[]): Json => ({
  add: { items: whom.map((one) => (one === 'all' ? { group: one } : { userId: one })) },
});

async function aSnapshot(ec2: EC2Client): Promise<string> {
  const { VolumeId } = await ec2.send(new CreateVolumeCommand({ AvailabilityZone: 'us-east-1a', Size: 1 }));
  const { SnapshotId } = await ec2.send(new CreateSnapshotCommand({ VolumeId, Description: 'a stage' }));
  if (!SnapshotId) throw new Error('CreateSnapshot gave no snapshot');
  return SnapshotId;
}

export const snapshotStage = (rule: RuleId, name: string, shares: Shares, after: readonly string[]): Stage => ({
  rule,
  name,
  async set() {
    const ec2 = new EC2Client({});
    const id = await aSnapshot(ec2);
    for (const whom of shares)
      await ec2.send(
        new ModifySnapshotAttributeCommand({
          SnapshotId: id,
          Attribute: 'createVolumePermission',
          OperationType: 'add',
          GroupNames: whom.filter((one) => one === 'all'),
          UserIds: whom.filter((one) => one !== 'all'),
        }),
      );
    const request = {
      snapshotId: id,
      attributeType: 'CREATE_VOLUME_PERMISSION',
      createVolumePermission: recorded(shares.at(-1) ?? []),
    };
    return {
      target: { id },
      after,
      call: { name: 'ModifySnapshotAttribute', request },
      async clear() {
        await ec2.send(new DeleteSnapshotCommand({ SnapshotId: id }));
      },
    };
  },
});

export const imageStage = (rule: RuleId, name: string, shares: Shares, after: readonly string[]): Stage => ({
  rule,
  name,
  async set() {
    const ec2 = new EC2Client({});
    const { ImageId: id } = await ec2.send(new RegisterImageCommand({ Name: `stage-${crypto.randomUUID()}` }));
    if (!id) throw new Error('RegisterImage gave no image');
    for (const whom of shares)
      await ec2.send(
        new ModifyImageAttributeCommand({
          ImageId: id,
          Attribute: 'launchPermission',
          OperationType: 'add',
          UserGroups: whom.filter((one) => one === 'all'),
          UserIds: whom.filter((one) => one !== 'all'),
        }),
      );
    const request = { imageId: id, attributeType: 'launchPermission', launchPermission: recorded(shares.at(-1) ?? []) };
    return {
      target: { id },
      after,
      call: { name: 'ModifyImageAttribute', request },
      async clear() {
        await ec2.send(new DeregisterImageCommand({ ImageId: id }));
      },
    };
  },
});
