/** Faults and deaths before and after every call to the outside, and what the next delivery or command makes of them. */
import { describe, expect, it } from 'vitest';
import { handle } from '../../shared/core/engine.ts';
import type { Incident } from '../../shared/core/incident.ts';
import { approve, undo } from '../../shared/core/people.ts';
import {
  ask,
  atEveryCall,
  bob,
  call,
  decide,
  deliver,
  kinds,
  lampRule,
  lit,
  out,
  outcomesOf,
  persist,
  putsOut,
  retried,
  stateOf,
  toyWorld,
  type World,
} from '../support/toys.ts';

const named = ({ when, dies }: (typeof kinds)[number]): string =>
  `${dies ? 'death' : 'a fault'} ${when} the effect of any call`;

function untouchedBefore(incident: Incident): void {
  expect(stateOf(incident, 'before')).toEqual(lit);
  expect(stateOf(incident, 'after')).toEqual(out);
}

describe.each(kinds)('interrupted: $when its effect, dies: $dies', (kind) => {
  it(`${named(kind)} of a fix: one change, told, true, undoable`, async () => {
    const steps = await atEveryCall(
      async () => toyWorld(),
      kind,
      async (world, n) => {
        const event = call();
        const end = await retried(world, event);
        const label = `call ${n}: ${world.log.join(', ')}`;
        expect(end, label).not.toBeInstanceOf(Error);
        // Whether it is paused could not be read, and the process lives: that asks, at once.
        if (n === 3 && !kind.dies) {
          expect(end, label).toEqual(['asked']);
          expect(world.only().note).toContain('whether Firebreak is paused could not be read (Torn)');
          expect(world.changes(), label).toBe(0);
          return;
        }
        expect(world.lamp(), label).toEqual(out);
        expect(world.changes(), label).toBe(1);
        expect(world.only(), label).toMatchObject({ outcome: 'fixed', told: 'fixed' });
        untouchedBefore(world.only());
        expect(new Set(world.told.map((one) => one.outcome)), label).toEqual(new Set(['fixed']));
        expect(world.log.indexOf('write'), label).toBeGreaterThan(world.log.indexOf('save open before plan'));
        world.revive();
        world.wait(120);
        expect([(await undo(world.only().id, bob, false, world.deps([putsOut(world.lens)]))).outcome], label).toEqual([
          'undone',
        ]);
        expect(world.lamp(), label).toEqual(lit);
      },
    );
    expect(steps).toBe(10);
  });

  it(`${named(kind)} of a question: asked and told, nothing changed`, async () => {
    const steps = await atEveryCall(
      async () => toyWorld(),
      kind,
      async (world) => {
        expect(await retried(world, call(), undefined, ask)).not.toBeInstanceOf(Error);
        expect(world.changes()).toBe(0);
        expect(world.only()).toMatchObject({
          outcome: 'asked',
          told: 'asked',
          before: { state: lit },
          plan: { state: out },
        });
        expect(world.told.length).toBeGreaterThan(0);
      },
    );
    expect(steps).toBe(10);
  });

  it(`${named(kind)} of an approval: said again, it ends in one change, told, with the first before`, async () => {
    const asked = async (): Promise<World> => {
      const world = toyWorld();
      await deliver(world, call(), undefined, ask);
      await decide(world, world.only().id);
      return world;
    };
    await atEveryCall(asked, kind, async (world, n) => {
      const { id } = world.only();
      await persist(world, () => approve(id, world.deps([putsOut(world.lens)], ask)), 'NotAsked');
      const label = `call ${n}: ${world.log.join(', ')}`;
      expect(world.lamp(), label).toEqual(out);
      expect(world.changes(), label).toBe(1);
      expect(world.only(), label).toMatchObject({ outcome: 'fixed', told: 'fixed' });
      untouchedBefore(world.only());
    });
  });

  it(`${named(kind)} of an undo: said again, it ends as it was, told`, async () => {
    const mended = async (): Promise<World> => {
      const world = toyWorld();
      await deliver(world, call());
      return world;
    };
    await atEveryCall(mended, kind, async (world, n) => {
      const { id } = world.only();
      await persist(world, () => undo(id, bob, false, world.deps([putsOut(world.lens)])), 'NothingToUndo');
      const label = `call ${n}: ${world.log.join(', ')}`;
      expect(world.lamp(), label).toEqual(lit);
      expect(world.changes(), label).toBe(2);
      expect(world.only(), label).toMatchObject({ outcome: 'undone', told: 'undone', before: { state: lit } });
    });
  });
});

describe('half a write', () => {
  /** The first write breaks off in the middle: the lamp is out, but its colour is lost. */
  function breaksOff(world: World): void {
    let first = true;
    world.writes((name, to, put) => {
      if (!first) return put(name, to);
      first = false;
      put(name, { lit: true, watts: 1, colour: 'grey' });
      throw new Error('torn in the middle');
    });
  }

  it('does not lose the state before: undo brings the first one back', async () => {
    const world = toyWorld();
    breaksOff(world);
    expect(await retried(world, call())).toEqual(['fixed']);
    expect(stateOf(world.only(), 'before')).toEqual(lit);
    await undo(world.only().id, bob, false, world.deps([putsOut(world.lens)]));
    expect(world.lamp()).toEqual(lit);
  });

  it('of an approval keeps the before that was shown', async () => {
    const world = toyWorld();
    await deliver(world, call(), undefined, ask);
    const { id } = world.only();
    await decide(world, id);
    breaksOff(world);
    await expect(approve(id, world.deps([putsOut(world.lens)], ask))).rejects.toThrow('torn');
    expect([(await approve(id, world.deps([putsOut(world.lens)], ask))).outcome]).toEqual(['replanned']);
    await decide(world, id);
    expect([(await approve(id, world.deps([putsOut(world.lens)], ask))).outcome]).toEqual(['fixed']);
    expect(stateOf(world.only(), 'before')).toEqual(lit);
  });

  it('that leaves a state nobody knows is told with a warning, and its before is kept', async () => {
    const world = toyWorld();
    breaksOff(world);
    const unsure = lampRule('toy/lamp', world.lens, (lamp) =>
      lamp?.colour === 'grey' ? { unknown: 'grey lamps are not known' } : lamp && { ...lamp, lit: false },
    );
    expect(await retried(world, call(), [unsure])).toEqual(['told']);
    expect(world.only().note).toContain('an interrupted attempt may have changed it');
    expect(stateOf(world.only(), 'before')).toEqual(lit);
  });
});

describe('somebody else between two deliveries', () => {
  it('who put it out with a fix of ours is named, and the rest is told, not called a second fix', async () => {
    const world = toyWorld();
    const first = call();
    world.fail({ at: 6, when: 'before', dies: true });
    await expect(deliver(world, first)).rejects.toThrow();
    world.revive();
    world.wait(120);
    expect(await deliver(world, call())).toEqual(['fixed']);
    expect(await deliver(world, first)).toEqual(['safe']);
    const rest = world.store.all().find((one) => one.outcome === 'safe');
    expect(rest).toMatchObject({
      told: 'safe',
      note: expect.stringMatching(/^put out by incident fb-.*; an interrupted attempt/),
    });
  });

  it('who made it safe in another way is not called our fix', async () => {
    const world = toyWorld();
    const first = call();
    world.fail({ at: 6, when: 'before', dies: true });
    await expect(deliver(world, first)).rejects.toThrow();
    world.revive();
    world.wait(120);
    world.set('hall', { ...out, watts: 3 });
    expect(await deliver(world, first)).toEqual(['safe']);
    expect(world.only().note).toContain('an interrupted attempt may have changed it');
  });

  it('who changed the mode is heeded: a redelivery asks where it would have acted', async () => {
    const world = toyWorld();
    const event = call();
    world.fail({ at: 6, when: 'before', dies: true });
    await expect(deliver(world, event)).rejects.toThrow();
    world.revive();
    world.wait(3600);
    expect(await deliver(world, event)).toEqual(['asked']);
    expect(world.only()).toMatchObject({ outcome: 'asked', mode: 'approve', before: { state: lit } });
  });

  it('who noted a witness while people are told does not have them told twice', async () => {
    const world = toyWorld();
    const deps = world.deps([putsOut(world.lens)]);
    const results = await handle(call(), {
      ...deps,
      tell: async (incident) => {
        await deps.tell(incident);
        await world.store.note(incident.id, { at: world.now().toISOString(), what: 'also reported' });
      },
    });
    expect(outcomesOf(results)).toEqual(['fixed']);
    expect(world.only()).toMatchObject({ told: 'fixed', outcome: 'fixed' });
    expect(world.told).toHaveLength(1);
  });
});
