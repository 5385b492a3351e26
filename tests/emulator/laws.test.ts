/** What every fix must keep, from every awkward state: on emulators that nobody here wrote, under the room's own role. */
import { afterAll, describe, expect, inject, it } from 'vitest';
import { rooms } from '../../functions/rooms.ts';
import type { Json } from '../../shared/core/json.ts';
import { undo } from '../../shared/core/people.ts';
import { type FixRule, hasFix } from '../../shared/core/rule.ts';
import { type Hands, hands, roleEnv, ruleOf } from '../support/hands.ts';
import { allows, askedBy } from '../support/iam.ts';
import { policiesOf } from '../support/roles.ts';
import type { Stage, Staged } from '../support/stage.ts';
import { allStages } from '../support/stages.ts';
import { canon, desire, engineFor, putOut } from '../support/staging.ts';
import { count, isRead, since, tap } from '../support/wire.ts';

const { env } = inject('sandbox');
/** Names of what a call may be about: each service takes its own. */
const anything = {
  Name: 'a',
  UserName: 'a',
  KeyId: 'arn:aws:kms:us-east-1:123456789012:key/a',
  GroupId: 'sg-a',
  Bucket: 'a',
};
const stages = await allStages();
const fixes = Object.values(rooms).flat().filter(hasFix);
const tapped = await tap(env);
const admin = await hands(env);
const roles = new Map<string, { own: Hands; drop(): Promise<void> }>();
for (const room of new Set(stages.map(({ rule }) => rule.split('/')[0] ?? ''))) {
  const role = await roleEnv(room, tapped.env);
  roles.set(room, { own: await hands(role.env), drop: role.drop });
}
afterAll(async () => {
  for (const { drop } of roles.values()) await drop();
  await tapped.stop();
});

it.each(fixes.filter(({ proof }) => proof === 'emulator').map(({ id }) => id))('%s is tried from some state', (id) => {
  expect(stages.some((stage) => stage.rule === id)).toBe(true);
});

it.each([...new Set(stages.map(({ rule }) => rule))])('the stages of %s are of a rule', (id) => {
  expect(fixes.map((rule) => rule.id)).toContain(id);
});

/** Sets the stage, works under the role of the rule's room, and clears up whatever happened. */
function on(stage: Stage, work: (own: Hands, staged: Staged) => Promise<void>): () => Promise<void> {
  return async () => {
    const room = roles.get(stage.rule.split('/')[0] ?? '');
    if (!room) throw new Error(`no role for ${stage.rule}`);
    const staged = await stage.set();
    try {
      await work(room.own, staged);
    } finally {
      await staged.clear();
    }
  };
}

/** The SDK's names for services whose actions begin otherwise, behind AWS_ENDPOINT_URL_. */
const suffixes: Readonly<Record<string, string>> = { config: 'CONFIG_SERVICE' };

/** Whether the emulator behind a rule's actions asks IAM: moto asks nobody, and the policies are simulated instead. */
function isAsked({ permissions: { write } }: FixRule): boolean {
  const services = write.flatMap(({ actions }) => actions.map((action) => action.split(':')[0] ?? ''));
  return services.every(
    (service) => env[`AWS_ENDPOINT_URL_${suffixes[service] ?? service.toUpperCase()}`] === undefined,
  );
}

it.each(fixes.flatMap(({ id, permissions }) => (permissions.undo ?? []).map((action) => ({ id, action }))))(
  'the role of $id lacks $action, which only the way back needs',
  async ({ id, action }) => {
    const [service = '', operation = ''] = action.split(':');
    const policies = policiesOf(id.split('/')[0] ?? '');
    const [asked] = await askedBy({ service, operation, parameters: anything, at: 0, status: 0 });
    if (!asked) throw new Error(`${action} is no request`);
    expect(await allows(policies, asked)).toBe(false);
  },
);

const writes = (mark: number): number => since(tapped.log, mark).filter((seen) => !isRead(seen)).length;

describe.each(stages)('$rule: $name', (stage) => {
  it(
    'is trouble: the fix has something to do',
    on(stage, async (own, { target }) => {
      const rule = ruleOf(own, stage);
      const before = await own.as(() => rule.fix.lens.read(target));
      expect(canon(rule, desire(rule, before, target))).not.toBe(canon(rule, before));
    }),
  );

  it(
    'what is written is read, and it is exactly what was wanted: the rest is untouched',
    on(stage, async (own, { target, after }) => {
      const rule = ruleOf(own, stage);
      const { lens } = rule.fix;
      await own.as(async () => {
        const before = await lens.read(target);
        const wanted = desire(rule, before, target);
        expect(canon(rule, wanted)).toBe(canon(rule, after));
        await lens.write(target, before, wanted);
        const read = await lens.read(target);
        expect(canon(rule, read)).toBe(canon(rule, after));
        expect(canon(rule, desire(rule, read, target))).toBe(canon(rule, read));
      });
    }),
  );

  it(
    'desire is idempotent',
    on(stage, async (own, { target, after }) => {
      const rule = ruleOf(own, stage);
      const before = await own.as(() => rule.fix.lens.read(target));
      for (const state of [before, after]) {
        const once = desire(rule, state, target);
        expect(canon(rule, desire(rule, once, target))).toBe(canon(rule, once));
      }
    }),
  );

  it(
    'the engine fixes it: proven by a read after the last write, every write known by its request',
    on(stage, async (own, { target, after }) => {
      const rule = ruleOf(own, stage);
      const run = engineFor(own, rule, target, { patient: true });
      const mark = tapped.log.length;
      const ends = rule.fix.until ? 'held' : 'fixed';
      expect(await putOut(own, run)).toMatchObject({ outcome: ends });
      const seen = since(tapped.log, mark);
      const last = seen.findLastIndex((one) => !isRead(one));
      expect(
        count(
          seen.slice(
            0,
            seen.findIndex((one) => !isRead(one)),
          ),
        ),
        'reads before the first write',
      ).toBeGreaterThan(0);
      expect(count(seen.slice(last + 1)), 'reads after the last write').toBeGreaterThan(0);
      const [incident] = run.store.all();
      expect(canon(rule, incident?.after?.state ?? null)).toBe(canon(rule, after));
      expect(incident?.writes).toHaveLength(seen.filter((one) => !isRead(one) && one.status < 400).length);
      expect(incident?.writes.map(({ requestId }) => requestId)).not.toContain('unknown');
    }),
  );

  it(
    'fix twice writes once',
    on(stage, async (own, { target }) => {
      const run = engineFor(own, ruleOf(own, stage), target, { patient: true });
      await putOut(own, run);
      const mark = tapped.log.length;
      const again = await putOut(own, run);
      expect(['safe', 'witness']).toContain(again.outcome);
      expect(writes(mark)).toBe(0);
    }),
  );

  it(
    'fix then undo is as before',
    on(stage, async (own, { target }) => {
      const rule = ruleOf(own, stage);
      const before = await own.as(() => rule.fix.lens.read(target));
      const run = engineFor(own, rule, target, { patient: true });
      const { incident } = await putOut(own, run);
      const stored = await run.store.get(incident ?? '');
      const way = stored?.undo;
      expect(way).toBe(rule.fix.lens.undo(stored?.before?.state ?? null, stored?.after?.state ?? null));
      const takeBack = (with_: Hands): Promise<unknown> => {
        const { deps } = engineFor(with_, ruleOf(with_, stage), target, { patient: true });
        return with_.as(() => undo(incident ?? '', 'the test', false, { ...deps, incidents: run.store }));
      };
      const read = async (): Promise<Json> => own.as(() => rule.fix.lens.read(target));
      if (way === 'none') {
        await expect(takeBack(admin)).rejects.toMatchObject({ name: 'OneWay' });
        return;
      }
      if (way === 'operator') {
        // The role must lack what only the way back needs; then the caller of undo does it.
        const fixed = await read();
        if (isAsked(rule)) {
          await expect(takeBack(own)).rejects.toThrow();
          expect(canon(rule, await read())).toBe(canon(rule, fixed));
        }
      }
      expect(await takeBack(way === 'operator' ? admin : own)).toMatchObject({ outcome: 'undone' });
      // Evidence stays: what undo writes then is the lens's to say.
      const goal = rule.fix.lens.back ? rule.fix.lens.back(before, await read()) : before;
      expect(canon(rule, await read())).toBe(canon(rule, goal));
    }),
  );

  it(
    'with a write that does nothing it is never called fixed',
    on(stage, async (own, { target }) => {
      const rule = ruleOf(own, stage);
      const run = engineFor(own, rule, target, { patient: false, write: async () => {} });
      // A state that takes minutes is looked at again, and is no fix until then.
      if (rule.fix.lens.settles !== undefined) expect(await putOut(own, run)).toMatchObject({ outcome: 'settling' });
      else await expect(putOut(own, run)).rejects.toMatchObject({ name: 'NotProven' });
      expect(run.store.all().map(({ outcome }) => outcome)).not.toContain('fixed');
    }),
  );
});
