import {
  BedrockClient,
  DeleteModelInvocationLoggingConfigurationCommand,
  PutModelInvocationLoggingConfigurationCommand,
} from '@aws-sdk/client-bedrock';
import type { JsonObject } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

/** The logging was so, was learned, and was deleted. */
const stage = (name: string, learned: JsonObject, stands?: true): Stage => ({
  rule: 'bedrock/logging-off',
  name,
  learned,
  ...(stands && { stands }),
  async set(stood) {
    const bedrock = new BedrockClient({});
    const drop = () => bedrock.send(new DeleteModelInvocationLoggingConfigurationCommand({}));
    await bedrock.send(new PutModelInvocationLoggingConfigurationCommand({ loggingConfig: learned as object }));
    const target = { region: 'us-east-1' };
    await stood?.(target);
    await drop();
    return {
      target,
      after: learned,
      call: { name: 'DeleteModelInvocationLoggingConfiguration', request: null },
      async clear() {
        await drop();
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('to a log group by a role, large ones to a bucket', {
    cloudWatchConfig: {
      logGroupName: '/bedrock/invocations',
      roleArn: 'arn:aws:iam::111122223333:role/bedrock-logs',
      largeDataDeliveryS3Config: { bucketName: 'example-model-logs', keyPrefix: 'large' },
    },
    textDataDeliveryEnabled: true,
    imageDataDeliveryEnabled: false,
    embeddingDataDeliveryEnabled: true,
  }),
  stage('to a bucket alone', { s3Config: { bucketName: 'example-model-logs' }, textDataDeliveryEnabled: true }, true),
];
