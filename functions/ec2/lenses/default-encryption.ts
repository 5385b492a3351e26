import {
  DisableEbsEncryptionByDefaultCommand,
  EC2Client,
  EnableEbsEncryptionByDefaultCommand,
  GetEbsEncryptionByDefaultCommand,
} from '@aws-sdk/client-ec2';
import { client } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** One of each region's; null for the function's own. */
export type Setting = { readonly region: string | null };

/** Whether new EBS volumes are encrypted by default. */
export const defaultEncryption: Lens<Setting, boolean> = {
  id: 'ec2/default-encryption',
  key: ({ region }) => region ?? 'here',
  async read({ region }) {
    const { EbsEncryptionByDefault } = await client(EC2Client, region ?? undefined).send(
      new GetEbsEncryptionByDefaultCommand({}),
    );
    return EbsEncryptionByDefault === true;
  },
  async write({ region }, _from, to) {
    if (to === null) throw fault('NotWritable', 'encryption by default is on or off');
    await client(EC2Client, region ?? undefined).send(
      to ? new EnableEbsEncryptionByDefaultCommand({}) : new DisableEbsEncryptionByDefaultCommand({}),
    );
  },
  // The role that turns it on must not be able to turn it off.
  undo: (before, after) => (before === after ? 'none' : 'operator'),
};
