import { afterAll, describe, expect, it } from 'vitest';
import type { Result } from '../../shared/core/deps.ts';
import { handle, lastAttempt } from '../../shared/core/engine.ts';
import { approve, undo } from '../../shared/core/people.ts';
import { compose, rereads } from '../../shared/core/work.ts';
import type { Incident } from '../../shared/core/incident.ts';
import type { Json } from '../../shared/core/json.ts';
import type { Config, Exemption } from '../../shared/core/mode.ts';
import { type Outcome, outcomes } from '../../shared/core/outcome.ts';
import type { Rule } from '../../shared/core/rule.ts';
import {
  alice,
  call,
  dims,
  type Fault,
  found,
  hearsBell,
  type Lamp,
  lampArn,
  lampRule,
  putsOut,
  stateOf,
  toyWorld,
  type World,
} from '../support/toys.ts';

const lit: Lamp = { lit: true, watts: 100, colour: 'red' };
const out: Lamp = { ...lit, lit: false };
const ask: Partial<Config> = { modes: [{ rule: 'toy/*', mode: 'approve' }] };
const bob = 'arn:aws:iam::111122223333:user/bob';

/** Outcomes that some test has seen: at the end, all of them. */
const reached = new Set<Outcome>();
const seen = (results: readonly Result[]): readonly Outcome[] =>
  results.map(({ outcome }) => {
    reached.add(outcome);
    return outcome;
  });

const deliver = async (
  world: World,
  event: Json,
  rules: readonly Rule[] = [putsOut(world.lens)],
  config: Partial<Config> = {},
) => seen(await handle(event, world.deps(rules, config)));

/** Lambda's three deliveries of one event, one and two minutes apart, until one goes through. */
async function retried(
  world: World,
  event: Json,
  rules?: readonly Rule[],
  config?: Partial<Config>,
): Promise<readonly Outcome[] | Error> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await deliver(world, event, rules, config);
    } catch (error) {
      if (attempt === lastAttempt) return error as Error;
      world.revive();
      world.wait(attempt * 60);
    }
  }
}

async function decide(world: World, id: string): Promise<void> {
  const asked = await world.store.get(id);
  if (asked)
    await world.store.save({
      ...asked,
      decision: { by: bob, at: world.now().toISOString() },
      version: asked.version + 1,
    });
}

const exempt = (change: Partial<Exemption>): Partial<Config> => ({
  exemptions: [{ rule: 'toy/lamp', owner: 'light team', reason: 'a show', expires: '2026-03-01', ...change }],
});

afterAll(() => {
  expect([...reached].sort()).toEqual(Object.keys(outcomes).sort());
});

describe('a fix', () => {
  it('is read, planned, stored, written, read back, stored and told, in this order', async () => {
    const world = toyWorld();
    expect(await deliver(world, call())).toEqual(['fixed']);
    expect(world.log).toEqual([
      'claim',
      'read',
      'save open before plan',
      'write',
      'read',
      'save fixed before plan',
      'tell fixed',
      'save fixed before plan told',
    ]);
    expect(world.lamp()).toEqual(out);
  });

  it('is recorded with its states, its request, its times and who did it', async () => {
    const world = toyWorld();
    await deliver(world, call('LightLamp', { id: 'event-a', requestId: 'theirs-a' }));
    expect(world.only()).toMatchObject({
      rules: ['toy/lamp'],
      resource: lampArn('hall'),
      account: '111122223333',
      region: 'eu-central-1',
      event: { id: 'event-a', name: 'LightLamp', requestId: 'theirs-a' },
      actor: { arn: alice },
      outcome: 'fixed',
      told: 'fixed',
      mode: 'remediate',
      undo: 'restore',
      lens: 'toy/lamp',
      lease: '111122223333/eu-central-1/toy/lamp/hall',
      before: { state: lit },
      plan: { state: out },
      after: { state: out },
      writes: [{ call: 'PutLamp', requestId: 'request-1' }],
      attempts: 1,
    });
    expect(Object.keys(world.only().times).sort()).toEqual([
      'event',
      'read',
      'received',
      'recorded',
      'verified',
      'written',
    ]);
  });

  it('stores as after what was read back, not what was sent', async () => {
    const world = toyWorld();
    world.writes((name, to, put) => put(name, to && { ...to, colour: to.colour.toUpperCase() }));
    expect(await deliver(world, call())).toEqual(['fixed']);
    expect(stateOf(world.only(), 'after')).toEqual({ ...out, colour: 'RED' });
  });

  it('waits for a write that shows late', async () => {
    const world = toyWorld();
    const until = world.now().getTime() + 3000;
    let sent: Lamp | null = null;
    world.writes((_name, to) => {
      sent = to;
    });
    const lens = {
      ...world.lens,
      read: async (target: { lamp: string }) => (world.now().getTime() >= until ? sent : world.lens.read(target)),
    };
    expect(await deliver(world, call(), [putsOut(lens)])).toEqual(['fixed']);
  });

  it('writes nothing where the state is safe already, and says so', async () => {
    const world = toyWorld({ hall: out });
    expect(await deliver(world, call())).toEqual(['safe']);
    expect(world.log).not.toContain('write');
    expect(world.told.map((one) => one.outcome)).toEqual(['safe']);
    expect(stateOf(world.only(), 'after')).toEqual(out);
  });

  it('writes nothing where the resource is gone', async () => {
    const world = toyWorld({});
    expect(await deliver(world, call())).toEqual(['safe']);
    expect(world.only().note).toContain('not there any more');
  });

  it('tells, and does not guess, where the safe state is not known', async () => {
    const world = toyWorld();
    const unsure = lampRule('toy/unsure', world.lens, () => ({ unknown: 'nobody knows what this lamp was' }));
    expect(await deliver(world, call(), [unsure])).toEqual(['told']);
    expect(world.only()).toMatchObject({ note: 'nobody knows what this lamp was', before: { state: lit } });
    expect(world.log).not.toContain('write');
  });

  it('is of each resource that one event names', async () => {
    const world = toyWorld({ hall: lit, attic: lit });
    expect(await deliver(world, call('LightLamp', { lamp: 'hall+attic' }))).toEqual(['fixed', 'fixed']);
    expect([world.lamp('hall'), world.lamp('attic')]).toEqual([out, out]);
    expect(world.store.all()).toHaveLength(2);
  });
});

describe('what may be done, in the order of the duties', () => {
  const failed = { errorCode: 'AccessDenied' };
  const leave = exempt({ resource: lampArn('*') });
  const off: Partial<Config> = { modes: [{ rule: 'toy/*', mode: 'off' }] };
  const old = { time: '2026-03-01T09:40:00Z' };

  it.each<[string, Parameters<typeof call>[1], Partial<Config>, Outcome]>([
    ['a failed call is an attempt, even where it is exempt and off', failed, { ...leave, ...off }, 'attempt'],
    ['an exemption comes before the mode', {}, { ...leave, ...off }, 'exempt'],
    ['the mode comes before freshness', old, off, 'off'],
    ['a late event asks', old, {}, 'asked'],
    ['an event without a time asks', { time: null }, {}, 'asked'],
    ['an event with a time that is none asks', { time: 'yesterday' }, {}, 'asked'],
    ['a fresh one is mended', {}, {}, 'fixed'],
  ])('%s', async (_, change, config, outcome) => {
    const world = toyWorld();
    expect(await deliver(world, call('LightLamp', change), undefined, config)).toEqual([outcome]);
    expect(world.only().outcome).toBe(outcome);
    expect(world.log.includes('write')).toBe(outcome === 'fixed');
    const silent = ['attempt', 'exempt', 'off'].includes(outcome);
    expect(world.told.map((one) => one.outcome)).toEqual(silent ? [] : [outcome]);
    expect(world.log.includes('read')).toBe(!silent);
  });

  it('an own call is ours, whatever its mode or exemption', async () => {
    for (const config of [{}, leave, off, ask]) {
      const world = toyWorld();
      await deliver(world, call());
      const own = call('LightLamp', { requestId: 'request-1' });
      expect(await deliver(world, own, undefined, config)).toEqual(['own']);
      const [result] = await handle(own, world.deps([putsOut(world.lens)], config));
      expect(result?.incident).toBe(world.only().id);
    }
  });

  it.each([15, 16])('an event of %i minutes is judged by the configured limit', async (minutes) => {
    const world = toyWorld();
    const time = new Date(world.now().getTime() - minutes * 60_000).toISOString();
    expect(await deliver(world, call('LightLamp', { time }))).toEqual([minutes > 15 ? 'asked' : 'fixed']);
  });

  it('a rule may ask for failed calls', async () => {
    const world = toyWorld();
    expect(await deliver(world, call('RingBell', failed), [hearsBell])).toEqual(['told']);
  });

  it('an event that wakes no rule leaves no trace', async () => {
    const world = toyWorld();
    expect(await deliver(world, call('RingBell'))).toEqual([]);
    expect(world.log).toEqual([]);
  });
});

describe('an exemption', () => {
  it('of a resource leaves it alone, and names owner, reason and end', async () => {
    const world = toyWorld();
    await deliver(world, call(), undefined, exempt({ resource: lampArn('hall') }));
    expect(world.only()).toMatchObject({
      outcome: 'exempt',
      note: 'exempt until 2026-03-01, owner light team: a show',
    });
    expect(world.log).toEqual(['claim']);
  });

  it('of an actor asks, and never silences', async () => {
    const world = toyWorld();
    expect(await deliver(world, call(), undefined, exempt({ actor: alice }))).toEqual(['asked']);
    expect(world.told).toHaveLength(1);
  });

  it.each<[string, Partial<Exemption>]>([
    ['of another resource', { resource: lampArn('attic') }],
    ['of another account', { account: '444455556666' }],
    ['of another actor', { actor: bob }],
    ['of another rule', { rule: 'toy/bell' }],
    ['that has run out', { expires: '2026-02-28' }],
  ])('%s does not count', async (_, change) => {
    const world = toyWorld();
    expect(await deliver(world, call(), undefined, exempt(change))).toEqual(['fixed']);
  });
});

describe('mode notify', () => {
  it('reads, plans and tells, and writes nothing', async () => {
    const world = toyWorld();
    expect(await deliver(world, call(), undefined, { preset: 'guard' })).toEqual(['rehearsed']);
    expect(world.log).toEqual([
      'claim',
      'read',
      'save rehearsed before plan',
      'tell rehearsed',
      'save rehearsed before plan told',
    ]);
    expect(world.lamp()).toEqual(lit);
    expect(world.only()).toMatchObject({ before: { state: lit }, plan: { state: out }, undo: 'restore', writes: [] });
  });
});

describe('a second delivery', () => {
  it('is a duplicate: nothing is read, written or told again', async () => {
    const world = toyWorld();
    const event = call();
    await deliver(world, event);
    const before = world.log.length;
    world.set('hall', lit);
    expect(await deliver(world, event)).toEqual(['duplicate']);
    expect(world.log.slice(before)).toEqual(['claim', 'note']);
    expect(world.only().timeline.at(-1)?.what).toContain('delivered again');
  });

  it('of an event that was told, left or rehearsed is one, too', async () => {
    for (const config of [exempt({}), { preset: 'guard' as const }, ask]) {
      const world = toyWorld();
      const event = call();
      await deliver(world, event, undefined, config);
      expect(await deliver(world, event, undefined, config)).toEqual(['duplicate']);
      expect(world.told.length).toBeLessThan(2);
    }
  });

  it('at the same time waits, then finds the work done', async () => {
    const world = toyWorld();
    const event = call();
    const both = await Promise.all([deliver(world, event), deliver(world, event)]);
    expect(both.flat().sort()).toEqual(['duplicate', 'fixed']);
    expect([world.changes(), world.told.length]).toEqual([1, 1]);
  });

  it('at the same time, of what only asks: one question in the end', async () => {
    const world = toyWorld();
    const event = call();
    const both = await Promise.allSettled([
      deliver(world, event, undefined, ask),
      deliver(world, event, undefined, ask),
    ]);
    expect(both.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await deliver(world, event, undefined, ask)).toEqual(['duplicate']);
    expect(world.only()).toMatchObject({ outcome: 'asked', told: 'asked' });
  });
});

describe('two events of one lens', () => {
  it('at once are mended one after the other: the second finds it done', async () => {
    const world = toyWorld();
    const both = await Promise.all([deliver(world, call()), deliver(world, call())]);
    expect(both.flat().sort()).toEqual(['fixed', 'witness']);
    expect(world.changes()).toBe(1);
  });

  it('a lens that stays taken is a fault, and the delivery is tried again', async () => {
    const world = toyWorld();
    await world.store.lock('111122223333/eu-central-1/toy/lamp/hall', 'somebody', '2026-03-01T11:00:00.000Z');
    await expect(deliver(world, call())).rejects.toMatchObject({ name: 'LeaseHeld' });
    expect(world.log).not.toContain('read');
  });
});

describe('late word of a trouble that was put out', () => {
  it('is a witness of the same incident, told to nobody; so is the next', async () => {
    const world = toyWorld();
    await deliver(world, call());
    const fire = world.only();
    world.wait(300);
    for (const id of ['finding-1', 'finding-2'])
      expect(await deliver(world, found(id, world.now().toISOString()))).toEqual(['witness']);
    expect((await world.store.get(fire.id))?.witnesses.map(({ id }) => id)).toEqual(['finding-1', 'finding-2']);
    expect(world.told).toHaveLength(1);
  });

  it('is a witness where a call of the same second comes after the fix', async () => {
    const world = toyWorld();
    await deliver(world, call());
    // CloudTrail's times have whole seconds: this one sorts after "10:00:00.000Z" as text.
    expect(await deliver(world, call('LightLamp', { time: '2026-03-01T10:00:00Z' }))).toEqual(['witness']);
  });

  it('is none where the call was made after the fix: then it was simply safe', async () => {
    const world = toyWorld();
    await deliver(world, call());
    world.wait(60);
    expect(await deliver(world, call('LightLamp', { time: '2026-03-01T10:00:30Z' }))).toEqual(['safe']);
  });

  it('is mended anew where it burns again', async () => {
    const world = toyWorld();
    await deliver(world, call());
    world.set('hall', lit);
    expect(await deliver(world, found('finding-1', '2026-03-01T10:00:00Z'))).toEqual(['fixed']);
  });
});

describe('several rules on one lens', () => {
  it('are one plan, one write, one incident and one message', async () => {
    const world = toyWorld();
    expect(await deliver(world, call(), [putsOut(world.lens), dims(world.lens)])).toEqual(['fixed']);
    expect(world.lamp()).toEqual({ ...out, watts: 40 });
    expect(world.log.filter((what) => what === 'write')).toHaveLength(1);
    expect(world.only()).toMatchObject({
      rules: ['toy/lamp', 'toy/watts'],
      before: { state: lit },
      plan: { state: { ...out, watts: 40 } },
    });
    expect(world.told).toHaveLength(1);
  });

  it('that may act and that must ask are two: the remedy first, the question about what is left', async () => {
    const world = toyWorld();
    const config: Partial<Config> = { modes: [{ rule: 'toy/lamp', mode: 'approve' }] };
    expect(await deliver(world, call(), [putsOut(world.lens), dims(world.lens)], config)).toEqual(['fixed', 'asked']);
    expect(world.lamp()).toEqual({ ...lit, watts: 40 });
    const question = world.store.all().find((one) => one.outcome === 'asked');
    expect(stateOf(question ?? null, 'before')).toEqual({ ...lit, watts: 40 });
  });

  it('that contradict each other change nothing: failed, told, thrown', async () => {
    const world = toyWorld();
    const lights = lampRule('toy/dark', world.lens, (lamp) => lamp && { ...lamp, lit: !lamp.lit });
    const error = await retried(world, call(), [putsOut(world.lens), lights]);
    expect(error).toMatchObject({ name: 'Unsettled' });
    expect(world.only()).toMatchObject({ outcome: 'failed', told: 'failed', attempts: 3, writes: [] });
    expect(world.log).not.toContain('write');
  });

  it('that need each other settle', () => {
    const world = toyWorld();
    const afterwards = lampRule('toy/after', world.lens, (lamp) => lamp && (lamp.lit ? lamp : { ...lamp, watts: 0 }));
    const group = [afterwards, putsOut(world.lens)].map((one) => ({
      rule: one,
      finding: { target: { lamp: 'hall' }, resource: '', reason: '', certainty: 'certain' as const },
      way: 'remediate' as const,
      mode: 'remediate' as const,
      note: '',
      fix: one.fix,
      baseline: {},
    }));
    expect(compose(group, lit)).toEqual({ ...out, watts: 0 });
  });
});

describe('a fault', () => {
  it('of three deliveries in a row is failed, told once, and thrown each time', async () => {
    const world = toyWorld();
    world.writes(() => {
      throw Object.assign(new Error('not yours'), { name: 'AccessDenied' });
    });
    expect(await retried(world, call())).toMatchObject({ name: 'AccessDenied' });
    expect(world.only()).toMatchObject({
      outcome: 'failed',
      told: 'failed',
      note: 'AccessDenied: not yours',
      attempts: 3,
      before: { state: lit },
    });
    expect(world.told.map((one) => one.outcome)).toEqual(['failed']);
    expect(world.lamp()).toEqual(lit);
    reached.add('failed');
  });

  it('before the last delivery stays open, with the fault on its timeline, and the lens free', async () => {
    const world = toyWorld();
    world.fail({ at: 4, when: 'before', dies: false });
    await expect(deliver(world, call())).rejects.toMatchObject({ name: 'Torn' });
    expect(world.only().outcome).toBe('open');
    expect(world.only().timeline.at(-1)?.what).toBe('attempt 1 failed: Torn: write was interrupted');
    expect(world.told).toEqual([]);
    expect(await world.store.lock(world.only().lease ?? '', 'next', '2026-03-01T11:00:00.000Z')).toBe(true);
    reached.add('open');
  });

  it('that is gone when the event is delivered once more ends in fixed', async () => {
    const world = toyWorld();
    world.writes(() => {
      throw new Error('down');
    });
    const event = call();
    await retried(world, event);
    world.writes((name, to, put) => put(name, to));
    expect(await deliver(world, event)).toEqual(['fixed']);
    expect(world.only()).toMatchObject({ outcome: 'fixed', told: 'fixed' });
  });

  it('of a write that does nothing is NotProven, and never fixed', async () => {
    const world = toyWorld();
    world.writes(() => {});
    expect(await retried(world, call())).toMatchObject({ name: 'NotProven' });
    expect(world.log.filter((what) => what === 'read')).toHaveLength(lastAttempt * (1 + rereads.length));
    expect(world.only()).toMatchObject({ outcome: 'failed', told: 'failed' });
    expect(world.only().writes).toHaveLength(3);
    expect(world.told.map((one) => one.outcome)).toEqual(['failed']);
  });

  it('after a write leaves the write known as our own', async () => {
    const world = toyWorld();
    world.writes(() => {});
    await expect(deliver(world, call())).rejects.toMatchObject({ name: 'NotProven' });
    expect(await deliver(world, call('LightLamp', { requestId: 'request-1' }))).toEqual(['own']);
  });

  it('of one resource does not lose the work on another', async () => {
    const world = toyWorld({ hall: lit, attic: lit });
    world.writes((name, to, put) => {
      if (name === 'hall') throw new Error('down');
      put(name, to);
    });
    await expect(deliver(world, call('LightLamp', { lamp: 'hall+attic' }))).rejects.toThrow('down');
    expect(world.lamp('attic')).toEqual(out);
    expect(
      world.store
        .all()
        .map((one) => one.outcome)
        .sort(),
    ).toEqual(['fixed', 'open']);
  });

  it('of several resources is thrown as one that names them all', async () => {
    const world = toyWorld({ hall: lit, attic: lit });
    world.writes((name) => {
      throw new Error(`no ${name}`);
    });
    const all = deliver(world, call('LightLamp', { lamp: 'hall+attic' }));
    await expect(all).rejects.toThrow(AggregateError);
    await expect(all).rejects.toThrow(/no hall.*no attic/);
  });

  it("of one rule's detect does not lose the others' work, and is thrown", async () => {
    const world = toyWorld();
    const broken = lampRule(
      'toy/broken',
      world.lens,
      (lamp) => lamp,
      () => {
        throw new TypeError('a bug');
      },
    );
    await expect(deliver(world, call(), [broken, putsOut(world.lens)])).rejects.toThrow('a bug');
    expect(world.lamp()).toEqual(out);
    expect(world.only().outcome).toBe('fixed');
  });

  it('counts by the time, too, where deliveries found the lens taken', async () => {
    const world = toyWorld();
    world.writes(() => {
      throw new Error('down');
    });
    const event = call();
    await expect(deliver(world, event)).rejects.toThrow('down');
    world.wait(181);
    await expect(deliver(world, event)).rejects.toThrow('down');
    expect(world.only()).toMatchObject({ outcome: 'failed', told: 'failed', attempts: 2 });
  });
});

describe('an event that cannot be understood', () => {
  it.each<[string, unknown]>([
    ['text', 'help'],
    ['nothing', null],
    ['no envelope', { hello: 1 }],
    [
      'a call without a name',
      { 'detail-type': 'AWS API Call via CloudTrail', source: 'aws.toy', detail: { eventSource: 'x' } },
    ],
  ])('%s is stored, told once, and thrown each time', async (_, raw) => {
    const world = toyWorld();
    for (let n = 0; n < 3; n += 1)
      await expect(handle(raw, world.deps([putsOut(world.lens)]))).rejects.toMatchObject({ name: 'Unparsed' });
    expect(world.only()).toMatchObject({ outcome: 'unparsed', told: 'unparsed', room: 'toy' });
    expect(world.told).toHaveLength(1);
    reached.add('unparsed');
  });

  it('is told by the next delivery where the first died before it could', async () => {
    const world = toyWorld();
    world.fail({ at: 2, when: 'before', dies: true });
    await expect(handle('help', world.deps([]))).rejects.toThrow();
    world.revive();
    await expect(handle('help', world.deps([]))).rejects.toMatchObject({ name: 'Unparsed' });
    expect(world.told.map((one) => one.outcome)).toEqual(['unparsed']);
  });
});

describe('approve', () => {
  async function question(world: World): Promise<string> {
    await deliver(world, call(), undefined, ask);
    return world.only().id;
  }
  const carryOut = async (world: World, id: string) =>
    seen([await approve(id, world.deps([putsOut(world.lens)], ask))])[0];

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
    expect(world.only().outcome).toBe('asked');
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
    seen([await undo(id, bob, force, world.deps([putsOut(world.lens)]))])[0];

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

/** Every way in which one call to the outside can go wrong; `n` until the work no longer makes that many calls. */
const kinds = (['before', 'after'] as const).flatMap((when) => [true, false].map((dies) => ({ when, dies })));
const named = ({ when, dies }: Pick<Fault, 'when' | 'dies'>): string =>
  `${dies ? 'death' : 'a fault'} ${when} the effect of any call`;

/** Runs `work` in new worlds with a fault at the first call, the second and so on, until a run is not reached by it. */
async function atEveryCall(
  prepare: () => Promise<World>,
  kind: Pick<Fault, 'when' | 'dies'>,
  work: (world: World, n: number) => Promise<void>,
) {
  for (let n = 1; ; n += 1) {
    const world = await prepare();
    world.fail({ at: n, ...kind });
    await work(world, n);
    if (world.hits() === 0) return n - 1;
  }
}

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
        expect(world.lamp(), label).toEqual(out);
        expect(world.changes(), label).toBe(1);
        expect(world.only(), label).toMatchObject({ outcome: 'fixed', told: 'fixed' });
        untouchedBefore(world.only());
        expect(new Set(world.told.map((one) => one.outcome)), label).toEqual(new Set(['fixed']));
        expect(world.log.indexOf('write'), label).toBeGreaterThan(world.log.indexOf('save open before plan'));
        world.revive();
        world.wait(120);
        expect(seen([await undo(world.only().id, bob, false, world.deps([putsOut(world.lens)]))]), label).toEqual([
          'undone',
        ]);
        expect(world.lamp(), label).toEqual(lit);
      },
    );
    expect(steps).toBe(8);
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
    expect(steps).toBe(5);
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

/** A person who says a command again until it is done; `done` is how it refuses what was done already. */
async function persist(world: World, command: () => Promise<Result>, done: string): Promise<void> {
  for (let tries = 0; tries < 4; tries += 1) {
    try {
      seen([await command()]);
      return;
    } catch (error) {
      world.revive();
      world.wait(120);
      if ((error as Error).name === done) return;
    }
  }
  throw new Error('the command never went through');
}

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
    expect(seen([await approve(id, world.deps([putsOut(world.lens)], ask))])).toEqual(['replanned']);
    await decide(world, id);
    expect(seen([await approve(id, world.deps([putsOut(world.lens)], ask))])).toEqual(['fixed']);
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
    world.fail({ at: 4, when: 'before', dies: true });
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
    world.fail({ at: 4, when: 'before', dies: true });
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
    world.fail({ at: 4, when: 'before', dies: true });
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
    expect(seen(results)).toEqual(['fixed']);
    expect(world.only()).toMatchObject({ told: 'fixed', outcome: 'fixed' });
    expect(world.told).toHaveLength(1);
  });
});
