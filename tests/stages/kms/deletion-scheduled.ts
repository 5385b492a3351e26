import {
  CreateKeyCommand,
  DisableKeyCommand,
  type KeyState,
  KMSClient,
  ReplicateKeyCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { client } from '../../../shared/aws/client.ts';
import type { Stage } from '../../support/stage.ts';

/** A key that waits for its deletion; nothing but that can be cleared away. */
const stage = (name: string, o: { days: number; replica?: true; disabled?: true }): Stage => ({
  rule: 'kms/deletion-scheduled',
  name,
  async set() {
    const kms = client(KMSClient);
    const made = await kms.send(new CreateKeyCommand({ Description: name, MultiRegion: o.replica === true }));
    const key = made.KeyMetadata?.Arn;
    if (!key) throw new Error('CreateKey gave no key');
    if (o.replica) await kms.send(new ReplicateKeyCommand({ KeyId: key, ReplicaRegion: 'eu-west-1' }));
    if (o.disabled) await kms.send(new DisableKeyCommand({ KeyId: key }));
    const schedule = async (of: string, region?: string): Promise<KeyState | undefined> => {
      const asked = new ScheduleKeyDeletionCommand({ KeyId: of, PendingWindowInDays: o.days });
      return (await client(KMSClient, region).send(asked)).KeyState;
    };
    const state = await schedule(key);
    if (state !== (o.replica ? 'PendingReplicaDeletion' : 'PendingDeletion')) throw new Error(`${key} is ${state}`);
    return {
      target: { key },
      after: 'Disabled',
      call: {
        name: 'ScheduleKeyDeletion',
        request: { keyId: key, pendingWindowInDays: o.days },
        response: { keyId: key, keyState: state },
      },
      async clear() {
        if (o.replica) await schedule(key.replace(/^(arn:aws:kms:)[^:]+/, '$1eu-west-1'), 'eu-west-1');
        await schedule(key);
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('the shortest waiting period', { days: 7 }),
  stage('a key that had been disabled before', { days: 30, disabled: true }),
  stage('a multi-Region primary key that has a replica', { days: 14, replica: true }),
];
