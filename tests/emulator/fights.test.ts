/** Somebody means it: a pipeline that re-opens what was closed, and a flood. What they reach, and what they don't. */
import { setImmediate as immediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { Deps } from '../../shared/core/deps.ts';
import { handle } from '../../shared/core/engine.ts';
import type { Incident } from '../../shared/core/incident.ts';
import type { Outcome } from '../../shared/core/outcome.ts';
import { dynamoIncidents } from '../../shared/incidents/dynamo.ts';
import { type Deployment, deployment } from '../support/deployment.ts';
import { aGroup } from '../support/fires.ts';
import { type Hands, hands } from '../support/hands.ts';
import { alice, bob, call, lit, out, putsOut, standard, toyWorld } from '../support/toys.ts';

let place: Deployment;
let own: Hands;
beforeAll(async () => {
  place = await deployment();
  own = await hands(inject('sandbox').env);
});
afterAll(() => place.drop());

it('a pipeline that re-opens a port four times: fixed, fixed, then asked with the evidence', async () => {
  const { group, event, open, ranges } = await aGroup();
  const rules = own.rules.filter(({ id }) => id === 'ec2/security-group-open');
  const ends: (Outcome | undefined)[] = [];
  for (let run = 1; run <= 4; run += 1) {
    // The question leaves the port open: at the fourth run there is nothing to open, and the event comes all the same.
    if (!(await ranges()).includes('0.0.0.0/0')) await open();
    const arn = `arn:aws:sts::123456789012:assumed-role/pipeline/run-${run}`;
    const deps = own.compose({ ...place, room: 'ec2', rules, config: standard, holder: `run-${run}` });
    ends.push((await own.as(() => handle(event({ arn }), deps)))[0]?.outcome);
  }
  expect(ends).toEqual(['fixed', 'fixed', 'asked', 'witness']);
  expect(await ranges()).toContain('0.0.0.0/0');
  const incidents = await place.store.list(2, new Date());
  const of = (outcome: Outcome) => incidents.filter((one) => one.outcome === outcome && one.resource.endsWith(group));
  const [question] = of('asked');
  expect(of('fixed')).toHaveLength(2);
  for (const { id } of of('fixed')) expect(JSON.stringify(question?.fight)).toContain(id);
  expect(question).toMatchObject({ mode: 'approve', told: 'asked' });
  // People read it, too, with what to do next.
  const told = (await place.told()).filter(({ text }) => text.includes(question?.id ?? ''));
  expect(told).toHaveLength(1);
  expect(told[0]?.text).toContain('fixed 2 times within 24 hours after the same actor');
  for (const { id } of of('fixed')) expect(told[0]?.text).toContain(id);
  expect(told[0]?.text).toContain('firebreak approve');
});

const flood = 10_000;
const width = 64;

it(`a flood of ${flood} events by one actor does not switch off protection against another`, async () => {
  // The engine in this process and lamps for resources, the emulator's table: what is stored is what a flood could fill.
  const world = toyWorld({});
  const told: string[] = [];
  const floods: Incident[] = [];
  let holders = 0;
  let busy = 0;
  const incidents = dynamoIncidents(place.table, 30);
  const deps = (): Deps => ({
    ...world.deps([putsOut(world.lens)]),
    incidents,
    now: () => new Date(),
    tell: async (incident) => {
      told.push(incident.id);
      if (incident.title.startsWith('Many questions')) floods.push(incident);
    },
    later: async () => {},
    holder: `flood-${++holders}`,
    // A lens that is taken is waited for: here, for the next turn.
    sleep: async () => {
      busy += 1;
      await immediate();
    },
  });
  const lights = async (lamp: string, arn: string): Promise<Outcome | undefined> => {
    const event = call('LightLamp', { lamp, arn, time: new Date().toISOString() });
    return (await handle(event, deps()))[0]?.outcome;
  };
  const ends = new Map<Outcome | undefined, number>();
  const others: (Outcome | undefined)[] = [];
  let next = 0;
  async function worker(): Promise<void> {
    for (let n = next++; n < flood; n = next++) {
      const lamp = `flood-${n}`;
      world.set(lamp, lit);
      const end = await lights(lamp, alice);
      ends.set(end, (ends.get(end) ?? 0) + 1);
      // In the midst of it somebody else sets a fire, now and then.
      if (n % 2000 !== 1000) continue;
      world.set(`other-${n}`, lit);
      others.push(await lights(`other-${n}`, bob));
      expect(world.lamp(`other-${n}`)).toEqual(out);
    }
  }
  const began = performance.now();
  await Promise.all(Array.from({ length: width }, worker));
  const seconds = (performance.now() - began) / 1000;
  console.info(
    `${flood} events in ${seconds.toFixed(1)} s, ${width} at once; ${busy} waits; ${JSON.stringify([...ends])}`,
  );

  expect(others).toEqual(['fixed', 'fixed', 'fixed', 'fixed', 'fixed']);
  expect([...ends.values()].reduce((sum, count) => sum + count, 0)).toBe(flood);
  expect([...ends.keys()].sort()).toEqual(['asked', 'fixed']);
  // As many questions as fixes are told, and all the others in one message.
  expect(told.length).toBeLessThan(3 * (standard.breaker.actor + width));
  const all = floods[0];
  expect(new Set(floods.map(({ id }) => id)).size).toBe(1);
  const digest = all && (await incidents.get(all.id));
  const asked = ends.get('asked') ?? 0;
  expect(digest).toMatchObject({ outcome: 'told', told: 'told' });
  expect((digest?.seen ?? 0) + told.length).toBeGreaterThanOrEqual(asked);
  // Those that were under way at once do not see each other's fixes: the breaker may be late by as many, and no more.
  expect(ends.get('fixed')).toBeGreaterThanOrEqual(standard.breaker.actor);
  expect(ends.get('fixed')).toBeLessThan(standard.breaker.actor + width);
  // Nor does it keep what the flood's own actor did before from being known, or others from what they may have next.
  world.set('after', lit);
  expect(await lights('after', bob)).toBe('fixed');
}, 600_000);
