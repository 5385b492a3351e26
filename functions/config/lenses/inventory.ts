/** The recorder, its channel and whether it records, as one fix: Config refuses each without the one before it. */
import { parseArn } from '../../../shared/aws/arn.ts';
import { at, isObject, text } from '../../../shared/core/json.ts';
import { type Context, calls, type Unknown } from '../../../shared/core/rule.ts';
import { step, steps } from '../../../shared/core/steps.ts';
import { type Channel, channel } from './channel.ts';
import { here, type Place, type Recorder, recorder } from './recorder.ts';
import { recording } from './recording.ts';

/** What firebreak.yml records of Config: no event holds the settings of what was deleted, and no read does. */
export type Recorded = { readonly recorder?: Recorder | undefined; readonly channel?: Channel | undefined };

const lost = (what: keyof Recorded): Unknown => ({
  unknown: `there is no ${what} any more, and its settings are in no event: make it again by hand, or write it into firebreak.yml: baselines, config/recording-stopped, ${what}`,
});

/** What of it is somebody else's: a bucket's name does not tell whose it is. */
const named = ['roleARN', 's3KmsKeyArn', 'snsTopicARN'] as const;

/** As it was seen to stand for a day; never what leads out of the account. */
function seen<P extends Recorder | Channel>(
  what: keyof Recorded,
  { learned, home }: Context<Place, Recorded>,
): P | Unknown {
  const part = at(learned?.state, what);
  if (!isObject(part)) return lost(what);
  const owners = named.map((one) => parseArn(text(part, one) ?? '')?.account ?? home.account);
  const stranger = owners.find((owner) => owner !== home.account && !home.trusted?.includes(owner ?? ''));
  if (stranger === undefined) return part as unknown as P;
  return {
    unknown: `the ${what} that was there uses what belongs to the account ${stranger}, which is not trusted: make it again by hand`,
  };
}

const settings = steps<Place, Recorded>('config/recorder', here, [
  step({
    name: 'recorder',
    lens: recorder,
    desire: (state, context) => state ?? context.baseline.recorder ?? seen('recorder', context),
  }),
  step({
    name: 'channel',
    lens: channel,
    desire: (state, context) => state ?? context.baseline.channel ?? seen('channel', context),
  }),
  step({
    name: 'recording',
    lens: recording,
    desire: (state, { baseline, learned }) => ({
      name: state?.name ?? baseline.recorder?.name ?? text(learned?.state, 'recorder', 'name') ?? 'default',
      recording: true,
    }),
  }),
]);

export const inventory: typeof settings = {
  ...settings,
  learns: {
    // Whoever sets Config up starts it last.
    triggers: calls(
      'config.amazonaws.com',
      'PutConfigurationRecorder',
      'PutDeliveryChannel',
      'StartConfigurationRecorder',
    ),
    target: ({ region }) => (region === null ? null : { region }),
  },
};
