/** Who may have the engine act: findings of which nobody knows, records that were changed, our own roles in other hands. */
import { describe, expect, it } from 'vitest';
import { due } from '../../shared/core/due.ts';
import { handle } from '../../shared/core/engine.ts';
import type { Incident } from '../../shared/core/incident.ts';
import type { Json, JsonObject } from '../../shared/core/json.ts';
import { approve, undo } from '../../shared/core/people.ts';
import type { Rule } from '../../shared/core/rule.ts';
import type { Found } from '../../shared/core/signal.ts';
import {
  alice,
  ask,
  bob,
  call,
  decide,
  deliver,
  found,
  holding,
  lampRule,
  lit,
  out,
  putsBack,
  putsOut,
  retried,
  toyWorld,
  type World,
} from '../support/toys.ts';

describe('containment', () => {
  const isolates = (world: World): readonly Rule[] => [{ ...putsOut(world.lens), contains: true } as Rule];
  const finding = (): ReturnType<typeof found> => found('finding-1', '2026-03-01T09:59:58Z');

  it('acts on a finding that its service knows', async () => {
    const world = toyWorld();
    expect(await deliver(world, finding(), isolates(world))).toEqual(['fixed']);
    expect(world.log.slice(0, 3)).toEqual(['claim', 'confirm', 'read']);
  });

  it('refuses one that its service does not know, reads nothing, and tells', async () => {
    const world = toyWorld();
    world.confirms(() => 'absent');
    expect(await deliver(world, finding(), isolates(world))).toEqual(['refused']);
    expect(world.only()).toMatchObject({ outcome: 'refused', told: 'refused', writes: [] });
    expect(world.told.map((one) => one.note)).toEqual([expect.stringContaining('made by somebody else')]);
    expect(world.log).not.toContain('read');
    expect(await deliver(world, finding(), isolates(world))).toEqual(['duplicate']);
  });

  it('refuses one that its service knows of something else', async () => {
    const world = toyWorld();
    world.confirms((one): Found => ({ ...one, body: { ...one.body, resource: { lamp: 'attic' } } }));
    expect(await deliver(world, finding(), isolates(world))).toEqual(['refused']);
    expect(world.lamp()).toEqual(lit);
  });

  it('asks where the finding is older than the event of it says', async () => {
    const world = toyWorld();
    world.confirms((one): Found => ({ ...one, time: '2026-02-20T00:00:00Z' }));
    expect(await deliver(world, finding(), isolates(world))).toEqual(['asked']);
    expect(world.only().note).toContain('minutes old');
    expect(world.lamp()).toEqual(lit);
  });

  it('acts on the resource as its service names it', async () => {
    const world = toyWorld();
    const rules = [{ ...putsOut({ ...world.lens, key: ({ lamp }) => lamp.toLowerCase() }), contains: true } as Rule];
    world.confirms((one): Found => ({ ...one, body: { ...one.body, resource: { lamp: 'hall' } } }));
    expect(await deliver(world, found('finding-1', '2026-03-01T09:59:58Z', 'HALL'), rules)).toEqual(['fixed']);
    expect(world.only().target).toEqual({ lamp: 'hall' });
    expect(world.lamp()).toEqual(out);
  });

  it('asks where its service cannot be asked', async () => {
    const world = toyWorld();
    world.confirms(() => 'unknown');
    expect(await deliver(world, finding(), isolates(world))).toEqual(['asked']);
    expect(world.only()).toMatchObject({ mode: 'approve', told: 'asked' });
    expect(world.lamp()).toEqual(lit);
  });

  it('asks where the word is an event that no service vouches for', async () => {
    const world = toyWorld();
    const event = found('notice-1', '2026-03-01T09:59:58Z') as JsonObject;
    const notice: Json = {
      ...event,
      source: 'aws.health',
      'detail-type': 'AWS Health Event',
      detail: { lamp: 'hall' },
    };
    const rules = isolates(world).map((one): Rule => {
      const finding = {
        resource: 'arn:aws:toy::111122223333:lamp/hall',
        reason: 'it is lit',
        certainty: 'certain',
      } as const;
      return {
        ...one,
        triggers: [{ kind: 'event', source: 'aws.health', detailType: 'AWS Health Event' }],
        detect: () => [{ ...finding, target: { lamp: 'hall' } }],
      };
    });
    expect(await deliver(world, { ...notice, time: '2026-03-01T09:59:58Z' } as Json, rules)).toEqual(['asked']);
    expect(world.log).not.toContain('confirm');
    expect(world.lamp()).toEqual(lit);
  });

  it('does not even ask a person about what its service does not know', async () => {
    const world = toyWorld();
    world.confirms(() => 'absent');
    expect(await deliver(world, finding(), isolates(world), ask)).toEqual(['refused']);
  });

  it('asks nobody where it only rehearses, of calls, and for rules that contain nobody', async () => {
    const world = toyWorld();
    await deliver(world, finding(), isolates(world), { preset: 'guard' });
    await deliver(world, call(), isolates(world));
    await deliver(world, found('finding-2', '2026-03-01T09:59:58Z'), [putsOut(world.lens)]);
    expect(world.log).not.toContain('confirm');
  });
});

describe('a call by our own role', () => {
  const ours = 'arn:aws:sts::111122223333:assumed-role/firebreak-s3-eu-central-1/firebreak-s3';
  const at = (world: World, seconds: number): string => new Date(world.now().getTime() + seconds * 1000).toISOString();

  it('whose request is known is ours', async () => {
    const world = toyWorld();
    await deliver(world, call());
    const own = call('LightLamp', { arn: ours, requestId: 'request-1', time: at(world, 1) });
    expect(await deliver(world, own)).toEqual(['own']);
    expect(world.told.map(({ outcome }) => outcome)).toEqual(['fixed']);
  });

  it('that nobody knows is tried again for two minutes, then told at the top of the voice, once', async () => {
    const world = toyWorld({ hall: out });
    const theirs = call('RingBell', { arn: ours, time: at(world, -2) });
    await expect(deliver(world, theirs)).rejects.toMatchObject({ name: 'NotRecordedYet' });
    world.wait(60);
    await expect(deliver(world, theirs)).rejects.toMatchObject({ name: 'NotRecordedYet' });
    expect(world.told).toEqual([]);
    world.wait(120);
    expect(await deliver(world, theirs)).toEqual(['refused']);
    expect(world.only()).toMatchObject({ severity: 'critical', outcome: 'refused', told: 'refused', resource: ours });
    expect(world.only().reasons.join()).toContain('toy.amazonaws.com RingBell');
    expect(await deliver(world, theirs)).toEqual(['refused']);
    expect(world.told).toHaveLength(1);
  });

  it('does not keep the rules from their work: what it broke is mended, too', async () => {
    const world = toyWorld();
    const theirs = call('LightLamp', { arn: ours, time: at(world, -180) });
    expect((await deliver(world, theirs)).toSorted()).toEqual(['fixed', 'refused']);
    expect(world.lamp()).toEqual(out);
  });

  it('that is noted between two deliveries is ours', async () => {
    const world = toyWorld();
    const own = call('RingBell', { arn: ours, requestId: 'request-1', time: at(world, -2) });
    await expect(deliver(world, own)).rejects.toMatchObject({ name: 'NotRecordedYet' });
    await deliver(world, call());
    world.wait(180);
    expect(await deliver(world, own)).toEqual([]);
    expect(world.told.map(({ outcome }) => outcome)).toEqual(['fixed']);
  });

  it('that failed changed nothing: an attempt, not an alarm', async () => {
    const world = toyWorld();
    world.wait(600);
    const refused = call('RingBell', { arn: ours, time: at(world, -300), errorCode: 'AccessDenied' });
    expect(await deliver(world, refused)).toEqual([]);
    expect(world.told).toEqual([]);
  });

  it('is explained by an incident that was interrupted between its write and the note of it', async () => {
    const world = toyWorld();
    const event = call();
    // claim, read, standing, sign, save, write: made, and the answer never came.
    world.fail({ at: 6, when: 'after', dies: true });
    await expect(deliver(world, event)).rejects.toThrow();
    world.revive();
    const own = call('RingBell', { arn: ours, requestId: 'lost', time: at(world, 0).replace(/\.\d+Z$/, 'Z') });
    world.wait(120);
    expect(await deliver(world, event)).toEqual(['fixed']);
    world.wait(60);
    expect(await deliver(world, own)).toEqual(['own']);
    expect(world.told.map(({ outcome }) => outcome)).toEqual(['fixed']);
    world.wait(600);
    const later = call('RingBell', { arn: ours, requestId: 'theirs', time: at(world, -400) });
    expect(await deliver(world, later)).toEqual(['refused']);
  });

  it('is not explained by an incident that ended at the first try and knows all its writes', async () => {
    const world = toyWorld();
    await deliver(world, call());
    const theirs = call('RingBell', { arn: ours, time: at(world, 1) });
    world.wait(180);
    expect(await deliver(world, theirs)).toEqual(['refused']);
  });
});

describe('a record that somebody else changed', () => {
  const forgeries: readonly [string, Partial<Incident>][] = [
    ['before', { before: { state: { ...lit, colour: 'black' } } }],
    ['plan', { plan: { state: { ...lit, watts: 9000 } } }],
    ['target', { target: { lamp: 'attic' } }],
    ['lease', { lease: '111122223333/eu-central-1/toy/lamp/attic' }],
    ['rules', { rules: ['toy/watts'] }],
    ['undo', { undo: 'operator' }],
    ['after', { after: { state: { ...lit, watts: 9000 } } }],
    ['decision', { decision: { by: alice, at: '2026-03-01T10:00:00.000Z' } }],
    ['times', { times: { received: '2026-03-01T10:00:00.000Z', recorded: '2026-02-01T10:00:00.000Z' } }],
    ['code', { code: 'AAAA' }],
  ];
  const without = (incident: Incident): Incident => {
    const { code: _, ...rest } = incident;
    return rest;
  };
  const rulesOf = (world: World): readonly Rule[] => [
    putsOut(world.lens),
    lampRule('toy/watts', world.lens, (lamp) => lamp && { ...lamp, watts: 1 }),
  ];

  /** Refused three times over: nothing is written, and people are told once, whoever asked. */
  async function refused(world: World, command: () => Promise<unknown>): Promise<void> {
    const [lamps, told] = [[world.lamp(), world.lamp('attic')], world.told.length];
    const writes = world.log.filter((what) => what === 'write').length;
    for (let n = 0; n < 3; n += 1) {
      await expect(command()).rejects.toMatchObject({ name: 'Forged' });
      world.wait(120);
    }
    expect([world.lamp(), world.lamp('attic')]).toEqual(lamps);
    expect(world.log.filter((what) => what === 'write')).toHaveLength(writes);
    expect(world.told.slice(told)).toMatchObject([
      {
        outcome: 'refused',
        severity: 'critical',
        rules: ['self/tampering'],
        note: expect.stringContaining('nothing was written'),
      },
    ]);
    const alarms = world.store.all().filter(({ rules }) => rules.includes('self/tampering'));
    expect(alarms).toMatchObject([{ outcome: 'refused', told: 'refused' }]);
  }

  describe.each(forgeries)('its %s', (_, change) => {
    it('is refused in approve', async () => {
      const world = toyWorld({ hall: lit, attic: lit });
      await deliver(world, call(), undefined, ask);
      const { id } = world.only();
      await decide(world, id);
      await world.tamper(id, change);
      await refused(world, () => approve(id, world.deps(rulesOf(world), ask)));
    });

    it('is refused in undo, forced or not', async () => {
      const world = toyWorld({ hall: lit, attic: lit });
      await deliver(world, call());
      const { id } = world.only();
      await world.tamper(id, change);
      let force = false;
      await refused(world, () => {
        force = !force;
        return undo(id, bob, force, world.deps(rulesOf(world)));
      });
    });

    it('is refused when a hold ends', async () => {
      const world = toyWorld({ hall: lit, attic: lit });
      await deliver(world, call(), [holding(putsOut(world.lens), 60)]);
      const { id } = world.only();
      world.wait(3600);
      await world.tamper(id, change);
      await refused(world, () => due(id, world.deps(rulesOf(world).map((rule) => holding(rule, 60)))));
    });

    it('is refused when its event is delivered again', async () => {
      const world = toyWorld({ hall: lit, attic: lit });
      const event = call();
      world.fail({ at: 6, when: 'before', dies: true });
      await expect(deliver(world, event)).rejects.toThrow();
      world.revive();
      world.wait(120);
      await world.tamper(world.only().id, change);
      await refused(world, () => handle(event, world.deps([putsOut(world.lens)])));
    });
  });

  it('into one that somebody decided is not approved: whoever writes the table has said no yes', async () => {
    const world = toyWorld();
    await deliver(world, call(), undefined, ask);
    const { id } = world.only();
    await world.tamper(id, { decision: { by: bob, at: world.now().toISOString() } });
    await refused(world, () => approve(id, world.deps(rulesOf(world), ask)));
  });

  it('from a question into a state that is waited for is not acted upon', async () => {
    for (const change of [{}, { code: undefined, plan: undefined, before: undefined }] as Partial<Incident>[]) {
      const world = toyWorld();
      await deliver(world, call(), undefined, ask);
      const { id } = world.only();
      await world.tamper(id, { outcome: 'settling', ...change });
      await refused(world, () => due(id, world.deps(rulesOf(world), ask)));
    }
  });

  it('from what failed into a fix is not undone without force, nor with it', async () => {
    const world = toyWorld();
    world.writes((name, to, put) => put(name, to && { ...to, lit: true, watts: 1 }));
    await retried(world, call());
    const { id } = world.only();
    await world.tamper(id, { outcome: 'fixed', after: { state: world.lamp() } as Incident['after'] & object });
    let force = false;
    await refused(world, () => {
      force = !force;
      return undo(id, bob, force, world.deps(rulesOf(world)));
    });
  });

  it('from what was approved and taken back into what was interrupted is not done again', async () => {
    const world = toyWorld();
    await deliver(world, call(), undefined, ask);
    const { id } = world.only();
    await decide(world, id);
    await approve(id, world.deps(rulesOf(world), ask));
    await undo(id, bob, false, world.deps(rulesOf(world)));
    expect(world.lamp()).toEqual(lit);
    await world.tamper(id, { outcome: 'open' });
    await refused(world, () => due(id, world.deps(rulesOf(world), ask)));
  });

  it('is told of where a yes is to be recorded on it', async () => {
    const world = toyWorld();
    await deliver(world, call(), undefined, ask);
    const { id } = world.only();
    await world.tamper(id, { plan: { state: { ...lit, watts: 9000 } } });
    await refused(world, () => decide(world, id));
  });

  it('only in its words, its witnesses and what was told is the same record', async () => {
    const world = toyWorld();
    await deliver(world, call(), undefined, ask);
    const { id } = world.only();
    await world.store.note(id, { at: 'now', what: 'also' }, { id: 'a', name: 'b', at: 'now' });
    await decide(world, id);
    expect(await approve(id, world.deps(rulesOf(world), ask))).toMatchObject({ outcome: 'fixed' });
    await world.store.note(id, { at: 'now', what: 'also' }, { id: 'c', name: 'b', at: 'now' });
    expect(await undo(id, bob, false, world.deps(rulesOf(world)))).toMatchObject({ outcome: 'undone' });
  });

  it('without its code is refused, too', async () => {
    const world = toyWorld();
    await deliver(world, call());
    const incident = world.only();
    world.store.tamper(without({ ...incident, before: { state: out } }));
    await refused(world, () => undo(incident.id, bob, true, world.deps(rulesOf(world))));
  });

  it('into a hold that is over has no fix taken back: what is a hold is the rule’s to say', async () => {
    const world = toyWorld();
    await deliver(world, call());
    const { id } = world.only();
    await world.tamper(id, { outcome: 'held' });
    await refused(world, () => due(id, world.deps(rulesOf(world))));
  });

  it('into a hold that ends earlier is refused', async () => {
    const world = toyWorld();
    const rules = [holding(putsOut(world.lens), 60)];
    await deliver(world, call(), rules);
    const { id } = world.only();
    await world.tamper(id, { until: world.now().toISOString() });
    await refused(world, () => due(id, world.deps(rules)));
  });

  it('with another incident’s before and code is refused', async () => {
    const world = toyWorld({ hall: lit, attic: { ...lit, colour: 'black' } });
    await deliver(world, call());
    await deliver(world, call('LightLamp', { lamp: 'attic' }));
    const [hall, attic] = world.store.all();
    await world.tamper(hall?.id ?? '', { ...attic, id: hall?.id ?? '' });
    await refused(world, () => undo(hall?.id ?? '', bob, true, world.deps(rulesOf(world))));
  });

  it('before anything was planned is not gone by: the event says what it is about', async () => {
    const world = toyWorld({ hall: lit, attic: lit });
    const event = call();
    world.fail({ at: 2, when: 'before', dies: true });
    await expect(deliver(world, event)).rejects.toThrow();
    world.revive();
    world.wait(120);
    const lease = '111122223333/eu-central-1/toy/lamp/attic';
    await world.tamper(world.only().id, { target: { lamp: 'attic' }, lease, mode: 'remediate', rules: ['toy/watts'] });
    expect(await deliver(world, event)).toEqual(['fixed']);
    expect([world.lamp(), world.lamp('attic')]).toEqual([out, lit]);
    expect(world.only()).toMatchObject({ target: { lamp: 'hall' }, rules: ['toy/lamp'] });
  });

  it('does not keep other looks from being done', async () => {
    const world = toyWorld({ hall: lit, attic: lit });
    const rules = [holding(putsOut(world.lens), 60)];
    await deliver(world, call('LightLamp', { lamp: 'hall+attic' }), rules);
    const [hall, attic] = world.store.all();
    await world.tamper(hall?.id ?? '', { before: { state: out } });
    world.wait(3600);
    expect(await due(attic?.id ?? '', world.deps(rules))).toMatchObject([{ outcome: 'released' }]);
    expect([world.lamp(), world.lamp('attic')]).toEqual([out, lit]);
    expect(world.told.filter(({ outcome }) => outcome === 'refused')).toHaveLength(1);
  });

  it('frees the lens, for those who come honestly', async () => {
    const world = toyWorld();
    const event = call();
    world.fail({ at: 6, when: 'before', dies: true });
    await expect(deliver(world, event)).rejects.toThrow();
    world.revive();
    world.wait(120);
    await world.tamper(world.only().id, { before: { state: out } });
    await expect(deliver(world, event)).rejects.toMatchObject({ name: 'Forged' });
    expect(await deliver(world, call('LightLamp', { time: world.now().toISOString() }))).toEqual(['fixed']);
  });
});

it('names that try to be something else stay what they are: data', async () => {
  const names = [
    '../../etc',
    '"}],"mode":"off',
    '__proto__',
    'constructor',
    'a\nb',
    '<b>',
    '${AWS::AccountId}',
    'ä€😀',
    '%00',
  ];
  for (const name of names) {
    const world = toyWorld({ [name]: lit });
    world.set(name, lit);
    expect(await retried(world, call('LightLamp', { lamp: name, arn: `${alice}${name}` }))).toEqual(['fixed']);
    expect(world.lamp(name)).toEqual(out);
    expect(world.only()).toMatchObject({ target: { lamp: name }, outcome: 'fixed', told: 'fixed' });
  }
});

describe('what happened in another account', () => {
  const abroad = (world: World, rules = [putsOut(world.lens)]) => ({ ...world.deps(rules), account: '444455556666' });

  it('is told, and nothing of it is read, changed or asked', async () => {
    for (const config of [{}, ask, { preset: 'guard' as const }]) {
      const world = toyWorld();
      const deps = { ...abroad(world), config: { ...world.deps([]).config, ...config } };
      const events = [call(), found('finding-1', '2026-03-01T09:59:58Z')];
      for (const event of events) expect(await handle(event, deps)).toMatchObject([{ outcome: 'told' }]);
      expect(world.log).not.toContain('read');
      expect(world.lamp()).toEqual(lit);
      expect(world.told[0]).toMatchObject({
        account: '111122223333',
        note: 'it is of account 111122223333, and this Firebreak acts in 444455556666 alone',
      });
      expect(world.told[0]).not.toHaveProperty('lease');
    }
  });

  it('is told where a report is of another region, which a call is not', async () => {
    const world = toyWorld();
    const deps = { ...world.deps([putsOut(world.lens)]), region: 'us-east-1' };
    expect(await handle(found('finding-1', '2026-03-01T09:59:58Z'), deps)).toMatchObject([{ outcome: 'told' }]);
    expect(world.only().note).toBe('it is in eu-central-1, and this Firebreak acts in us-east-1 alone');
    expect(world.log).not.toContain('read');
    expect(await handle(call(), deps)).toMatchObject([{ outcome: 'fixed' }]);
    const here = { ...world.deps([putsOut(world.lens)]), region: 'eu-central-1' };
    expect(await handle(found('finding-2', '2026-03-01T09:59:58Z'), here)).not.toMatchObject([{ outcome: 'told' }]);
  });

  it('is not learned from', async () => {
    const world = toyWorld({ hall: out });
    const event = call('SetLamp', { time: world.now().toISOString() });
    expect(await handle(event, abroad(world, [putsBack(world.lens)]))).toEqual([]);
    expect(world.log).toEqual([]);
  });

  it('is what it was where nobody knows which account this is, and in this one', async () => {
    const world = toyWorld();
    expect(await handle(call(), { ...abroad(world), account: '111122223333' })).toMatchObject([{ outcome: 'fixed' }]);
  });
});
