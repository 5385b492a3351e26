/** States that are learned from harmless changes, and what is put back from them. */
import { describe, expect, it } from 'vitest';
import type { Deps } from '../../shared/core/deps.ts';
import { dueLesson } from '../../shared/core/due.ts';
import { handle } from '../../shared/core/engine.ts';
import type { Lesson } from '../../shared/core/incident.ts';
import type { Config } from '../../shared/core/mode.ts';
import { approve, undo } from '../../shared/core/people.ts';
import { matches, patternsOf } from '../../shared/core/route.ts';
import type { Rule } from '../../shared/core/rule.ts';
import {
  alice,
  ask,
  atEveryCall,
  bob,
  call,
  decide,
  deliver,
  dims,
  holding,
  kinds,
  type Lamp,
  lampRule,
  lit,
  out,
  outcomesOf,
  persist,
  putsBack,
  putsOut,
  toyWorld,
  type World,
} from '../support/toys.ts';

const lease = '111122223333/eu-central-1/toy/lamp/hall';
const blue: Lamp = { lit: false, watts: 7, colour: 'blue' };
const day = 86_400;
const rulesOf = (world: World): readonly Rule[] => [putsBack(world.lens)];
const set = (world: World, change: Parameters<typeof call>[1] = {}) =>
  call('SetLamp', { time: world.now().toISOString(), ...change });
const lights = (world: World) => call('LightLamp', { time: world.now().toISOString() });
const look = async (world: World, rules = rulesOf(world), config: Partial<Config> = {}) =>
  outcomesOf(await dueLesson(lease, world.deps(rules, config)));
const learned = async (world: World): Promise<Lesson | null> => (await world.store.lessons(lease)).learned;
const candidate = async (world: World): Promise<Lesson | null> => (await world.store.lessons(lease)).candidate;

/** A lamp that was set, and stood for a day. */
async function taught(state: Lamp = blue, rules?: readonly Rule[]): Promise<World> {
  const world = toyWorld({ hall: state });
  await deliver(world, set(world), rules ?? rulesOf(world));
  world.wait(day);
  await look(world, rules);
  return world;
}

describe('a change that no rule flags', () => {
  it('is delivered, and detect does not run for it', async () => {
    const world = toyWorld({ hall: blue });
    let detected = 0;
    const rules = [
      putsBack(world.lens),
      lampRule(
        'toy/lamp',
        world.lens,
        (lamp) => lamp,
        () => {
          detected += 1;
        },
      ),
    ];
    const event = set(world);
    expect(patternsOf(rules).filter(({ pattern }) => matches(pattern, event))).toHaveLength(1);
    expect(await deliver(world, event, rules)).toEqual(['learning']);
    expect(detected).toBe(0);
    expect(world.log).toEqual(['ownerOf', 'read', 'lessons', 'sign', 'later', 'suggest']);
    expect(world.store.all()).toEqual([]);
  });

  it('is noted with who made it, and learned a day later if it stood', async () => {
    const world = toyWorld({ hall: blue });
    await deliver(world, set(world), rulesOf(world));
    expect(await candidate(world)).toMatchObject({ lease, state: blue, by: alice, stood: false });
    expect(world.dues).toEqual([{ learned: lease, at: '2026-03-02T10:00:00.000Z' }]);
    world.wait(day - 1);
    expect(await look(world)).toEqual(['learning']);
    expect(await learned(world)).toBeNull();
    world.wait(1);
    expect(await look(world)).toEqual(['learning']);
    expect(await world.store.lessons(lease)).toMatchObject({
      learned: { state: blue, by: alice, at: '2026-03-01T10:00:00.000Z', stood: true },
      candidate: null,
    });
    expect(await world.store.overdue('toy', '2027')).toEqual([]);
    expect(world.told).toEqual([]);
  });

  it('is forgotten where it did not stand', async () => {
    const world = toyWorld({ hall: blue });
    await deliver(world, set(world), rulesOf(world));
    world.set('hall', lit);
    world.wait(day);
    const [result] = await dueLesson(lease, world.deps(rulesOf(world)));
    expect(result).toMatchObject({ outcome: 'learning', note: expect.stringMatching(/^not learned: .*did not stand/) });
    expect(await world.store.lessons(lease)).toEqual({ learned: null, candidate: null });
  });

  it('is compared as the lens compares, and made again by a pipeline each hour is learned all the same', async () => {
    const world = toyWorld({ hall: blue });
    for (let hour = 0; hour < 24; hour += 1) {
      await deliver(world, set(world), rulesOf(world));
      world.set('hall', { ...blue, colour: hour % 2 ? 'BLUE' : 'blue' });
      world.wait(3600);
    }
    expect(world.dues).toHaveLength(1);
    await look(world);
    expect((await learned(world))?.state).toEqual(blue);
  });

  it('starts a new candidate, while what was learned stays until that has stood', async () => {
    const world = await taught();
    world.set('hall', out);
    world.wait(60);
    await deliver(world, set(world), rulesOf(world));
    expect(await world.store.lessons(lease)).toMatchObject({ learned: { state: blue }, candidate: { state: out } });
    world.wait(day);
    await look(world);
    expect((await learned(world))?.state).toEqual(out);
  });

  it('takes the place of an older candidate, whose look then leaves it alone', async () => {
    const world = toyWorld({ hall: blue });
    await deliver(world, set(world), rulesOf(world));
    world.wait(day / 2);
    world.set('hall', out);
    await deliver(world, set(world), rulesOf(world));
    world.wait(day / 2);
    expect(await look(world)).toEqual(['learning']);
    expect(await world.store.lessons(lease)).toMatchObject({ learned: null, candidate: { state: out } });
    world.wait(day / 2);
    await look(world);
    expect((await learned(world))?.state).toEqual(out);
  });

  it('back to what was learned ends the candidate between: what came and went has not stood', async () => {
    const world = await taught();
    world.set('hall', out);
    await deliver(world, set(world), rulesOf(world));
    world.set('hall', blue);
    await deliver(world, set(world), rulesOf(world));
    expect(await world.store.lessons(lease)).toMatchObject({ learned: { state: blue }, candidate: null });
  });

  it('is found by the look for another, where its own was missed', async () => {
    const world = toyWorld({ hall: blue, attic: blue });
    await deliver(world, set(world), rulesOf(world));
    await deliver(world, set(world, { lamp: 'attic' }), rulesOf(world));
    world.wait(day);
    const results = await dueLesson(lease.replace('hall', 'attic'), world.deps(rulesOf(world)));
    expect(outcomesOf(results)).toEqual(['learning', 'learning']);
    expect((await learned(world))?.state).toEqual(blue);
  });

  it.each<[string, Parameters<typeof call>[1], Partial<Config>]>([
    ['failed', { errorCode: 'AccessDenied' }, {}],
    ['of our own role', { arn: 'arn:aws:sts::111122223333:assumed-role/firebreak-toy/x', requestId: 'request-1' }, {}],
    ['of which the rule is off', {}, { modes: [{ rule: 'toy/*', mode: 'off' }] }],
    ['that names nothing', { lamp: '' }, {}],
  ])('%s teaches nothing', async (_, change, config) => {
    const world = toyWorld({ hall: lit });
    if (change?.requestId !== undefined) await deliver(world, call(), [dims(world.lens)]);
    const reads = world.log.filter((what) => what === 'read').length;
    expect(await deliver(world, set(world, change), rulesOf(world), config)).toEqual([]);
    expect(world.log.filter((what) => what === 'read')).toHaveLength(reads);
    expect(await candidate(world)).toBeNull();
  });

  it('that was an undo of ours teaches nothing', async () => {
    const world = toyWorld({ hall: lit });
    await deliver(world, call(), [dims(world.lens)]);
    expect(await deliver(world, set(world, { requestId: 'request-1' }), rulesOf(world))).toEqual([]);
    expect(await candidate(world)).toBeNull();
  });

  it.each<[string, Partial<Config>]>([
    ['notify', { preset: 'observe' }],
    ['approve', ask],
    ['remediate', {}],
  ])('teaches in mode %s', async (_, config) => {
    const world = toyWorld({ hall: blue });
    expect(await deliver(world, set(world), rulesOf(world), config)).toEqual(['learning']);
  });

  it('teaches several rules of one lens one thing', async () => {
    const world = toyWorld({ hall: blue });
    const rules = [putsBack(world.lens), putsBack(world.lens, 'toy/other')];
    expect(await deliver(world, set(world), rules)).toEqual(['learning']);
  });

  it('is not learned where a rule of the lens would change what is there: a trouble that nobody mended', async () => {
    const world = toyWorld({ hall: lit });
    const rules = [putsBack(world.lens), putsOut(world.lens)];
    const [result] = await handle(set(world), world.deps(rules));
    expect(result).toMatchObject({
      outcome: 'learning',
      note: `not learned: toy/lamp would change the state of ${lease}`,
    });
    expect(await candidate(world)).toBeNull();
    world.set('hall', out);
    expect(await deliver(world, set(world), rules)).toEqual(['learning']);
    expect((await candidate(world))?.state).toEqual(out);
  });

  it('is too large, or of nothing that is there: said, and not learned', async () => {
    const world = toyWorld({ hall: { ...blue, colour: 'ä'.repeat(40_000) } });
    const said = async () => (await handle(set(world), world.deps(rulesOf(world))))[0];
    expect(await said()).toMatchObject({ outcome: 'learning', note: expect.stringMatching(/not learned: .* bytes/) });
    world.set('hall', null);
    expect(await said()).toMatchObject({ outcome: 'learning', note: expect.stringMatching(/^nothing is there/) });
    expect(await candidate(world)).toBeNull();
  });
});

describe('a signal that is both a rule’s trigger and a lesson’s', () => {
  /** Flags SetLamp of red lamps only. */
  const flags = (world: World, how: () => void = () => {}): readonly Rule[] => {
    const rule = putsBack(world.lens);
    const learns = rule.fix?.learns?.triggers ?? [];
    const detect: Rule['detect'] = (signal, baseline, home) => {
      how();
      return world.lamp()?.colour === 'red' ? rule.detect(signal, baseline, home) : [];
    };
    return [{ ...rule, triggers: [...rule.triggers, ...learns] as unknown as Rule['triggers'], detect }];
  };

  it('teaches where the rule flags nothing', async () => {
    const world = toyWorld({ hall: blue });
    const rules = flags(world);
    expect(patternsOf(rules).flatMap(({ pattern }) => JSON.stringify(pattern).match(/SetLamp/g) ?? [])).toHaveLength(1);
    expect(await deliver(world, set(world), rules)).toEqual(['learning']);
  });

  it.each<[string, Parameters<typeof call>[1], Partial<Config>, string]>([
    ['flags it', {}, {}, 'told'],
    [
      'has it exempt',
      {},
      { exemptions: [{ rule: 'toy/*', resource: '*', owner: 'a', reason: 'b', expires: '2027-01-01' }] },
      'exempt',
    ],
  ])('teaches nothing where the rule %s', async (_, change, config, outcome) => {
    const world = toyWorld({ hall: lit });
    expect(await deliver(world, set(world, change), flags(world), config)).toEqual([outcome]);
    expect(await candidate(world)).toBeNull();
  });

  it('teaches nothing where another rule of the room flags it, though that one is off, or where a rule stumbles', async () => {
    const world = toyWorld({ hall: lit });
    const [flagging] = flags(world);
    const other = { ...flagging, id: 'toy/other' } as Rule;
    const off: Partial<Config> = { modes: [{ rule: 'toy/other', mode: 'off' }] };
    expect(await deliver(world, set(world), [putsBack(world.lens), other], off)).toEqual(['off']);
    const stumbles = flags(world, () => {
      throw new Error('a bug');
    });
    await expect(deliver(world, set(world), [putsBack(world.lens), ...stumbles])).rejects.toThrow('a bug');
    expect(await candidate(world)).toBeNull();
  });
});

describe('what was learned', () => {
  it('is put back, is on the record, and was read back', async () => {
    const world = await taught();
    world.set('hall', lit);
    expect(await deliver(world, lights(world), rulesOf(world))).toEqual(['fixed']);
    expect(world.lamp()).toEqual(blue);
    expect(world.only()).toMatchObject({
      plan: { state: blue },
      after: { state: blue },
      learned: { state: blue, by: alice, at: '2026-03-01T10:00:00.000Z' },
    });
    expect(await undo(world.only().id, bob, false, world.deps(rulesOf(world)))).toMatchObject({ outcome: 'undone' });
    expect(world.lamp()).toEqual(lit);
  });

  it('is unknown where nothing was, and while it has not stood', async () => {
    const world = toyWorld({ hall: blue });
    await deliver(world, set(world), rulesOf(world));
    world.set('hall', lit);
    expect(await deliver(world, lights(world), rulesOf(world))).toEqual(['told']);
    expect(world.lamp()).toEqual(lit);
  });

  it('is not asked for by a fix that does not learn', async () => {
    const world = await taught();
    world.set('hall', lit);
    const mark = world.log.length;
    expect(await deliver(world, lights(world), [dims(world.lens)])).toEqual(['fixed']);
    expect(world.log.slice(mark)).not.toContain('lessons');
    expect(world.only()).not.toHaveProperty('learned');
  });

  it('is handed to those rules of a group that learn, and to no other', async () => {
    const world = await taught({ ...blue, watts: 100 });
    world.set('hall', lit);
    const seen: unknown[] = [];
    const other = lampRule('toy/other', world.lens, (lamp, { learned: given }) => {
      seen.push(given);
      return lamp && { ...lamp, watts: Math.min(lamp.watts, 40) };
    });
    const back = putsBack(world.lens);
    const colour = {
      ...back,
      fix: back.fix && {
        ...back.fix,
        desire: (lamp: Lamp | null, c: { learned: { state: Lamp } | null }) =>
          lamp && { ...lamp, colour: c.learned?.state.colour ?? 'none', lit: false },
      },
    } as unknown as Rule;
    expect(await deliver(world, lights(world), [colour, other])).toEqual(['fixed']);
    expect(world.lamp()).toEqual({ lit: false, watts: 40, colour: 'blue' });
    expect(new Set(seen)).toEqual(new Set([null]));
  });

  it('stays what it was for an incident, whatever is learned between question and answer', async () => {
    const world = await taught();
    world.set('hall', lit);
    await deliver(world, lights(world), rulesOf(world), ask);
    const { id } = world.only();
    const lesson = await learned(world);
    world.store.teach(lease, { learned: lesson && { ...lesson, state: out, code: 'x' }, candidate: null });
    await decide(world, id);
    expect(await approve(id, world.deps(rulesOf(world), ask))).toMatchObject({ outcome: 'fixed' });
    expect(world.lamp()).toEqual(blue);
  });

  it('on a record is covered by the record’s code', async () => {
    const world = await taught();
    world.set('hall', lit);
    await deliver(world, lights(world), rulesOf(world), ask);
    const { id, learned: used } = world.only();
    await decide(world, id);
    await world.tamper(id, { learned: { ...used, state: out, by: bob, at: '' } });
    await expect(approve(id, world.deps(rulesOf(world), ask))).rejects.toMatchObject({ name: 'Forged' });
    expect(world.lamp()).toEqual(lit);
  });

  it('holds for a time where the fix is a hold, and for a state that takes minutes', async () => {
    const world = await taught();
    world.set('hall', lit);
    const rules = rulesOf(world).map((rule) => holding(rule, 60));
    expect(await deliver(world, lights(world), rules)).toEqual(['held']);
    expect(world.lamp()).toEqual(blue);
  });

  it.each<[string, (lesson: Lesson) => Partial<Lesson>]>([
    ['its state', () => ({ state: out })],
    ['who made it', () => ({ by: bob })],
    ['when', () => ({ at: '2026-02-01T00:00:00.000Z' })],
    ['its code', () => ({ code: 'AAAA' })],
    ['its lens, being another’s lesson', () => ({ lease: lease.replace('hall', 'attic') })],
  ])('that somebody changed (%s) counts as none, and is told of, once for an event', async (_, change) => {
    const world = await taught();
    const lesson = await learned(world);
    world.store.teach(lease, { learned: lesson && { ...lesson, ...change(lesson) }, candidate: null });
    world.set('hall', lit);
    for (let n = 0; n < 2; n += 1) expect(await deliver(world, lights(world), rulesOf(world))).toEqual(['told']);
    expect(world.lamp()).toEqual(lit);
    expect(world.told.filter(({ rules }) => rules.includes('self/tampering'))).toMatchObject([
      { outcome: 'refused', severity: 'critical', title: 'A learned state was changed by somebody else' },
    ]);
  });

  it('is not a candidate that somebody calls learned before its day', async () => {
    const world = toyWorld({ hall: blue });
    await deliver(world, set(world), rulesOf(world));
    const one = await candidate(world);
    world.set('hall', lit);
    for (const stood of [false, true]) {
      world.store.teach(lease, { learned: one && { ...one, stood }, candidate: null });
      expect(await deliver(world, lights(world), rulesOf(world))).toEqual(['told']);
    }
    expect(world.lamp()).toEqual(lit);
  });

  it('never comes of a candidate that somebody changed', async () => {
    const world = toyWorld({ hall: blue });
    await deliver(world, set(world), rulesOf(world));
    const one = await candidate(world);
    world.store.teach(lease, { learned: null, candidate: one && { ...one, state: lit } });
    world.set('hall', lit);
    world.wait(day);
    await expect(look(world)).rejects.toMatchObject({ name: 'Forged' });
    expect(await world.store.lessons(lease)).toEqual({ learned: null, candidate: null });
    expect(world.told).toMatchObject([{ outcome: 'refused', severity: 'critical' }]);
  });

  it('may have to be asked for: a plan that a person must see', async () => {
    const world = await taught();
    world.set('hall', lit);
    const rules = rulesOf(world).map(
      (rule) => ({ ...rule, fix: rule.fix && { ...rule.fix, asks: () => 'it leads out of the account' } }) as Rule,
    );
    expect(await deliver(world, lights(world), rules)).toEqual(['asked']);
    expect(world.only()).toMatchObject({ mode: 'approve', note: 'it leads out of the account', plan: { state: blue } });
  });
});

describe.each(kinds)('interrupted: $when its effect, dies: $dies', (kind) => {
  it('it is learned in the end, once the event and the look come again', async () => {
    const fresh = async (): Promise<World> => toyWorld({ hall: blue });
    await atEveryCall(fresh, kind, async (world) => {
      const event = set(world);
      const deps = (): Deps => world.deps(rulesOf(world));
      await persist(world, () => handle(event, deps()));
      world.wait(day);
      await persist(world, () => dueLesson(lease, deps()));
      expect((await learned(world))?.state, world.log.join(', ')).toEqual(blue);
    });
    const noted = async (): Promise<World> => {
      const world = toyWorld({ hall: blue });
      await deliver(world, set(world), rulesOf(world));
      world.wait(day);
      return world;
    };
    await atEveryCall(noted, kind, async (world) => {
      await persist(world, () => dueLesson(lease, world.deps(rulesOf(world))));
      expect((await learned(world))?.state, world.log.join(', ')).toEqual(blue);
      expect(await world.store.overdue('toy', '2027')).toEqual([]);
    });
  });
});
