import {
  DisableEbsEncryptionByDefaultCommand,
  EC2Client,
  EnableEbsEncryptionByDefaultCommand,
} from '@aws-sdk/client-ec2';
import type { Stage } from '../../support/stage.ts';

const stage = (name: string, region: string, before: boolean): Stage => ({
  rule: 'ec2/ebs-default-encryption',
  name,
  async set() {
    const ec2 = new EC2Client({ region });
    if (before) await ec2.send(new EnableEbsEncryptionByDefaultCommand({}));
    await ec2.send(new DisableEbsEncryptionByDefaultCommand({}));
    const request = { DisableEbsEncryptionByDefaultRequest: '' };
    return {
      target: { region },
      after: true,
      // A stage's call comes from us-east-1.
      ...(region === 'us-east-1' && { call: { name: 'DisableEbsEncryptionByDefault', request } }),
      async clear() {
        await ec2.send(new DisableEbsEncryptionByDefaultCommand({}));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('turned off after it was on', 'us-east-1', true),
  stage('off in another region', 'eu-west-1', false),
];
