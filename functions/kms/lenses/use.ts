import { DescribeKeyCommand, DisableKeyCommand, EnableKeyCommand, type KeyState, KMSClient } from '@aws-sdk/client-kms';
import { parseArn } from '../../../shared/aws/arn.ts';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import type { Key } from './deletion.ts';

// A key is reached in its own region alone, which its ARN names.
const home = (key: string): KMSClient => client(KMSClient, parseArn(key)?.region || undefined);

/** Whether a key serves. It writes just that: deletion is another lens's. Null where there is no such key. */
export const use: Lens<Key, KeyState> = {
  id: 'kms/use',
  key: ({ key }) => key,
  async read({ key }) {
    const found = await orNull(['NotFoundException'], () => home(key).send(new DescribeKeyCommand({ KeyId: key })));
    return found?.KeyMetadata?.KeyState ?? null;
  },
  async write({ key }, _from, to) {
    if (to === 'Enabled') await home(key).send(new EnableKeyCommand({ KeyId: key }));
    else if (to === 'Disabled') await home(key).send(new DisableKeyCommand({ KeyId: key }));
    else throw fault('NotWritable', `${key}: a key is enabled or disabled; not ${to}`);
  },
  // "In some cases it can take several minutes": kms/latest/developerguide/programming-eventual-consistency.html
  settles: 10,
  // The role that lets keys serve again must not be able to stop them.
  undo: (before) => (before === 'Disabled' ? 'operator' : 'none'),
};
