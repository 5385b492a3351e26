/** Rules that tell only from some number on: one incident for as many as come together, and nothing below it. */
import { describe, expect, it } from 'vitest';
import { handle } from '../../shared/core/engine.ts';
import type { Json } from '../../shared/core/json.ts';
import type { Rule } from '../../shared/core/rule.ts';
import {
  atEveryCall,
  call,
  countsBell,
  deliver,
  hearsBell,
  kinds,
  outcomesOf,
  persist,
  toyWorld,
  type World,
} from '../support/toys.ts';

const rules = [countsBell];
const ring = (minute: number, change: Parameters<typeof call>[1] = {}): Json =>
  call('RingBell', { time: `2026-03-01T09:${String(minute).padStart(2, '0')}:00Z`, ...change });
const rung = async (world: World, ...minutes: readonly number[]) =>
  (await Promise.all(minutes.map((minute) => deliver(world, ring(minute), rules)))).flat();

describe('a rule with a threshold', () => {
  it('tells of the one that reaches it, folds what follows, and stores nothing below', async () => {
    const world = toyWorld();
    const ends = [];
    for (const minute of [0, 1]) ends.push(...(await rung(world, minute)));
    expect(ends).toEqual(['counted', 'counted']);
    expect(world.store.all()).toEqual([]);
    expect(world.log).toEqual(['count', 'count']);
    for (const minute of [2, 3, 4]) ends.push(...(await rung(world, minute)));
    expect(ends.slice(2)).toEqual(['told', 'witness', 'witness']);
    expect(world.told).toHaveLength(1);
    expect(world.only()).toMatchObject({
      rules: ['toy/rings'],
      outcome: 'told',
      reasons: ['3 times within 10 minutes', 'hall rang'],
      witnesses: [{ name: 'RingBell' }, { name: 'RingBell' }],
    });
  });

  it('says how far it has come', async () => {
    const world = toyWorld();
    const [result] = await handle(ring(0), world.deps(rules));
    expect(result).toMatchObject({ outcome: 'counted', incident: null, note: '1 of 3 within 10 minutes' });
  });

  it('slides: a slow drip is never told, and what goes on is told once for its minutes', async () => {
    const drip = toyWorld();
    for (const minute of [0, 6, 12, 18, 24, 30]) expect(await rung(drip, minute)).toEqual(['counted']);
    const flood = toyWorld();
    for (let minute = 0; minute < 40; minute += 1) await rung(flood, minute);
    // Begun at the third minute, then each time that ten minutes are over.
    expect(flood.told.map(({ times }) => times.event?.slice(14, 16))).toEqual(['02', '13', '24', '35']);
  });

  it('does not count a second delivery, below the threshold, at it, or beyond', async () => {
    const world = toyWorld();
    const [first, second, third, fourth] = [ring(0), ring(1), ring(2), ring(3)];
    for (const event of [first, first, first, second, second])
      expect(await deliver(world, event, rules)).toEqual(['counted']);
    expect(await deliver(world, third, rules)).toEqual(['told']);
    expect(await deliver(world, third, rules)).toEqual(['duplicate']);
    expect(await deliver(world, fourth, rules)).toEqual(['witness']);
    expect(await deliver(world, fourth, rules)).toEqual(['duplicate']);
    expect(world.only().witnesses).toHaveLength(1);
    expect(world.told).toHaveLength(1);
  });

  it('is one incident where all come at once', async () => {
    const world = toyWorld();
    const all = [0, 0, 0, 0, 0, 1, 1, 1].map((minute) => ring(minute));
    // One that finds another at work on the incident is delivered again.
    await Promise.all(all.map((event) => persist(world, () => handle(event, world.deps(rules)))));
    expect(world.only()).toMatchObject({ outcome: 'told', told: 'told' });
    expect(world.only().witnesses.length).toBeLessThan(6);
    for (const event of all.slice(0, 3)) expect(await deliver(world, event, rules)).not.toEqual(['told']);
  });

  it('counts each target by itself, though their resource be one', async () => {
    const world = toyWorld();
    const one = (lamp: string, minute: number) => deliver(world, ring(minute, { lamp }), rules);
    for (const lamp of ['hall', 'attic'])
      for (const minute of [0, 1]) expect(await one(lamp, minute)).toEqual(['counted']);
    expect(await one('hall', 2)).toEqual(['told']);
    expect(await one('attic', 3)).toEqual(['told']);
    expect(world.store.all()).toHaveLength(2);
  });

  it('tells at once what the rule says is enough by itself', async () => {
    const world = toyWorld();
    const loud = {
      ...countsBell,
      detect: (...args: Parameters<Rule['detect']>) => {
        const found = countsBell.detect(...args);
        return 'unreadable' in found ? found : found.map((one) => ({ ...one, atOnce: true as const }));
      },
    } as Rule;
    expect(await deliver(world, ring(0), [loud])).toEqual(['told']);
    expect(world.log).not.toContain('count');
  });

  it('counts nothing that is off, exempt, or failed', async () => {
    const world = toyWorld();
    const exemption = { rule: 'toy/rings', resource: '*', owner: 'a', reason: 'b', expires: '2027-01-01' };
    expect(await deliver(world, ring(0), rules, { modes: [{ rule: 'toy/*', mode: 'off' }] })).toEqual(['off']);
    expect(await deliver(world, ring(1), rules, { exemptions: [exemption] })).toEqual(['exempt']);
    expect(await deliver(world, ring(2, { errorCode: 'AccessDenied' }), rules)).toEqual(['attempt']);
    expect(world.log).not.toContain('count');
  });

  it('counts by when it happened; without a time, by when it came', async () => {
    const world = toyWorld();
    for (const time of [null, 'yesterday']) expect(await deliver(world, ring(0, { time }), rules)).toEqual(['counted']);
    expect(await deliver(world, call('RingBell', { time: '2026-03-01T09:55:00Z' }), rules)).toEqual(['told']);
  });

  it('leaves other rules as they were', async () => {
    const world = toyWorld();
    expect(outcomesOf(await handle(ring(0), world.deps([countsBell, hearsBell])))).toEqual(['told', 'counted']);
  });
});

it.each(kinds)(
  'interrupted at any call ($when, dies: $dies): told, once or at the worst twice, and one incident',
  async (kind) => {
    const two = async (): Promise<World> => {
      const world = toyWorld();
      await rung(world, 0, 1);
      return world;
    };
    await atEveryCall(two, kind, async (world) => {
      const event = ring(2);
      await persist(world, () => handle(event, world.deps(rules)));
      expect(world.only(), world.log.join(', ')).toMatchObject({ outcome: 'told', told: 'told' });
    });
  },
);
