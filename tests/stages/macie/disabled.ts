import {
  DisableMacieCommand,
  EnableMacieCommand,
  Macie2Client,
  UpdateMacieSessionCommand,
} from '@aws-sdk/client-macie2';
import { client } from '../../../shared/aws/client.ts';
import type { Stage } from '../../support/stage.ts';

/** A session that publishes at a pace of its own, and then paused or disabled. */
const stage = (name: string, paused: boolean, frequency: string): Stage => ({
  rule: 'macie/disabled',
  name,
  async set() {
    const macie = client(Macie2Client);
    await macie.send(new EnableMacieCommand({ status: 'ENABLED', findingPublishingFrequency: 'SIX_HOURS' }));
    await macie.send(paused ? new UpdateMacieSessionCommand({ status: 'PAUSED' }) : new DisableMacieCommand({}));
    return {
      target: { region: 'us-east-1' },
      after: { status: 'ENABLED', frequency },
      call: paused
        ? { name: 'UpdateMacieSession', request: { status: 'PAUSED' } }
        : { name: 'DisableMacie', request: null },
      async clear() {
        await macie.send(new DisableMacieCommand({})).catch(() => {});
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('paused: it goes on at its own pace', true, 'SIX_HOURS'),
  stage('disabled: it begins anew', false, 'FIFTEEN_MINUTES'),
];
