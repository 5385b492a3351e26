import {
  CreateDetectorCommand,
  type CreateDetectorCommandInput,
  DeleteDetectorCommand,
  type DetectorFeatureConfigurationResult,
  GetDetectorCommand,
  GuardDutyClient,
  ListDetectorsCommand,
  UpdateDetectorCommand,
} from '@aws-sdk/client-guardduty';
import { client } from '../../../shared/aws/client.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/**
 * The region that the event came from: an account has one detector in each (API_CreateDetector). `partly`: whether features
 * were switched off, and not the detector: what they were before no event tells. `features`: which, where the call names them
 * as below.
 */
export type Place = {
  readonly region: string | null;
  readonly partly: boolean;
  readonly features?: readonly string[];
};

/**
 * `features`: by name, and by `NAME/PART` for what is configured within one; true where it is enabled. What always comes
 * with GuardDuty (FLOW_LOGS, CLOUD_TRAIL, DNS_LOGS) is not among them: nobody can switch it (API_DetectorFeatureConfiguration).
 */
export type Detector = {
  readonly enabled: boolean;
  readonly frequency: string;
  readonly features: { readonly [name: string]: boolean };
};

const fixed: ReadonlySet<string> = new Set(['FLOW_LOGS', 'CLOUD_TRAIL', 'DNS_LOGS']);

async function idOf(): Promise<string | undefined> {
  const { DetectorIds = [] } = await client(GuardDutyClient).send(new ListDetectorsCommand({}));
  return DetectorIds[0];
}

/** The region's detector. Null where there is none. */
export const detector: Lens<Place, Detector> = {
  id: 'guardduty/detector',
  key: ({ region }) => region ?? 'this region',
  async read() {
    const id = await idOf();
    if (id === undefined) return null;
    const found = await client(GuardDutyClient).send(new GetDetectorCommand({ DetectorId: id }));
    return {
      enabled: found.Status === 'ENABLED',
      frequency: found.FindingPublishingFrequency ?? 'SIX_HOURS',
      features: Object.fromEntries((found.Features ?? []).flatMap(switches)),
    };
  },
  async write(_, from, to) {
    const guardduty = client(GuardDutyClient);
    const id = await idOf();
    if (to === null) {
      if (id !== undefined) await guardduty.send(new DeleteDetectorCommand({ DetectorId: id }));
      return;
    }
    const frequency = { FindingPublishingFrequency: to.frequency } as Pick<
      CreateDetectorCommandInput,
      'FindingPublishingFrequency'
    >;
    const settings = { Enable: to.enabled, ...frequency, Features: configurations(to.features) };
    // An attempt that was cut short may have made it already.
    if (id === undefined) await guardduty.send(new CreateDetectorCommand(settings));
    else
      await guardduty.send(
        new UpdateDetectorCommand({ DetectorId: id, ...(from === null ? settings : changes(from, to, settings)) }),
      );
  },
  // The role that makes a detector must not be able to delete one.
  undo: (before) => (before === null ? 'operator' : 'restore'),
};

const switches = ({
  Name,
  Status,
  AdditionalConfiguration = [],
}: DetectorFeatureConfigurationResult): [string, boolean][] =>
  Name === undefined || fixed.has(Name)
    ? []
    : [
        [Name, Status === 'ENABLED'],
        ...AdditionalConfiguration.map((part): [string, boolean] => [
          `${Name}/${part.Name}`,
          part.Status === 'ENABLED',
        ]),
      ];

type Settings = Pick<CreateDetectorCommandInput, 'FindingPublishingFrequency' | 'Features'> & { Enable: boolean };

/** UpdateDetector leaves alone what it does not name; a feature it takes whole. */
function changes(from: Detector, to: Detector, settings: Settings): Partial<Settings> {
  const names = new Set([...Object.keys(from.features), ...Object.keys(to.features)]);
  const same = [...names].every((name) => from.features[name] === to.features[name]);
  const { Features, FindingPublishingFrequency, Enable } = settings;
  return {
    ...(from.enabled !== to.enabled && { Enable }),
    ...(from.frequency !== to.frequency && { FindingPublishingFrequency }),
    ...(!same && { Features }),
  };
}

/** Runtime monitoring includes that of EKS, and both at once are an error (API_UpdateDetector). */
function configurations(features: Detector['features']): NonNullable<CreateDetectorCommandInput['Features']> {
  const status = (on: boolean): 'ENABLED' | 'DISABLED' => (on ? 'ENABLED' : 'DISABLED');
  const names = Object.keys(features).filter((name) => !name.includes('/'));
  const left = names.includes('RUNTIME_MONITORING') ? names.filter((name) => name !== 'EKS_RUNTIME_MONITORING') : names;
  return left.map((Name) => {
    const parts = Object.entries(features).filter(([name]) => name.startsWith(`${Name}/`));
    const AdditionalConfiguration = parts.map(([name, on]) => ({
      Name: name.slice(Name.length + 1),
      Status: status(on),
    }));
    return {
      Name,
      Status: status(features[Name] === true),
      ...(parts.length > 0 && { AdditionalConfiguration }),
    } as NonNullable<CreateDetectorCommandInput['Features']>[number];
  });
}
