/** One delivery: what is done about an event, in the order of the duties. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Decided } from '../../shared/core/decide.ts';
import { handle, lastAttempt } from '../../shared/core/engine.ts';
import type { Config, Exemption } from '../../shared/core/mode.ts';
import { type Outcome, outcomes } from '../../shared/core/outcome.ts';
import { compose, safeFor } from '../../shared/core/plan.ts';
import type { Rule } from '../../shared/core/rule.ts';
import { rereads } from '../../shared/core/work.ts';
import {
  alice,
  ask,
  bob,
  call,
  deliver,
  dims,
  exempt,
  found,
  hearsBell,
  type Lamp,
  lampArn,
  lampRule,
  lit,
  out,
  putsOut,
  retried,
  stateOf,
  toyWorld,
} from '../support/toys.ts';

it.each(Object.keys(outcomes))('outcome %s is expected by some test of the engine', (outcome) => {
  const files = readdirSync(import.meta.dirname).filter((file) => /^(engine|steps).*\.test\.ts$/.test(file));
  const texts = files.map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'));
  expect(texts.some((text) => text.includes(`'${outcome}'`))).toBe(true);
});

describe('a fix', () => {
  it('is read, planned, stored, written, read back, stored and told, in this order', async () => {
    const world = toyWorld();
    expect(await deliver(world, call())).toEqual(['fixed']);
    expect(world.log).toEqual([
      'claim',
      'read',
      'standing',
      'sign',
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

  it('writes nothing where the state is safe already, and tells nobody of what was only possible', async () => {
    const world = toyWorld({ hall: out });
    expect(await deliver(world, call())).toEqual(['safe']);
    expect(world.log).not.toContain('write');
    expect(world.told).toEqual([]);
    expect(stateOf(world.only(), 'after')).toEqual(out);
  });

  it('is looked for twice where a call is seconds old and certainly broke something', async () => {
    const certain = (world: ReturnType<typeof toyWorld>): Rule => {
      const rule = putsOut(world.lens);
      const detect: Rule['detect'] = (...args) => {
        const all = rule.detect(...args);
        return 'unreadable' in all ? all : all.map((one) => ({ ...one, certainty: 'certain' as const }));
      };
      return { ...rule, detect };
    };
    const reads = (world: ReturnType<typeof toyWorld>): number => world.log.filter((what) => what === 'read').length;
    const lags = toyWorld({ hall: out });
    const start = lags.now().getTime();
    const lens: typeof lags.lens = {
      ...lags.lens,
      read: async (target) => {
        if (lags.now().getTime() >= start + 2000 && lags.changes() === 0) lags.set('hall', lit);
        return lags.lens.read(target);
      },
    };
    expect(await deliver(lags, call(), [certain({ ...lags, lens })])).toEqual(['fixed']);
    expect(lags.lamp()).toEqual(out);
    const safe = toyWorld({ hall: out });
    expect(await deliver(safe, call(), [certain(safe)])).toEqual(['safe']);
    expect(reads(safe)).toBe(2);
    // Not where only a read could tell, of what is older, and of a finding, which tells of what was.
    const [possible, old, finding] = [toyWorld({ hall: out }), toyWorld({ hall: out }), toyWorld({ hall: out })];
    await deliver(possible, call());
    await deliver(old, call('LightLamp', { time: '2026-03-01T09:59:30Z' }), [certain(old)]);
    await deliver(finding, found('finding-1', '2026-03-01T09:59:58Z'), [certain(finding)]);
    expect([possible, old, finding].map(reads)).toEqual([1, 1, 1]);
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
      note: 'exempt until 2026-06-30, owner light team: a show',
    });
    expect(world.log).toEqual(['claim']);
  });

  it('that ends within days says so, once a day, where it exempts something', async () => {
    const world = toyWorld();
    const ending = exempt({ resource: lampArn('hall'), expires: '2026-03-07' });
    for (let n = 0; n < 3; n += 1) expect(await deliver(world, call(), undefined, ending)).toEqual(['exempt']);
    expect(world.told).toMatchObject([
      { outcome: 'exempt', note: expect.stringMatching(/owner light team: a show; it ends in 7 days: renew it/) },
    ]);
    world.wait(86_400);
    expect(await deliver(world, call(), undefined, ending)).toEqual(['exempt']);
    expect(world.told).toHaveLength(2);
    const later = toyWorld();
    await deliver(later, call(), undefined, exempt({ resource: lampArn('hall'), expires: '2026-03-08' }));
    expect(later.told).toEqual([]);
  });

  it('of an actor that ends within days says so in the question', async () => {
    const world = toyWorld();
    await deliver(world, call(), undefined, exempt({ actor: alice, expires: '2026-03-01' }));
    expect(world.only()).toMatchObject({ outcome: 'asked', note: expect.stringContaining('it ends today') });
  });

  it('that has run out says so, where it would have left it alone', async () => {
    const world = toyWorld();
    const over = { resource: lampArn('*'), expires: '2026-02-28' };
    const line = { rule: 'toy/lamp', owner: 'light team', reason: 'a show', ...over };
    await deliver(world, call(), undefined, { exemptions: [{ ...line, expires: '2026-01-31' }, line] });
    expect(world.only()).toMatchObject({
      outcome: 'fixed',
      reasons: ['toy/lamp: it burns', 'an exemption of light team ended on 2026-02-28, and counts no more'],
    });
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
      'lead',
      'save rehearsed before plan',
      'count',
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

  it('act by the one that knows where another does not', () => {
    const world = toyWorld();
    const known = putsOut(world.lens);
    const lost = lampRule('toy/lost', world.lens, () => ({ unknown: 'nobody knows' }));
    const decided = (one: Rule): Decided => ({
      rule: one,
      finding: { target: { lamp: 'hall' }, resource: '', reason: '', certainty: 'certain' },
      way: 'remediate',
      mode: 'remediate',
      note: '',
      fix: one.fix,
      baseline: {},
      home: { account: null },
    });
    expect(compose([decided(lost), decided(known)], lit)).toEqual(out);
    expect(compose([decided(lost), decided(known)], out)).toEqual({ unknown: 'nobody knows' });
    const [first, ...others] = [decided(lost), decided(known)];
    if (first?.fix) expect(safeFor([first, ...others], first.fix)(out)).toBe(true);
    if (first?.fix) expect(safeFor([first], first.fix)(out)).toBe(false);
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
      home: { account: null },
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
  });

  it('before the last delivery stays open, with the fault on its timeline, and the lens free', async () => {
    const world = toyWorld();
    world.fail({ at: 6, when: 'before', dies: false });
    await expect(deliver(world, call())).rejects.toMatchObject({ name: 'Torn' });
    expect(world.only().outcome).toBe('open');
    expect(world.only().timeline.at(-1)?.what).toBe('attempt 1 failed: Torn: write was interrupted');
    expect(world.told).toEqual([]);
    expect(await world.store.lock(world.only().lease ?? '', 'next', '2026-03-01T11:00:00.000Z')).toBe(true);
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
