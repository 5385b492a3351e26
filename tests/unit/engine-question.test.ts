/** People are told once: one open question a lens, one rehearsal an hour, one message for a flood. */
import { describe, expect, it } from 'vitest';
import type { Deps } from '../../shared/core/deps.ts';
import { due } from '../../shared/core/due.ts';
import { handle } from '../../shared/core/engine.ts';
import type { Incident } from '../../shared/core/incident.ts';
import type { Config } from '../../shared/core/mode.ts';
import { approve } from '../../shared/core/people.ts';
import type { Rule } from '../../shared/core/rule.ts';
import { render } from '../../shared/notify/message.ts';
import {
  ask,
  atEveryCall,
  bob,
  call,
  decide,
  deliver,
  dims,
  found,
  kinds,
  lampRule,
  lit,
  out,
  outcomesOf,
  persist,
  putsOut,
  toyWorld,
  type World,
} from '../support/toys.ts';

const lights = (world: World, change: Parameters<typeof call>[1] = {}) =>
  call('LightLamp', { time: world.now().toISOString(), ...change });
const question = (world: World): Incident => {
  const [one, ...more] = world.store.all().filter(({ outcome }) => outcome === 'asked');
  if (!one || more.length > 0) throw new Error(`expected one question, found ${more.length + (one ? 1 : 0)}`);
  return one;
};
const messages = (world: World): readonly string[] => world.told.map(({ outcome }) => outcome);
const nobodyAsked =
  (incidents: Deps['incidents']): Deps['incidents']['standing'] =>
  async (...args) => ({ ...(await incidents.standing(...args)), asked: null });
const yes = async (world: World, id: string, rules: readonly Rule[] = [putsOut(world.lens)]) => {
  await decide(world, id);
  return (await approve(id, world.deps(rules, ask))).outcome;
};

describe('a second question about a lens', () => {
  it('is not put: the event is added to the one that is open, with who and a number', async () => {
    const world = toyWorld();
    await deliver(world, lights(world), undefined, ask);
    for (let n = 0; n < 3; n += 1)
      expect(await deliver(world, lights(world, { arn: bob }), undefined, ask)).toEqual(['witness']);
    expect(messages(world)).toEqual(['asked']);
    expect(question(world)).toMatchObject({ seen: 3, witnesses: [{ name: 'LightLamp' }, {}, {}] });
    expect(question(world).timeline.at(-1)?.what).toBe('also: LightLamp by alice: toy/lamp: it burns');
    const own = world.store.all().filter(({ outcome }) => outcome === 'witness');
    expect(own.map(({ note }) => note)).toEqual(Array(3).fill(`asked already: incident ${question(world).id}`));
    expect(await yes(world, question(world).id)).toBe('fixed');
  });

  it('is put once where both come at once', async () => {
    const world = toyWorld();
    const both = await Promise.all([1, 2, 3].map(() => deliver(world, lights(world), undefined, ask)));
    expect(both.flat().toSorted()).toEqual(['asked', 'witness', 'witness']);
    expect(messages(world)).toEqual(['asked']);
  });

  it('waits for whoever has the lens, and reads anew what that one left', async () => {
    const lease = '111122223333/eu-central-1/toy/lamp/hall';
    const until = (world: World, seconds: number) => new Date(world.now().getTime() + seconds * 1000).toISOString();
    const world = toyWorld();
    await world.store.lock(lease, 'a fix', until(world, 1));
    const deps = world.deps([putsOut(world.lens)], ask);
    const sleep = async (milliseconds: number): Promise<void> => {
      await deps.sleep(milliseconds);
      world.set('hall', out);
    };
    expect(await handle(lights(world), { ...deps, sleep })).toMatchObject([{ outcome: 'safe' }]);
    expect(messages(world)).not.toContain('asked');
    expect(await world.store.lock(lease, 'another', until(world, 1))).toBe(true);
    const taken = toyWorld();
    await taken.store.lock(lease, 'a fix', until(taken, 60));
    await expect(deliver(taken, lights(taken), undefined, ask)).rejects.toMatchObject({ name: 'LeaseHeld' });
  });

  it('is put anew where the answer would be another: new plan, new code, told, and says that it changed', async () => {
    const world = toyWorld();
    await deliver(world, lights(world), undefined, ask);
    const before = question(world);
    world.wait(3600);
    world.set('hall', { ...lit, watts: 500 });
    expect(await deliver(world, lights(world), undefined, ask)).toEqual(['witness']);
    const after = question(world);
    expect(after).toMatchObject({
      id: before.id,
      told: 'asked',
      before: { state: { ...lit, watts: 500 } },
      plan: { state: { ...out, watts: 500 } },
      note: expect.stringMatching(/^it changed after the question, by LightLamp of alice/),
    });
    expect(after.code).not.toBe(before.code);
    expect(Date.parse(after.until ?? '') - Date.parse(before.until ?? '')).toBe(3_600_000);
    expect(messages(world)).toEqual(['asked', 'asked']);
    expect(await yes(world, after.id)).toBe('fixed');
    expect(world.lamp()).toEqual({ ...out, watts: 500 });
  });

  it('takes a yes away that was said to another plan, and leaves one to the same', async () => {
    const world = toyWorld();
    await deliver(world, lights(world), undefined, ask);
    const { id } = question(world);
    await decide(world, id);
    await deliver(world, lights(world), undefined, ask);
    expect(question(world).decision).toMatchObject({ by: bob });
    world.set('hall', { ...lit, watts: 500 });
    await deliver(world, lights(world), undefined, ask);
    expect(question(world).decision).toBeUndefined();
    await expect(approve(id, world.deps([putsOut(world.lens)], ask))).rejects.toMatchObject({ name: 'NotDecided' });
  });

  it('by another rule makes one of both', async () => {
    const world = toyWorld();
    await deliver(world, lights(world), [putsOut(world.lens)], ask);
    expect(await deliver(world, lights(world), [dims(world.lens)], ask)).toEqual(['asked']);
    // A room knows all of its rules: there the question is one, and is about both.
    const room = toyWorld();
    const waking = [
      putsOut(room.lens),
      { ...dims(room.lens), triggers: [{ kind: 'call', service: 'toy.amazonaws.com', name: 'SetLamp' }] } as Rule,
    ];
    await deliver(room, lights(room), waking, ask);
    expect(await deliver(room, call('SetLamp', { time: room.now().toISOString() }), waking, ask)).toEqual(['witness']);
    expect(question(room)).toMatchObject({
      rules: ['toy/lamp', 'toy/watts'],
      note: 'mode approve: a person decides; asked by toy/watts, too: here is the plan of both',
      reasons: ['toy/lamp: it burns', 'toy/watts: it burns'],
      plan: { state: { ...out, watts: 40 } },
    });
    expect(await yes(room, question(room).id, waking)).toBe('fixed');
    expect(room.lamp()).toEqual({ ...out, watts: 40 });
  });

  it('is put where it is of something else on the same lens: a yes to the one is none to the other', async () => {
    const world = toyWorld();
    // One house, of which the hall is to be put out and the attic dimmed.
    const house = { ...world.lens, key: () => 'house', read: () => world.lens.read({ lamp: 'hall' }) };
    const rules = [
      lampRule('toy/lamp', house, (lamp, { target }) =>
        lamp && target.lamp === 'hall' ? { ...lamp, lit: false } : lamp && { ...lamp, watts: 40 },
      ),
    ];
    expect(await deliver(world, lights(world), rules, ask)).toEqual(['asked']);
    expect(await deliver(world, lights(world, { lamp: 'attic' }), rules, ask)).toEqual(['asked']);
    expect(world.store.all().map(({ plan }) => plan?.state)).toEqual([out, { ...lit, watts: 40 }]);
    // Of what is the same for both there is one question still.
    const same = toyWorld();
    const all = [lampRule('toy/lamp', { ...same.lens, key: () => 'house' }, (lamp) => lamp && { ...lamp, lit: false })];
    same.set('attic', lit);
    expect(await deliver(same, lights(same), all, ask)).toEqual(['asked']);
    expect(await deliver(same, lights(same, { lamp: 'attic' }), all, ask)).toEqual(['witness']);
  });

  it('is put where the first has expired, was answered, or is about another lamp', async () => {
    const world = toyWorld({ hall: lit, attic: lit });
    await deliver(world, lights(world), undefined, ask);
    expect(await deliver(world, lights(world, { lamp: 'attic' }), undefined, ask)).toEqual(['asked']);
    world.wait(72 * 3600);
    expect(await deliver(world, lights(world), undefined, ask)).toEqual(['asked']);
  });

  it('is put where the open one is not what was stored: that is told of, and nothing added to it', async () => {
    const world = toyWorld();
    await deliver(world, lights(world), undefined, ask);
    const { id } = question(world);
    await world.tamper(id, { plan: { state: { ...lit, watts: 9000 } } });
    expect(await deliver(world, lights(world), undefined, ask)).toEqual(['asked']);
    expect(messages(world)).toEqual(['asked', 'refused', 'asked']);
    expect((await world.store.get(id))?.seen).toBeUndefined();
  });

  it('is put where it can’t be read whether one is open', async () => {
    const world = toyWorld();
    await deliver(world, lights(world), undefined, ask);
    const deps = world.deps([putsOut(world.lens)], ask);
    const standing = async (): Promise<never> => {
      throw new Error('slow down');
    };
    const [result] = await handle(lights(world), { ...deps, incidents: { ...deps.incidents, standing } });
    expect(result?.outcome).toBe('asked');
  });

  it('is the breaker’s, too: who goes on and on is asked about once', async () => {
    const world = toyWorld();
    const ends = [];
    for (let n = 0; n < 6; n += 1) {
      world.wait(60);
      world.set('hall', lit);
      ends.push(...(await deliver(world, lights(world))));
    }
    expect(ends).toEqual(['fixed', 'fixed', 'asked', 'witness', 'witness', 'witness']);
    expect(messages(world)).toEqual(['fixed', 'fixed', 'asked']);
  });

  it.each(kinds)('interrupted at any call ($when, dies: $dies): asked and told what is asked', async (kind) => {
    const asked = async (): Promise<World> => {
      const world = toyWorld();
      await deliver(world, lights(world), undefined, ask);
      world.set('hall', { ...lit, watts: 500 });
      return world;
    };
    await atEveryCall(asked, kind, async (world) => {
      const event = lights(world);
      await persist(world, () => handle(event, world.deps([putsOut(world.lens)], ask)));
      const all = world.store.all().filter(({ outcome }) => outcome === 'asked');
      // Where it could not be read whether one is open, there may be a second; never none that fits.
      expect(
        all.some(({ plan }) => JSON.stringify(plan?.state) === JSON.stringify({ ...lit, watts: 500, lit: false })),
        world.log.join(', '),
      ).toBe(true);
      expect(
        all.every(({ told }) => told === 'asked'),
        world.log.join(', '),
      ).toBe(true);
      expect(all.every(({ witnesses }) => witnesses.length < 2)).toBe(true);
    });
  });
});

describe('an answer', () => {
  it('is given by a fix of the lens: the question ends, silently, since the fix is told', async () => {
    const world = toyWorld();
    await deliver(world, lights(world), undefined, ask);
    const { id } = question(world);
    expect(await deliver(world, lights(world))).toEqual(['fixed']);
    expect(await world.store.get(id)).toMatchObject({
      outcome: 'witness',
      note: expect.stringMatching(/^put out by incident fb-/),
    });
    expect(messages(world)).toEqual(['asked', 'fixed']);
    // Where its message can be changed, its buttons go.
    expect(world.revised.map((one) => [one.id, one.outcome, one.told])).toEqual([[id, 'witness', 'asked']]);
    expect(await world.store.overdue('toy', '2027')).toEqual([]);
    await expect(decide(world, id)).rejects.toMatchObject({ name: 'NotAsked' });
  });

  it('is given by whoever made it safe, and told', async () => {
    const world = toyWorld();
    await deliver(world, lights(world), undefined, ask);
    const { id } = question(world);
    world.set('hall', out);
    world.wait(60);
    expect(await deliver(world, lights(world), undefined, ask)).toEqual(['safe']);
    expect(await world.store.get(id)).toMatchObject({
      outcome: 'safe',
      told: 'safe',
      note: expect.stringMatching(/^found safe by/),
    });
  });

  it('ends it all the same where the word of that can’t be sent', async () => {
    const world = toyWorld();
    await deliver(world, lights(world), undefined, ask);
    const deps = { ...world.deps([putsOut(world.lens)]), revise: () => Promise.reject(new Error('no topic')) };
    const { id } = question(world);
    expect(outcomesOf(await handle(lights(world), deps))).toEqual(['fixed']);
    expect(await world.store.get(id)).toMatchObject({ outcome: 'witness' });
  });

  it('that is carried out while it takes its time, is no question meanwhile', async () => {
    const world = toyWorld();
    const slow = putsOut({ ...world.lens, settles: 10, ready: () => false });
    await deliver(world, lights(world), [slow], ask);
    expect(await yes(world, question(world).id, [slow])).toBe('settling');
    expect(world.revised.map(({ outcome, told }) => [outcome, told])).toEqual([['settling', 'asked']]);
  });

  it('by an incident that was faster: the approved one ends without a word, and its buttons go', async () => {
    const world = toyWorld();
    await deliver(world, lights(world), undefined, ask);
    const { id } = question(world);
    await decide(world, id);
    // Put out, without the question's having been in hand.
    const deps = world.deps([putsOut(world.lens)]);
    await handle(lights(world), { ...deps, incidents: { ...deps.incidents, standing: nobodyAsked(deps.incidents) } });
    expect((await approve(id, world.deps([putsOut(world.lens)], ask))).outcome).toBe('witness');
    expect(world.revised.map((one) => [one.id, one.outcome])).toEqual([[id, 'witness']]);
  });

  it('is none where the question wants more than the fix did', async () => {
    const world = toyWorld();
    const config: Partial<Config> = { modes: [{ rule: 'toy/lamp', mode: 'approve' }] };
    const rules = [putsOut(world.lens), dims(world.lens)];
    expect(await deliver(world, lights(world), rules, config)).toEqual(['fixed', 'asked']);
    world.set('hall', lit);
    world.wait(60);
    expect(await deliver(world, lights(world), rules, config)).toEqual(['fixed', 'witness']);
    expect(question(world).plan?.state).toEqual({ ...out, watts: 40 });
  });

  it('is not taken for one by a rehearsal, which holds no lens', async () => {
    const world = toyWorld();
    await deliver(world, lights(world), undefined, ask);
    world.set('hall', out);
    expect(await deliver(world, lights(world), undefined, { preset: 'observe' })).toEqual(['safe']);
    expect(question(world)).toMatchObject({ outcome: 'asked' });
  });
});

describe('a rehearsal', () => {
  const guard: Partial<Config> = { preset: 'guard' };

  it('of the same is told once an hour', async () => {
    const world = toyWorld();
    const ends = [];
    for (const wait of [0, 600, 2999, 1]) {
      world.wait(wait);
      ends.push(...(await deliver(world, lights(world), undefined, guard)));
    }
    expect(ends).toEqual(['rehearsed', 'witness', 'witness', 'rehearsed']);
    expect(messages(world)).toEqual(['rehearsed', 'rehearsed']);
    expect(world.store.all()[0]).toMatchObject({ outcome: 'rehearsed', seen: 2 });
  });

  it('of another state, lamp or rule is told by itself', async () => {
    const world = toyWorld({ hall: lit, attic: lit });
    await deliver(world, lights(world), undefined, guard);
    expect(await deliver(world, lights(world, { lamp: 'attic' }), undefined, guard)).toEqual(['rehearsed']);
    expect(await deliver(world, lights(world), [dims(world.lens)], guard)).toEqual(['rehearsed']);
    world.set('hall', { ...lit, watts: 500 });
    expect(await deliver(world, lights(world), undefined, guard)).toEqual(['rehearsed']);
  });

  it.each(kinds)('interrupted at any call ($when, dies: $dies) is told', async (kind) => {
    await atEveryCall(
      async () => toyWorld(),
      kind,
      async (world) => {
        const event = lights(world);
        await persist(world, () => handle(event, world.deps([putsOut(world.lens)], guard)));
        expect(world.only(), world.log.join(', ')).toMatchObject({ outcome: 'rehearsed', told: 'rehearsed' });
      },
    );
  });
});

describe('a flood of questions', () => {
  const few: Partial<Config> = { ...ask, breaker: { lens: 2, actor: 3, hours: 24 } };
  async function flood(world: World, from: number, to: number, config = few, arn?: string): Promise<void> {
    for (let n = from; n < to; n += 1) {
      world.set(`lamp-${n}`, lit);
      await deliver(world, lights(world, { lamp: `lamp-${n}`, ...(arn && { arn }) }), undefined, config);
    }
  }
  const one = (world: World): Incident | undefined =>
    world.store.all().find(({ title }) => title === 'Many questions after one actor');

  it('is told as one message beyond the first few; every one is stored, and can be answered', async () => {
    const world = toyWorld({});
    await flood(world, 0, 10);
    expect(world.told.map(({ outcome, title }) => `${outcome} ${title}`)).toEqual([
      ...Array(3).fill('asked A lamp burns'),
      'told Many questions after one actor',
    ]);
    const asked = world.store.all().filter(({ outcome }) => outcome === 'asked');
    expect(asked).toHaveLength(10);
    expect(asked.every(({ told }) => told === 'asked')).toBe(true);
    expect(one(world)).toMatchObject({
      rules: ['toy/lamp'],
      severity: 'high',
      resource: 'arn:aws:iam::111122223333:user/alice',
      seen: 7,
      note: 'what else comes until 2026-03-01T10:05:00.000Z is told together then',
    });
    expect(await yes(world, asked[9]?.id ?? '')).toBe('fixed');
  });

  const looksAt = async (world: World): Promise<readonly string[]> =>
    outcomesOf(await due(one(world)?.id ?? '', world.deps([putsOut(world.lens)])));

  it('names all of it after some minutes and at the end of its hour, if there is more to say, and begins anew after that', async () => {
    const world = toyWorld({});
    await flood(world, 0, 10);
    const id = one(world)?.id ?? '';
    expect(world.dues).toContainEqual({ incident: id, at: '2026-03-01T10:05:00.000Z' });
    world.wait(240);
    expect(await looksAt(world)).toEqual(['told']);
    expect(world.told).toHaveLength(4);
    world.wait(60);
    expect(await looksAt(world)).toEqual(['told']);
    expect(world.told).toHaveLength(5);
    expect(world.told.at(-1)?.note).toMatch(
      /^7 were not told one by one; what else comes until 2026-03-01T10:25:00.000Z/,
    );
    const { text } = render(world.told.at(-1) as Incident);
    const unnamed = world.store
      .all()
      .filter(({ outcome, id: of }) => outcome === 'asked' && !world.told.some((told) => told.id === of))
      .filter(({ id: of, resource }) => !text.includes(`${of}  ${resource}`));
    expect(unnamed).toEqual([]);
    expect(world.dues.at(-1)).toEqual({ incident: id, at: '2026-03-01T10:25:00.000Z' });
    // Nothing new: nobody is told.
    world.wait(20 * 60);
    expect(await looksAt(world)).toEqual(['told']);
    expect(world.told).toHaveLength(5);
    world.wait(20 * 60);
    await looksAt(world);
    expect(world.dues.at(-1)).toEqual({ incident: id, at: '2026-03-01T11:00:00.000Z' });
    await flood(world, 10, 12);
    world.wait(15 * 60);
    expect(await looksAt(world)).toEqual(['told']);
    expect(world.told.at(-1)?.note).toBe('9 were not told one by one');
    expect(await looksAt(world)).toEqual(['told']);
    expect(world.told).toHaveLength(6);
    expect(await world.store.overdue('toy', '2027-01-01T00:00:00.000Z')).not.toContainEqual({ incident: id });
    world.wait(61 * 60);
    await flood(world, 20, 25);
    expect(world.told.slice(6).map(({ outcome }) => outcome)).toEqual(['asked', 'asked', 'asked', 'told']);
  });

  it('hides nothing critical: what follows three that were noise is named at once, or within five minutes', async () => {
    const world = toyWorld({});
    const grave = [{ ...putsOut(world.lens), severity: 'critical' } as Rule];
    const breaks = async (lamp: string): Promise<string> => {
      world.set(lamp, lit);
      const [{ incident } = { incident: null }] = await handle(lights(world, { lamp }), world.deps(grave, few));
      return incident ?? 'none';
    };
    const named = (id: string): boolean => world.told.some((told) => render(told).text.includes(id));
    for (const lamp of ['one', 'two', 'three']) await breaks(lamp);
    expect(named(await breaks('fourth'))).toBe(true);
    world.wait(5 * 60);
    await looksAt(world);
    world.wait(60);
    const late = await breaks('late');
    expect(named(late)).toBe(false);
    const { id, until: at } = one(world) ?? {};
    expect(world.dues).toContainEqual({ incident: id, at: '2026-03-01T10:10:00.000Z' });
    expect(at).toBe('2026-03-01T10:10:00.000Z');
    world.wait(4 * 60);
    await looksAt(world);
    expect(named(late)).toBe(true);
  });

  it('is silent at its end where nothing came after it was told of', async () => {
    const world = toyWorld({});
    await flood(world, 0, 5);
    world.wait(300);
    await looksAt(world);
    world.wait(3300);
    expect(await looksAt(world)).toEqual(['told']);
    expect(world.told).toHaveLength(5);
  });

  it('is told once, however many join it before that is noted', async () => {
    const world = toyWorld({});
    await flood(world, 0, 3);
    world.set('lamp-3', lit);
    const deps = world.deps([putsOut(world.lens)], few);
    let joined = 0;
    const save: typeof deps.incidents.save = async (incident, saving) => {
      if (incident.title.startsWith('Many') && incident.told && joined < 45) {
        joined += 1;
        const at = world.now().toISOString();
        await world.store.note(incident.id, { at, what: 'also' }, { id: `other-${joined}`, name: 'LightLamp', at });
      }
      return deps.incidents.save(incident, saving);
    };
    await handle(lights(world, { lamp: 'lamp-3' }), { ...deps, incidents: { ...deps.incidents, save } });
    expect(joined).toBe(45);
    expect(messages(world)).toEqual(['asked', 'asked', 'asked', 'told']);
    expect(one(world)).toMatchObject({ told: 'told', seen: 46 });
  });

  it('keeps nothing from the channels that tell many in one by themselves', async () => {
    const world = toyWorld({});
    await flood(world, 0, 10);
    const asked = world.store.all().filter(({ outcome }) => outcome === 'asked');
    const heard = [...world.told, ...world.revised].map(({ id }) => id);
    expect(asked.filter(({ id }) => !heard.includes(id))).toEqual([]);
    expect(world.revised).toHaveLength(7);
  });

  it('is one of fixes, too, up to where the breaker asks, and an answer to a question is told by itself', async () => {
    const world = toyWorld({});
    const acts: Partial<Config> = { breaker: { lens: 2, actor: 5, hours: 24 } };
    await flood(world, 0, 7, acts);
    expect(messages(world)).toEqual(['fixed', 'fixed', 'fixed', 'told', 'asked', 'asked']);
    const all = world.store.all().find(({ title }) => title === 'Many fixes after one actor');
    expect(all).toMatchObject({ seen: 2, flood: { of: 'fixed', told: 1 } });
    expect(render(all as Incident).text).toContain('each was changed to the safe state and read back; what else comes');
    expect(render(all as Incident).text).toContain('npx firebreak undo ID');
    expect(await yes(world, world.store.all().find(({ outcome }) => outcome === 'asked')?.id ?? '')).toBe('fixed');
    expect(messages(world).at(-1)).toBe('fixed');
    // An hour later fixes are told one by one again.
    world.wait(61 * 60);
    await flood(world, 7, 8, { breaker: { lens: 2, actor: 50, hours: 24 } });
    expect(messages(world).at(-1)).toBe('fixed');
  });

  it('of low severity does not hide a question of a high one', async () => {
    const world = toyWorld({});
    const low = { ...putsOut(world.lens), severity: 'low' } as Rule;
    for (let n = 0; n < 6; n += 1) {
      world.set(`lamp-${n}`, lit);
      await deliver(world, lights(world, { lamp: `lamp-${n}` }), [low], few);
    }
    expect(messages(world)).toEqual(['asked', 'asked', 'asked', 'told']);
    await flood(world, 10, 11);
    expect(messages(world).at(-1)).toBe('asked');
  });

  it('of one actor leaves another’s to be told, and those of strangers', async () => {
    const world = toyWorld({});
    await flood(world, 0, 10);
    await flood(world, 10, 12, few, bob);
    expect(messages(world).slice(4)).toEqual(['asked', 'asked']);
    for (let n = 0; n < 8; n += 1) {
      world.set(`found-${n}`, lit);
      await deliver(world, found(`finding-${n}`, world.now().toISOString(), `found-${n}`), undefined, few);
    }
    expect(messages(world).slice(6)).toEqual(Array(8).fill('asked'));
  });

  it('is one of rehearsals, too, and those are not counted as questions', async () => {
    const world = toyWorld({});
    const config: Partial<Config> = { ...few, modes: [], preset: 'guard' };
    await flood(world, 0, 10, config);
    expect(messages(world)).toEqual(['rehearsed', 'rehearsed', 'rehearsed', 'told']);
    await flood(world, 10, 12);
    expect(messages(world).slice(4)).toEqual(['asked', 'asked']);
  });

  it('is one of a lamp that changes and changes: the question that is put anew counts, too', async () => {
    const world = toyWorld();
    for (let watts = 100; watts < 110; watts += 1) {
      world.set('hall', { ...lit, watts });
      await deliver(world, lights(world), undefined, few);
    }
    expect(messages(world)).toEqual(['asked', 'asked', 'asked', 'told']);
    expect(question(world)).toMatchObject({ plan: { state: { ...out, watts: 109 } }, told: 'asked' });
  });

  it.each(kinds)(
    'interrupted at any call ($when, dies: $dies): stored, and told one way or the other',
    async (kind) => {
      const three = async (): Promise<World> => {
        const world = toyWorld({ last: lit });
        await flood(world, 0, 3);
        return world;
      };
      await atEveryCall(three, kind, async (world) => {
        const event = lights(world, { lamp: 'last' });
        await persist(world, () => handle(event, world.deps([putsOut(world.lens)], few)));
        const asked = world.store.all().filter(({ outcome }) => outcome === 'asked');
        expect(asked.length, world.log.join(', ')).toBe(4);
        expect(
          asked.every(({ told }) => told === 'asked'),
          world.log.join(', '),
        ).toBe(true);
        expect(one(world) === undefined || one(world)?.told === 'told' || world.told.length > 3).toBe(true);
      });
    },
  );
});
