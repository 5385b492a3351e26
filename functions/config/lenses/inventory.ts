/** The recorder, its channel and whether it records, as one fix: Config refuses each without the one before it. */
import type { Unknown } from '../../../shared/core/rule.ts';
import { step, steps } from '../../../shared/core/steps.ts';
import { type Channel, channel } from './channel.ts';
import { here, type Place, type Recorder, recorder } from './recorder.ts';
import { recording } from './recording.ts';

/** What firebreak.yml records of Config: no event holds the settings of what was deleted, and no read does. */
export type Recorded = { readonly recorder?: Recorder | undefined; readonly channel?: Channel | undefined };

const lost = (what: keyof Recorded): Unknown => ({
  unknown: `there is no ${what} any more, and its settings are in no event: make it again by hand, or write it into firebreak.yml: baselines, config/recording-stopped, ${what}`,
});

export const inventory = steps<Place, Recorded>('config/recorder', here, [
  step({
    name: 'recorder',
    lens: recorder,
    desire: (state, { baseline }) => state ?? baseline.recorder ?? lost('recorder'),
  }),
  step({
    name: 'channel',
    lens: channel,
    desire: (state, { baseline }) => state ?? baseline.channel ?? lost('channel'),
  }),
  step({
    name: 'recording',
    lens: recording,
    desire: (state, { baseline }) => ({ name: state?.name ?? baseline.recorder?.name ?? 'default', recording: true }),
  }),
]);
