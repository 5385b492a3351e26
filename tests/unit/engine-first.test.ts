/** Revert, then ask: `mode: approve, first: revert`. */
import { describe, expect, it } from 'vitest';
import { due } from '../../shared/core/due.ts';
import type { Answer, Incident } from '../../shared/core/incident.ts';
import type { Config } from '../../shared/core/mode.ts';
import { approve, decide, undo } from '../../shared/core/people.ts';
import type { Lens, Rule } from '../../shared/core/rule.ts';
import {
  atEveryCall,
  bob,
  call,
  deliver,
  found,
  holding,
  kinds,
  type Lamp,
  lit,
  out,
  outcomesOf,
  persist,
  putsOut,
  retried,
  toyWorld,
  type World,
} from '../support/toys.ts';

const first: Partial<Config> = { modes: [{ rule: 'toy/*', mode: 'approve', first: 'revert' }] };
const lights = (world: World, change: Parameters<typeof call>[1] = {}) =>
  call('LightLamp', { time: world.now().toISOString(), ...change });
const messages = (world: World): readonly string[] => world.told.map(({ outcome }) => outcome);
const rulesOf = (world: World): readonly Rule[] => [putsOut(world.lens)];
const question = (world: World): Incident => {
  const [one, ...more] = world.store.all().filter(({ outcome }) => outcome === 'asked');
  if (!one || more.length > 0) throw new Error('expected one question');
  return one;
};
async function asked(world: World, config: Partial<Config> = first): Promise<string> {
  await deliver(world, lights(world), undefined, config);
  return question(world).id;
}
async function says(world: World, id: string, answer: Answer = {}, rules = rulesOf(world)): Promise<string> {
  await decide(id, bob, world.deps([]), answer);
  return (await approve(id, world.deps(rules, first))).outcome;
}
const looks = async (world: World, id: string, config: Partial<Config> = first): Promise<readonly string[]> =>
  outcomesOf(await due(id, world.deps(rulesOf(world), config)));
const leaving = (undoes: 'operator' | 'none') => (world: World) => {
  const lens = { ...world.lens, undo: () => undoes } as Lens<{ lamp: string }, Lamp>;
  return [putsOut(lens)];
};

describe('the safe state first', () => {
  it('is written and read back, then a person is asked, once', async () => {
    const world = toyWorld();
    expect(await deliver(world, lights(world), undefined, first)).toEqual(['asked']);
    expect(world.lamp()).toEqual(out);
    expect(messages(world)).toEqual(['asked']);
    expect(world.only()).toMatchObject({
      outcome: 'asked',
      mode: 'approve',
      first: 'reverted',
      before: { state: lit },
      plan: { state: out },
      after: { state: out },
      undo: 'restore',
      note: 'put right first: a person says whether it stays',
    });
    expect(world.only().times.verified).toBeDefined();
    expect(world.dues.at(-1)).toEqual({ incident: world.only().id, at: world.only().until });
  });

  it.each<[string, (world: World) => Parameters<typeof deliver>]>([
    ['what is late', (world) => [world, call('LightLamp', { time: '2026-03-01T09:00:00Z' }), undefined, first]],
    ['what ends by itself', (world) => [world, lights(world), [holding(putsOut(world.lens), 60)], first]],
    ['what has no way back', (world) => [world, lights(world), leaving('none')(world), first]],
  ])('is not written for %s: it asks as ever', async (_, with_) => {
    const world = toyWorld();
    expect(await deliver(...with_(world))).toEqual(['asked']);
    expect(world.lamp()).toEqual(lit);
    expect(world.only().first).not.toBe('reverted');
    // A yes is carried out, and nothing is asked after it.
    const { id } = world.only();
    await decide(id, bob, world.deps([]));
    const rules = [with_(world)[2] ?? rulesOf(world)].flat();
    expect(['fixed', 'held']).toContain((await approve(id, world.deps(rules, first))).outcome);
    expect(world.lamp()).toEqual(out);
  });

  it('is not written while Firebreak is paused, nor after two fights', async () => {
    const world = toyWorld();
    world.store.pause([{ until: '2026-03-01T11:00:00.000Z', by: bob, reason: 'x' }]);
    expect(await deliver(world, lights(world), undefined, first)).toEqual(['asked']);
    expect(world.changes()).toBe(0);
    const other = toyWorld();
    for (let n = 0; n < 3; n += 1) {
      other.set('hall', lit);
      await deliver(other, lights(other), undefined, first);
    }
    expect(other.changes()).toBe(2);
    expect(other.lamp()).toEqual(lit);
    expect(question(other).fight?.fixes).toHaveLength(2);
  });

  it('asks anew of what is broken again, and ends the question before', async () => {
    const world = toyWorld();
    const id = await asked(world);
    world.set('hall', { ...lit, watts: 60 });
    expect(await deliver(world, lights(world), undefined, first)).toEqual(['asked']);
    expect(question(world).id).not.toBe(id);
    expect(await world.store.get(id)).toMatchObject({ outcome: 'witness' });
    expect(await says(world, question(world).id, { answer: 'leave' })).toBe('undone');
    expect(world.lamp()).toEqual({ ...lit, watts: 60 });
  });

  it('takes later word of the same for a witness', async () => {
    const world = toyWorld();
    await asked(world);
    world.wait(60);
    expect(await deliver(world, found('f-1', '2026-03-01T10:00:30Z'), undefined, first)).toEqual(['witness']);
    expect(messages(world)).toEqual(['asked']);
  });
});

describe('the answer', () => {
  it('yes: it stays, and nothing is written again', async () => {
    const world = toyWorld();
    expect(await says(world, await asked(world))).toBe('fixed');
    expect(world.changes()).toBe(1);
    expect(world.only()).toMatchObject({ outcome: 'fixed', told: 'fixed', note: `it stays as it is, by ${bob}` });
    expect(outcomesOf([await undo(world.only().id, bob, false, world.deps(rulesOf(world)))])).toEqual(['undone']);
    expect(world.lamp()).toEqual(lit);
  });

  it('yes, where it was broken meanwhile: it is put right again', async () => {
    const world = toyWorld();
    const id = await asked(world);
    world.set('hall', lit);
    expect(await says(world, id)).toBe('fixed');
    expect(world.lamp()).toEqual(out);
  });

  it('no: it is taken back, read back, and told', async () => {
    const world = toyWorld();
    expect(await says(world, await asked(world), { answer: 'leave' })).toBe('undone');
    expect(world.lamp()).toEqual(lit);
    expect(world.only()).toMatchObject({ outcome: 'undone', after: { state: lit }, note: `taken back by ${bob}` });
    expect(messages(world)).toEqual(['asked', 'undone']);
    world.wait(73 * 3600);
    expect(await looks(world, world.only().id)).toEqual(['undone']);
  });

  it('no, where no role may take it back, or it changed since: people are told the command', async () => {
    const world = toyWorld();
    const rules = leaving('operator')(world);
    await deliver(world, lights(world), rules, first);
    expect(await says(world, question(world).id, { answer: 'leave' }, rules)).toBe('fixed');
    expect(world.lamp()).toEqual(out);
    expect(world.only().note).toContain(`npx firebreak undo ${world.only().id}`);
    const other = toyWorld();
    const id = await asked(other);
    other.set('hall', { ...out, watts: 5 });
    expect(await says(other, id, { answer: 'leave' })).toBe('fixed');
    expect(other.lamp()).toEqual({ ...out, watts: 5 });
    expect(other.only().note).toContain(`--force`);
  });

  it('exempt: it is taken back, left alone, and asked about again when that is over', async () => {
    const world = toyWorld();
    const id = await asked(world);
    const until = new Date(world.now().getTime() + 86_400_000).toISOString();
    expect(await says(world, id, { answer: 'exempt', until, reason: 'a show' })).toBe('exempt');
    expect(world.lamp()).toEqual(lit);
    expect(messages(world)).toEqual(['asked', 'exempt']);
    expect(await deliver(world, lights(world), undefined, first)).toEqual(['exempt']);
    world.wait(86_401);
    expect(await looks(world, id)).toEqual(['asked']);
    expect(world.lamp()).toEqual(lit);
    expect(await says(world, id)).toBe('fixed');
    expect(world.lamp()).toEqual(out);
  });

  it('waits while Firebreak is paused, but for a yes to what stays', async () => {
    const world = toyWorld();
    const id = await asked(world);
    world.store.pause([{ until: '2026-03-01T11:00:00.000Z', by: bob, reason: 'x' }]);
    expect(await says(world, id, { answer: 'leave' })).toBe('paused');
    expect(world.lamp()).toEqual(out);
    world.wait(2 * 3600);
    expect((await approve(id, world.deps(rulesOf(world), first))).outcome).toBe('undone');
  });

  it('by undo, before anybody answered', async () => {
    const world = toyWorld();
    const id = await asked(world);
    expect((await undo(id, bob, false, world.deps(rulesOf(world)))).outcome).toBe('undone');
    expect(world.lamp()).toEqual(lit);
  });

  it.each<[Config['approvals'], string, Lamp]>([
    [72, 'fixed', out],
    [{ hours: 72 }, 'fixed', out],
    [{ hours: 72, default: 'revert' }, 'fixed', out],
    [{ hours: 72, default: 'leave' }, 'undone', lit],
  ])('of nobody in time, with approvals %j: %s', async (approvals, outcome, lamp) => {
    const world = toyWorld();
    const config = { ...first, approvals };
    const id = await asked(world, config);
    expect(await looks(world, id, config)).toEqual(['asked']);
    world.wait(72 * 3600 + 1);
    expect(await looks(world, id, config)).toEqual([outcome]);
    expect(world.lamp()).toEqual(lamp);
    expect(world.only().note).toContain('nobody, who did not answer');
  });

  it('is not taken from a record that somebody made into such a question', async () => {
    const world = toyWorld();
    const config: Partial<Config> = { ...first, approvals: { hours: 72, default: 'leave' } };
    await deliver(world, lights(world), undefined, { modes: [{ rule: 'toy/*', mode: 'approve' }] });
    const { id } = world.only();
    await world.tamper(id, { first: 'reverted', before: { state: out }, after: { state: lit } });
    world.wait(72 * 3600 + 1);
    await expect(looks(world, id, config)).rejects.toMatchObject({ name: 'Forged' });
    expect(world.changes()).toBe(0);
  });
});

describe('killed at any call', () => {
  it.each(kinds)('puts it right and asks in the end: %j', async (kind) => {
    await atEveryCall(
      async () => toyWorld(),
      kind,
      async (world) => {
        expect(await retried(world, lights(world), undefined, first)).not.toBeInstanceOf(Error);
        // Whether it is paused could not be read: then it asks first, as any fix does.
        if (question(world).note.includes('could not be read')) return expect(world.lamp()).toEqual(lit);
        expect(world.lamp()).toEqual(out);
        expect(world.changes()).toBe(1);
        expect(question(world)).toMatchObject({ first: 'reverted', before: { state: lit }, after: { state: out } });
        expect(messages(world)).toContain('asked');
      },
    );
  });

  it.each(kinds)('takes it back in the end: %j', async (kind) => {
    await atEveryCall(
      async () => {
        const world = toyWorld();
        await decide(await asked(world), bob, world.deps([]), { answer: 'leave' });
        return world;
      },
      kind,
      async (world) => {
        const { id } = world.only();
        await persist(world, () => approve(id, world.deps(rulesOf(world), first)), 'NotAsked');
        expect(world.lamp()).toEqual(lit);
        expect(world.only()).toMatchObject({ outcome: 'undone', before: { state: lit }, told: 'undone' });
      },
    );
  });

  it('a look takes up an answer that broke off', async () => {
    const world = toyWorld();
    const id = await asked(world);
    await decide(id, bob, world.deps([]), { answer: 'leave' });
    expect(await looks(world, id)).toEqual(['undone']);
  });
});
