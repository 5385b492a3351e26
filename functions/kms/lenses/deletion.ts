import {
  CancelKeyDeletionCommand,
  DescribeKeyCommand,
  type KeyState,
  KMSClient,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { parseArn } from '../../../shared/aws/arn.ts';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** `key`: the key's ARN. */
export type Key = { readonly key: string };

/** A multi-Region primary key that still has replicas waits for them first: then its days begin. */
export const isPending = (state: KeyState | null): boolean =>
  state === 'PendingDeletion' || state === 'PendingReplicaDeletion';

// The longest that AWS grants, and its default: API_ScheduleKeyDeletion, PendingWindowInDays.
const days = 30;

// A key is reached in its own region alone, which its ARN names.
const home = (key: string): KMSClient => client(KMSClient, parseArn(key)?.region || undefined);

/** A key's state, as DescribeKey tells it. Null where there is no such key (NotFoundException). */
async function read({ key }: Key): Promise<KeyState | null> {
  const found = await orNull(['NotFoundException'], () => home(key).send(new DescribeKeyCommand({ KeyId: key })));
  return found?.KeyMetadata?.KeyState ?? null;
}

/** Whether a key is to be deleted. It writes just that: enabling and disabling are another lens's. */
export const deletion: Lens<Key, KeyState> = {
  id: 'kms/deletion',
  key: ({ key }) => key,
  read,
  // Which of the two depends on the replicas alone.
  canon: (state) => (isPending(state) ? 'pending' : state),
  async write({ key }, _from, to) {
    if (!isPending(to) && to !== 'Disabled')
      throw fault(
        'NotWritable',
        `${key}: a deletion is scheduled, or cancelled, which leaves the key disabled; not ${to}`,
      );
    try {
      if (isPending(to))
        await home(key).send(new ScheduleKeyDeletionCommand({ KeyId: key, PendingWindowInDays: days }));
      else await home(key).send(new CancelKeyDeletionCommand({ KeyId: key }));
    } catch (error) {
      // KMS refuses what an attempt that was cut short did already (key-state.html, table of key states).
      const done = error instanceof Error && error.name === 'KMSInvalidStateException';
      if (!done || isPending(await read({ key })) !== isPending(to)) throw error;
    }
  },
  // "In some cases it can take several minutes": kms/latest/developerguide/programming-eventual-consistency.html
  settles: 10,
  // The role that saves keys must not be able to delete one.
  undo: (before) => (isPending(before) ? 'operator' : 'none'),
};
