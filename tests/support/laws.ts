/** The laws of a lens and its fix, as tests: on whatever ground a stage can be set. */
import { describe, expect, it } from 'vitest';
import type { Json } from '../../shared/core/json.ts';
import { undo } from '../../shared/core/people.ts';
import type { FixRule } from '../../shared/core/rule.ts';
import { detected } from './detecting.ts';
import { type Hands, ruleOf } from './hands.ts';
import { isKnown, type Stage, type Staged, signalOf } from './stage.ts';
import { canon, desire, engineFor, putOut } from './staging.ts';

/** A call as it was seen from outside: how many requests it took, and whether it was answered. */
export type Called = { readonly reads: boolean; readonly answered: boolean; readonly requests: number };

/** Where the stages of one function stand: an emulator, or fakes. */
export type Ground = {
  /** Under the function's own role, where the ground knows roles. */
  own(stage: Stage): Hands;
  readonly admin: Hands;
  /** Whether the ground refuses what the role's policies do not allow. */
  refuses(rule: FixRule): boolean;
  /** All calls so far. */
  calls(): readonly Called[];
};

const requests = (calls: readonly Called[]): number => calls.reduce((sum, one) => sum + one.requests, 0);

export function laws(stages: readonly Stage[], ground: Ground): void {
  /** Sets the stage, works, and clears up whatever happened. */
  function on(stage: Stage, work: (own: Hands, staged: Staged) => Promise<void>): () => Promise<void> {
    return async () => {
      const own = ground.own(stage);
      const staged = await stage.set();
      try {
        await work(own, staged);
      } finally {
        await staged.clear();
      }
    };
  }

  describe.each(stages)('$rule: $name', (stage) => {
    it(
      'is recognised in what tells of it',
      on(stage, async (own, staged) => {
        const rule = ruleOf(own, stage);
        // What no single event tells of is only read: the sweep's, or another region's.
        if (!isKnown(staged)) return;
        const targets = detected(rule, signalOf(rule, staged)).map((one) => one.target);
        expect(targets).toEqual([staged.target]);
      }),
    );

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
        const mark = ground.calls().length;
        const ends = rule.fix.until ? 'held' : 'fixed';
        expect(await putOut(own, run)).toMatchObject({ outcome: ends });
        const seen = ground.calls().slice(mark);
        const writes = seen.filter(({ reads }) => !reads);
        const first = seen.findIndex(({ reads }) => !reads);
        const last = seen.findLastIndex(({ reads }) => !reads);
        expect(requests(seen.slice(0, first)), 'reads before the first write').toBeGreaterThan(0);
        expect(requests(seen.slice(last + 1)), 'reads after the last write').toBeGreaterThan(0);
        const [incident] = run.store.all();
        expect(canon(rule, incident?.after?.state ?? null)).toBe(canon(rule, after));
        expect(incident?.writes).toHaveLength(writes.filter(({ answered }) => answered).length);
        expect(incident?.writes.map(({ requestId }) => requestId)).not.toContain('unknown');
      }),
    );

    it(
      'fix twice writes once',
      on(stage, async (own, { target }) => {
        const run = engineFor(own, ruleOf(own, stage), target, { patient: true });
        await putOut(own, run);
        const mark = ground.calls().length;
        // Without the wait for a state that may not show yet.
        const again = await putOut(own, { ...run, deps: { ...run.deps, sleep: async () => {} } });
        expect(['safe', 'witness']).toContain(again.outcome);
        expect(
          ground
            .calls()
            .slice(mark)
            .filter(({ reads }) => !reads),
        ).toEqual([]);
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
          await expect(takeBack(ground.admin)).rejects.toMatchObject({ name: 'OneWay' });
          return;
        }
        if (way === 'operator') {
          // The role must lack what only the way back needs; then the caller of undo does it.
          const fixed = await read();
          if (ground.refuses(rule)) {
            await expect(takeBack(own)).rejects.toThrow();
            expect(canon(rule, await read())).toBe(canon(rule, fixed));
          }
        }
        expect(await takeBack(way === 'operator' ? ground.admin : own)).toMatchObject({ outcome: 'undone' });
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
}
