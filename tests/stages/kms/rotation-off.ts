import {
  CreateKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyRotationCommand,
  KMSClient,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { client } from '../../../shared/aws/client.ts';
import type { Stage } from '../../support/stage.ts';

/** A key whose rotation was turned off; nothing but its deletion can clear it away. */
const stage = (name: string, o: { region?: string; days?: number }): Stage => ({
  rule: 'kms/rotation-off',
  name,
  ...(o.days !== undefined && { learned: o.days }),
  async set() {
    const kms = client(KMSClient, o.region);
    const made = await kms.send(new CreateKeyCommand({ Description: name, MultiRegion: o.region !== undefined }));
    const key = made.KeyMetadata?.Arn;
    if (!key) throw new Error('CreateKey gave no key');
    await kms.send(new EnableKeyRotationCommand({ KeyId: key, RotationPeriodInDays: o.days ?? 365 }));
    await kms.send(new DisableKeyRotationCommand({ KeyId: key }));
    return {
      target: { key },
      after: o.days ?? 365,
      call: { name: 'DisableKeyRotation', request: { keyId: key } },
      async clear() {
        await kms.send(new ScheduleKeyDeletionCommand({ KeyId: key, PendingWindowInDays: 7 }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('a key that had been rotated every year', {}),
  stage('a multi-Region key of another region', { region: 'eu-west-1' }),
  stage('a key whose period had been learned', { days: 180 }),
];
