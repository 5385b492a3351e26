import { CreateKeyCommand, DisableKeyCommand, KMSClient, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import { client } from '../../../shared/aws/client.ts';
import type { Stage } from '../../support/stage.ts';

/** A disabled key; nothing but its deletion can clear it away. */
const stage = (name: string, o: { region?: string; signs?: true }): Stage => ({
  rule: 'kms/key-disabled',
  name,
  async set() {
    const kms = client(KMSClient, o.region);
    const kind = o.signs ? ({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' } as const) : {};
    const made = await kms.send(new CreateKeyCommand({ Description: name, ...kind }));
    const key = made.KeyMetadata?.Arn;
    if (!key) throw new Error('CreateKey gave no key');
    await kms.send(new DisableKeyCommand({ KeyId: key }));
    return {
      target: { key },
      after: 'Enabled',
      call: { name: 'DisableKey', request: { keyId: key }, response: { keyId: key } },
      async clear() {
        await kms.send(new ScheduleKeyDeletionCommand({ KeyId: key, PendingWindowInDays: 7 }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('a key that encrypts', {}),
  stage('a key that signs', { signs: true }),
  stage('a key of another region', { region: 'eu-west-1' }),
];
