import {
  ConfigServiceClient,
  type ConfigurationRecorder,
  DeleteConfigurationRecorderCommand,
  DescribeConfigurationRecordersCommand,
  PutConfigurationRecorderCommand,
} from '@aws-sdk/client-config-service';
import { client, orNull } from '../../../shared/aws/client.ts';
import { at, type Json } from '../../../shared/core/json.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** The region that the event came from: an account has one customer managed recorder and one channel in each. */
export type Place = { readonly region: string | null };

/** As PutConfigurationRecorder takes it: API_ConfigurationRecorder. */
export type Recorder = {
  readonly name: string;
  readonly roleARN: string;
  readonly recordingGroup?: { readonly [member: string]: Json };
  readonly recordingMode?: { readonly [member: string]: Json };
};

export const here = ({ region }: Place): string => region ?? 'this region';

/** The customer managed recorder, which is the one that Describe tells of when none is named. Null where there is none. */
export const recorder: Lens<Place, Recorder> = {
  id: 'config/recorder-settings',
  key: here,
  async read() {
    const { ConfigurationRecorders = [] } = await client(ConfigServiceClient).send(
      new DescribeConfigurationRecordersCommand({}),
    );
    const found = ConfigurationRecorders.find(({ servicePrincipal }) => servicePrincipal === undefined);
    if (found?.name === undefined) return null;
    const { name, roleARN = '', recordingGroup, recordingMode } = found;
    // Nothing but texts, booleans and lists: what was read is JSON.
    return JSON.parse(JSON.stringify({ name, roleARN, recordingGroup, recordingMode })) as Recorder;
  },
  canon: ({ name, roleARN, recordingGroup, recordingMode }) => ({
    name,
    roleARN,
    group: spelledOut(recordingGroup),
    mode: recordingMode ?? { recordingFrequency: 'CONTINUOUS' },
  }),
  async write(_, from, to) {
    if (to !== null)
      await client(ConfigServiceClient).send(
        new PutConfigurationRecorderCommand({ ConfigurationRecorder: to as ConfigurationRecorder }),
      );
    else if (from !== null)
      await orNull(['NoSuchConfigurationRecorderException'], () =>
        client(ConfigServiceClient).send(
          new DeleteConfigurationRecorderCommand({ ConfigurationRecorderName: from.name }),
        ),
      );
  },
  undo: () => 'operator',
};

/** Config fills in what was left out: API_RecordingGroup and API_RecordingStrategy, which say what follows from what. */
function spelledOut(group: Recorder['recordingGroup']): Json {
  const types = list(group, 'resourceTypes');
  const excluded = list(group?.['exclusionByResourceTypes'], 'resourceTypes');
  const all = group === undefined || group['allSupported'] === true;
  return {
    types,
    excluded,
    global: group?.['includeGlobalResourceTypes'] === true,
    strategy:
      at(group, 'recordingStrategy', 'useOnly') === 'EXCLUSION_BY_RESOURCE_TYPES' ? 'all but' : all ? 'all' : 'these',
  };
}

const list = (value: Json | undefined, member: string): readonly Json[] => {
  const found = at(value, member);
  return Array.isArray(found) ? [...(found as readonly Json[])].sort() : [];
};
