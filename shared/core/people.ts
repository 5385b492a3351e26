/** What people decide about an incident: to have a fix carried out, to leave it, to exempt it for days, to take it back. */
import type { Deps, Result, Run } from './deps.ts';
import { fault } from './fault.ts';
import { grant } from './granted.ts';
import type { Answer, Decision, Incident, Standing } from './incident.ts';
import type { Json } from './json.ts';
import { compose, type Fix, type Group, groupOf, isReady } from './plan.ts';
import { ask } from './question.ts';
import {
  aside,
  begun,
  coded,
  genuine,
  isRestorable,
  isReverted,
  leaseEnd,
  next,
  result,
  same,
  wantsBack,
} from './record.ts';
import { isUnknown } from './rule.ts';
import { inWords, paused, standingOf } from './standing.ts';
import { announce, finish, forged, retold, untold } from './tell.ts';
import { alreadySafe, apply, keeping, notReady, proven, settleLater } from './work.ts';

/**
 * Records a person's answer to an open question, under the record's code: from then on `approve` carries it out.
 * @param answer yes, where nothing is said
 */
export async function decide(id: string, by: string, deps: Deps, answer: Answer = {}): Promise<void> {
  const incident = await found(id, deps);
  if (incident.outcome !== 'asked') throw notAsked(incident);
  if (!(await genuine(incident, deps))) return forged(incident, deps);
  const decision: Decision = { by, at: deps.now().toISOString(), ...answer };
  const decided = next(incident, { decision });
  await deps.incidents.save(await coded(decided, deps));
}

const notAsked = ({ id, outcome }: Incident): Error =>
  fault('NotAsked', `incident ${id} is ${outcome}: only one that is asked can be approved`);

/** Records that somebody wants a fix taken back, under the record's code: from then on `approve` carries it out. */
export async function wantBack(id: string, by: string, deps: Deps): Promise<void> {
  const incident = await found(id, deps);
  if (!isRestorable(incident)) throw notUndone(incident);
  if (!(await genuine(incident, deps))) return forged(incident, deps);
  const wanted = next(incident, { undoing: { by, at: deps.now().toISOString() } });
  await deps.incidents.save(await coded(wanted, deps));
}

const notUndone = ({ id, outcome }: Incident): Error =>
  fault('NothingToUndo', `incident ${id} is ${outcome}: only a fix can be undone`);

/** Carries out what a person said of an incident; `decision`, or `undoing`, must be stored on it. */
export async function approve(id: string, deps: Deps): Promise<Result> {
  const incident = await found(id, deps);
  if (wantsBack(incident)) {
    if (!(await genuine(incident, deps))) return forged(incident, deps);
    return locked(incident, deps, (run) => putBack(incident, run));
  }
  const said = incident.decision ?? incident.undoing;
  if (said && incident.outcome !== 'asked' && untold(incident)) return retold(incident, deps);
  if (incident.outcome !== 'asked' && !brokeOff(incident)) throw notAsked(incident);
  if (!incident.decision)
    throw fault('NotDecided', `incident ${id} holds no decision: run npx firebreak approve ${id}`);
  if (!(await genuine(incident, deps))) return forged(incident, deps);
  if (incident.decision.answer)
    return isReverted(incident)
      ? takenBack(incident, incident.decision, deps)
      : answered(incident, incident.decision, deps);
  const { group, fix } = groupOf(incident, deps);
  return locked(incident, deps, async (run) => {
    // Not the circuit breaker: it asked for this very answer. A pause holds for everybody, an unreadable one, too.
    const standing = await standingOf(incident, run);
    const pause = paused(incident, standing, deps.now());
    if (pause) {
      await deps.incidents.unlock(incident.lease ?? '', deps.holder);
      return result('paused', incident, `${inWords(pause)}; to end it: npx firebreak resume; then approve it again`);
    }
    const entry = { at: deps.now().toISOString(), what: 'approved', by: incident.decision?.by ?? 'unknown' };
    return carryOut({ ...incident, timeline: [...incident.timeline, entry] }, group, fix, run, standing);
  });
}

/** Answers other than yes end the question, and change nothing. */
function answered(incident: Incident, decision: Decision, deps: Deps): Promise<Result> {
  const { by } = decision;
  return locked(incident, deps, async (run) => {
    if (decision.answer !== 'exempt')
      return finish(incident, { outcome: 'left', note: `left as it is by ${by}${aside(incident)}` }, run);
    const { until, reason } = decision;
    await grant(incident, { until, owner: by, reason }, run);
    await run.later({ incident: incident.id, at: until });
    const note = `exempt until ${until} by ${by}: ${reason}; then it is looked at again${aside(incident)}`;
    const end = await finish({ ...incident, until }, { outcome: 'exempt', note }, run, { due: until });
    // Silent as a rule: here it is the answer to a question that people were told of.
    await announce(await found(incident.id, run), run);
    return end;
  });
}

/**
 * What was put right first is taken back: by whoever says that it does not stay, or by nobody in time. Where no role may, or
 * it changed since, people are told the command.
 */
export function takenBack(incident: Incident, decision: Decision, deps: Deps): Promise<Result> {
  return locked(incident, deps, async (run) => {
    // Taking back is a write like any other.
    const pause = paused(incident, await standingOf(incident, run), run.now());
    if (pause) {
      await run.incidents.unlock(incident.lease ?? '', run.holder);
      return result('paused', incident, `${inWords(pause)}; to end it: npx firebreak resume; then answer it again`);
    }
    if (decision.answer !== 'exempt')
      return takeFirstBack(incident, decision.by, { outcome: 'undone', note: `taken back by ${decision.by}` }, run);
    const { by, until, reason } = decision;
    await grant(incident, { until, owner: by, reason }, run);
    await run.later({ incident: incident.id, at: until });
    const note = `taken back, and exempt until ${until} by ${by}: ${reason}; then it is looked at again`;
    const end = await takeFirstBack(incident, by, { outcome: 'exempt', note }, run, until);
    const stored = await found(incident.id, run);
    if (stored.outcome === 'exempt') await announce(stored, run);
    return end;
  });
}

/**
 * Takes a fix back by the room's own role, since somebody said so where no credentials of his are: if nothing changed since,
 * and Firebreak is not paused. Else it stays, and people are told why.
 */
export async function putBack(incident: Incident, run: Run): Promise<Result> {
  const by = incident.undoing?.by ?? 'unknown';
  const pause = paused(incident, await standingOf(incident, run), run.now());
  if (pause) return stays(incident, by, `${inWords(pause)}; once that is over, say it again`, run);
  return takeFirstBack(incident, by, { outcome: 'undone', note: `taken back by ${by}` }, run);
}

/** The fix stays, whatever somebody wants. That is told anew, although the outcome is what it was. */
function stays(incident: Incident, by: string, why: string, run: Run): Promise<Result> {
  const { told: _, undoing, ...rest } = incident;
  const isHeld = incident.outcome === 'held';
  const fixed = { ...rest, ...(undoing && { undoing: { ...undoing, refused: true as const } }) };
  const end = { outcome: isHeld ? ('held' as const) : ('fixed' as const), note: `${by} wants it taken back; ${why}` };
  return finish(fixed, end, run, { due: isHeld ? (incident.until ?? null) : null });
}

async function takeFirstBack(
  incident: Incident,
  by: string,
  end: { readonly outcome: 'undone' | 'exempt'; readonly note: string },
  run: Run,
  due: string | null = null,
): Promise<Result> {
  const { fix } = groupOf(incident, run);
  const state = await fix.lens.read(incident.target ?? null);
  const goal = goalOf(fix, incident, state);
  if (same(fix.lens, state, goal)) {
    const back = { ...incident, ...(due !== null && { until: due }) };
    return finish(back, { ...end, after: { state } }, run, { due });
  }
  const after = incident.after?.state ?? null;
  if (incident.undo !== 'restore')
    return stays(incident, by, `no role of Firebreak’s may do that: npx firebreak undo ${incident.id}`, run);
  if (!same(fix.lens, state, after) && !fix.lens.between?.(after, goal, state))
    return stays(incident, by, `it changed since: npx firebreak undo ${incident.id} --force`, run);
  // Should this be killed, the record still says who wants it back: a look goes on with it.
  const at = new Date(Date.parse(leaseEnd(run)) + lookAfter).toISOString();
  await run.later({ incident: incident.id, at });
  const begin = { at: run.now().toISOString(), what: 'undo begun', by };
  return takeBack(next(incident, { timeline: [...incident.timeline, begin] }), fix, state, end, run, due, at);
}

/** Whether an approval was killed after it began to write. */
export const brokeOff = (incident: Incident): boolean =>
  incident.outcome === 'open' && incident.decision !== undefined && begun(incident);

/** How long after the end of a lease an approval is looked after, in milliseconds. */
const lookAfter = 30_000;

/** Does what a person was shown and said yes to; where it is another thing by now, asks anew. */
export async function carryOut(
  incident: Incident,
  group: Group,
  fix: Fix,
  run: Run,
  standing: Standing,
): Promise<Result> {
  const state = await fix.lens.read(incident.target ?? null);
  const plan = compose(group, state);
  const { until: _, ...open } = incident;
  if (isReverted(incident) && !isUnknown(plan) && same(fix.lens, state, plan)) {
    const note = `it stays as it is, by ${incident.decision?.by ?? 'unknown'}`;
    return finish(incident, { outcome: 'fixed', note, after: { state } }, run, { due: null });
  }
  const read = {
    ...open,
    mode: 'remediate' as const,
    note: `approved by ${incident.decision?.by ?? 'unknown'}`,
    times: { ...incident.times, read: run.now().toISOString() },
  };
  if (isUnknown(plan)) return finish(read, { outcome: 'told', note: plan.unknown + aside(incident) }, run);
  if (same(fix.lens, state, plan)) return alreadySafe(read, group, state, fix, run);
  // An interrupted approval may have left half a write: the before that was shown stays the way back.
  const before = begun(incident) && incident.before ? incident.before : { state };
  const asShown =
    same(fix.lens, plan, incident.plan?.state ?? null) &&
    (begun(incident) || same(fix.lens, state, incident.before?.state ?? null));
  const planned = { ...read, before, plan: { state: plan }, undo: fix.lens.undo(before.state, plan) };
  if (!asShown) {
    const note = 'it changed after the question: here is the new plan';
    await ask({ ...planned, mode: 'approve' }, state, note, run, standing);
    return result(
      'replanned',
      incident,
      `${incident.resource} changed after the question; look again, then: npx firebreak approve ${incident.id}`,
    );
  }
  if (!isReady(fix.lens, state)) return settleLater(planned, fix, notReady, run);
  // A state that settles is looked at anyway.
  if (incident.outcome === 'settling') return apply(planned, group, fix, state, plan, run, standing);
  // The question is over. Should this be killed, nobody must take it for one that waits: a look goes on with it.
  const at = new Date(Date.parse(leaseEnd(run)) + lookAfter).toISOString();
  await run.later({ incident: incident.id, at });
  return apply({ ...planned, outcome: 'open' }, group, fix, state, plan, run, standing, at);
}

/** Takes a fix back: writes what was there before, if what is there still is what the fix left. */
export async function undo(id: string, by: string, force: boolean, deps: Deps): Promise<Result> {
  const incident = await found(id, deps);
  if (incident.outcome === 'undone' && untold(incident)) return retold(incident, deps);
  if (
    !incident.before ||
    !begun(incident) ||
    !(['fixed', 'held'].includes(incident.outcome) || isReverted(incident) || force)
  )
    throw notUndone(incident);
  if (incident.undo === 'none') throw fault('OneWay', `incident ${id}: this fix has no way back`);
  if (!(await genuine(incident, deps))) return forged(incident, deps);
  const { fix } = groupOf(incident, deps);
  const already = { outcome: 'undone' as const, note: `taken back by ${by}: it was as before already` };
  const end = { outcome: 'undone' as const, note: `taken back by ${by}` };
  return locked(incident, deps, async (run) => {
    const state = await fix.lens.read(incident.target ?? null);
    const goal = goalOf(fix, incident, state);
    if (same(fix.lens, state, goal)) return finish(incident, { ...already, after: { state } }, run, { due: null });
    const after = incident.after?.state ?? null;
    // Steps of which some are back already: an undo that broke off, and goes on.
    if (!force && !same(fix.lens, state, after) && !fix.lens.between?.(after, goal, state)) {
      await deps.incidents.unlock(incident.lease ?? '', deps.holder);
      return result(
        'drifted',
        incident,
        `${incident.resource} changed after the fix; to overwrite it all the same: npx firebreak undo ${id} --force`,
      );
    }
    const begin = { at: deps.now().toISOString(), what: 'undo begun', by };
    return takeBack(next(incident, { timeline: [...incident.timeline, begin] }), fix, state, end, run);
  });
}

/** The state that undo writes: the one before, or what the lens makes of it and of what is there now. */
export const goalOf = (fix: Fix, incident: Incident, now: Json): Json => {
  const before = incident.before?.state ?? null;
  return fix.lens.back ? fix.lens.back(before, now) : before;
};

/**
 * Stores the record as it is now, writes the way back, reads it back, and ends the incident.
 * @param look when it is looked after, should it be killed
 */
export async function takeBack(
  recorded: Incident,
  fix: Fix,
  state: Json,
  end: { readonly outcome: 'undone' | 'released' | 'exempt'; readonly note: string },
  run: Run,
  due: string | null = null,
  look?: string,
): Promise<Result> {
  const target = recorded.target ?? null;
  const goal = goalOf(fix, recorded, state);
  await run.incidents.save(recorded, { begins: run.now().toISOString(), ...(look !== undefined && { due: look }) });
  return keeping(recorded, run, async (writes) => {
    await run.record(writes, () => fix.lens.write(target, state, goal));
    const after = await proven(fix.lens, target, (now) => same(fix.lens, now, goalOf(fix, recorded, now)), run);
    const written = { ...recorded, writes: [...recorded.writes, ...writes], ...(due !== null && { until: due }) };
    return finish(written, { ...end, after: { state: after } }, run, { writes, due });
  });
}

export async function locked(incident: Incident, deps: Deps, work: (run: Run) => Promise<Result>): Promise<Result> {
  const lease = incident.lease;
  if (lease === undefined) throw fault('NothingToUndo', `incident ${incident.id} has no lens`);
  if (!(await deps.incidents.lock(lease, deps.holder, leaseEnd(deps))))
    throw fault('LeaseHeld', `${incident.resource} is being changed right now; try again in a minute`);
  try {
    return await work({ ...deps, held: true });
  } catch (error) {
    await deps.incidents.unlock(lease, deps.holder);
    throw error;
  }
}

export async function found(id: string, deps: Deps): Promise<Incident> {
  const incident = await deps.incidents.get(id);
  if (!incident) throw fault('NoIncident', `there is no incident ${id}; npx firebreak incidents lists them`);
  return incident;
}
