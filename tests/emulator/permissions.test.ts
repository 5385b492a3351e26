/**
 * The calls that the fixes really make, recorded on the wire, against each room's own generated policies: all of them are
 * allowed, and nothing is granted that none of them needs.
 */
import { afterAll, describe, expect, inject, it } from 'vitest';
import { rooms as functions } from '../../functions/rooms.ts';
import { undo } from '../../shared/core/people.ts';
import { hasFix } from '../../shared/core/rule.ts';
import type { Found } from '../../shared/core/signal.ts';
import { functionOf, hands, roleEnv, ruleOf } from '../support/hands.ts';
import { allows, askedBy, grantsOf, without } from '../support/iam.ts';
import { policiesOf } from '../support/roles.ts';
import { stagesOn } from '../support/stages.ts';
import { engineFor, putOut } from '../support/staging.ts';
import { type Seen, since, tap } from '../support/wire.ts';

// Before any hands: what a stage sets up is the administrator's work, by clients of its own and past the wire.
const stages = await stagesOn('emulator');
const tapped = await tap(inject('sandbox').env);
afterAll(() => tapped.stop());

/** What the rules of a room called while they put out all its stages, and took back what their role may. */
async function callsOf(room: string): Promise<readonly Seen[]> {
  const mark = tapped.log.length;
  const role = await roleEnv(room, tapped.env);
  const own = await hands(role.env);
  for (const stage of stages.filter(({ rule }) => functionOf(rule) === room)) {
    const staged = await stage.set();
    try {
      const run = engineFor(own, ruleOf(own, stage), staged.target, { patient: true });
      const { incident } = await putOut(own, run);
      const way = (await run.store.get(incident ?? ''))?.undo;
      if (way === 'restore') await own.as(() => undo(incident ?? '', 'the test', false, run.deps));
    } finally {
      await staged.clear();
    }
  }
  // What contains somebody is asked of GuardDuty first. moto has no GetFindings: the call is seen, its answer is not.
  if (own.rules.some(({ id, contains }) => contains && functionOf(id) === room))
    expect(await own.as(() => own.confirm(invented))).toBe('unknown');
  await role.drop();
  return since(tapped.log, mark);
}

const invented: Found = {
  kind: 'finding',
  origin: 'guardduty',
  id: 'invented',
  time: null,
  account: '123456789012',
  region: 'us-east-1',
  actor: { type: 'Unknown', name: 'unknown' },
  type: 'UnauthorizedAccess:EC2/SSHBruteForce',
  title: '',
  body: { service: { detectorId: '12abc34d567e8fa901bc2d34e56789f0' } },
};

/** What only fixes that fakes show were given: tests/unit/laws-fakes.test.ts says whether they need it. */
function onFakes(room: string, action: string): boolean {
  const granted = (functions[room] ?? [])
    .filter(hasFix)
    .filter(({ permissions: { read, write } }) =>
      [...read, ...write].some((one) => one.actions.some((a) => a === action)),
    );
  return granted.length > 0 && granted.every(({ proof }) => proof === 'fake');
}

const rooms = [...new Set(stages.map(({ rule }) => functionOf(rule)))];

describe.each(rooms)('the role of %s', async (room) => {
  const policies = policiesOf(room);
  const calls = await callsOf(room);
  const asked = (await Promise.all(calls.map(askedBy))).flat();
  const each = [...new Map(asked.map((one) => [JSON.stringify(one), one])).values()];

  it('was seen at work', () => {
    expect(calls.length).toBeGreaterThan(0);
    expect(calls.filter(({ status }) => status === 403 || status === 401)).toEqual([]);
  });

  it.each([...new Set(each.map(({ action }) => action))])('allows %s wherever it was called', async (action) => {
    for (const one of each.filter((other) => other.action === action))
      expect(await allows(policies, one), JSON.stringify(one)).toBe(true);
  });

  const shown = grantsOf(policies).filter(({ action }) => !onFakes(room, action));
  it.each(shown)('needs $action of its statement $statement to $policy', async (grant) => {
    const less = without(policies, grant);
    const verdicts = await Promise.all(each.map((one) => allows(less, one)));
    expect(verdicts).toContain(false);
  });
});

it('the simulation can say no: an action that nobody was given, and another resource', async () => {
  const policies = policiesOf('cloudtrail');
  const trail = 'arn:aws:cloudtrail:us-east-1:123456789012:trail/t';
  expect(await allows(policies, { action: 'cloudtrail:StopLogging', resource: trail, context: {} })).toBe(false);
  expect(await allows(policies, { action: 'cloudtrail:StartLogging', resource: trail, context: {} })).toBe(true);
  const foreign = trail.replace('123456789012', '111122223333');
  expect(await allows(policies, { action: 'cloudtrail:StartLogging', resource: foreign, context: {} })).toBe(false);
});
