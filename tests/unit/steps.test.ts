/** Fixes of several steps: quarantine, evidence, a way back in reverse; as the engine carries them out. */
import { describe, expect, it } from 'vitest';
import { handle } from '../../shared/core/engine.ts';
import type { Json } from '../../shared/core/json.ts';
import { undo } from '../../shared/core/people.ts';
import type { Lens, Rule } from '../../shared/core/rule.ts';
import { type Step, step, steps } from '../../shared/core/steps.ts';
import {
  atEveryCall,
  bob,
  call,
  deliver,
  kinds,
  lampRule,
  persist,
  retried,
  toyWorld,
  type World,
} from '../support/toys.ts';

type Target = { readonly lamp: string };

/** A house of switches beside the lamp; each write takes its turn in `order`. */
function house() {
  const world = toyWorld();
  const switches = new Map<string, Json>([
    ['door', 'open'],
    ['key', 'out'],
    ['photo', null],
    ['alarm', 'off'],
  ]);
  const order: string[] = [];
  const broken = new Set<string>();
  const lensOf = (name: string, way: 'restore' | 'operator' | 'none'): Lens<Target, string> => ({
    id: `toy/${name}`,
    key: ({ lamp }) => lamp,
    read: async () => (switches.get(name) ?? null) as string | null,
    // Through the world's lens, so that it counts as a call, can be torn, and has a request id.
    write: async (target, _from, to) => {
      if (broken.has(name)) throw Object.assign(new Error(`no ${name}`), { name: 'AccessDenied' });
      world.writes(() => {
        order.push(`${name}=${String(to)}`);
        switches.set(name, to);
      });
      await world.lens.write(target, null, null);
    },
    undo: () => way,
  });
  const wants = (name: string, to: string, way: 'restore' | 'operator' | 'none' = 'restore'): Step<Target, unknown> =>
    step<Target, string, unknown>({ name, lens: lensOf(name, way), desire: () => to });
  const parts: readonly Step<Target, unknown>[] = [
    { ...wants('photo', 'taken'), evidence: true },
    wants('door', 'shut'),
    wants('key', 'in', 'operator'),
    wants('alarm', 'on'),
  ];
  const shell = lampRule('toy/house', world.lens, (lamp) => lamp);
  const quarantine = (of = parts): readonly Rule[] => [
    { ...shell, fix: steps('toy/house', ({ lamp }: Target) => lamp, of) } as Rule,
  ];
  const states = (): Record<string, Json> => Object.fromEntries(switches);
  return { world, switches, order, broken, parts, wants, quarantine, states };
}

const before = { door: 'open', key: 'out', photo: null, alarm: 'off' };
const after = { door: 'shut', key: 'in', photo: 'taken', alarm: 'on' };
const carried = ['photo=taken', 'door=shut', 'key=in', 'alarm=on'];
const broughtBack = ['alarm=off', 'key=out', 'door=open'];

const takeBack = (world: World, rules: readonly Rule[], force = false) =>
  undo(world.only().id, bob, force, world.deps(rules));

describe('steps', () => {
  it('are all read and recorded before the first, then made in order', async () => {
    const { world, order, quarantine, states } = house();
    expect(await deliver(world, call(), quarantine())).toEqual(['fixed']);
    expect(order).toEqual(carried);
    expect(states()).toEqual(after);
    expect(world.only()).toMatchObject({ before: { state: before }, after: { state: after }, undo: 'operator' });
    expect(world.only().writes).toHaveLength(4);
    // Before the first write, and once more over what was read back.
    expect(world.log.filter((what) => what === 'sign')).toHaveLength(1);
  });

  it('leave alone what is as it should be', async () => {
    const { world, order, switches, quarantine } = house();
    switches.set('door', 'shut');
    await deliver(world, call(), quarantine());
    expect(order).toEqual(['photo=taken', 'key=in', 'alarm=on']);
  });

  it('go back in reverse; evidence is kept', async () => {
    const { world, order, quarantine, states } = house();
    await deliver(world, call(), quarantine());
    order.length = 0;
    expect(await takeBack(world, quarantine())).toMatchObject({ outcome: 'undone' });
    expect(order).toEqual(broughtBack);
    expect(states()).toEqual({ ...before, photo: 'taken' });
  });

  it('one of which is not known change nothing at all', async () => {
    const { world, order, parts, quarantine } = house();
    const unsure = { ...parts[2], desire: () => ({ unknown: 'whose key this is' }) } as Step<Target, unknown>;
    expect(await deliver(world, call(), quarantine([...parts.slice(0, 2), unsure]))).toEqual(['told']);
    expect(order).toEqual([]);
  });

  it('one of which always fails are partly made after all retries: told, with what was made, and undone by force', async () => {
    const { world, order, broken, quarantine, states } = house();
    broken.add('key');
    expect(await retried(world, call(), quarantine())).toMatchObject({ name: 'AccessDenied' });
    expect(world.only()).toMatchObject({
      outcome: 'partly',
      told: 'partly',
      note: 'AccessDenied: no key',
      before: { state: before },
      attempts: 3,
    });
    expect(order).toEqual(['photo=taken', 'door=shut']);
    expect(world.only().writes).toHaveLength(2);
    await expect(takeBack(world, quarantine())).rejects.toMatchObject({ name: 'NothingToUndo' });
    broken.clear();
    expect(await takeBack(world, quarantine(), true)).toMatchObject({ outcome: 'undone' });
    expect(states()).toEqual({ ...before, photo: 'taken' });
  });

  it('of which none could be made are failed, not partly', async () => {
    const { world, broken, quarantine } = house();
    broken.add('photo');
    await retried(world, call(), quarantine());
    expect(world.only()).toMatchObject({ outcome: 'failed', told: 'failed' });
  });

  it('that were partly made go on when the event is delivered once more; before is what was there at first', async () => {
    const { world, order, broken, quarantine, states } = house();
    broken.add('key');
    const event = call();
    await retried(world, event, quarantine());
    broken.clear();
    world.wait(60);
    expect(await deliver(world, event, quarantine())).toEqual(['fixed']);
    expect(order).toEqual(carried);
    expect(states()).toEqual(after);
    // The way back is that of all that was done, not of what was left to do.
    expect(world.only()).toMatchObject({ before: { state: before }, undo: 'operator' });
  });

  it('have no way back where one of them has none', () => {
    const { parts, wants } = house();
    const { lens } = steps('toy/x', ({ lamp }: Target) => lamp, [...parts, wants('bomb', 'gone', 'none')]);
    expect(lens.undo({ ...before, bomb: 'here' }, { ...after, bomb: 'gone' })).toBe('none');
    expect(lens.undo({ ...before, bomb: 'gone' }, { ...after, bomb: 'gone' })).toBe('operator');
    expect(lens.undo({ ...after, photo: null }, after)).toBe('restore');
  });

  it('compare as their own lenses do', () => {
    const { world } = house();
    const lamp = step<Target, { readonly lit: boolean; readonly watts: number; readonly colour: string }, unknown>({
      name: 'lamp',
      lens: world.lens,
      desire: (state) => state,
    });
    const { lens } = steps('toy/x', ({ lamp: name }: Target) => name, [lamp]);
    expect(lens.canon?.({ lamp: { lit: true, watts: 1, colour: 'RED' } })).toEqual({
      lamp: { lit: true, watts: 1, colour: 'red' },
    });
    expect(lens.canon?.({ lamp: null })).toEqual({ lamp: null });
  });

  it.each(kinds)(
    'interrupted at any call end whole, each made once, and come back whole ($when, dies: $dies)',
    async (kind) => {
      let home = house();
      const fresh = async (): Promise<World> => {
        home = house();
        return home.world;
      };
      const calls = await atEveryCall(fresh, kind, async (world, n) => {
        const { order, quarantine, states } = home;
        const event = call();
        await persist(world, () => handle(event, world.deps(quarantine())));
        const label = `call ${n}: ${world.log.join(', ')}; ${order.join(', ')}`;
        // Whether it is paused could not be read, and the process lives: that asks.
        if (world.only().outcome === 'asked') return expect(order).toEqual([]);
        expect(states(), label).toEqual(after);
        expect(order, label).toEqual(carried);
        expect(world.only(), label).toMatchObject({
          outcome: 'fixed',
          told: 'fixed',
          before: { state: before },
          undo: 'operator',
        });
        world.revive();
        world.wait(120);
        expect(await takeBack(world, quarantine())).toMatchObject({ outcome: 'undone' });
        expect(states(), label).toEqual({ ...before, photo: 'taken' });
      });
      // claim, standing, sign, save, four writes, sign, save, tell, save
      expect(calls).toBe(11);
    },
  );

  it.each(kinds)('on their way back, interrupted at any call, come back whole ($when, dies: $dies)', async (kind) => {
    let home = house();
    const done = async (): Promise<World> => {
      home = house();
      await deliver(home.world, call(), home.quarantine());
      home.order.length = 0;
      return home.world;
    };
    await atEveryCall(done, kind, async (world, n) => {
      const { order, quarantine, states } = home;
      // Half-way back is no drift: what is not as the fix left it is as it was before.
      await persist(world, () => takeBack(world, quarantine()), 'NothingToUndo');
      const label = `call ${n}: ${world.log.join(', ')}; ${order.join(', ')}`;
      expect(states(), label).toEqual({ ...before, photo: 'taken' });
      expect(order, label).toEqual(broughtBack);
      expect(world.only(), label).toMatchObject({ outcome: 'undone', told: 'undone' });
    });
  });

  it('of which somebody changed one to something else have drifted, even where an undo broke off', async () => {
    const { world, switches, order, quarantine } = house();
    await deliver(world, call(), quarantine());
    order.length = 0;
    switches.set('alarm', before.alarm);
    switches.set('door', 'ajar');
    expect(await takeBack(world, quarantine())).toMatchObject({ outcome: 'drifted' });
    expect(order).toEqual([]);
    switches.set('door', after.door);
    // What an undo leaves behind, or somebody by hand: nothing of anybody else's is overwritten.
    expect(await takeBack(world, quarantine())).toMatchObject({ outcome: 'undone' });
    expect(order).toEqual(broughtBack.slice(1));
  });
});
