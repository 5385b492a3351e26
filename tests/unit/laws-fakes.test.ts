/**
 * The lens laws of the fixes whose services no emulator has, on stateful fakes (tests/fakes). What a fake shows is that the
 * lens and its documentation fit, not what AWS does: `firebreak rules` and the docs say `fake` of each.
 */
import { describe, expect, it } from 'vitest';
import { rooms } from '../../functions/rooms.ts';
import { type FixRule, hasFix } from '../../shared/core/rule.ts';
import { fakes } from '../support/fakes.ts';
import { ruleOf } from '../support/hands.ts';
import { laws } from '../support/laws.ts';
import { stagesOn } from '../support/stages.ts';
import { engineFor, putOut } from '../support/staging.ts';

const stages = await stagesOn('fake');
const ground = await fakes();
const fixes: readonly FixRule[] = Object.values(rooms)
  .flat()
  .filter(hasFix)
  .filter(({ proof }) => proof === 'fake');

it('every fix that only a fake shows is tried from some state', () => {
  const tried = new Set<string>(stages.map(({ rule }) => rule));
  expect(fixes.map(({ id }) => id).filter((id) => !tried.has(id))).toEqual([]);
});

laws(stages, { own: () => ground.hands, admin: ground.hands, refuses: () => false, calls: ground.calls });

describe.each(fixes.map(({ id, permissions }) => ({ id, permissions })))('$id', ({ id, permissions }) => {
  it('calls what it was given, and was given nothing that it does not call', async () => {
    const called = new Set<string>();
    for (const stage of stages.filter(({ rule }) => rule === id)) {
      const staged = await stage.set();
      const before = ground.actions().length;
      await putOut(
        ground.hands,
        engineFor(ground.hands, ruleOf(ground.hands, stage), staged.target, { patient: true }),
      );
      for (const action of ground.actions().slice(before)) called.add(action);
      await staged.clear();
    }
    const granted = [...permissions.read, ...permissions.write].flatMap(({ actions }) => [...actions]);
    expect([...called].sort()).toEqual([...new Set<string>(granted)].sort());
  });
});
