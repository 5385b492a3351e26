/**
 * What is done about one finding once it is claimed: read → plan → record → write → read back → record → tell.
 * Deliveries, people's decisions and looks that are due all come through here.
 */
import type { Decided } from './decide.ts';
import type { Deps, Result, Run } from './deps.ts';
import { fault } from './fault.ts';
import type { Incident, Saving, Standing, Write } from './incident.ts';
import { canonical, type Json } from './json.ts';
import { taught, withLearned } from './learn.ts';
import { homeOf } from './mode.ts';
import { begun, coded, isNamed, next, result, same } from './record.ts';
import { type Context, isUnknown, type StateFix, type Unknown } from './rule.ts';
import { countsOf, objection } from './standing.ts';
import { announce, isSilent } from './tell.ts';

export type Fix = StateFix<Json, Json, unknown>;
export type Group = readonly [Decided, ...Decided[]];

/** Longer than a function may run, so that a lease outlives nothing but a crash. */
export const leaseSeconds = 90;
/** When a lease that is taken now runs out: ISO 8601. */
export const leaseEnd = (deps: Deps): string =>
  new Date(deps.now().getTime() + (deps.leaseSeconds ?? leaseSeconds) * 1000).toISOString();
/** How long to wait before each re-read of a state that does not look safe yet, in milliseconds. */
export const rereads: readonly number[] = [0, 200, 500, 1000, 2000, 4000];
/** How long until a state that takes minutes is looked at again. */
const lookAgainSeconds = 60;

/** Reads and plans; then does what the incident's mode allows. A record that is gone on from must be `genuine`. */
export async function mend(found: Incident, asFound: Group, fix: Fix, deps: Run): Promise<Result> {
  const { incident, group } = await taught(found, asFound, deps);
  const target = incident.target ?? null;
  const state = await fix.lens.read(target);
  const read = { ...incident, times: { ...incident.times, read: deps.now().toISOString() } };
  const plan = compose(group, state);
  // Of a write that may have been half made the state before it counts; what was only looked at has no before yet.
  const before = begun(incident) && incident.before ? incident.before : { state };
  if (isUnknown(plan)) return finish(read, { outcome: 'told', note: plan.unknown + aside(incident), before }, deps);
  if (same(fix.lens, state, plan)) return alreadySafe(read, group, state, fix, deps);
  const undo = fix.lens.undo(before.state, plan);
  const planned = { ...read, before, plan: { state: plan }, undo };
  switch (incident.mode) {
    case 'off':
    case 'notify':
      return finish(planned, { outcome: 'rehearsed', note: incident.note }, deps);
    case 'approve':
      return ask(planned, incident.note, deps);
    case 'remediate':
      return remediate(planned, group, fix, state, plan, deps);
    default:
      return incident.mode satisfies never;
  }
}

/** Acts, if neither a pause nor the circuit breaker stands against it. */
async function remediate(planned: Incident, group: Group, fix: Fix, from: Json, to: Json, deps: Run): Promise<Result> {
  const { standing, against } = await objection(planned, group, deps);
  if (against !== null) return ask({ ...planned, mode: 'approve' }, against, deps);
  const doubt = group.flatMap((one) => one.fix?.asks?.(to, contextOf(one)) ?? []);
  if (doubt.length > 0) return ask({ ...planned, mode: 'approve' }, doubt.join('; '), deps);
  if (!isReady(fix.lens, from)) return settleLater(planned, fix, notReady, deps);
  return apply(planned, group, fix, from, to, deps, standing);
}

export const notReady = 'it cannot be changed right now';

export const isReady = (lens: Fix['lens'], state: Json): boolean => state === null || !lens.ready || lens.ready(state);

/** Puts the question, signed: what a person approves is what was asked. It expires. */
export async function ask(planned: Incident, note: string, deps: Run): Promise<Result> {
  const until = new Date(deps.now().getTime() + deps.config.approvals * 3_600_000).toISOString();
  const signed = await coded({ ...planned, until }, deps);
  await deps.later({ incident: signed.id, at: until });
  return finish(signed, { outcome: 'asked', note }, deps, { due: until });
}

/** Nothing to do: because another incident did it, or an interrupted attempt of ours, or somebody else. */
export async function alreadySafe(incident: Incident, group: Group, state: Json, fix: Fix, deps: Run): Promise<Result> {
  const last = incident.lease === undefined ? null : await deps.incidents.lastOn(incident.lease);
  if (last && explains(last, incident)) {
    const witness = { id: incident.event.id, name: incident.event.name, at: incident.times.received };
    await deps.incidents.note(
      last.id,
      { at: incident.times.received, what: `also reported: ${incident.event.name}`, outcome: 'witness' },
      witness,
    );
    // A witness is told to nobody: not where an attempt of this incident may have changed something, too.
    const outcome = begun(incident) ? 'safe' : 'witness';
    return finish(incident, { outcome, note: `put out by incident ${last.id}${aside(incident)}` }, deps);
  }
  if (begun(incident) && incident.plan && same(fix.lens, state, incident.plan.state)) {
    const verified = { ...incident, times: { ...incident.times, verified: deps.now().toISOString() } };
    return fixed(verified, group, fix, 'an interrupted attempt had changed it; read back now', state, deps);
  }
  const note = state === null ? 'the setting or the resource is not there any more' : 'it was safe when it was read';
  return finish(incident, { outcome: 'safe', note: note + aside(incident), after: { state } }, deps);
}

export const aside = (incident: Incident): string =>
  begun(incident) ? '; an interrupted attempt may have changed it: compare it with the stored before' : '';

/** A finding tells of what was; a call, only if it was made before the fix was proven. */
export function explains(last: Incident, incident: Incident): boolean {
  const { event, recorded } = incident.times;
  const done = last.outcome === 'fixed' || last.outcome === 'held';
  if (last.id === incident.id || !done || event === undefined || last.times.verified === undefined) return false;
  const proven = Date.parse(last.times.verified);
  // What an attempt of ours still found unsafe was put out by a later fix than that.
  if (recorded !== undefined) return Date.parse(recorded) <= proven;
  return incident.actor.type === 'Unknown' || Date.parse(event) <= proven;
}

/** Records, writes, reads back. `standing` as it was read just now. */
export async function apply(
  planned: Incident,
  group: Group,
  fix: Fix,
  from: Json,
  to: Json,
  deps: Run,
  standing: Standing | null,
): Promise<Result> {
  const begins = deps.now().toISOString();
  const recorded = next(await coded(planned, deps), { times: { ...planned.times, recorded: begins } });
  await deps.incidents.save(recorded, { begins });
  const target = recorded.target ?? null;
  return keeping(recorded, deps, async (writes) => {
    await deps.record(writes, () => fix.lens.write(target, from, to));
    const written = deps.now().toISOString();
    const ended = { ...recorded, times: { ...recorded.times, written }, writes: [...recorded.writes, ...writes] };
    const state = await proven(fix.lens, target, safeFor(group, fix), deps).catch((error: unknown) => {
      if (fix.lens.settles === undefined || !isNamed(error, 'NotProven')) throw error;
      return undefined;
    });
    if (state === undefined) return settleLater(ended, fix, 'changed; it takes minutes to show', deps, writes);
    const verified = { ...ended, times: { ...ended.times, verified: deps.now().toISOString() } };
    return fixed(verified, group, fix, recorded.note, state, deps, writes, standing);
  });
}

export const safeFor =
  (group: Group, fix: Fix) =>
  (state: Json): boolean => {
    const again = compose(group, state);
    return !isUnknown(again) && same(fix.lens, state, again);
  };

/** The proof is in: a fix for good, or a hold that ends by itself. */
export async function fixed(
  incident: Incident,
  group: Group,
  fix: Fix,
  note: string,
  state: Json,
  deps: Run,
  writes: readonly Write[] = [],
  standing: Standing | null = null,
): Promise<Result> {
  const counts = countsOf(incident, standing, deps);
  const minutes = fix.until?.({ ...contextOf(group[0]), target: incident.target ?? null });
  if (minutes === undefined)
    return finish(incident, { outcome: 'fixed', note, after: { state } }, deps, { writes, counts });
  const until = new Date(deps.now().getTime() + minutes * 60_000).toISOString();
  await deps.later({ incident: incident.id, at: until });
  const held = await coded({ ...incident, until }, deps);
  return finish(held, { outcome: 'held', note: `${note}; until ${until}`, after: { state } }, deps, {
    writes,
    counts,
    due: until,
  });
}

/** Looks again in a minute, until the lens's time to settle is over. */
export async function settleLater(
  incident: Incident,
  fix: Fix,
  note: string,
  deps: Run,
  writes: readonly Write[] = [],
): Promise<Result> {
  const now = deps.now().getTime();
  const until = incident.until ?? new Date(now + (fix.lens.settles ?? 0) * 60_000).toISOString();
  const at = new Date(now + lookAgainSeconds * 1000).toISOString();
  const signed = await coded({ ...incident, until }, deps);
  await deps.later({ incident: incident.id, at });
  return finish(signed, { outcome: 'settling', note }, deps, { writes, due: at });
}

/** What was written before a fault is stored as ours, whatever comes of the next attempt. */
export async function keeping<T>(incident: Incident, deps: Deps, work: (writes: Write[]) => Promise<T>): Promise<T> {
  const writes: Write[] = [];
  try {
    return await work(writes);
  } catch (error) {
    // Stored already, or the store is out of reach: in either case the first fault is the one to hand on.
    if (writes.length > 0)
      await deps.incidents
        .save(next(incident, { writes: [...incident.writes, ...writes] }), { writes })
        .catch(() => undefined);
    throw error;
  }
}

/** Re-reads until the state is as it should be; the last read is the proof. */
export async function proven(
  lens: Fix['lens'],
  target: Json,
  good: (state: Json) => boolean,
  deps: Deps,
): Promise<Json> {
  let state: Json = null;
  for (const wait of rereads) {
    if (wait > 0) await deps.sleep(wait);
    state = await lens.read(target);
    if (good(state)) return state;
  }
  throw fault(
    'NotProven',
    `after the write, ${rereads.length} reads of ${lens.id} ${lens.key(target)} did not show the safe state`,
  );
}

/** Stores the outcome, frees the lens, tells people, and stores that they were told. */
export async function finish(
  incident: Incident,
  end: Pick<Incident, 'outcome' | 'note'> & Partial<Pick<Incident, 'before' | 'after'>>,
  deps: Run,
  saving: Saving = {},
): Promise<Result> {
  const ended = next(incident, {
    ...end,
    timeline: [...incident.timeline, { at: deps.now().toISOString(), what: `${end.outcome}: ${end.note}` }],
  });
  // What was asked, or waited for, is not due any more, unless it is anew.
  const was = incident.until !== undefined || incident.decision !== undefined;
  const due = saving.due ?? (was ? null : undefined);
  await deps.incidents.save(ended, {
    ...saving,
    ...(due !== undefined && { due }),
    ...(deps.held && { release: deps.holder }),
  });
  if (!isSilent(ended.outcome)) await announce(ended, deps);
  return result(ended.outcome, ended, ended.note);
}

/** The rules of a stored incident, as a group to plan with. */
export function groupOf(incident: Incident, deps: Deps): { group: Group; fix: Fix } {
  const finding = {
    target: incident.target ?? null,
    resource: incident.resource,
    reason: '',
    certainty: 'certain' as const,
  };
  const decided = deps.rules
    .filter((rule) => incident.rules.includes(rule.id))
    .map(
      (rule): Decided => ({
        rule,
        finding,
        fix: rule.fix,
        way: 'approve',
        mode: 'approve',
        note: '',
        baseline: deps.config.baselines[rule.id] ?? {},
        home: homeOf(deps.config, incident.account),
      }),
    );
  const [first, ...others] = decided.map((one) => withLearned(one, incident.learned ?? null));
  if (!first?.fix) throw fault('NoRule', `none of ${incident.rules.join(', ')} has a fix in this version of Firebreak`);
  return { group: [first, ...others], fix: first.fix };
}

const contextOf = ({ finding, baseline, home, learned = null }: Decided): Context => ({
  target: finding.target,
  baseline,
  learned,
  home,
});

/** Every rule's desire of the same lens, one after the other until nobody wants a change: one plan. */
export function compose(group: readonly Decided[], state: Json): Json | Unknown {
  let plan = state;
  for (let round = 0; round <= group.length; round += 1) {
    let settles = true;
    for (const one of group) {
      const { fix } = one;
      if (!fix) continue;
      const wanted = fix.desire(plan, contextOf(one));
      if (isUnknown(wanted)) return wanted;
      // Each for itself: one that undoes what another did would leave the round as it began.
      settles &&= canonical(wanted) === canonical(plan);
      plan = wanted;
    }
    if (settles) return plan;
  }
  const ids = group.map((decided) => decided.rule.id).join(', ');
  throw fault('Unsettled', `the safe states that ${ids} want of one lens contradict each other`);
}
