/**
 * Incidents whose time has come: states that settle, holds that end, questions that nobody answered. Woken by one-time
 * schedules; each look also finds what another schedule missed.
 */
import type { Deps, Result } from './deps.ts';
import type { Incident } from './incident.ts';
import { found, goalOf, locked, takeBack } from './people.ts';
import {
  begun,
  type Fix,
  finish,
  fixed,
  forged,
  type Group,
  genuine,
  groupOf,
  mend,
  result,
  safeFor,
  same,
  settleLater,
} from './work.ts';

/** Looks at an incident that is due, and at every other one of this room that is overdue. */
export async function due(id: string, deps: Deps): Promise<readonly Result[]> {
  const missed = await deps.incidents.overdue(deps.room, deps.now().toISOString());
  const results: Result[] = [];
  const faults: unknown[] = [];
  for (const one of new Set([id, ...missed])) {
    try {
      results.push(await look(one, deps));
    } catch (error) {
      faults.push(error);
    }
  }
  if (faults.length > 0)
    throw faults.length === 1 ? faults[0] : new AggregateError(faults, faults.map(String).join('; '));
  return results;
}

async function look(id: string, deps: Deps): Promise<Result> {
  const incident = await found(id, deps);
  if (incident.outcome === 'asked') return expire(incident, deps);
  if (incident.outcome !== 'settling' && incident.outcome !== 'held')
    return result(incident.outcome, incident, incident.note);
  if (!(await genuine(incident, deps))) return forged(incident, deps);
  const { group, fix } = groupOf(incident, deps);
  return incident.outcome === 'held' ? release(incident, fix, deps) : settle(incident, group, fix, deps);
}

const over = (incident: Incident, deps: Deps): boolean =>
  incident.until === undefined || deps.now().getTime() >= Date.parse(incident.until);

async function expire(incident: Incident, deps: Deps): Promise<Result> {
  if (!over(incident, deps)) return result('asked', incident, incident.note);
  const note = `nobody answered until ${incident.until ?? 'now'}: nothing was changed`;
  return finish(incident, { outcome: 'expired', note }, { ...deps, held: false }, { due: null });
}

async function settle(incident: Incident, group: Group, fix: Fix, deps: Deps): Promise<Result> {
  return locked(incident, deps, async (run) => {
    const state = await fix.lens.read(incident.target ?? null);
    if (begun(incident) && safeFor(group, fix)(state)) {
      const verified = { ...incident, times: { ...incident.times, verified: deps.now().toISOString() } };
      return fixed(verified, group, fix, 'it took its time to show', state, run, []);
    }
    if (over(incident, deps)) {
      const waited = `waited until ${incident.until ?? 'now'}, and the state is still not the safe one`;
      return finish(incident, { outcome: 'failed', note: waited }, run, { due: null });
    }
    // Not begun: it could not be changed at first. Everything that may have come up since is looked at anew.
    if (!begun(incident)) return mend({ ...incident, mode: 'remediate' }, group, fix, run);
    return settleLater(incident, fix, 'it still does not show', run);
  });
}

async function release(incident: Incident, fix: Fix, deps: Deps): Promise<Result> {
  if (!over(incident, deps)) return result('held', incident, incident.note);
  const end = { outcome: 'released' as const, note: 'the hold is over: what it had changed was put back' };
  return locked(incident, deps, async (run) => {
    const state = await fix.lens.read(incident.target ?? null);
    if (same(fix.lens, state, goalOf(fix, incident, state)))
      return finish(incident, { ...end, note: 'the hold is over, and was gone already', after: { state } }, run, {
        due: null,
      });
    // A lens that knows its own part of the state takes that away; another may only undo what nobody changed since.
    if (!fix.lens.back && !same(fix.lens, state, incident.after?.state ?? null))
      return finish(
        incident,
        {
          outcome: 'drifted',
          note: `it changed during the hold; to end it all the same: firebreak undo ${incident.id} --force`,
        },
        run,
        { due: null },
      );
    const entry = { at: deps.now().toISOString(), what: 'the hold ends' };
    const begin = { ...incident, version: incident.version + 1, timeline: [...incident.timeline, entry] };
    return takeBack(begin, fix, state, end, run);
  });
}
