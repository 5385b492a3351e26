/**
 * What is due: states that settle, holds that end, questions that nobody answered, approvals that broke off. Woken by one-time
 * schedules; each look also finds what another schedule missed.
 */
import type { Deps, Result, Run } from './deps.ts';
import type { Incident, Look, Pause } from './incident.ts';
import { stand } from './learn.ts';
import { leftUnanswered } from './mode.ts';
import { approve, brokeOff, carryOut, found, goalOf, locked, putBack, takeBack, takenBack } from './people.ts';
import { type Fix, type Group, groupOf, safeFor } from './plan.ts';
import { ask } from './question.ts';
import { aside, begun, genuine, isNamed, isReverted, isStale, next, result, same, wantsBack } from './record.ts';
import { inWords, paused, standingOf } from './standing.ts';
import { beingTold, finish, forged, howMany, retold, untold } from './tell.ts';
import { fixed, mend, settleLater } from './work.ts';

/** Lambda's first delivery of a look, and its two retries. */
const lastTry = 3;

/** Looks at an incident that is due, and at all else of this room that is overdue. */
export const due = (incident: string, deps: Deps): Promise<readonly Result[]> => looks({ incident }, deps);

/** The same for a state that may be learned. */
export const dueLesson = (lease: string, deps: Deps): Promise<readonly Result[]> => looks({ learned: lease }, deps);

async function looks(first: Look, deps: Deps): Promise<readonly Result[]> {
  const name = (one: Look): string => ('incident' in one ? one.incident : `learned ${one.learned}`);
  const missed = await deps.incidents.overdue(deps.room, deps.now().toISOString());
  const results: Result[] = [];
  const faults: unknown[] = [];
  for (const one of [first, ...missed.filter((other) => name(other) !== name(first))]) {
    try {
      results.push('incident' in one ? await look(one.incident, deps) : await stand(one.learned, deps));
    } catch (error) {
      // A forged record that was only passed by has been told of; it must not have every other look fail with it.
      if (one === first || !isNamed(error, 'Forged')) faults.push(error);
    }
  }
  if (faults.length > 0)
    throw faults.length === 1 ? faults[0] : new AggregateError(faults, faults.map(String).join('; '));
  return results;
}

async function look(id: string, deps: Deps): Promise<Result> {
  const incident = await found(id, deps);
  if (incident.outcome === 'asked') return unheard(incident, deps) ? retold(incident, deps) : expire(incident, deps);
  if (incident.outcome === 'told' && incident.until !== undefined)
    return over(incident, deps) ? howMany(incident, deps) : result('told', incident, incident.note);
  if (incident.outcome === 'exempt' && incident.until !== undefined)
    return over(incident, deps) ? again(incident, deps) : result('exempt', incident, incident.note);
  if (brokeOff(incident)) return goOn(incident, deps);
  if (wantsBack(incident)) return backGoesOn(incident, deps);
  if (!['settling', 'waiting', 'held'].includes(incident.outcome))
    // An earlier look may have ended it and died before it could tell.
    return untold(incident) && (incident.until !== undefined || hasWaited(incident))
      ? retold(incident, deps)
      : result(incident.outcome, incident, incident.note);
  if (!(await genuine(incident, deps))) return forged(incident, deps);
  const { group, fix } = groupFor(incident, deps);
  if (!fix) return finish(incident, { outcome: 'failed', note: noRule }, { ...deps, held: false });
  if (incident.outcome === 'waiting') return waited(incident, group, fix, deps);
  return incident.outcome === 'held' ? release(incident, fix, deps) : settle(incident, group, fix, deps);
}

/** A question that an earlier look put, and died before it could tell. */
const unheard = (incident: Incident, deps: Deps): boolean =>
  untold(incident) && !incident.decision && !over(incident, deps) && !beingTold(incident, deps);

const hasWaited = ({ timeline }: Incident): boolean => timeline.some(({ what }) => what.startsWith('waiting: '));

/** What was left to whoever was still making it: read now, as if it had just been recognised. */
async function waited(incident: Incident, group: Group, fix: Fix, deps: Deps): Promise<Result> {
  if (!over(incident, deps)) return result('waiting', incident, incident.note);
  // Nothing is planned yet: what was learned meanwhile counts, and the code is made anew.
  const { until: _, code: __, ...rest } = incident;
  const note = incident.mode === 'notify' ? rest.note : 'it was still so when it was looked at again: a person decides';
  const open = { ...rest, note };
  return locked(incident, deps, (run) =>
    trying(incident, 'it could not be looked at', 'look at it yourself', run, () => mend(open, group, fix, run)),
  );
}

/** What a person exempted for days, when they are over: asked again, if it is still so. */
async function again(incident: Incident, deps: Deps): Promise<Result> {
  if (!(await genuine(incident, deps))) return forged(incident, deps);
  const { group, fix } = groupFor(incident, deps);
  if (!fix) return finish(incident, { outcome: 'left', note: noRule }, { ...deps, held: false });
  const note = `the exemption of ${incident.decision?.by ?? 'unknown'} is over`;
  const { decision: _, until: __, first: ___, ...open } = incident;
  return locked(incident, deps, (run) => mend({ ...open, mode: 'approve', note }, group, fix, run));
}

/** An approval that was killed when it had begun to write. */
async function goOn(incident: Incident, deps: Deps): Promise<Result> {
  if (!(await genuine(incident, deps))) return forged(incident, deps);
  const { group, fix } = groupFor(incident, deps);
  if (!fix) return finish(incident, { outcome: 'failed', note: noRule + aside(incident) }, { ...deps, held: false });
  return locked(incident, deps, (run) =>
    trying(
      incident,
      'the approval could not be gone on with',
      `npx firebreak undo ${incident.id} --force`,
      run,
      async () => {
        const standing = await standingOf(incident, run);
        const pause = paused(incident, standing, run.now());
        if (pause) return waits(incident, 'the approval waits', pause, run);
        const entry = {
          at: run.now().toISOString(),
          what: 'approval gone on with',
          by: incident.decision?.by ?? 'unknown',
        };
        return carryOut({ ...incident, timeline: [...incident.timeline, entry] }, group, fix, run, standing);
      },
    ),
  );
}

/** A fix that somebody wants taken back, and that was killed, or failed, at it. */
async function backGoesOn(incident: Incident, deps: Deps): Promise<Result> {
  if (!(await genuine(incident, deps))) return forged(incident, deps);
  const command = `npx firebreak undo ${incident.id} --force`;
  return locked(incident, deps, (run) =>
    trying(incident, 'the fix could not be taken back', command, run, () => putBack(incident, run)),
  );
}

/** Looks again when a pause is over. */
async function waits(incident: Incident, what: string, pause: Pause, run: Run): Promise<Result> {
  await run.later({ incident: incident.id, at: pause.until });
  const note = `${what}: ${inWords(pause)}`;
  const timeline = [...incident.timeline, { at: run.now().toISOString(), what: note }];
  await run.incidents.save(next(incident, { timeline }), { release: run.holder, due: pause.until });
  return result(incident.outcome, incident, note);
}

/** A work that each delivery of a look tries once: the last one's fault is the outcome, and told. */
async function trying(
  incident: Incident,
  what: string,
  command: string,
  run: Run,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const stored = await found(incident.id, run);
    if (isStale(error) || stored.outcome !== incident.outcome) throw error;
    const said = `${what}: ${wordsOf(error)}`;
    const tries = 1 + stored.timeline.filter((entry) => entry.what.startsWith(what)).length;
    const noted = { ...stored, timeline: [...stored.timeline, { at: run.now().toISOString(), what: said }] };
    if (tries >= lastTry) await finish(noted, { outcome: 'failed', note: `${said}; ${command}` }, run);
    else await run.incidents.save(next(noted, {}));
    throw error;
  }
}

const noRule =
  'this version of Firebreak has no fix for it any more: whatever it was to end or wait for is left as it is';

/** Without a fix where the rules are gone: that is no reason to look again and again. */
function groupFor(incident: Incident, deps: Deps): { group: Group; fix: Fix } | { group: null; fix: null } {
  try {
    return groupOf(incident, deps);
  } catch (error) {
    if (!isNamed(error, 'NoRule')) throw error;
    return { group: null, fix: null };
  }
}

const over = (incident: Incident, deps: Deps): boolean =>
  incident.until === undefined || deps.now().getTime() >= Date.parse(incident.until);

async function expire(incident: Incident, deps: Deps): Promise<Result> {
  if (isReverted(incident)) return stays(incident, deps);
  if (!over(incident, deps)) return result('asked', incident, incident.note);
  const { decision, until = 'now' } = incident;
  const heard = decision ? `${decision.by} answered, and that was not carried out until` : 'nobody answered until';
  const note = `${heard} ${until}: left as it is${aside(incident)}`;
  // With the lease: an approval that is under way right now is an answer.
  return locked(incident, deps, (run) => finish(incident, { outcome: 'expired', note }, run));
}

/** Whether a fix stays that was made first: an answer that broke off is gone on with, and without one firebreak.yml says. */
async function stays(incident: Incident, deps: Deps): Promise<Result> {
  if (incident.decision) return approve(incident.id, deps);
  if (!over(incident, deps)) return result('asked', incident, incident.note);
  if (!(await genuine(incident, deps))) return forged(incident, deps);
  const { fix } = groupFor(incident, deps);
  const nobody = `nobody, who did not answer until ${incident.until ?? 'now'}`;
  if (fix && leftUnanswered(deps.config))
    return takenBack(incident, { by: nobody, at: deps.now().toISOString() }, deps);
  const note = `it stays as it is, by ${nobody}`;
  return locked(incident, deps, (run) => finish(incident, { outcome: 'fixed', note }, run));
}

async function settle(incident: Incident, group: Group, fix: Fix, deps: Deps): Promise<Result> {
  return locked(incident, deps, async (run) => {
    try {
      return await settledOrNot(incident, group, fix, run);
    } catch (error) {
      const stored = await found(incident.id, deps);
      if (isStale(error) || stored.outcome !== 'settling') throw error;
      // The next look is the retry; the end of the time to settle is the last one.
      const note = `the look failed: ${wordsOf(error)}`;
      return over(stored, deps)
        ? finish(stored, { outcome: 'failed', note }, run)
        : settleLater(stored, fix, note, run);
    }
  });
}

async function settledOrNot(incident: Incident, group: Group, fix: Fix, run: Run): Promise<Result> {
  const state = await fix.lens.read(incident.target ?? null);
  if (begun(incident) && safeFor(group, fix)(state)) {
    const verified = { ...incident, times: { ...incident.times, verified: run.now().toISOString() } };
    return fixed(verified, group, fix, 'it took its time to show', state, run);
  }
  if (over(incident, run)) {
    const waited = `waited until ${incident.until ?? 'now'}, and the state is still not the safe one`;
    return finish(incident, { outcome: 'failed', note: waited }, run);
  }
  if (incident.times.written !== undefined) return settleLater(incident, fix, 'it still does not show', run);
  // Not written: it could not be changed at first. Everything that may have come up since is looked at anew.
  if (!incident.decision) return mend({ ...incident, mode: 'remediate' }, group, fix, run);
  const standing = await standingOf(incident, run);
  const pause = paused(incident, standing, run.now());
  if (!pause) return carryOut(incident, group, fix, run, standing);
  const { decision: _, ...undecided } = incident;
  return ask({ ...undecided, mode: 'approve' }, state, inWords(pause), run, standing);
}

async function release(incident: Incident, fix: Fix, deps: Deps): Promise<Result> {
  // Whether a fix is a hold is the rule's to say, never the record's: else a record could have any fix taken back.
  if (!fix.until) return forged(incident, deps);
  if (!over(incident, deps)) return result('held', incident, incident.note);
  const command = `npx firebreak undo ${incident.id} --force`;
  return locked(incident, deps, (run) =>
    trying(incident, 'the hold could not be ended', command, run, () => released(incident, fix, run)),
  );
}

async function released(incident: Incident, fix: Fix, run: Run): Promise<Result> {
  const end = { outcome: 'released' as const, note: 'the hold is over: what it had changed was put back' };
  // Putting back is a write by itself, too: it waits for the end of a pause, and the hold holds on.
  const pause = paused(incident, await standingOf(incident, run), run.now());
  if (pause) return waits(incident, 'the hold goes on', pause, run);
  const state = await fix.lens.read(incident.target ?? null);
  const gone = { ...end, note: 'the hold is over, and was gone already', after: { state } };
  if (same(fix.lens, state, goalOf(fix, incident, state))) return finish(incident, gone, run);
  // A lens that knows its own part of the state takes that away; another may only undo what nobody changed since: what
  // was planned, since the record's code covers that.
  if (!fix.lens.back && !same(fix.lens, state, incident.plan?.state ?? null)) {
    const note = `it changed during the hold; to end it all the same: npx firebreak undo ${incident.id} --force`;
    return finish(incident, { outcome: 'drifted', note }, run);
  }
  const entry = { at: run.now().toISOString(), what: 'the hold ends' };
  return takeBack(next(incident, { timeline: [...incident.timeline, entry] }), fix, state, end, run);
}

const wordsOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
