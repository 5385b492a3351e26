import {
  ConfigServiceClient,
  type ConfigurationRecorder,
  DeleteConfigurationRecorderCommand,
  DescribeConfigurationRecordersCommand,
  PutConfigurationRecorderCommand,
} from '@aws-sdk/client-config-service';
import { client, orNull } from '../../../shared/aws/client.ts';
import type { Json, JsonObject } from '../../../shared/core/json.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** The region that the event came from: an account has one customer managed recorder and one channel in each. */
export type Place = { readonly region: string | null };

/** As PutConfigurationRecorder takes it: API_ConfigurationRecorder, API_RecordingGroup, API_RecordingMode. */
export type Recorder = {
  readonly name: string;
  readonly roleARN: string;
  readonly recordingGroup?: Group | undefined;
  readonly recordingMode?: JsonObject | undefined;
};

type Types = readonly string[];
type Group = {
  readonly allSupported?: boolean | undefined;
  readonly includeGlobalResourceTypes?: boolean | undefined;
  readonly resourceTypes?: Types | undefined;
  readonly exclusionByResourceTypes?: { readonly resourceTypes: Types } | undefined;
  readonly recordingStrategy?: { readonly useOnly: string } | undefined;
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
        new PutConfigurationRecorderCommand({ ConfigurationRecorder: asked(to) as unknown as ConfigurationRecorder }),
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

/** Without lists that Config spelled out and left empty: where all are recorded, none can be enumerated (API_RecordingGroup). */
function asked({ recordingGroup: group, ...rest }: Recorder): Recorder {
  if (group === undefined) return rest;
  const { resourceTypes, exclusionByResourceTypes, ...others } = group;
  return {
    ...rest,
    recordingGroup: {
      ...others,
      ...(resourceTypes?.length && { resourceTypes }),
      ...(exclusionByResourceTypes?.resourceTypes.length && { exclusionByResourceTypes }),
    },
  };
}

/** Config fills in what follows from the rest: API_RecordingGroup and API_RecordingStrategy. */
function spelledOut(group: Group | undefined): Json {
  const excluded = [...(group?.exclusionByResourceTypes?.resourceTypes ?? [])].sort();
  const types = [...(group?.resourceTypes ?? [])].sort();
  const global = group?.includeGlobalResourceTypes === true;
  return { all: types.length + excluded.length === 0, global, types, excluded };
}
