/** What stands against acting by ourselves: pauses and the circuit breaker. */
import { describe, expect, it } from 'vitest';
import { handle } from '../../shared/core/engine.ts';
import type { Pause } from '../../shared/core/incident.ts';
import type { Config } from '../../shared/core/mode.ts';
import type { Outcome } from '../../shared/core/outcome.ts';
import { approve } from '../../shared/core/people.ts';
import type { Rule } from '../../shared/core/rule.ts';
import {
  alice,
  ask,
  bob,
  call,
  decide,
  deliver,
  dims,
  found,
  lit,
  out,
  outcomesOf,
  putsOut,
  toyWorld,
  type World,
} from '../support/toys.ts';

const pause = (change: Partial<Pause> = {}): Pause => ({
  until: '2026-03-01T11:00:00.000Z',
  by: bob,
  reason: 'a migration',
  ...change,
});
const role = (name: string, session: string): string => `arn:aws:sts::111122223333:assumed-role/${name}/${session}`;

describe('a pause', () => {
  it.each<[string, Partial<Pause>, Outcome]>([
    ['of everything', {}, 'asked'],
    ['of the rule', { rule: 'toy/lamp' }, 'asked'],
    ['of the room', { rule: 'toy/*' }, 'asked'],
    ['of the account', { account: '111122223333' }, 'asked'],
    ['of the rule in the account', { rule: 'toy/lamp', account: '111122223333' }, 'asked'],
    ['whose end cannot be read', { until: 'soon' }, 'asked'],
    ['of another rule', { rule: 'toy/watts' }, 'fixed'],
    ['of another account', { account: '444455556666' }, 'fixed'],
    ['of the rule in another account', { rule: 'toy/lamp', account: '444455556666' }, 'fixed'],
    ['that has ended', { until: '2026-03-01T09:59:59.000Z' }, 'fixed'],
    ['that ends now', { until: '2026-03-01T10:00:00.000Z' }, 'fixed'],
  ])('%s', async (_, change, outcome) => {
    const world = toyWorld();
    world.store.pause([pause(change)]);
    expect(await deliver(world, call())).toEqual([outcome]);
    expect(world.changes()).toBe(outcome === 'fixed' ? 1 : 0);
    if (outcome === 'asked')
      expect(world.only()).toMatchObject({
        mode: 'approve',
        note: `Firebreak is paused until ${change.until ?? pause().until} by ${bob}: a migration`,
      });
  });

  it('is one of several, and the one that counts is found', async () => {
    const world = toyWorld();
    world.store.pause([pause({ rule: 'toy/watts' }), pause({ until: '2026-03-01T09:00:00Z' }), pause()]);
    expect(await deliver(world, call())).toEqual(['asked']);
  });

  it('of one rule has all ask that is written together with it', async () => {
    const world = toyWorld();
    world.store.pause([pause({ rule: 'toy/watts' })]);
    expect(await deliver(world, call(), [putsOut(world.lens), dims(world.lens)])).toEqual(['asked']);
    expect(world.lamp()).toEqual(lit);
  });

  it('that begins between two deliveries is heeded, even where the first had begun', async () => {
    const world = toyWorld();
    const event = call();
    world.fail({ at: 6, when: 'before', dies: true });
    await expect(deliver(world, event)).rejects.toThrow();
    world.revive();
    world.wait(120);
    world.store.pause([pause()]);
    expect(await deliver(world, event)).toEqual(['asked']);
    expect(world.lamp()).toEqual(lit);
  });

  it('that cannot be read asks', async () => {
    const world = toyWorld();
    const deps = world.deps([putsOut(world.lens)]);
    const standing = async (): Promise<never> => {
      throw Object.assign(new Error('slow down'), { name: 'ProvisionedThroughputExceededException' });
    };
    expect(outcomesOf(await handle(call(), { ...deps, incidents: { ...deps.incidents, standing } }))).toEqual([
      'asked',
    ]);
    expect(world.only().note).toBe(
      'whether Firebreak is paused could not be read (ProvisionedThroughputExceededException): a person decides',
    );
    expect(world.lamp()).toEqual(lit);
  });

  it('does not stop rehearsals and questions, which change nothing', async () => {
    const world = toyWorld();
    world.store.pause([pause()]);
    expect(await deliver(world, call(), undefined, { preset: 'guard' })).toEqual(['rehearsed']);
    expect(world.log).not.toContain('standing');
  });

  it('refuses approvals while it lasts, and none after', async () => {
    const world = toyWorld();
    await deliver(world, call(), undefined, ask);
    const { id } = world.only();
    await decide(world, id);
    world.store.pause([pause()]);
    const yes = () => approve(id, world.deps([putsOut(world.lens)], ask));
    expect(await yes()).toMatchObject({ outcome: 'paused', note: expect.stringContaining('firebreak resume') });
    expect(world.lamp()).toEqual(lit);
    expect(world.only().outcome).toBe('asked');
    world.wait(3600);
    expect(await yes()).toMatchObject({ outcome: 'fixed' });
  });

  it('that cannot be read refuses approvals, too', async () => {
    const world = toyWorld();
    await deliver(world, call(), undefined, ask);
    const { id } = world.only();
    await decide(world, id);
    // found, verify, lock, standing
    world.fail({ at: 4, when: 'before', dies: false });
    await expect(approve(id, world.deps([putsOut(world.lens)], ask))).rejects.toMatchObject({ name: 'Torn' });
    expect(world.lamp()).toEqual(lit);
    expect(await approve(id, world.deps([putsOut(world.lens)], ask))).toMatchObject({ outcome: 'fixed' });
  });
});

describe('the circuit breaker', () => {
  /** Somebody lights a lamp a minute later, and the event of it comes. */
  async function again(
    world: World,
    arn = alice,
    o: { lamp?: string; rules?: readonly Rule[]; config?: Partial<Config> } = {},
  ): Promise<Outcome | undefined> {
    const { lamp = 'hall', rules, config } = o;
    world.wait(60);
    world.set(lamp, lit);
    const event = call('LightLamp', { time: world.now().toISOString(), arn, lamp });
    return (await deliver(world, event, rules, config))[0];
  }
  async function times(n: number, one: () => Promise<Outcome | undefined>): Promise<(Outcome | undefined)[]> {
    const ends: (Outcome | undefined)[] = [];
    for (let count = 0; count < n; count += 1) ends.push(await one());
    return ends;
  }

  it('fixes twice, then asks, with the evidence', async () => {
    const world = toyWorld();
    expect(await times(4, () => again(world))).toEqual(['fixed', 'fixed', 'asked', 'witness']);
    const [first, second, third] = world.store.all();
    expect(third).toMatchObject({ mode: 'approve', told: 'asked', before: { state: lit }, plan: { state: out } });
    expect(third?.note).toMatch(/^fixed 2 times within 24 hours after the same actor, and broken again/);
    expect(third?.fight?.fixes).toEqual([first, second].map((fix) => ({ incident: fix?.id, at: expect.any(String) })));
    expect(world.lamp()).toEqual(lit);
  });

  it('lets a person carry it out, and asks again after that', async () => {
    const world = toyWorld();
    await times(3, () => again(world));
    const asked = world.store.all().find(({ outcome }) => outcome === 'asked')?.id ?? '';
    await decide(world, asked);
    expect(await approve(asked, world.deps([putsOut(world.lens)]))).toMatchObject({ outcome: 'fixed' });
    expect(await again(world)).toBe('asked');
  });

  it('knows a role again whatever its session is called', async () => {
    const world = toyWorld();
    let run = 0;
    const next = () => again(world, role('pipeline', `run-${++run}`));
    expect(await times(3, next)).toEqual(['fixed', 'fixed', 'asked']);
    expect(await again(world, role('pipeline-2', 'run-4'))).toBe('fixed');
  });

  it('of one actor leaves another protected, on the same resource, too', async () => {
    const world = toyWorld();
    expect(await times(3, () => again(world))).toEqual(['fixed', 'fixed', 'asked']);
    expect(await times(3, () => again(world, bob))).toEqual(['fixed', 'fixed', 'asked']);
  });

  it('of one resource leaves another protected', async () => {
    const world = toyWorld({ hall: lit, attic: lit });
    expect(await times(3, () => again(world))).toEqual(['fixed', 'fixed', 'asked']);
    expect(await again(world, alice, { lamp: 'attic' })).toBe('fixed');
  });

  it('forgets what is older than its hours', async () => {
    const world = toyWorld();
    const config: Partial<Config> = { breaker: { lens: 2, actor: 20, hours: 1 } };
    expect(await times(2, () => again(world, alice, { config }))).toEqual(['fixed', 'fixed']);
    world.wait(3600);
    expect(await times(3, () => again(world, alice, { config }))).toEqual(['fixed', 'fixed', 'asked']);
  });

  it('never stops a watcher', async () => {
    const world = toyWorld();
    const rules = [{ ...putsOut(world.lens), watcher: true } as Rule];
    expect(new Set(await times(30, () => again(world, alice, { rules })))).toEqual(new Set(['fixed']));
  });

  it('counts what one actor has one rule mend anywhere, and stops there', async () => {
    const world = toyWorld();
    const config: Partial<Config> = { breaker: { lens: 2, actor: 3, hours: 24 } };
    let n = 0;
    const elsewhere = (arn?: string) => again(world, arn, { lamp: `lamp-${++n}`, config });
    expect(await times(4, elsewhere)).toEqual(['fixed', 'fixed', 'fixed', 'asked']);
    expect(world.store.all().at(-1)?.note).toMatch(/^3 fixes within 24 hours after the same actor/);
    expect(await elsewhere(bob)).toBe('fixed');
    expect(await again(world, alice, { lamp: 'another', rules: [dims(world.lens)], config })).toBe('fixed');
  });

  it('counts strangers by the resource alone: their findings do not switch off protection of others', async () => {
    const world = toyWorld();
    const config: Partial<Config> = { breaker: { lens: 2, actor: 3, hours: 24 } };
    const reported = async (lamp: string): Promise<Outcome | undefined> => {
      world.wait(60);
      world.set(lamp, lit);
      const finding = found(`${lamp}-${world.now().getTime()}`, world.now().toISOString(), lamp);
      return (await deliver(world, finding, undefined, config))[0];
    };
    for (let n = 0; n < 6; n += 1) expect(await reported(`lamp-${n}`)).toBe('fixed');
    expect(await reported('lamp-0')).toBe('fixed');
    expect(await reported('lamp-0')).toBe('asked');
  });

  it('keeps no endless list where a watcher is fought for', async () => {
    const world = toyWorld();
    const rules = [{ ...putsOut(world.lens), watcher: true } as Rule];
    await times(150, () => again(world, alice, { rules }));
    const { onLens, byActor } = await world.store.standing(
      '111122223333/eu-central-1/toy/lamp/hall',
      `toy/lamp|${alice}`,
    );
    expect([onLens.length, byActor.length].every((length) => length > 2 && length < 80)).toBe(true);
    expect(byActor.at(-1)?.incident).toBe(world.store.all().at(-1)?.id);
  });

  it('counts a fix that was proven only by a later delivery', async () => {
    const world = toyWorld();
    await again(world);
    world.wait(60);
    world.set('hall', lit);
    const event = call('LightLamp', { time: world.now().toISOString() });
    world.fail({ at: 7, when: 'before', dies: true });
    await expect(deliver(world, event)).rejects.toThrow();
    world.revive();
    world.wait(120);
    expect(await deliver(world, event)).toEqual(['fixed']);
    expect(await again(world)).toBe('asked');
  });
});
