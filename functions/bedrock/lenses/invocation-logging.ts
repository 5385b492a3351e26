import {
  BedrockClient,
  DeleteModelInvocationLoggingConfigurationCommand,
  GetModelInvocationLoggingConfigurationCommand,
  PutModelInvocationLoggingConfigurationCommand,
} from '@aws-sdk/client-bedrock';
import { client } from '../../../shared/aws/client.ts';
import type { JsonObject } from '../../../shared/core/json.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** The configuration is the account's in a region. */
export type Place = { readonly region: string };

/** Where and how model invocations are logged: LoggingConfig, as Bedrock answers. Null where they are not. */
export const invocationLogging: Lens<Place, JsonObject> = {
  id: 'bedrock/invocation-logging',
  key: ({ region }) => region,
  async read({ region }) {
    const asked = new GetModelInvocationLoggingConfigurationCommand({});
    const { loggingConfig } = await client(BedrockClient, region).send(asked);
    return loggingConfig === undefined || Object.keys(loggingConfig).length === 0
      ? null
      : (JSON.parse(JSON.stringify(loggingConfig)) as JsonObject);
  },
  async write({ region }, _from, to) {
    const bedrock = client(BedrockClient, region);
    if (to === null) await bedrock.send(new DeleteModelInvocationLoggingConfigurationCommand({}));
    else await bedrock.send(new PutModelInvocationLoggingConfigurationCommand({ loggingConfig: to as object }));
  },
  // The role that turns logging on can't turn it off.
  undo: (before) => (before === null ? 'operator' : 'restore'),
};
