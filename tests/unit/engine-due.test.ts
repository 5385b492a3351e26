/** What is looked at again: states that settle, holds that end, questions that nobody answered. */
import { describe, expect, it } from 'vitest';
import { due } from '../../shared/core/due.ts';
import { handle } from '../../shared/core/engine.ts';
import { canonical } from '../../shared/core/json.ts';
import type { Config } from '../../shared/core/mode.ts';
import type { Outcome } from '../../shared/core/outcome.ts';
import { approve, undo } from '../../shared/core/people.ts';
import type { Lens, Rule } from '../../shared/core/rule.ts';
import {
  ask,
  atEveryCall,
  bob,
  call,
  decide,
  deliver,
  dims,
  found,
  holding,
  kinds,
  type Lamp,
  lit,
  out,
  outcomesOf,
  persist,
  putsBack,
  putsOut,
  stateOf,
  toyWorld,
  type World,
} from '../support/toys.ts';

type LampLens = Lens<{ readonly lamp: string }, Lamp>;

const minutes = (world: World, from: number, to: number): number =>
  (Date.parse(world.dues[to]?.at ?? '') - Date.parse(world.dues[from]?.at ?? '')) / 60_000;

/** Wakes what is scheduled, in order of time, as Scheduler would, until nothing of it is left. */
async function wakeAll(world: World, rules: readonly Rule[]): Promise<readonly Outcome[]> {
  const ends: Outcome[] = [];
  for (let done = 0; done < world.dues.length; done += 1) {
    const next = world.dues[done];
    if (!next) break;
    world.wait(Math.max(0, (Date.parse(next.at) - world.now().getTime()) / 1000));
    ends.push(...outcomesOf(await due('incident' in next ? next.incident : '', world.deps(rules))));
  }
  return ends;
}

describe('a state that takes minutes', () => {
  /** Writes show only so many seconds after they were made. */
  function slow(world: World, seconds: number, more: Partial<LampLens> = {}): readonly Rule[] {
    let pending: { to: Lamp | null; at: number } | null = null;
    world.writes((_name, to) => {
      pending = { to, at: world.now().getTime() + seconds * 1000 };
    });
    const read: LampLens['read'] = async (target) => {
      if (pending && world.now().getTime() >= pending.at) {
        world.set(target.lamp, pending.to);
        pending = null;
      }
      return world.lens.read(target);
    };
    return [putsOut({ ...world.lens, read, settles: 10, ...more })];
  }

  it('settles: told to nobody until a look finds it safe', async () => {
    const world = toyWorld();
    const rules = slow(world, 150);
    expect(await deliver(world, call(), rules)).toEqual(['settling']);
    expect(world.told).toEqual([]);
    expect(world.only()).toMatchObject({ outcome: 'settling', before: { state: lit }, plan: { state: out } });
    expect(await wakeAll(world, rules)).toEqual(['settling', 'settling', 'fixed']);
    expect(world.only()).toMatchObject({ outcome: 'fixed', told: 'fixed', after: { state: out } });
    expect(world.log.filter((what) => what === 'write')).toHaveLength(1);
    expect(await world.store.overdue('toy', '2027')).toEqual([]);
  });

  it('is our own write while it settles, and can be undone after', async () => {
    const world = toyWorld();
    const rules = slow(world, 150);
    await deliver(world, call(), rules);
    expect(await deliver(world, call('LightLamp', { requestId: 'request-1' }), rules)).toEqual(['own']);
    await wakeAll(world, rules);
    world.writes((name, to, put) => put(name, to));
    expect(await undo(world.only().id, bob, false, world.deps([putsOut(world.lens)]))).toMatchObject({
      outcome: 'undone',
    });
    expect(world.lamp()).toEqual(lit);
  });

  it('that never comes is failed at the end of its time, and told', async () => {
    const world = toyWorld();
    const rules = slow(world, 100_000);
    await deliver(world, call(), rules);
    const ends = await wakeAll(world, rules);
    expect(new Set(ends.slice(0, -1))).toEqual(new Set(['settling']));
    expect(ends.at(-1)).toBe('failed');
    expect(ends.length).toBeLessThan(13);
    expect(world.only()).toMatchObject({ outcome: 'failed', told: 'failed', note: expect.stringContaining('waited') });
    expect(await world.store.overdue('toy', '2027')).toEqual([]);
  });

  it('is waited for where it cannot be changed yet: what is then there counts as before', async () => {
    const world = toyWorld({ hall: { ...lit, colour: 'modifying' } });
    const rules = [putsOut({ ...world.lens, settles: 10, ready: ({ colour }) => colour !== 'modifying' })];
    expect(await deliver(world, call(), rules)).toEqual(['settling']);
    expect(world.changes()).toBe(0);
    world.wait(60);
    expect(outcomesOf(await due(world.only().id, world.deps(rules)))).toEqual(['settling']);
    world.set('hall', { ...lit, watts: 60 });
    world.wait(60);
    expect(outcomesOf(await due(world.only().id, world.deps(rules)))).toEqual(['fixed']);
    expect(world.only()).toMatchObject({
      before: { state: { ...lit, watts: 60 } },
      after: { state: { lit: false, watts: 60 } },
    });
    expect(await undo(world.only().id, bob, false, world.deps(rules))).toMatchObject({ outcome: 'undone' });
    expect(world.lamp()).toEqual({ ...lit, watts: 60 });
  });

  it('that somebody else made safe meanwhile is safe, not fixed', async () => {
    const world = toyWorld({ hall: { ...lit, colour: 'modifying' } });
    const rules = [putsOut({ ...world.lens, settles: 10, ready: ({ colour }) => colour !== 'modifying' })];
    await deliver(world, call(), rules);
    world.set('hall', out);
    world.wait(60);
    expect(outcomesOf(await due(world.only().id, world.deps(rules)))).toEqual(['safe']);
    expect(await world.store.overdue('toy', '2027')).toEqual([]);
  });

  it('asks where a pause began meanwhile', async () => {
    const world = toyWorld({ hall: { ...lit, colour: 'modifying' } });
    const rules = [putsOut({ ...world.lens, settles: 10, ready: ({ colour }) => colour !== 'modifying' })];
    await deliver(world, call(), rules);
    world.set('hall', lit);
    world.wait(60);
    world.store.pause([{ until: '2026-03-01T11:00:00Z', by: bob, reason: 'a migration' }]);
    expect(outcomesOf(await due(world.only().id, world.deps(rules)))).toEqual(['asked']);
    expect(world.lamp()).toEqual(lit);
  });

  it('is waited for by an approval, too, which carries out only what was shown', async () => {
    for (const [watts, end] of [
      [100, 'fixed'],
      [7, 'asked'],
    ] as const) {
      const world = toyWorld();
      let busy = true;
      const rules = [putsOut({ ...world.lens, settles: 10, ready: () => !busy })];
      await deliver(world, call(), rules, ask);
      const { id } = world.only();
      await decide(world, id);
      expect(await approve(id, world.deps(rules, ask))).toMatchObject({ outcome: 'settling' });
      busy = false;
      world.set('hall', { ...lit, watts });
      world.wait(60);
      await due(id, world.deps(rules, ask));
      expect(world.only().outcome).toBe(end);
      expect(world.lamp()).toEqual(watts === 100 ? out : { ...lit, watts });
      expect(world.only().decision === undefined).toBe(end === 'asked');
    }
  });

  it('is not waited for as long as its question was open', async () => {
    const world = toyWorld();
    const rules = [putsOut({ ...world.lens, settles: 10, ready: () => false })];
    await deliver(world, call(), rules, ask);
    await decide(world, world.only().id);
    await approve(world.only().id, world.deps(rules, ask));
    expect(Date.parse(world.only().until ?? '') - world.now().getTime()).toBe(600_000);
  });

  it('is written again by the next look where the write of one failed', async () => {
    const world = toyWorld();
    let busy = true;
    const rules = [putsOut({ ...world.lens, settles: 10, ready: () => !busy })];
    await deliver(world, call(), rules);
    busy = false;
    world.wait(60);
    world.writes(() => {
      throw Object.assign(new Error('not in this state'), { name: 'InvalidState' });
    });
    expect(outcomesOf(await due(world.only().id, world.deps(rules)))).toEqual(['settling']);
    expect(world.only().note).toContain('InvalidState: not in this state');
    world.writes((name, to, put) => put(name, to));
    world.wait(60);
    expect(outcomesOf(await due(world.only().id, world.deps(rules)))).toEqual(['fixed']);
    expect(world.lamp()).toEqual(out);
    expect(stateOf(world.only(), 'before')).toEqual(lit);
  });

  it('is looked at again where a look failed, and is failed where looks fail to the end', async () => {
    const world = toyWorld();
    const rules = slow(world, 30);
    await deliver(world, call(), rules);
    const broken = slow(world, 30, {
      read: async () => {
        throw Object.assign(new Error('not now'), { name: 'ServiceUnavailable' });
      },
    });
    world.wait(60);
    expect(outcomesOf(await due(world.only().id, world.deps(broken)))).toEqual(['settling']);
    expect(world.only().note).toContain('ServiceUnavailable: not now');
    world.wait(600);
    expect(outcomesOf(await due(world.only().id, world.deps(broken)))).toEqual(['failed']);
    expect(world.only()).toMatchObject({ told: 'failed' });
  });

  it('is found by the look for another, where its own was missed', async () => {
    const world = toyWorld({ hall: lit, attic: lit });
    const rules = slow(world, 90);
    await deliver(world, call('LightLamp', { lamp: 'hall' }), rules);
    const [hall] = world.store.all();
    world.wait(120);
    await deliver(world, call('LightLamp', { lamp: 'attic', time: world.now().toISOString() }), rules);
    const attic = world.store.all().find(({ id }) => id !== hall?.id);
    world.wait(60);
    const results = await due(attic?.id ?? '', world.deps(rules));
    expect(results.map(({ incident }) => incident).sort()).toEqual([hall?.id, attic?.id].sort());
    expect((await world.store.get(hall?.id ?? ''))?.outcome).not.toBe('open');
  });

  it('counts for the circuit breaker, and keeps what was counted', async () => {
    const world = toyWorld();
    const rules = slow(world, 90);
    const ends: Outcome[] = [];
    for (let n = 0; n < 3; n += 1) {
      world.wait(60);
      world.set('hall', lit);
      const [end] = await deliver(world, call('LightLamp', { time: world.now().toISOString() }), rules);
      ends.push(end ?? 'open');
      const last = world.store.all().at(-1)?.id ?? '';
      world.wait(120);
      if (end === 'settling') await due(last, world.deps(rules));
    }
    expect(ends).toEqual(['settling', 'settling', 'asked']);
  });

  it.each(kinds)('comes to its end, whatever call of a look is interrupted ($when, dies: $dies)', async (kind) => {
    let rules: readonly Rule[] = [];
    const settling = async (): Promise<World> => {
      const world = toyWorld();
      rules = slow(world, 30);
      await deliver(world, call(), rules);
      world.wait(60);
      return world;
    };
    await atEveryCall(settling, kind, async (world) => {
      const { id } = world.only();
      const mine = rules;
      await persist(world, () => due(id, world.deps(mine)));
      for (let n = 0; n < 3 && world.only().outcome === 'settling'; n += 1) {
        world.wait(60);
        await due(id, world.deps(mine));
      }
      expect(world.only(), world.log.join(', ')).toMatchObject({ outcome: 'fixed', before: { state: lit } });
      expect(world.log.filter((what) => what === 'write')).toHaveLength(1);
    });
  });
});

describe('what is read later', () => {
  /** The rule's findings are read an hour later; a switch makes them surer than a read. */
  const later = (rule: Rule): Rule => {
    const detect: Rule['detect'] = (...args) => {
      const findings = rule.detect(...args);
      return 'unreadable' in findings ? findings : findings.map((one) => ({ ...one, after: 60 }));
    };
    return { ...rule, detect } as Rule;
  };
  const rules = (world: World): readonly Rule[] => [later(putsOut(world.lens))];
  const look = async (world: World, config: Partial<Config> = {}): Promise<readonly Outcome[]> =>
    outcomesOf(await due(world.only().id, world.deps(rules(world), config)));

  it('is neither read nor told of until then, and then asks, whatever the mode', async () => {
    const world = toyWorld();
    expect(await deliver(world, call(), rules(world))).toEqual(['waiting']);
    expect(world.log).not.toContain('read');
    expect(world.told).toEqual([]);
    expect((Date.parse(world.dues[0]?.at ?? '') - world.now().getTime()) / 60_000).toBe(60);
    world.wait(3599);
    expect(await look(world)).toEqual(['waiting']);
    world.wait(1);
    expect(await look(world)).toEqual(['asked']);
    expect(world.only()).toMatchObject({ mode: 'approve', before: { state: lit }, plan: { state: out } });
    expect(world.told.map(({ outcome }) => outcome)).toEqual(['asked']);
    expect(world.changes()).toBe(0);
    await decide(world, world.only().id);
    expect(await approve(world.only().id, world.deps(rules(world)))).toMatchObject({ outcome: 'fixed' });
    expect(world.lamp()).toEqual(out);
  });

  it('is safe, and told to nobody, where it was made safe or is gone by then', async () => {
    for (const state of [out, null]) {
      const world = toyWorld();
      await deliver(world, call(), rules(world));
      world.set('hall', state);
      expect(await wakeAll(world, rules(world))).toEqual(['safe']);
      expect(world.told).toEqual([]);
      expect(await world.store.overdue('toy', '2027')).toEqual([]);
    }
  });

  it('rehearses where the mode is notify', async () => {
    const world = toyWorld();
    await deliver(world, call(), rules(world), { modes: [{ rule: 'toy/*', mode: 'notify' }] });
    expect(world.told).toEqual([]);
    world.wait(3600);
    expect(await look(world)).toEqual(['rehearsed']);
    expect(await world.store.overdue('toy', '2027')).toEqual([]);
  });

  it('is one wait, however often its event comes; and what is read at once does not wait for it', async () => {
    const world = toyWorld();
    const event = call();
    await deliver(world, event, rules(world));
    expect(await deliver(world, event, rules(world))).toEqual(['duplicate']);
    expect(world.dues).toHaveLength(1);
    const both = toyWorld();
    expect(await deliver(both, call(), [later(putsOut(both.lens)), later(dims(both.lens))])).toEqual(['waiting']);
    const mixed = toyWorld();
    const ends = await deliver(mixed, call(), [later(putsOut(mixed.lens)), dims(mixed.lens)]);
    expect(ends).toEqual(['fixed', 'waiting']);
  });

  it('is told with what was learned meanwhile', async () => {
    const world = toyWorld();
    const back = [later(putsBack(world.lens))];
    await deliver(world, call(), back);
    const { lease = '' } = world.only();
    const deps = world.deps(back);
    const lesson = { room: 'toy', rule: 'toy/learns', lease, target: { lamp: 'hall' }, state: out, by: bob };
    const said = { ...lesson, at: '2026-02-01T00:00:00Z', stood: true };
    const code = await deps.sign(canonical({ lesson: said }));
    world.store.teach(lease, { learned: { ...said, code }, candidate: null });
    world.wait(3600);
    expect(outcomesOf(await due(world.only().id, deps))).toEqual(['asked']);
    expect(stateOf(world.only(), 'plan')).toEqual(out);
  });

  it('does nothing from a record that somebody changed', async () => {
    const world = toyWorld();
    await deliver(world, call(), rules(world));
    await world.tamper(world.only().id, { target: { lamp: 'attic' } });
    world.wait(3600);
    await expect(look(world)).rejects.toMatchObject({ name: 'Forged' });
  });

  it('is told as failed where it could not be read three times', async () => {
    const world = toyWorld();
    const broken = [later(putsOut({ ...world.lens, read: () => Promise.reject(new Error('not now')) }))];
    await deliver(world, call(), broken);
    world.wait(3600);
    for (let n = 0; n < 3; n += 1) await expect(due(world.only().id, world.deps(broken))).rejects.toThrow('not now');
    expect(world.only()).toMatchObject({ outcome: 'failed', told: 'failed' });
    expect(world.only().note).toContain('not now');
  });

  it.each(kinds)('comes to its end, whatever call is interrupted ($when, dies: $dies)', async (kind) => {
    const notify: Partial<Config> = { modes: [{ rule: 'toy/*', mode: 'notify' }] };
    for (const [state, end, config] of [
      [lit, 'asked', {}],
      [lit, 'rehearsed', notify],
      [out, 'safe', {}],
    ] as const)
      await atEveryCall(
        async () => toyWorld(),
        kind,
        async (world) => {
          const event = call();
          await persist(world, () => deliver(world, event, rules(world), config));
          world.set('hall', state);
          world.wait(3600);
          await persist(world, () => look(world, config));
          expect(world.only(), world.log.join(', ')).toMatchObject({ outcome: end });
          expect(world.told.filter(({ outcome }) => outcome === end).length > 0).toBe(end !== 'safe');
        },
      );
  });
});

describe('a hold', () => {
  const hold = (world: World): readonly Rule[] => [holding(putsOut(world.lens), 60)];

  it('holds until its time is over, then puts back what was there, and tells both', async () => {
    const world = toyWorld();
    expect(await deliver(world, call(), hold(world))).toEqual(['held']);
    expect(world.only()).toMatchObject({ outcome: 'held', told: 'held', after: { state: out } });
    expect(Date.parse(world.only().until ?? '') - world.now().getTime()).toBe(3_600_000);
    world.wait(3599);
    expect(outcomesOf(await due(world.only().id, world.deps(hold(world))))).toEqual(['held']);
    expect(world.lamp()).toEqual(out);
    world.wait(1);
    expect(outcomesOf(await due(world.only().id, world.deps(hold(world))))).toEqual(['released']);
    expect(world.lamp()).toEqual(lit);
    expect(world.told.map(({ outcome }) => outcome)).toEqual(['held', 'released']);
    expect(await world.store.overdue('toy', '2027')).toEqual([]);
    expect(outcomesOf(await due(world.only().id, world.deps(hold(world))))).toEqual(['released']);
    expect(world.changes()).toBe(2);
  });

  it('ends by a write that is ours', async () => {
    const world = toyWorld();
    await deliver(world, call(), hold(world));
    await wakeAll(world, hold(world));
    expect(await deliver(world, call('LightLamp', { requestId: 'request-2' }), hold(world))).toEqual(['own']);
  });

  it('is a witness’s fire like any other', async () => {
    const world = toyWorld();
    await deliver(world, call(), hold(world));
    world.wait(300);
    expect(await deliver(world, found('finding-1', world.now().toISOString()), hold(world))).toEqual(['witness']);
  });

  it('that is gone already is released without a write', async () => {
    const world = toyWorld();
    await deliver(world, call(), hold(world));
    world.set('hall', lit);
    world.wait(3600);
    expect(outcomesOf(await due(world.only().id, world.deps(hold(world))))).toEqual(['released']);
    expect(world.log.filter((what) => what === 'write')).toHaveLength(1);
  });

  it('whose state somebody changed is left, and told: drifted; then a person may force it', async () => {
    const world = toyWorld();
    await deliver(world, call(), hold(world));
    world.set('hall', { ...out, watts: 7 });
    world.wait(3600);
    expect(outcomesOf(await due(world.only().id, world.deps(hold(world))))).toEqual(['drifted']);
    expect(world.lamp()).toEqual({ ...out, watts: 7 });
    expect(world.only()).toMatchObject({
      outcome: 'drifted',
      told: 'drifted',
      note: expect.stringContaining('--force'),
    });
    expect(await undo(world.only().id, bob, true, world.deps(hold(world)))).toMatchObject({ outcome: 'undone' });
    expect(world.lamp()).toEqual(lit);
  });

  it('whose lens knows its own part takes only that away', async () => {
    const world = toyWorld();
    // Its part is whether the lamp burns: whatever else was changed stays.
    const back: LampLens['back'] = (before, now) => now && { ...now, lit: before?.lit ?? false };
    const rules = [holding(putsOut({ ...world.lens, back }), 60)];
    await deliver(world, call(), rules);
    world.set('hall', { ...out, watts: 7 });
    world.wait(3600);
    expect(outcomesOf(await due(world.only().id, world.deps(rules)))).toEqual(['released']);
    expect(world.lamp()).toEqual({ ...lit, watts: 7 });
  });

  it('is ended early by undo, and the look at its end finds nothing to do', async () => {
    const world = toyWorld();
    await deliver(world, call(), hold(world));
    expect(await undo(world.only().id, bob, false, world.deps(hold(world)))).toMatchObject({ outcome: 'undone' });
    expect(world.lamp()).toEqual(lit);
    world.set('hall', out);
    expect(await wakeAll(world, hold(world))).toEqual(['undone']);
    expect(world.lamp()).toEqual(out);
  });

  it('goes on while Firebreak is paused, and ends after', async () => {
    const world = toyWorld();
    await deliver(world, call(), hold(world));
    world.wait(3600);
    const until = new Date(world.now().getTime() + 600_000).toISOString();
    world.store.pause([{ until, by: bob, reason: 'a migration' }]);
    expect(outcomesOf(await due(world.only().id, world.deps(hold(world))))).toEqual(['held']);
    expect(world.lamp()).toEqual(out);
    expect(world.dues.at(-1)).toEqual({ incident: world.only().id, at: until });
    expect(world.told).toHaveLength(1);
    world.wait(600);
    expect(outcomesOf(await due(world.only().id, world.deps(hold(world))))).toEqual(['released']);
  });

  it('that cannot be ended is told after three tries, and does not go round for ever', async () => {
    const world = toyWorld();
    await deliver(world, call(), hold(world));
    const { id } = world.only();
    world.writes(() => {
      throw Object.assign(new Error('not yours'), { name: 'AccessDenied' });
    });
    for (let n = 0; n < 3; n += 1) {
      world.wait(3600);
      await expect(due(id, world.deps(hold(world)))).rejects.toMatchObject({ name: 'AccessDenied' });
    }
    expect(world.only()).toMatchObject({ outcome: 'failed', told: 'failed', note: expect.stringContaining('--force') });
    expect(await world.store.overdue('toy', '2027')).toEqual([]);
    world.writes((name, to, put) => put(name, to));
    expect(await undo(id, bob, true, world.deps(hold(world)))).toMatchObject({ outcome: 'undone' });
  });

  it('of a rule that this version no longer has is told of, once', async () => {
    const world = toyWorld();
    await deliver(world, call(), hold(world));
    world.wait(3600);
    expect(outcomesOf(await due(world.only().id, world.deps([])))).toEqual(['failed']);
    expect(world.only()).toMatchObject({ told: 'failed', note: expect.stringContaining('no fix for it any more') });
    expect(await world.store.overdue('toy', '2027')).toEqual([]);
  });

  it('that was missed is found by the next look', async () => {
    const world = toyWorld({ hall: lit, attic: lit });
    await deliver(world, call('LightLamp', { lamp: 'hall' }), hold(world));
    world.wait(1800);
    await deliver(world, call('LightLamp', { lamp: 'attic', time: world.now().toISOString() }), hold(world));
    const [hall, attic] = world.store.all();
    world.wait(3600);
    expect(outcomesOf(await due(attic?.id ?? '', world.deps(hold(world))))).toEqual(['released', 'released']);
    expect((await world.store.get(hall?.id ?? ''))?.outcome).toBe('released');
  });

  it.each(kinds)('is released once, whatever call is interrupted ($when, dies: $dies)', async (kind) => {
    const held = async (): Promise<World> => {
      const world = toyWorld();
      await deliver(world, call(), hold(world));
      world.wait(3600);
      return world;
    };
    const steps = await atEveryCall(held, kind, async (world) => {
      const { id } = world.only();
      await persist(world, () => due(id, world.deps(hold(world))));
      const label = world.log.join(', ');
      expect(world.lamp(), label).toEqual(lit);
      expect(world.changes(), label).toBe(2);
      expect(world.only(), label).toMatchObject({ outcome: 'released', before: { state: lit } });
      expect(
        world.told.map(({ outcome }) => outcome),
        label,
      ).toContain('released');
    });
    expect(steps).toBeGreaterThan(9);
  });

  it.each(kinds)('begins whole, whatever call is interrupted ($when, dies: $dies)', async (kind) => {
    await atEveryCall(
      async () => toyWorld(),
      kind,
      async (world, n) => {
        const event = call();
        await persist(world, () => handle(event, world.deps(hold(world))));
        if (n === 3 && !kind.dies) return;
        expect(world.only(), `call ${n}: ${world.log.join(', ')}`).toMatchObject({ outcome: 'held', told: 'held' });
        expect(stateOf(world.only(), 'before')).toEqual(lit);
        expect(await world.store.overdue('toy', '2027')).toEqual([{ incident: world.only().id }]);
        expect(world.dues.length).toBeGreaterThan(0);
        world.revive();
        world.wait(7200);
        expect(outcomesOf(await due(world.only().id, world.deps(hold(world))))).toEqual(['released']);
      },
    );
  });
});

describe('a question', () => {
  it('expires when nobody answers, and says so', async () => {
    const world = toyWorld();
    await deliver(world, call(), undefined, ask);
    expect(Date.parse(world.dues[0]?.at ?? '') - world.now().getTime()).toBe(72 * 3_600_000);
    world.wait(3600);
    expect(outcomesOf(await due(world.only().id, world.deps([putsOut(world.lens)])))).toEqual(['asked']);
    expect(await wakeAll(world, [putsOut(world.lens)])).toEqual(['expired']);
    expect(world.only()).toMatchObject({
      outcome: 'expired',
      told: 'expired',
      note: expect.stringContaining('left as it is'),
    });
    expect(world.changes()).toBe(0);
    const { id } = world.only();
    await expect(decide(world, id)).rejects.toMatchObject({ name: 'NotAsked' });
    await expect(approve(id, world.deps([putsOut(world.lens)]))).rejects.toMatchObject({ name: 'NotAsked' });
    expect(await world.store.overdue('toy', '2027')).toEqual([]);
  });

  it('that was answered is not due any more', async () => {
    const world = toyWorld();
    await deliver(world, call(), undefined, ask);
    const { id } = world.only();
    await decide(world, id);
    await approve(id, world.deps([putsOut(world.lens)], ask));
    expect(await world.store.overdue('toy', '2027')).toEqual([]);
    // The look after the approval, and the question's own end.
    expect(await wakeAll(world, [putsOut(world.lens)])).toEqual(['fixed', 'fixed']);
    expect(world.told.map(({ outcome }) => outcome)).toEqual(['asked', 'fixed']);
  });

  it('that was put again has the time of the second', async () => {
    const world = toyWorld();
    await deliver(world, call(), undefined, ask);
    const { id } = world.only();
    await decide(world, id);
    world.wait(3600);
    world.set('hall', { ...lit, watts: 60 });
    expect(await approve(id, world.deps([putsOut(world.lens)], ask))).toMatchObject({ outcome: 'replanned' });
    expect(minutes(world, 0, 1)).toBe(60);
    expect(await wakeAll(world, [putsOut(world.lens)])).toEqual(['asked', 'expired']);
  });

  it('does not expire under the hands of whoever carries it out', async () => {
    const world = toyWorld();
    await deliver(world, call(), undefined, ask);
    const { id, lease = '' } = world.only();
    await decide(world, id);
    world.wait(72 * 3600);
    await world.store.lock(lease, 'the approval', new Date(world.now().getTime() + 60_000).toISOString());
    await expect(due(id, world.deps([putsOut(world.lens)]))).rejects.toMatchObject({ name: 'LeaseHeld' });
    expect(world.only().outcome).toBe('asked');
  });
});

describe('an approval that is killed', () => {
  const rulesOf = (world: World): readonly Rule[] => [putsOut(world.lens)];
  /** Killed at the write: found, verify, lock, standing, read, later, sign, save, write. */
  async function killed(world: World, when: 'before' | 'after', rules = rulesOf(world)): Promise<string> {
    await deliver(world, call(), rules, ask);
    const { id } = world.only();
    await decide(world, id);
    world.fail({ at: 9, when, dies: true });
    await expect(approve(id, world.deps(rules, ask))).rejects.toThrow();
    world.revive();
    return id;
  }

  it.each(['before', 'after'] as const)(
    '%s its write had its effect is no question any more, and gone on with',
    async (when) => {
      const world = toyWorld();
      const id = await killed(world, when);
      expect(world.only()).toMatchObject({ outcome: 'open', decision: { by: bob } });
      expect(Date.parse(world.dues[1]?.at ?? '') - world.now().getTime()).toBe(120_000);
      world.wait(120);
      expect(outcomesOf(await due(id, world.deps(rulesOf(world), ask)))).toEqual(['fixed']);
      expect(world.lamp()).toEqual(out);
      expect(world.changes()).toBe(1);
      expect(world.only()).toMatchObject({ outcome: 'fixed', told: 'fixed', before: { state: lit } });
      expect(await world.store.overdue('toy', '2027')).toEqual([]);
    },
  );

  it('may be approved again, too', async () => {
    const world = toyWorld();
    const id = await killed(world, 'before');
    world.wait(91);
    expect(await approve(id, world.deps(rulesOf(world), ask))).toMatchObject({ outcome: 'fixed' });
  });

  it('is not gone on with under the hands of whoever carries it out', async () => {
    const world = toyWorld();
    const id = await killed(world, 'before');
    world.wait(60);
    await expect(due(id, world.deps(rulesOf(world), ask))).rejects.toMatchObject({ name: 'LeaseHeld' });
  });

  it('asks anew where something else is to be done by now', async () => {
    const world = toyWorld();
    const id = await killed(world, 'before');
    world.set('hall', { ...lit, watts: 7 });
    world.wait(120);
    expect(outcomesOf(await due(id, world.deps(rulesOf(world), ask)))).toEqual(['replanned']);
    expect(world.only()).toMatchObject({ outcome: 'asked', plan: { state: { ...out, watts: 7 } } });
    expect(world.only().decision).toBeUndefined();
  });

  it('waits while Firebreak is paused', async () => {
    const world = toyWorld();
    const id = await killed(world, 'before');
    world.store.pause([{ until: '2026-03-01T11:00:00Z', by: bob, reason: 'a migration' }]);
    world.wait(120);
    const [result] = await due(id, world.deps(rulesOf(world), ask));
    expect(result).toMatchObject({ outcome: 'open', note: expect.stringContaining('the approval waits') });
    expect(world.lamp()).toEqual(lit);
    world.wait(3600);
    expect(await wakeAll(world, rulesOf(world))).toContain('fixed');
  });

  it('that cannot be gone on with is told after three tries', async () => {
    const world = toyWorld();
    const id = await killed(world, 'before');
    world.wait(120);
    world.writes(() => {
      throw new Error('not in this state');
    });
    for (let n = 0; n < 3; n += 1)
      await expect(due(id, world.deps(rulesOf(world), ask))).rejects.toThrow('not in this');
    expect(world.only()).toMatchObject({ outcome: 'failed', told: 'failed', note: expect.stringContaining('--force') });
    expect(outcomesOf(await due(id, world.deps(rulesOf(world), ask)))).toEqual(['failed']);
  });

  it('of a rule that this version no longer has is told of', async () => {
    const world = toyWorld();
    const id = await killed(world, 'after');
    world.wait(120);
    expect(outcomesOf(await due(id, world.deps([], ask)))).toEqual(['failed']);
    expect(world.only().note).toContain('an interrupted attempt may have changed it');
  });

  it('whose event comes again is asked anew, with the before that was shown', async () => {
    const world = toyWorld();
    const event = call();
    await deliver(world, event, rulesOf(world), ask);
    await decide(world, world.only().id);
    world.fail({ at: 9, when: 'before', dies: true });
    await expect(approve(world.only().id, world.deps(rulesOf(world), ask))).rejects.toThrow();
    world.revive();
    world.wait(120);
    expect(await deliver(world, event, rulesOf(world), ask)).toEqual(['asked']);
    expect(world.only()).toMatchObject({ outcome: 'asked', before: { state: lit } });
    expect(world.only().decision).toBeUndefined();
  });
});

it('a look at what is not there, or not due, changes nothing', async () => {
  const world = toyWorld();
  await expect(due('fb-none', world.deps([putsOut(world.lens)]))).rejects.toMatchObject({ name: 'NoIncident' });
  await deliver(world, call());
  const before = world.log.length;
  expect(outcomesOf(await due(world.only().id, world.deps([putsOut(world.lens)])))).toEqual(['fixed']);
  expect(world.log.slice(before)).toEqual(['overdue', 'get']);
});
