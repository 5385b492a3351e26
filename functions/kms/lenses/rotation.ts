import {
  DescribeKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyRotationCommand,
  GetKeyRotationStatusCommand,
  KMSClient,
} from '@aws-sdk/client-kms';
import { parseArn } from '../../../shared/aws/arn.ts';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import type { Key } from './deletion.ts';

/** The days between two rotations, or `off`; with the key's state where that is not Enabled, such as `off, Disabled`. */
export type Rotation = number | 'off' | `off, ${string}`;

/** "If no value is specified, the default value is 365 days": API_EnableKeyRotation, RotationPeriodInDays. */
export const usual = 365;

// A key is reached in its own region alone, which its ARN names.
const home = (key: string): KMSClient => client(KMSClient, parseArn(key)?.region || undefined);

/** How often a key's material is renewed by itself. Null where there is no such key. */
export const rotation: Lens<Key, Rotation> = {
  id: 'kms/rotation',
  key: ({ key }) => key,
  async read({ key }) {
    const asked = new GetKeyRotationStatusCommand({ KeyId: key });
    const found = await orNull(['NotFoundException'], () => home(key).send(asked));
    if (found === null) return null;
    if (found.KeyRotationEnabled === true) return found.RotationPeriodInDays ?? usual;
    const { KeyMetadata } = await home(key).send(new DescribeKeyCommand({ KeyId: key }));
    const state = KeyMetadata?.KeyState ?? 'Enabled';
    return state === 'Enabled' ? 'off' : `off, ${state}`;
  },
  async write({ key }, _from, to) {
    if (to === null) throw fault('NotWritable', `${key}: rotation is on or off`);
    if (typeof to === 'string') await home(key).send(new DisableKeyRotationCommand({ KeyId: key }));
    else await home(key).send(new EnableKeyRotationCommand({ KeyId: key, RotationPeriodInDays: to }));
  },
  // "In some cases it can take several minutes": kms/latest/developerguide/programming-eventual-consistency.html
  settles: 10,
  // The role that turns rotation on must not be able to turn it off.
  undo: (before) => (typeof before === 'string' ? 'operator' : 'restore'),
};
