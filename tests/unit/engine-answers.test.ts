/** Answers to a question that are no yes: leave it, exempt it for days; and what an exemption does until it ends. */
import { describe, expect, it } from 'vitest';
import { answer, isOwn } from '../../shared/core/answer.ts';
import { due } from '../../shared/core/due.ts';
import type { Answer, Incident } from '../../shared/core/incident.ts';
import { approve, decide } from '../../shared/core/people.ts';
import { alice, ask, bob, call, deliver, dims, lit, out, putsOut, toyWorld, type World } from '../support/toys.ts';

const day = 86_400;
const hours = (world: World, count: number): string =>
  new Date(world.now().getTime() + count * 3_600_000).toISOString();

async function question(world: World): Promise<string> {
  await deliver(world, call(), undefined, ask);
  const open = world.store.all().find(({ outcome }) => outcome === 'asked');
  return open?.id ?? '';
}

/** Records an answer of Bob's, and carries it out. */
async function says(world: World, id: string, said: Answer, rules = [putsOut(world.lens)]): Promise<string> {
  await decide(id, bob, world.deps([]), said);
  return (await approve(id, world.deps(rules, ask))).outcome;
}
const exempting = (world: World, days: number): Answer => ({
  answer: 'exempt',
  until: hours(world, 24 * days),
  reason: 'a show',
});

describe('leave it', () => {
  it('ends the question, changes nothing, and is told', async () => {
    const world = toyWorld();
    const id = await question(world);
    expect(await says(world, id, { answer: 'leave' })).toBe('left');
    expect(world.lamp()).toEqual(lit);
    expect(world.changes()).toBe(0);
    expect(world.only()).toMatchObject({ outcome: 'left', note: `left as it is by ${bob}`, told: 'left' });
    await expect(approve(id, world.deps([putsOut(world.lens)], ask))).rejects.toMatchObject({ name: 'NotAsked' });
    world.wait(4 * day);
    expect((await due(id, world.deps([putsOut(world.lens)], ask)))[0]?.outcome).toBe('left');
  });

  it('leaves the next event to ask again', async () => {
    const world = toyWorld();
    await says(world, await question(world), { answer: 'leave' });
    expect(await deliver(world, call(), undefined, ask)).toEqual(['asked']);
  });

  it('is not carried out from a record that somebody changed into it', async () => {
    const world = toyWorld();
    const id = await question(world);
    await decide(id, bob, world.deps([]));
    const { decision } = world.only();
    await world.tamper(id, { decision: { by: bob, at: decision?.at ?? '', answer: 'leave' } });
    await expect(approve(id, world.deps([putsOut(world.lens)], ask))).rejects.toMatchObject({ name: 'Forged' });
  });

  it('and a yes to it changed by somebody into another are refused, too', async () => {
    const world = toyWorld();
    const id = await question(world);
    await decide(id, bob, world.deps([]), { answer: 'leave' });
    const { decision } = world.only();
    await world.tamper(id, { decision: { by: bob, at: decision?.at ?? '' } });
    await expect(approve(id, world.deps([putsOut(world.lens)], ask))).rejects.toMatchObject({ name: 'Forged' });
    expect(world.lamp()).toEqual(lit);
  });
});

describe('exempt for days', () => {
  it('ends the question, is told, and leaves alone what comes later, in silence', async () => {
    const world = toyWorld();
    const id = await question(world);
    expect(await says(world, id, exempting(world, 2))).toBe('exempt');
    expect(world.only()).toMatchObject({ outcome: 'exempt', told: 'exempt', until: hours(world, 48) });
    world.wait(day);
    expect(await deliver(world, call(), undefined, ask)).toEqual(['exempt']);
    // It would act by itself here.
    expect(
      await deliver(world, call('LightLamp', { time: new Date(world.now().getTime() - 2000).toISOString() })),
    ).toEqual(['exempt']);
    expect(world.lamp()).toEqual(lit);
    expect(world.told.map(({ outcome }) => outcome)).toEqual(['asked', 'exempt']);
  });

  it('is of its own lens and rule alone', async () => {
    const world = toyWorld({ hall: lit, cellar: lit });
    await says(world, await question(world), exempting(world, 2));
    expect(await deliver(world, call('LightLamp', { lamp: 'cellar' }))).toEqual(['fixed']);
    const both = [putsOut(world.lens), dims(world.lens)];
    expect(await deliver(world, call(), both)).toEqual(['fixed']);
    // The other rule's word counts, the exempt one's does not.
    expect(world.lamp()).toEqual({ ...lit, watts: 40 });
    expect(world.store.all().at(-1)?.rules).toEqual(['toy/watts']);
  });

  it('asks again when it is over, if it is still so', async () => {
    const world = toyWorld();
    const id = await question(world);
    await says(world, id, exempting(world, 1));
    expect((await due(id, world.deps([putsOut(world.lens)], ask)))[0]?.outcome).toBe('exempt');
    world.wait(day + 1);
    expect((await due(id, world.deps([putsOut(world.lens)], ask)))[0]?.outcome).toBe('asked');
    expect(world.only()).toMatchObject({ outcome: 'asked', note: `the exemption of ${bob} is over` });
    expect(world.only().decision).toBeUndefined();
    expect(await deliver(world, call(), undefined, ask)).toEqual(['witness']);
  });

  it('says so where it was mended meanwhile', async () => {
    const world = toyWorld();
    const id = await question(world);
    await says(world, id, exempting(world, 1));
    world.set('hall', out);
    world.wait(day + 1);
    expect((await due(id, world.deps([putsOut(world.lens)], ask)))[0]?.outcome).toBe('safe');
  });

  it('asks where somebody changed what was granted', async () => {
    const world = toyWorld();
    await says(world, await question(world), exempting(world, 1));
    const { grants, code } = await world.store.grants();
    const longer = grants.map((one) => ({ ...one, until: hours(world, 9999) }));
    await world.store.setGrants({ grants: longer, ...(code && { code }) }, { grants, ...(code && { code }) });
    world.wait(2 * day);
    expect(await deliver(world, call())).toEqual(['asked']);
    expect(world.store.all().at(-1)?.note).toMatch(/exemptions .* changed by somebody else/);
    expect(world.lamp()).toEqual(lit);
  });

  it('takes the place of an earlier one, and drops what is over', async () => {
    const world = toyWorld();
    const id = await question(world);
    await says(world, id, exempting(world, 1));
    world.wait(day + 1);
    await due(id, world.deps([putsOut(world.lens)], ask));
    expect(await says(world, id, exempting(world, 3))).toBe('exempt');
    const { grants } = await world.store.grants();
    expect(grants).toMatchObject([{ rule: 'toy/lamp', owner: bob, reason: 'a show', incident: id }]);
  });

  it('goes on after a fault anywhere, and is granted once', async () => {
    for (let at = 1; ; at += 1) {
      const world = toyWorld();
      const id = await question(world);
      await decide(id, bob, world.deps([]), exempting(world, 1));
      world.fail({ at, when: 'after', dies: true });
      const ended = await approve(id, world.deps([putsOut(world.lens)], ask)).then(
        ({ outcome }) => outcome,
        () => null,
      );
      if (world.hits() === 0) break;
      world.revive();
      world.wait(120);
      if (ended === null && world.only().outcome === 'asked') await approve(id, world.deps([putsOut(world.lens)], ask));
      expect((await world.store.grants()).grants, `at ${at}`).toHaveLength(1);
      expect(world.only().outcome, `at ${at}`).toBe('exempt');
    }
  });
});

it('of two answers at once the one that is recorded first counts', async () => {
  const world = toyWorld();
  const id = await question(world);
  const both = await Promise.all([
    answer(id, 'a', {}, world.deps([])),
    answer(id, 'b', { answer: 'leave' }, world.deps([])),
  ]);
  expect(both.toSorted()).toEqual(['answered', null]);
});

describe('who did it', () => {
  const did = (actor: Partial<Incident['actor']>, by?: string): Pick<Incident, 'actor' | 'witnesses'> => ({
    actor: { type: 'IAMUser', name: 'unknown', ...actor },
    witnesses: by ? [{ id: 'event', name: 'LightLamp', at: '', by }] : [],
  });
  const sso = 'arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/jo@example.com';
  it.each<[string, ReturnType<typeof did>, boolean]>([
    [alice, did({ arn: alice, name: 'alice' }), true],
    ['alice@example.com', did({ arn: alice, name: 'alice' }), true],
    [bob, did({ arn: alice, name: 'alice' }), false],
    ['Jo@Example.com', did({ type: 'AssumedRole', arn: sso, name: sso }), true],
    ['joe@example.com', did({ type: 'AssumedRole', arn: sso }), false],
    [sso, did({ type: 'AssumedRole', arn: sso }), true],
    [
      'arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef',
      did({ type: 'AssumedRole', arn: sso }),
      true,
    ],
    ['sam@example.com', did({ arn: alice }, 'arn:aws:iam::111122223333:user/sam'), true],
    ['sam@example.com', did({ type: 'Unknown' }), false],
    ['unknown', did({ type: 'Unknown' }), false],
  ])('%s is one of them: %#', (approver, incident, own) => {
    expect(isOwn(approver, incident)).toBe(own);
  });
});
