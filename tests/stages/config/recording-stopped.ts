import {
  ConfigServiceClient,
  type ConfigurationRecorder,
  DeleteConfigurationRecorderCommand,
  DeleteDeliveryChannelCommand,
  type DeliveryChannel,
  DescribeConfigurationRecordersCommand,
  DescribeDeliveryChannelsCommand,
  PutConfigurationRecorderCommand,
  PutDeliveryChannelCommand,
  StartConfigurationRecorderCommand,
  StopConfigurationRecorderCommand,
} from '@aws-sdk/client-config-service';
import { client } from '../../../shared/aws/client.ts';
import type { Json } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

/** As somebody set it up, by hand. */
const found = {
  recorder: {
    name: 'found-recorder',
    roleARN: 'arn:aws:iam::123456789012:role/teams/config-recorder',
    recordingGroup: {
      allSupported: false,
      exclusionByResourceTypes: { resourceTypes: ['AWS::EC2::NetworkInterface', 'AWS::EC2::Volume'] },
      recordingStrategy: { useOnly: 'EXCLUSION_BY_RESOURCE_TYPES' },
    },
  } satisfies ConfigurationRecorder,
  channel: {
    name: 'found-channel',
    s3BucketName: 'found-config-123456789012',
    s3KeyPrefix: 'eu/inventory',
    configSnapshotDeliveryProperties: { deliveryFrequency: 'Six_Hours' },
  } satisfies DeliveryChannel,
};

/** As firebreak.yml records it. */
const recorded = {
  recorder: {
    name: 'default',
    roleARN: 'arn:aws:iam::123456789012:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig',
    recordingGroup: { allSupported: true, includeGlobalResourceTypes: true },
  },
  channel: {
    name: 'default',
    s3BucketName: 'recorded-config-123456789012',
    snsTopicARN: 'arn:aws:sns:us-east-1:123456789012:config',
  },
};

const running = (name: string): Json => ({ name, recording: true });

/** As Config spells it out where it is read. */
const spelled: Json = {
  recorder: {
    name: 'default',
    roleARN: recorded.recorder.roleARN,
    recordingGroup: {
      ...recorded.recorder.recordingGroup,
      resourceTypes: [],
      exclusionByResourceTypes: { resourceTypes: [] },
      recordingStrategy: { useOnly: 'ALL_SUPPORTED_RESOURCE_TYPES' },
    },
  },
  channel: recorded.channel,
  recording: running('default'),
};

/** A recorder that was stopped; then its channel, and then itself, deleted. */
const stage = (name: string, gone: readonly ('channel' | 'recorder')[], after: Json, learned?: Json): Stage => ({
  rule: 'config/recording-stopped',
  name,
  ...(learned === undefined ? { baseline: recorded } : { learned }),
  async set() {
    const config = client(ConfigServiceClient);
    await config.send(new PutConfigurationRecorderCommand({ ConfigurationRecorder: found.recorder }));
    await config.send(new PutDeliveryChannelCommand({ DeliveryChannel: found.channel }));
    await config.send(new StartConfigurationRecorderCommand({ ConfigurationRecorderName: found.recorder.name }));
    await config.send(new StopConfigurationRecorderCommand({ ConfigurationRecorderName: found.recorder.name }));
    if (gone.includes('channel'))
      await config.send(new DeleteDeliveryChannelCommand({ DeliveryChannelName: found.channel.name }));
    if (gone.includes('recorder'))
      await config.send(new DeleteConfigurationRecorderCommand({ ConfigurationRecorderName: found.recorder.name }));
    return {
      target: { region: 'us-east-1' },
      after,
      call: gone.includes('channel')
        ? { name: 'DeleteDeliveryChannel', request: { deliveryChannelName: 'default' } }
        : { name: 'StopConfigurationRecorder', request: { configurationRecorderName: 'default' } },
      async clear() {
        const { ConfigurationRecorders = [] } = await config.send(new DescribeConfigurationRecordersCommand({}));
        for (const { name: ConfigurationRecorderName } of ConfigurationRecorders)
          await config.send(new StopConfigurationRecorderCommand({ ConfigurationRecorderName }));
        const { DeliveryChannels = [] } = await config.send(new DescribeDeliveryChannelsCommand({}));
        for (const { name: DeliveryChannelName } of DeliveryChannels)
          await config.send(new DeleteDeliveryChannelCommand({ DeliveryChannelName }));
        for (const { name: ConfigurationRecorderName } of ConfigurationRecorders)
          await config.send(new DeleteConfigurationRecorderCommand({ ConfigurationRecorderName }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('a recorder that leaves some types out is stopped; nothing recorded is put over it', [], {
    ...found,
    recording: running('found-recorder'),
  }),
  stage('stopped, and its channel deleted', ['channel'], {
    recorder: found.recorder,
    channel: recorded.channel,
    recording: running('found-recorder'),
  }),
  stage('stopped, its channel deleted and itself', ['channel', 'recorder'], {
    ...recorded,
    recording: running('default'),
  }),
  stage('stopped and deleted, and as it was learned again', ['channel', 'recorder'], spelled, spelled),
  stage('stopped and deleted; its channel is left', ['recorder'], {
    recorder: recorded.recorder,
    channel: found.channel,
    recording: running('default'),
  }),
];
