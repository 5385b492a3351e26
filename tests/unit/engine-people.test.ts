/** What people decide: approve and undo. */
import { describe, expect, it } from 'vitest';
import { due } from '../../shared/core/due.ts';
import type { Config } from '../../shared/core/mode.ts';
import { approve, undo, wantBack } from '../../shared/core/people.ts';
import type { Rule } from '../../shared/core/rule.ts';
import { render } from '../../shared/notify/message.ts';
import {
  ask,
  atEveryCall,
  bob,
  call,
  decide,
  deliver,
  exempt,
  holding,
  kinds,
  lit,
  out,
  outcomesOf,
  persist,
  putsOut,
  retried,
  toyWorld,
  type World,
} from '../support/toys.ts';

describe('approve', () => {
  async function question(world: World): Promise<string> {
    await deliver(world, call(), undefined, ask);
    return world.only().id;
  }
  const carryOut = async (world: World, id: string) =>
    (await approve(id, world.deps([putsOut(world.lens)], ask))).outcome;

  it('carries out what was shown', async () => {
    const world = toyWorld();
    const id = await question(world);
    expect(world.lamp()).toEqual(lit);
    await decide(world, id);
    expect(await carryOut(world, id)).toBe('fixed');
    expect(world.lamp()).toEqual(out);
    expect(world.only()).toMatchObject({
      outcome: 'fixed',
      told: 'fixed',
      note: `approved by ${bob}`,
      before: { state: lit },
      after: { state: out },
    });
    expect(world.told.map((one) => one.outcome)).toEqual(['asked', 'fixed']);
    expect(world.only().timeline).toContainEqual(expect.objectContaining({ what: 'approved', by: bob }));
  });

  it.each<[string, (world: World, id: string) => Promise<unknown>, string]>([
    ['without a decision', async () => {}, 'NotDecided'],
    ['of what is fixed', async (world, id) => decide(world, id).then(() => carryOut(world, id)), 'NotAsked'],
  ])('%s is refused', async (_, first, name) => {
    const world = toyWorld();
    const id = await question(world);
    await first(world, id);
    const writes = world.log.filter((what) => what === 'write').length;
    await expect(carryOut(world, id)).rejects.toMatchObject({ name });
    expect(world.log.filter((what) => what === 'write')).toHaveLength(writes);
  });

  it('of an unknown incident, or while the lens is taken, is refused', async () => {
    const world = toyWorld();
    await expect(carryOut(world, 'fb-none')).rejects.toMatchObject({ name: 'NoIncident' });
    const id = await question(world);
    await decide(world, id);
    await world.store.lock(world.only().lease ?? '', 'somebody', '2026-03-01T11:00:00.000Z');
    await expect(carryOut(world, id)).rejects.toMatchObject({ name: 'LeaseHeld' });
    expect(world.lamp()).toEqual(lit);
  });

  it('asks anew where it changed after the question, and needs a new decision', async () => {
    const world = toyWorld();
    const id = await question(world);
    await decide(world, id);
    world.set('hall', { ...lit, watts: 500 });
    expect(await carryOut(world, id)).toBe('replanned');
    expect(world.only()).toMatchObject({
      outcome: 'asked',
      before: { state: { watts: 500 } },
      plan: { state: { watts: 500, lit: false } },
    });
    expect(world.only().decision).toBeUndefined();
    expect(world.told.map((one) => one.outcome)).toEqual(['asked', 'asked']);
    await expect(carryOut(world, id)).rejects.toMatchObject({ name: 'NotDecided' });
    await decide(world, id);
    expect(await carryOut(world, id)).toBe('fixed');
    expect(world.lamp()).toEqual({ ...out, watts: 500 });
  });

  it('finds it safe where somebody was faster, and does not call that a fix', async () => {
    const world = toyWorld();
    const id = await question(world);
    await decide(world, id);
    world.set('hall', out);
    expect(await carryOut(world, id)).toBe('safe');
    expect(world.log).not.toContain('write');
  });

  it('frees the lens after a fault, and may be said again', async () => {
    const world = toyWorld();
    const id = await question(world);
    await decide(world, id);
    world.writes(() => {});
    await expect(carryOut(world, id)).rejects.toMatchObject({ name: 'NotProven' });
    expect(world.only().outcome).toBe('open');
    world.writes((name, to, put) => put(name, to));
    expect(await carryOut(world, id)).toBe('fixed');
  });
});

describe('undo', () => {
  async function fixed(world: World): Promise<string> {
    await deliver(world, call());
    return world.only().id;
  }
  const takeBack = async (world: World, id: string, force = false) =>
    (await undo(id, bob, force, world.deps([putsOut(world.lens)]))).outcome;

  it('writes what was there before, reads it back, and tells', async () => {
    const world = toyWorld();
    const id = await fixed(world);
    expect(await takeBack(world, id)).toBe('undone');
    expect(world.lamp()).toEqual(lit);
    expect(world.only()).toMatchObject({
      outcome: 'undone',
      told: 'undone',
      after: { state: lit },
      writes: [{ requestId: 'request-1' }, { requestId: 'request-2' }],
    });
    expect(world.told.map((one) => one.outcome)).toEqual(['fixed', 'undone']);
  });

  it('is not fought: its own event is ours', async () => {
    const world = toyWorld();
    await takeBack(world, await fixed(world));
    expect(await deliver(world, call('LightLamp', { requestId: 'request-2' }))).toEqual(['own']);
    expect(world.lamp()).toEqual(lit);
  });

  it('is refused where it changed after the fix, and forced all the same', async () => {
    const world = toyWorld();
    const id = await fixed(world);
    world.set('hall', { ...out, watts: 7 });
    expect(await takeBack(world, id)).toBe('drifted');
    expect(world.lamp()).toEqual({ ...out, watts: 7 });
    expect(world.only().outcome).toBe('fixed');
    expect(await takeBack(world, id, true)).toBe('undone');
    expect(world.lamp()).toEqual(lit);
  });

  it('writes nothing where it is as before already', async () => {
    const world = toyWorld();
    const id = await fixed(world);
    world.set('hall', lit);
    const writes = world.log.filter((what) => what === 'write').length;
    expect(await takeBack(world, id)).toBe('undone');
    expect(world.log.filter((what) => what === 'write')).toHaveLength(writes);
  });

  it.each<[string, Partial<Config>]>([
    ['rehearsed', { preset: 'guard' }],
    ['asked', ask],
    ['exempt', exempt({})],
  ])('of what is %s has nothing to take back, forced or not', async (_, config) => {
    const world = toyWorld();
    await deliver(world, call(), undefined, config);
    for (const force of [false, true])
      await expect(takeBack(world, world.only().id, force)).rejects.toMatchObject({ name: 'NothingToUndo' });
    expect(world.lamp()).toEqual(lit);
  });

  it('of a failed fix needs force', async () => {
    const world = toyWorld();
    world.writes((name, to, put) => put(name, to && { ...to, lit: true, watts: 1 }));
    await retried(world, call());
    world.writes((name, to, put) => put(name, to));
    const { id, outcome } = world.only();
    expect(outcome).toBe('failed');
    await expect(takeBack(world, id)).rejects.toMatchObject({ name: 'NothingToUndo' });
    expect(await takeBack(world, id, true)).toBe('undone');
    expect(world.lamp()).toEqual(lit);
  });

  it('twice is refused', async () => {
    const world = toyWorld();
    const id = await fixed(world);
    await takeBack(world, id);
    await expect(takeBack(world, id)).rejects.toMatchObject({ name: 'NothingToUndo' });
  });

  it('of what has no way back is refused, and of a rule that is gone', async () => {
    const world = toyWorld();
    const id = await fixed(world);
    await expect(undo(id, bob, true, world.deps([]))).rejects.toMatchObject({ name: 'NoRule' });
    const incident = world.only();
    await world.store.save({ ...incident, undo: 'none', version: incident.version + 1 });
    await expect(takeBack(world, id, true)).rejects.toMatchObject({ name: 'OneWay' });
  });

  it('of a write that does nothing is never called undone', async () => {
    const world = toyWorld();
    const id = await fixed(world);
    world.writes(() => {});
    await expect(takeBack(world, id)).rejects.toMatchObject({ name: 'NotProven' });
    expect(world.only().outcome).toBe('fixed');
  });
});

describe('undo by a message, in the room', () => {
  const rulesOf = (world: World) => [putsOut(world.lens)];
  async function wanted(world: World, rules: readonly Rule[] = rulesOf(world)): Promise<string> {
    await deliver(world, call(), rules);
    await wantBack(world.only().id, bob, world.deps([]));
    return world.only().id;
  }
  const carriedOut = async (world: World, id: string, rules = rulesOf(world)) =>
    (await approve(id, world.deps(rules))).outcome;
  const look = async (world: World, id: string) => outcomesOf(await due(id, world.deps(rulesOf(world))));

  it('writes what was there before, reads it back, and tells; nothing stays due', async () => {
    const world = toyWorld();
    const id = await wanted(world);
    expect(world.lamp()).toEqual(out);
    expect(await carriedOut(world, id)).toBe('undone');
    expect(world.lamp()).toEqual(lit);
    expect(world.only()).toMatchObject({ note: `taken back by ${bob}`, after: { state: lit } });
    expect(world.only().timeline).toContainEqual(expect.objectContaining({ what: 'undo begun', by: bob }));
    expect(world.told.map(({ outcome }) => outcome)).toEqual(['fixed', 'undone']);
    expect(await world.store.overdue('toy', '2027')).toEqual([]);
    await expect(carriedOut(world, id)).rejects.toMatchObject({ name: 'NotAsked' });
  });

  it('stays where it changed since: told with the command, and not tried again until somebody says so', async () => {
    const world = toyWorld();
    const id = await wanted(world);
    world.set('hall', { ...out, watts: 5 });
    expect(await carriedOut(world, id)).toBe('fixed');
    expect(world.lamp()).toEqual({ ...out, watts: 5 });
    expect(world.only()).toMatchObject({
      outcome: 'fixed',
      undoing: { by: bob, refused: true },
      note: `${bob} wants it taken back; it changed since: npx firebreak undo ${id} --force`,
    });
    expect(world.told.map(({ outcome }) => outcome)).toEqual(['fixed', 'fixed']);
    world.set('hall', out);
    expect(await look(world, id)).toEqual(['fixed']);
    expect(world.lamp()).toEqual(out);
    await wantBack(id, bob, world.deps([]));
    expect(await carriedOut(world, id)).toBe('undone');
  });

  it('writes nothing while Firebreak is paused, and says so', async () => {
    const world = toyWorld();
    const id = await wanted(world);
    world.store.pause([{ until: '2026-03-01T11:00:00.000Z', by: bob, reason: 'x' }]);
    expect(await carriedOut(world, id)).toBe('fixed');
    expect(world.lamp()).toEqual(out);
    expect(world.only().note).toContain('once that is over, say it again');
    expect(world.told).toHaveLength(2);
  });

  it('ends a hold; one that stays ends when it was to end', async () => {
    const world = toyWorld();
    const rules = [holding(putsOut(world.lens), 60)];
    const id = await wanted(world, rules);
    const { until } = world.only();
    world.set('hall', { ...out, watts: 5 });
    expect(await carriedOut(world, id, rules)).toBe('held');
    expect(world.only()).toMatchObject({ outcome: 'held', until });
    expect(await world.store.overdue('toy', until ?? '')).toEqual([{ incident: id }]);
    world.set('hall', out);
    await wantBack(id, bob, world.deps([]));
    expect(await carriedOut(world, id, rules)).toBe('undone');
    expect(await world.store.overdue('toy', '2027')).toEqual([]);
  });

  it('is no role’s where the way back is not the fix’s own', async () => {
    const world = toyWorld();
    const rules = [putsOut({ ...world.lens, undo: () => 'operator' })];
    await deliver(world, call(), rules);
    await expect(wantBack(world.only().id, bob, world.deps([]))).rejects.toMatchObject({ name: 'NothingToUndo' });
  });

  it.each(kinds)('killed at any call is done in the end, once ($when, dies: $dies)', async (kind) => {
    await atEveryCall(
      async () => {
        const world = toyWorld();
        await wanted(world);
        return world;
      },
      kind,
      async (world) => {
        const { id } = world.only();
        await persist(world, () => carriedOut(world, id), 'NotAsked');
        // A pause that can't be read is one.
        if (world.only().undoing?.refused) return expect(world.lamp()).toEqual(out);
        expect(world.lamp()).toEqual(lit);
        expect(world.changes()).toBe(2);
        expect(world.only()).toMatchObject({ outcome: 'undone', told: 'undone', before: { state: lit } });
      },
    );
  });

  it('of which the room died is gone on with by a look; its call is known as ours meanwhile', async () => {
    const world = toyWorld();
    const id = await wanted(world);
    const died = new Error('killed');
    const deps = world.deps(rulesOf(world));
    // Written, and dead before the answer could be noted.
    const dying = { ...deps, record: async () => Promise.reject(died) };
    await expect(approve(id, dying)).rejects.toThrow('killed');
    expect(world.dues.at(-1)).toMatchObject({ incident: id });
    const at = { time: world.now().toISOString(), requestId: 'lost' };
    const arn = 'arn:aws:sts::111122223333:assumed-role/firebreak-toy-eu-central-1/x';
    world.wait(200);
    expect(await deliver(world, call('LightLamp', { arn, ...at }))).toEqual(['own', 'witness']);
    // Else nothing is louder than a call by a role of ours that no incident made.
    expect(world.told.map(({ outcome }) => outcome)).toEqual(['fixed']);
    expect(await look(world, id)).toEqual(['undone']);
    expect(world.lamp()).toEqual(lit);
  });

  it('that fails, look after look, is told as a failed undo', async () => {
    const world = toyWorld();
    const id = await wanted(world);
    world.writes(() => {});
    await expect(carriedOut(world, id)).rejects.toMatchObject({ name: 'NotProven' });
    for (let tries = 0; tries < 3; tries += 1) {
      world.wait(300);
      await expect(look(world, id)).rejects.toMatchObject({ name: 'NotProven' });
    }
    expect(world.only()).toMatchObject({ outcome: 'failed', told: 'failed' });
    expect(world.only().note).toContain(`npx firebreak undo ${id} --force`);
    expect(render(world.only()).text).toContain('the undo did not succeed');
    expect(render(world.only()).subject).toContain('UNDO FAILED');
    expect(await world.store.overdue('toy', '2027')).toEqual([]);
  });

  it('that nobody said, or that somebody wrote into the table, is not carried out', async () => {
    const world = toyWorld();
    await deliver(world, call());
    const { id } = world.only();
    await expect(carriedOut(world, id)).rejects.toMatchObject({ name: 'NotAsked' });
    await world.tamper(id, { undoing: { by: bob, at: world.now().toISOString() } });
    await expect(carriedOut(world, id)).rejects.toMatchObject({ name: 'Forged' });
    await expect(look(world, id)).rejects.toMatchObject({ name: 'Forged' });
    expect(world.lamp()).toEqual(out);
  });
});
