import {
  CreateDetectorCommand,
  type CreateDetectorCommandInput,
  DeleteDetectorCommand,
  GuardDutyClient,
  ListDetectorsCommand,
  UpdateDetectorCommand,
  type UpdateDetectorCommandInput,
} from '@aws-sdk/client-guardduty';
import { client } from '../../../shared/aws/client.ts';
import type { Json } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

const features: NonNullable<CreateDetectorCommandInput['Features']> = [
  { Name: 'S3_DATA_EVENTS', Status: 'ENABLED' },
  { Name: 'LAMBDA_NETWORK_LOGS', Status: 'DISABLED' },
  {
    Name: 'RUNTIME_MONITORING',
    Status: 'ENABLED',
    AdditionalConfiguration: [{ Name: 'EC2_AGENT_MANAGEMENT', Status: 'ENABLED' }],
  },
];
const good = {
  enabled: true,
  frequency: 'FIFTEEN_MINUTES',
  features: {
    S3_DATA_EVENTS: true,
    LAMBDA_NETWORK_LOGS: false,
    RUNTIME_MONITORING: true,
    'RUNTIME_MONITORING/EC2_AGENT_MANAGEMENT': true,
  },
};

type Change = Omit<UpdateDetectorCommandInput, 'DetectorId'> | 'deleted';

/** A detector with features, and then what somebody did to it. */
const stage = (name: string, change: Change, learned: Json | undefined, after: Json): Stage => ({
  rule: 'guardduty/detector-tampering',
  name,
  ...(learned !== undefined && { learned }),
  async set() {
    const guardduty = client(GuardDutyClient);
    const clear = async (): Promise<void> => {
      const { DetectorIds = [] } = await guardduty.send(new ListDetectorsCommand({}));
      for (const DetectorId of DetectorIds) await guardduty.send(new DeleteDetectorCommand({ DetectorId }));
    };
    await clear();
    const { DetectorId } = await guardduty.send(
      new CreateDetectorCommand({ Enable: true, FindingPublishingFrequency: 'FIFTEEN_MINUTES', Features: features }),
    );
    if (change === 'deleted') await guardduty.send(new DeleteDetectorCommand({ DetectorId }));
    else await guardduty.send(new UpdateDetectorCommand({ DetectorId, ...change }));
    const call =
      change === 'deleted'
        ? { name: 'DeleteDetector', request: { detectorId: DetectorId ?? '' } }
        : change.Enable === false
          ? { name: 'UpdateDetector', request: { detectorId: DetectorId ?? '', enable: false } }
          : undefined;
    return {
      target: { region: 'us-east-1', partly: change !== 'deleted' && change.Enable !== false },
      after,
      ...(call && { call }),
      clear,
    };
  },
});

export const stages: readonly Stage[] = [
  stage('suspended, and nothing is known of how it was', { Enable: false }, undefined, good),
  stage('deleted: it comes back as it was', 'deleted', good, good),
  // What was off stays off, and what somebody has switched on since stays on.
  stage(
    'two features switched off, another on',
    {
      Features: [
        { Name: 'S3_DATA_EVENTS', Status: 'DISABLED' },
        { Name: 'LAMBDA_NETWORK_LOGS', Status: 'DISABLED' },
        { Name: 'RDS_LOGIN_EVENTS', Status: 'ENABLED' },
        {
          Name: 'RUNTIME_MONITORING',
          Status: 'ENABLED',
          AdditionalConfiguration: [{ Name: 'EC2_AGENT_MANAGEMENT', Status: 'DISABLED' }],
        },
      ],
    },
    good,
    { ...good, features: { ...good.features, RDS_LOGIN_EVENTS: true } },
  ),
];
