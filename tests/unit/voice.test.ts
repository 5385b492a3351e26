/** What is said on channels: once, in order, together where there is much of it, and later where it could not be said. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { fault } from '../../shared/core/fault.ts';
import type { Incident } from '../../shared/core/incident.ts';
import { bring, type Channel, type Spoken, type Turn, type VoiceDeps, type Voices } from '../../shared/core/voice.ts';
import { incidentOf } from '../support/incident.ts';

/** What voices.ts promises, in memory. */
function memoryVoices(): Voices & { waiting(): readonly string[] } {
  const said = new Map<string, string>();
  const waits = new Map<string, string>();
  let held: { holder: string; until: string } | null = null;
  let rest: Pick<Turn, 'rests' | 'posted'> = { posted: [] };
  return {
    waiting: () => [...waits.keys()],
    spoken: async (channel, incident) => JSON.parse(said.get(`${channel} ${incident}`) ?? 'null') as Spoken | null,
    async wait(_, entries) {
      for (const { incident, at } of entries) if (!waits.has(incident)) waits.set(incident, at);
    },
    async take(_, holder, until, now) {
      if (held && held.until >= now) return null;
      held = { holder, until };
      return { ...rest, waiting: [...waits].map(([incident, at]) => ({ incident, at })) };
    },
    async said(channel, incident, spoken) {
      said.set(`${channel} ${incident}`, JSON.stringify(spoken));
      waits.delete(incident);
    },
    async drop(_, incident) {
      waits.delete(incident);
    },
    async leave(_, holder, left) {
      if (held?.holder !== holder) return;
      held = null;
      rest = left;
    },
  };
}

/** A world with a clock that sleeping moves, records, and a channel that notes what it is told. */
function world() {
  let clock = Date.parse('2026-10-03T21:00:00.000Z');
  const records = new Map<string, Incident>();
  const lines: string[] = [];
  const faults: string[] = [];
  const voices = memoryVoices();
  let mood: () => void = () => {};
  let taken = 0;
  const channel: Channel = {
    name: 'slack',
    async say(incident, before) {
      mood();
      clock += 100;
      lines.push(`${incident.id} ${incident.outcome}${before?.place['thread'] ? ' in its thread' : ''}`);
      return before?.place['thread'] ? before.place : { thread: String(lines.length) };
    },
    fold: {
      key: ({ rules, outcome }) => `${rules[0]} ${outcome}`,
      async say(incidents) {
        mood();
        lines.push(incidents.map(({ id }) => id).join('+'));
        return { thread: String(lines.length), fold: 'yes' };
      },
    },
  };
  const deps = (left = 30_000): VoiceDeps => {
    const end = clock + left;
    taken += 1;
    return {
      voices,
      record: async (id) => records.get(id) ?? null,
      digest: (text) => createHash('sha256').update(text).digest('hex').slice(0, 16),
      now: () => new Date(clock),
      async sleep(milliseconds) {
        clock += milliseconds;
        await new Promise((resolve) => setImmediate(resolve));
      },
      left: () => end - clock,
      holder: `invocation-${taken}`,
      fault: (_, about, error) => void faults.push(`${about}: ${error instanceof Error ? error.name : String(error)}`),
    };
  };
  const at = (second: number): string => new Date(Date.parse('2026-10-03T20:59:00.000Z') + second * 1000).toISOString();
  return {
    lines,
    faults,
    voices,
    channel,
    deps,
    set: (change: Partial<Incident>) => {
      const incident = incidentOf(change);
      records.set(incident.id, incident);
    },
    feel: (how: () => void) => {
      mood = how;
    },
    pass: (seconds: number) => {
      clock += seconds * 1000;
    },
    poke: async (ids: readonly string[], left?: number, to = channel) => [
      ...(await bring(
        to,
        ids.map((incident, index) => ({ incident, at: at(index) })),
        deps(left),
      )),
    ],
  };
}
const down = (): never => {
  throw fault('NoAnswer', 'Slack did not answer');
};
const ruled = (id: string, rule = id): Partial<Incident> => ({ id, rules: [`s3/${rule}`] });

describe('an incident', () => {
  test('is said once, however often it is told of, and its next step in its place', async () => {
    const { set, poke, lines } = world();
    set({ id: 'fb-1', outcome: 'asked' });
    expect(await poke(['fb-1', 'fb-1'])).toEqual([]);
    expect(await poke(['fb-1'])).toEqual([]);
    set({ id: 'fb-1', outcome: 'fixed' });
    expect(await poke(['fb-1'])).toEqual([]);
    // A witness changes nothing that was said.
    set({ id: 'fb-1', outcome: 'fixed', seen: 4, version: 9 });
    expect(await poke(['fb-1'])).toEqual([]);
    // Asked anew is said anew.
    set({ id: 'fb-1', outcome: 'asked', note: 'another plan' });
    expect(await poke(['fb-1'])).toEqual([]);
    expect(lines).toEqual(['fb-1 asked', 'fb-1 fixed in its thread', 'fb-1 asked in its thread']);
  });

  test('of which there is nothing to say, or no record, is left alone', async () => {
    const { set, poke, lines } = world();
    set({ id: 'fb-1', outcome: 'open' });
    expect(await poke(['fb-1', 'fb-none'])).toEqual([]);
    expect(lines).toEqual([]);
  });
});

describe('a question that is over without a word', () => {
  const witness = { id: 'fb-1', outcome: 'witness', told: 'asked', note: 'put out by incident fb-2' } as const;

  test('is said to be over where it was asked, on a channel that can change what it said', async () => {
    const { set, poke, lines, channel } = world();
    const revises: Channel = { ...channel, revises: true };
    set({ id: 'fb-1', outcome: 'asked' });
    await poke(['fb-1'], undefined, revises);
    set(witness);
    expect(await poke(['fb-1', 'fb-1'], undefined, revises)).toEqual([]);
    expect(lines).toEqual(['fb-1 asked', 'fb-1 witness in its thread']);
    set({ ...witness, outcome: 'settling' });
    await poke(['fb-1'], undefined, revises);
    expect(lines.at(-1)).toBe('fb-1 settling in its thread');
    // Work that has begun ends soon, and is said then.
    set({ ...witness, outcome: 'open' });
    await poke(['fb-1'], undefined, revises);
    expect(lines).toHaveLength(3);
  });

  test('is not, where nobody was asked, or what was said stays as it is', async () => {
    const { set, poke, lines, channel, voices } = world();
    set(witness);
    await poke(['fb-1'], undefined, { ...channel, revises: true });
    expect(lines).toEqual([]);
    set({ id: 'fb-1', outcome: 'asked' });
    await poke(['fb-1']);
    set(witness);
    await poke(['fb-1']);
    expect(lines).toEqual(['fb-1 asked']);
    expect(voices.waiting()).toEqual([]);
  });
});

describe('a channel that is down', () => {
  test('gets what it missed in the order of time, once it answers again', async () => {
    const { set, poke, lines, feel, pass, voices, faults } = world();
    for (const id of ['fb-1', 'fb-2', 'fb-3', 'fb-4']) set(ruled(id));
    feel(down);
    expect(await poke(['fb-2'])).toEqual(['fb-2']);
    expect(await poke(['fb-1', 'fb-3'])).toEqual(['fb-1', 'fb-3']);
    expect(voices.waiting()).toEqual(['fb-2', 'fb-1', 'fb-3']);
    expect(faults).toEqual(['fb-2: NoAnswer']);
    feel(() => {});
    pass(3600);
    // The next poke, of something else, brings all of it; the repeats have nothing left to say.
    expect(await poke(['fb-none', 'fb-none', 'fb-4'])).toEqual([]);
    // fb-1 was sent in the same second as fb-2, and noted after it.
    expect(lines).toEqual(['fb-2 fixed', 'fb-1 fixed', 'fb-3 fixed', 'fb-4 fixed']);
    expect(await poke(['fb-1', 'fb-2', 'fb-3'])).toEqual([]);
    expect(lines).toHaveLength(4);
  });

  test('is left alone for a while, and as long as it asks', async () => {
    const { set, poke, lines, feel, pass, faults } = world();
    set(ruled('fb-1'));
    feel(() => {
      throw Object.assign(fault('Later', 'Slack answered 429'), { seconds: 60 });
    });
    expect(await poke(['fb-1'])).toEqual(['fb-1']);
    feel(() => {});
    pass(30);
    expect(await poke(['fb-1'])).toEqual(['fb-1']);
    expect(lines).toEqual([]);
    pass(31);
    expect(await poke(['fb-1'])).toEqual([]);
    expect(lines).toEqual(['fb-1 fixed']);
    expect(faults).toEqual(['fb-1: Later']);
  });

  test('that asks for a moment gets it', async () => {
    const { set, poke, lines, feel } = world();
    set(ruled('fb-1'));
    let asked = 0;
    feel(() => {
      asked += 1;
      if (asked < 3) throw Object.assign(fault('Later', 'Slack answered 429'), { seconds: 2 });
    });
    expect(await poke(['fb-1'])).toEqual([]);
    expect(lines).toEqual(['fb-1 fixed']);
  });

  test('does not stop at what it will never take', async () => {
    const { set, poke, lines, feel, faults } = world();
    for (const id of ['fb-1', 'fb-2']) set(ruled(id));
    let first = true;
    feel(() => {
      if (!first) return;
      first = false;
      throw fault('Refused', 'Slack answered 200 invalid_blocks');
    });
    expect(await poke(['fb-1', 'fb-2'])).toEqual([]);
    expect(lines).toEqual(['fb-2 fixed']);
    expect(faults).toEqual(['fb-1: Refused']);
  });

  test('and a store that is, too: everything comes again', async () => {
    const { set, channel, deps } = world();
    set(ruled('fb-1'));
    const broken = { ...deps(), record: () => Promise.reject(new Error('throttled')) };
    expect([...(await bring(channel, [{ incident: 'fb-1', at: '2026-10-03T21:00:00Z' }], broken))]).toEqual(['fb-1']);
  });
});

describe('much of a kind', () => {
  const many = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `fb-${index + 10}`);

  test('a thousand pokes for fifty incidents are few messages, and each incident is in one', async () => {
    const { set, poke, lines, pass } = world();
    const ids = many(50);
    for (const id of ids) set(ruled(id, 'public-policy'));
    let open: readonly string[] = [];
    // As a minute brings them: ten at a time, each twenty times.
    for (let round = 0; round < 100; round += 1) {
      const batch = Array.from({ length: 10 }, (_, index) => ids[(round * 10 + index) % 50] ?? '');
      open = [...new Set([...open, ...(await poke(batch))])];
      pass(0.6);
    }
    expect(lines.length).toBeLessThanOrEqual(4);
    pass(300);
    expect(await poke(open)).toEqual([]);
    expect(lines.length).toBeLessThanOrEqual(5);
    expect(new Set(lines.flatMap((line) => line.split(' ')[0]?.split('+') ?? []))).toEqual(new Set(ids));
    expect(lines.flatMap((line) => line.split('+'))).toHaveLength(50);
  });

  test('the first ones stand alone, and another kind is not kept waiting', async () => {
    const { set, poke, lines } = world();
    const ids = many(3);
    for (const id of ids) set(ruled(id, 'public-policy'));
    expect(await poke(ids)).toEqual([]);
    expect(lines).toHaveLength(3);
    for (const id of many(6)) set(ruled(id, 'public-policy'));
    expect(await poke(many(6))).toEqual([]);
    expect(lines.at(-1)).toBe('fb-13+fb-14+fb-15');
    set(ruled('fb-30', 'public-policy'));
    set(ruled('fb-31', 'something-else'));
    expect(await poke(['fb-30', 'fb-31'])).toEqual(['fb-30']);
    expect(lines.at(-1)).toBe('fb-31 fixed');
  });

  test('what goes on with one of many is said in the place of all', async () => {
    const { set, poke, lines } = world();
    for (const id of many(5)) set(ruled(id, 'public-policy'));
    expect(await poke(many(5))).toEqual([]);
    expect(lines).toEqual(['fb-10+fb-11+fb-12+fb-13+fb-14']);
    set({ ...ruled('fb-12', 'public-policy'), outcome: 'undone' });
    expect(await poke(['fb-12'])).toEqual([]);
    expect(lines.at(-1)).toBe('fb-12 undone in its thread');
  });

  test('each of them is said, and not what stands for them by mail', async () => {
    const { set, poke, lines } = world();
    set({ ...ruled('fb-all'), outcome: 'told', flood: { of: 'asked', told: 1 } });
    set({ ...ruled('fb-1'), outcome: 'asked' });
    expect(await poke(['fb-all', 'fb-1'])).toEqual([]);
    expect(lines).toEqual(['fb-1 asked']);
  });

  test('programs get each', async () => {
    const { set, poke, lines, channel } = world();
    for (const id of many(12)) set(ruled(id, 'public-policy'));
    const { fold: _, ...bus } = channel;
    expect(await poke(many(12), 60_000, bus)).toEqual([]);
    expect(lines).toHaveLength(12);
  });
});

describe('turns', () => {
  test('two at once: one speaks, the other waits for it, and nothing is said twice', async () => {
    const { set, poke, lines } = world();
    for (const id of ['fb-1', 'fb-2']) set(ruled(id));
    const both = await Promise.all([poke(['fb-1', 'fb-2']), poke(['fb-2', 'fb-1'])]);
    expect(both).toEqual([[], []]);
    expect(lines.toSorted()).toEqual(['fb-1 fixed', 'fb-2 fixed']);
  });

  test('when the time is over the rest is left for the next one', async () => {
    const { set, poke, lines, feel, pass } = world();
    const ids = ['fb-1', 'fb-2', 'fb-3'];
    for (const id of ids) set(ruled(id));
    feel(() => pass(10));
    expect(await poke(ids)).toEqual(['fb-3']);
    expect(await poke(['fb-3'])).toEqual([]);
    expect(lines).toEqual(['fb-1 fixed', 'fb-2 fixed', 'fb-3 fixed']);
  });

  test('one that died with the channel in hand holds it for no longer than it could have lived', async () => {
    const { set, poke, lines, voices, deps, pass } = world();
    set(ruled('fb-1'));
    const { now, left } = deps();
    const until = new Date(now().getTime() + left()).toISOString();
    await voices.take('slack', 'dead', until, now().toISOString());
    expect(await poke(['fb-1'])).toEqual(['fb-1']);
    pass(30);
    expect(await poke(['fb-1'])).toEqual([]);
    expect(lines).toEqual(['fb-1 fixed']);
  });
});
