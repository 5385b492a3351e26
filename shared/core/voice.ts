/**
 * Saying incidents on channels beside e-mail. Each channel is brought to what the records say now: what was said of an
 * incident and where is stored, so that a repeat says nothing; what could not be said waits in the order of time. Of what
 * is alike and comes in floods a channel for people gets a few messages, and then one for all, now and then.
 */
import type { Incident } from './incident.ts';
import { canonical, type JsonObject } from './json.ts';
import { isNamed } from './record.ts';
import { isSilent } from './tell.ts';

/** Where a channel said something: what it needs to find it again. */
export type Place = Readonly<Record<string, string>>;

/** What was said last of an incident on a channel. */
export type Spoken = { readonly step: string; readonly place: Place };

export type Channel = {
  readonly name: string;
  /**
   * Says the incident for the first time, or, where it was said before, its next step.
   * Throws a fault `Refused` where the channel will never take this message; any other fault means: not now, and one
   * with `seconds` for how long.
   */
  say(incident: Incident, before: Spoken | null): Promise<Place>;
  /** It changes what it said: a question that is over without a word to people is said to be over. */
  readonly revises?: true;
  /** For channels that people read: says incidents that are alike in one message. */
  readonly fold?: {
    /** What is alike has the same one. */
    key(incident: Incident): string;
    say(incidents: readonly Incident[]): Promise<Place>;
  };
};

/** One that waits: since when, ISO 8601. */
export type Waiting = { readonly incident: string; readonly at: string };

/** A message that people got, for the pace: what kind, when, and whether it stood for many. */
export type Posted = { readonly key: string; readonly at: string; readonly many: boolean };

/** What a channel's turn begins with. */
export type Turn = {
  readonly waiting: readonly Waiting[];
  /** It asked to be left alone until then, or did not answer. */
  readonly rests?: string;
  readonly posted: readonly Posted[];
};

/** What is stored of each channel. */
export type Voices = {
  spoken(channel: string, incident: string): Promise<Spoken | null>;
  /** Notes that these wait; one that waits already keeps its time. */
  wait(channel: string, entries: readonly Waiting[]): Promise<void>;
  /** Takes the channel for oneself; null while somebody else has it. */
  take(channel: string, holder: string, until: string, now: string): Promise<Turn | null>;
  /** Stores what was said; it waits no longer. */
  said(channel: string, incident: string, spoken: Spoken): Promise<void>;
  /** There is nothing to say of it: it waits no longer. */
  drop(channel: string, incident: string): Promise<void>;
  /** Gives the channel back. */
  leave(channel: string, holder: string, rest: Pick<Turn, 'rests' | 'posted'>): Promise<void>;
};

/** What woke us: an incident, and when that was sent. */
export type Poke = { readonly incident: string; readonly at: string };

export type VoiceDeps = {
  readonly voices: Voices;
  /** The record as it is now; null where there is none. */
  record(incident: string): Promise<Incident | null>;
  digest(text: string): string;
  now(): Date;
  sleep(milliseconds: number): Promise<void>;
  /** Milliseconds that are left. */
  left(): number;
  readonly holder: string;
  /** Told of what went wrong, for the log: the channel, what it was about, and the fault. */
  fault(channel: string, about: string, error: unknown): void;
};

/** Messages of one kind that people get one by one within the minutes; then they get one for all, once within them. */
export const pace = { most: 3, minutes: 5 };
/** How long a channel that did not answer is left alone, in seconds. */
const restSeconds = 15;
/** A rest that is waited for, in seconds. */
const shortly = 10;
/** What must be left of the time to begin another message, in milliseconds: one takes two calls of five seconds. */
const enough = 12_000;
/** How often, and after how many milliseconds, a channel that somebody else has is asked for again. */
const turns = { tries: 16, wait: 500 };

/** What is said of an incident; as long as it is the same, there is nothing new to say. */
function stepOf(incident: Incident, digest: VoiceDeps['digest']): string {
  const { outcome, note, before, plan, after, until } = incident;
  return `${outcome} ${digest(canonical({ note, before, plan, after, until } as JsonObject))}`;
}

/** Brings a channel to what the records say; gives the incidents of the pokes of which it does not say it yet. */
export async function bring(channel: Channel, pokes: readonly Poke[], deps: VoiceDeps): Promise<ReadonlySet<string>> {
  try {
    const entries = await unsaid(channel, pokes, deps);
    // Even where this fails, what waited before may be said by now; and the pokes come again.
    await deps.voices
      .wait(channel.name, entries)
      .catch((error: unknown) => deps.fault(channel.name, 'the list of what waits', error));
    const done = new Set(await turn(channel, deps));
    const open = entries.filter(({ incident }) => !done.has(incident));
    // Another invocation, for which this one waited, may have said them.
    return new Set((await unsaid(channel, open, deps)).map(({ incident }) => incident));
  } catch (error) {
    deps.fault(channel.name, 'a turn', error);
    return new Set(pokes.map(({ incident }) => incident));
  }
}

/**
 * That something is exempt is stored in silence; where the topic tells of it, it ends soon, or is somebody's answer. And where
 * it is the end of what was said, it is said where that can be changed: buttons have to go.
 */
const unspoken = (channel: Channel, record: Incident, before: Spoken | null): boolean =>
  // Of a flood each channel hears every incident, and tells many in one by itself.
  record.flood !== undefined ||
  (isSilent(record) && record.outcome !== 'exempt' && !(channel.revises && before && ends(record)));

const ends = ({ outcome }: Incident): boolean => outcome === 'witness' || outcome === 'settling';

/** Those with something to say, each once, with its first time. */
async function unsaid(channel: Channel, pokes: readonly Poke[], deps: VoiceDeps): Promise<readonly Waiting[]> {
  const first = new Map<string, string>();
  for (const { incident, at } of pokes) {
    const known = first.get(incident);
    if (known === undefined || at < known) first.set(incident, at);
  }
  const entries = await Promise.all(
    [...first].map(async ([incident, at]) => {
      const record = await deps.record(incident);
      if (!record) return [];
      const before = await deps.voices.spoken(channel.name, incident);
      return unspoken(channel, record, before) || before?.step === stepOf(record, deps.digest)
        ? []
        : [{ incident, at }];
    }),
  );
  return entries.flat();
}

/** Says what waits, the oldest first; gives what needs not be said any more. */
async function turn(channel: Channel, deps: VoiceDeps): Promise<readonly string[]> {
  const { voices, holder } = deps;
  const taken = await takeTurn(channel, deps);
  if (!taken) return [];
  const posted = recent(taken.posted, deps.now());
  const state: State = { done: [], posted: [...posted] };
  try {
    if ((taken.rests ?? '') <= deps.now().toISOString()) await drain(channel, taken.waiting, state, deps);
    else state.rests = taken.rests;
  } finally {
    await voices.leave(channel.name, holder, {
      posted: state.posted,
      ...(state.rests !== undefined && { rests: state.rests }),
    });
  }
  return state.done;
}

type State = { done: string[]; posted: Posted[]; rests?: string | undefined };

async function takeTurn({ name }: Channel, deps: VoiceDeps): Promise<Turn | null> {
  for (let tries = 0; tries < turns.tries && deps.left() > enough; tries += 1) {
    if (tries > 0) await deps.sleep(turns.wait);
    const now = deps.now();
    const until = new Date(now.getTime() + deps.left() + 1000).toISOString();
    const taken = await deps.voices.take(name, deps.holder, until, now.toISOString());
    if (taken) return taken;
  }
  return null;
}

const recent = (posted: readonly Posted[], now: Date): readonly Posted[] =>
  posted.filter(({ at }) => Date.parse(at) > now.getTime() - pace.minutes * 60_000);

type Ready = { readonly incident: Incident; readonly before: Spoken | null; readonly step: string };

/** So many are read at once: after a long silence there may be thousands. */
const slice = 100;

async function drain(channel: Channel, waiting: readonly Waiting[], state: State, deps: VoiceDeps): Promise<void> {
  const inOrder = waiting.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  for (let from = 0; from < inOrder.length && deps.left() > enough; from += slice) {
    const ready = await readied(channel, inOrder.slice(from, from + slice), state, deps);
    if (!(await sayAll(channel, ready, state, deps))) return;
  }
}

/** False where the channel, or the time, does not take more. */
async function sayAll(channel: Channel, ready: readonly Ready[], state: State, deps: VoiceDeps): Promise<boolean> {
  const { fold } = channel;
  let left = ready;
  while (left[0]) {
    if (deps.left() < enough) return false;
    const [one] = left;
    const key = fold && isNew(one) ? fold.key(one.incident) : undefined;
    const alike = key === undefined ? [one] : left.filter((other) => isNew(other) && fold?.key(other.incident) === key);
    const how = key === undefined ? 'each' : paced(key, alike.length, state.posted);
    const group = how === 'each' ? [one] : alike;
    left = left.filter((other) => !group.includes(other));
    if (how === 'later') continue;
    if (!(await say(channel, group, state, deps))) return false;
    if (key !== undefined) state.posted.push({ key, at: deps.now().toISOString(), many: how === 'all' });
  }
  return true;
}

/** What goes on with something that was said does not count for the pace: it has its place. */
const isNew = ({ before }: Ready): boolean => before === null || before.place['thread'] === undefined;

/** One by one while there are few; else all of a kind at once, unless that was done a moment ago. */
function paced(key: string, count: number, posted: readonly Posted[]): 'each' | 'all' | 'later' {
  const alike = posted.filter((one) => one.key === key);
  const many = alike.some((one) => one.many);
  if (!many && alike.length + count <= pace.most) return 'each';
  return many ? 'later' : 'all';
}

/** With the records as they are now; those that need no word are done. */
async function readied(
  channel: Channel,
  waiting: readonly Waiting[],
  state: State,
  deps: VoiceDeps,
): Promise<readonly Ready[]> {
  const read = await Promise.all(
    waiting.map(async ({ incident: id }) => ({
      id,
      incident: await deps.record(id),
      before: await deps.voices.spoken(channel.name, id),
    })),
  );
  const ready: Ready[] = [];
  for (const { id, incident, before } of read) {
    // An alarm has no record: it is said when its own message comes again.
    if (!incident && id.startsWith(alarmed)) continue;
    const step = incident && stepOf(incident, deps.digest);
    if (incident && step && !unspoken(channel, incident, before) && before?.step !== step)
      ready.push({ incident, before, step });
    else {
      await deps.voices.drop(channel.name, id);
      state.done.push(id);
    }
  }
  return ready;
}

/** How the ids of CloudWatch's alarms begin. */
export const alarmed = 'alarm-';

/** False where the channel is to be left alone. */
async function say(channel: Channel, group: readonly Ready[], state: State, deps: VoiceDeps): Promise<boolean> {
  const [first] = group;
  if (!first) return true;
  try {
    const place =
      group.length > 1 && channel.fold
        ? await channel.fold.say(group.map(({ incident }) => incident))
        : await channel.say(first.incident, first.before);
    for (const one of group) await noteSaid(channel, one, place, state, deps);
    return true;
  } catch (error) {
    deps.fault(channel.name, first.incident.id, error);
    if (isNamed(error, 'Refused')) {
      // Never taken, however often it is tried: it must not stand in the way of what comes after it.
      for (const one of group) await noteSaid(channel, one, one.before?.place ?? {}, state, deps);
      return true;
    }
    const asked = (error as { seconds?: unknown }).seconds;
    const seconds = typeof asked === 'number' && asked > 0 ? Math.min(asked, 900) : restSeconds;
    // Asked to wait a moment: that is part of the work.
    if (asked === seconds && seconds <= shortly && deps.left() > seconds * 1000 + enough) {
      await deps.sleep(seconds * 1000);
      return say(channel, group, state, deps);
    }
    state.rests = new Date(deps.now().getTime() + seconds * 1000).toISOString();
    return false;
  }
}

async function noteSaid(
  channel: Channel,
  { incident, step }: Ready,
  place: Place,
  state: State,
  deps: VoiceDeps,
): Promise<void> {
  await deps.voices.said(channel.name, incident.id, { step, place });
  state.done.push(incident.id);
}
