import {
  ConfigServiceClient,
  DescribeConfigurationRecorderStatusCommand,
  StartConfigurationRecorderCommand,
  StopConfigurationRecorderCommand,
} from '@aws-sdk/client-config-service';
import { client, orNull } from '../../../shared/aws/client.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import { here, type Place } from './recorder.ts';

/** `name`: the recorder's. */
export type Recording = { readonly name: string; readonly recording: boolean };

/** Whether the customer managed recorder records. Null where there is no recorder. */
export const recording: Lens<Place, Recording> = {
  id: 'config/recording',
  key: here,
  async read() {
    const { ConfigurationRecordersStatus = [] } = await client(ConfigServiceClient).send(
      new DescribeConfigurationRecorderStatusCommand({}),
    );
    const found = ConfigurationRecordersStatus.find(({ servicePrincipal }) => servicePrincipal === undefined);
    return found?.name === undefined ? null : { name: found.name, recording: found.recording === true };
  },
  async write(_, from, to) {
    if (to?.recording)
      await client(ConfigServiceClient).send(
        new StartConfigurationRecorderCommand({ ConfigurationRecorderName: to.name }),
      );
    // On the way back a recorder that was made anew is stopped before its channel can go.
    else if (from?.recording)
      await orNull(['NoSuchConfigurationRecorderException'], () =>
        client(ConfigServiceClient).send(
          new StopConfigurationRecorderCommand({ ConfigurationRecorderName: from.name }),
        ),
      );
  },
  // The role that starts the recorder must not be able to stop it.
  undo: () => 'operator',
};
