/**
 * What is done about one finding once it is claimed: read → plan → record → write → read back → record → tell.
 * Deliveries, people's decisions and looks that are due all come through here.
 */
import type { Deps, Result, Run } from './deps.ts';
import { fault } from './fault.ts';
import { exempted, inGrant, tamperedGrants } from './granted.ts';
import type { Incident, Standing, Write } from './incident.ts';
import { canonical, type Json, type JsonObject } from './json.ts';
import { taught } from './learn.ts';
import { compose, contextOf, type Fix, type Group, isReady, safeFor } from './plan.ts';
import { ask, askAfter, close } from './question.ts';
import {
  aside,
  begun,
  coded,
  essence,
  isNamed,
  isReverted,
  leaseEnd,
  leaseWaits,
  minutesAfter,
  next,
  same,
  witnessOf,
} from './record.ts';
import { isUnknown } from './rule.ts';
import { countsOf, objection, standingOf } from './standing.ts';
import { digested, finish, tellingFix, together } from './tell.ts';

/** How long to wait before each re-read of a state that does not look safe yet, in milliseconds. */
export const rereads: readonly number[] = [0, 200, 500, 1000, 2000, 4000];
/** How long until a state that takes minutes is looked at again. */
const lookAgainMinutes = 1;
/** How long the same rehearsal is not told again. */
const rehearsalSeconds = 3600;

/** How long a read may lag behind a call that was answered, and how old a call is then, at the most; in milliseconds. */
const lag = 3000;
const news = 30_000;

/** A call that certainly broke something, seconds ago, and of which nothing was done yet. */
function isNews(incident: Incident, group: Group, deps: Deps): boolean {
  const age = deps.now().getTime() - Date.parse(incident.times.event ?? '');
  const isCall = incident.actor.type !== 'Unknown';
  return isCall && age < news && !begun(incident) && group.some(({ finding }) => finding.certainty === 'certain');
}

/** Reads and plans; then does what the incident's mode allows. A record that is gone on from must be `genuine`. */
export async function mend(found: Incident, asFound: Group, fix: Fix, deps: Run): Promise<Result> {
  const { incident, group } = await taught(found, asFound, deps);
  const target = incident.target ?? null;
  let state = await fix.lens.read(target);
  let plan = compose(group, state);
  // What a call just changed may not show yet: "safe" is believed of a second read only.
  if (!isUnknown(plan) && same(fix.lens, state, plan) && isNews(incident, group, deps)) {
    await deps.sleep(lag);
    state = await fix.lens.read(target);
    plan = compose(group, state);
  }
  const read = { ...incident, times: { ...incident.times, read: deps.now().toISOString() } };
  // Of a write that may have been half made the state before it counts; what was only looked at has no before yet.
  const before = begun(incident) && incident.before ? incident.before : { state };
  if (isUnknown(plan)) return finish(read, { outcome: 'told', note: plan.unknown + aside(incident), before }, deps);
  if (same(fix.lens, state, plan)) return alreadySafe(read, group, state, fix, deps);
  const undo = fix.lens.undo(before.state, plan);
  const planned = { ...read, before, plan: { state: plan }, undo };
  switch (incident.mode) {
    case 'off':
    case 'notify':
      return rehearse(planned, deps);
    case 'approve':
      return question(planned, group, fix, state, plan, deps);
    case 'remediate':
      return remediate(planned, group, fix, state, plan, deps);
    default:
      return incident.mode satisfies never;
  }
}

/** The same again within the hour is added to the first: nothing was changed, so nothing else will be said. */
async function rehearse(planned: Incident, deps: Run): Promise<Result> {
  const { lease, rules, before, plan } = planned;
  const now = deps.now();
  const key = `rehearsed ${deps.digest(canonical({ lease, rules, before, plan } as JsonObject))}`;
  const end = new Date(now.getTime() + rehearsalSeconds * 1000).toISOString();
  const first = await deps.incidents.lead(key, planned.id, now.toISOString(), end);
  const tell = deps.config.channels.digest ? digested : together;
  if (first === planned.id) return finish(planned, { outcome: 'rehearsed', note: planned.note }, deps, {}, tell);
  const { received: at } = planned.times;
  const witness = { id: planned.event.id, name: planned.event.name, at };
  await deps.incidents.note(first, { at, what: `also: ${planned.reasons.join('; ')}`, outcome: 'witness' }, witness);
  return finish(planned, { outcome: 'witness', note: `rehearsed already: incident ${first}` }, deps);
}

/**
 * With the lens's lease: of two events that ask about one lens at once, the second finds the first one's question. Only
 * for the asking: many that find nothing to ask must not wait for each other.
 */
async function question(planned: Incident, group: Group, fix: Fix, from: Json, to: Json, deps: Run): Promise<Result> {
  if (!deps.held)
    return holding(planned, deps, (run, waited) =>
      // Whoever had it may have changed what was read.
      waited ? mend(planned, group, fix, run) : question(planned, group, fix, from, to, run),
    );
  // Where it can't be read, one question too many is no harm.
  const standing = await standingOf(planned, deps).catch(() => null);
  const spared = await leaveAlone(planned, group, fix, from, standing, deps);
  return spared ?? ask(planned, from, [planned.note, ...doubtsOf(group, to)].join('; '), deps, standing);
}

async function holding(
  incident: Incident,
  deps: Run,
  work: (run: Run, waited: boolean) => Promise<Result>,
): Promise<Result> {
  const { lease = '', resource } = incident;
  for (const wait of [0, ...leaseWaits]) {
    if (wait > 0) await deps.sleep(wait);
    if (!(await deps.incidents.lock(lease, deps.holder, leaseEnd(deps)))) continue;
    try {
      return await work({ ...deps, held: true }, wait > 0);
    } catch (error) {
      await deps.incidents.unlock(lease, deps.holder);
      throw error;
    }
  }
  throw fault('LeaseHeld', `${resource} is being changed by another delivery; this one is tried again`);
}

/** Leaves alone what people exempted for days, and goes on with what they did not; null where they exempted nothing. */
async function leaveAlone(
  planned: Incident,
  group: Group,
  fix: Fix,
  state: Json,
  standing: Standing | null,
  deps: Run,
): Promise<Result | null> {
  const exempt = await exempted(planned, group, standing?.grants, deps);
  if (exempt === null) return null;
  if (exempt === 'tampered') return ask({ ...planned, mode: 'approve' }, state, tamperedGrants, deps, standing);
  const [first, ...others] = exempt.left;
  if (!first) return finish(planned, { outcome: 'exempt', note: inGrant(exempt.grant) }, deps);
  const rules = exempt.left.map(({ rule }) => rule.id);
  return mend({ ...planned, rules }, [first, ...others], fix, deps);
}

/** Acts, if neither a pause nor the circuit breaker stands against it. */
async function remediate(planned: Incident, group: Group, fix: Fix, from: Json, to: Json, deps: Run): Promise<Result> {
  const { standing, against, fight } = await objection(planned, group, deps);
  const spared = await leaveAlone(planned, group, fix, from, standing, deps);
  if (spared) return spared;
  if (against !== null)
    return ask({ ...planned, mode: 'approve', ...(fight && { fight }) }, from, against, deps, standing);
  const noWayBack = planned.first && planned.undo === 'none' ? ['there is no way back from it'] : [];
  const doubts = [...doubtsOf(group, to), ...noWayBack];
  if (doubts.length > 0) return ask({ ...planned, mode: 'approve' }, from, doubts.join('; '), deps, standing);
  if (!isReady(fix.lens, from)) return settleLater(planned, fix, notReady, deps);
  return apply(planned, group, fix, from, to, deps, standing);
}

/** Why a person must say yes to this plan. */
const doubtsOf = (group: Group, plan: Json): readonly string[] =>
  group.flatMap((one) => one.fix?.asks?.(plan, contextOf(one)) ?? []);

export const notReady = 'it cannot be changed right now';

/** Nothing to do: because another incident did it, or an interrupted attempt of ours, or somebody else. */
export async function alreadySafe(incident: Incident, group: Group, state: Json, fix: Fix, deps: Run): Promise<Result> {
  const last = incident.lease === undefined ? null : await deps.incidents.lastOn(incident.lease);
  if (last && explains(last, incident)) {
    await deps.incidents.note(
      last.id,
      { at: incident.times.received, what: `also reported: ${incident.event.name}`, outcome: 'witness' },
      witnessOf(incident),
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
  const end = await finish(incident, { outcome: 'safe', note: note + aside(incident), after: { state } }, deps);
  await close(incident, 'found safe', state, null, deps);
  return end;
}

/** A finding tells of what was; a call, only if it was made before the fix was proven. */
function explains(last: Incident, incident: Incident): boolean {
  const { event, recorded } = incident.times;
  const done = last.outcome === 'fixed' || last.outcome === 'held' || isReverted(last);
  if (last.id === incident.id || !done || event === undefined || last.times.verified === undefined) return false;
  const proven = Date.parse(last.times.verified);
  // What an attempt of ours still found unsafe was put out by a later fix than that.
  if (recorded !== undefined) return Date.parse(recorded) <= proven;
  return incident.actor.type === 'Unknown' || Date.parse(event) <= proven;
}

/** Records, writes, reads back. `standing` as it was read just now; `due`: when it is looked after, should it be killed. */
export async function apply(
  planned: Incident,
  group: Group,
  fix: Fix,
  from: Json,
  to: Json,
  deps: Run,
  standing: Standing | null,
  due?: string,
): Promise<Result> {
  const begins = deps.now().toISOString();
  const recorded = await coded(next(planned, { times: { ...planned.times, recorded: begins } }), deps);
  await deps.incidents.save(recorded, { begins, ...(due !== undefined && { due }) });
  const target = recorded.target ?? null;
  const run = { ...deps, signed: essence(recorded) };
  return keeping(recorded, run, async (writes) => {
    await run.record(writes, () => fix.lens.write(target, from, to));
    const written = deps.now().toISOString();
    const ended = { ...recorded, times: { ...recorded.times, written }, writes: [...recorded.writes, ...writes] };
    const state = await proven(fix.lens, target, safeFor(group, fix), deps).catch((error: unknown) => {
      if (fix.lens.settles === undefined || !isNamed(error, 'NotProven')) throw error;
      return undefined;
    });
    if (state === undefined) return settleLater(ended, fix, 'changed; it takes minutes to show', run, writes);
    const verified = { ...ended, times: { ...ended.times, verified: deps.now().toISOString() } };
    return fixed(verified, group, fix, recorded.note, state, run, writes, standing);
  });
}

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
  if (incident.first === 'revert' && !incident.decision)
    return askAfter(incident, state, deps, { writes, counts }, standing);
  const minutes = fix.until?.({ ...contextOf(group[0]), target: incident.target ?? null });
  if (minutes === undefined) {
    const proof = { outcome: 'fixed' as const, note, after: { state } };
    const end = await finish(incident, proof, deps, { writes, counts }, tellingFix(standing));
    await close(incident, 'put out', state, standing, deps);
    return end;
  }
  const until = minutesAfter(deps.now(), minutes);
  await deps.later({ incident: incident.id, at: until });
  const held = { ...incident, until };
  const end = await finish(held, { outcome: 'held', note: `${note}; until ${until}`, after: { state } }, deps, {
    writes,
    counts,
    due: until,
  });
  await close(incident, 'put out', state, standing, deps);
  return end;
}

/** Reads nothing now: it is looked at when the minutes are over. */
export async function waitFor(incident: Incident, minutes: number, deps: Run): Promise<Result> {
  const until = minutesAfter(deps.now(), minutes);
  await deps.later({ incident: incident.id, at: until });
  return finish({ ...incident, until }, { outcome: 'waiting', note: incident.note }, deps, { due: until });
}

/** Looks again in a minute, until the lens's time to settle is over. */
export async function settleLater(
  incident: Incident,
  fix: Fix,
  note: string,
  deps: Run,
  writes: readonly Write[] = [],
): Promise<Result> {
  const now = deps.now();
  const until = incident.until ?? minutesAfter(now, fix.lens.settles ?? 0);
  const at = minutesAfter(now, lookAgainMinutes);
  await deps.later({ incident: incident.id, at });
  return finish({ ...incident, until }, { outcome: 'settling', note }, deps, { writes, due: at });
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
