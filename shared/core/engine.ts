/**
 * The one way of an event: normalise → detect → decide → claim → read → plan → record → write → read back → record → tell.
 * Pure: the clock, the store, the wire and the voice come in as `Deps`. Faults are thrown, so that Lambda tries again.
 */
import { decide, type Decided, groups } from './decide.ts';
import { fault } from './fault.ts';
import type { Incident, Incidents, Write } from './incident.ts';
import { canonical, type Json } from './json.ts';
import type { Config } from './mode.ts';
import { type Outcome, settled } from './outcome.ts';
import { awakened } from './route.ts';
import type { Lens, Rule, StateFix, Unknown } from './rule.ts';
import { normalise, type Signal } from './signal.ts';

export type Deps = {
  readonly room: string;
  readonly rules: readonly Rule[];
  readonly config: Config;
  readonly incidents: Incidents;
  /** Publishes the one message of an incident's outcome. */
  tell(incident: Incident): Promise<void>;
  now(): Date;
  sleep(milliseconds: number): Promise<void>;
  /** A short, stable text for a text: an incident's id is made of it. */
  digest(text: string): string;
  /** Runs the work and adds every mutating AWS call that it made to `sink`, even when it throws. */
  record<T>(sink: Write[], work: () => Promise<T>): Promise<T>;
  /** Who holds a lease: unique to this invocation. */
  readonly holder: string;
};

export type Result = {
  readonly outcome: Outcome;
  readonly incident: string | null;
  readonly rules: readonly string[];
  readonly resource: string | null;
  readonly note: string;
};

/** A delivery under way: whether it holds the lease of its lens. */
type Run = Deps & { readonly held: boolean };

/** Longer than a function may run, so that a lease outlives nothing but a crash. */
const leaseSeconds = 90;
/** Lambda's first delivery and its two retries. */
export const lastAttempt = 3;
/**
 * Milliseconds after the first delivery from which one counts as the last: a delivery that found the lens taken counts
 * no attempt. Lambda waits one minute, then two (Lambda developer guide, "Asynchronous invocation").
 */
const lastAfter = 150_000;
/** How long to wait before each re-read of a state that does not look safe yet, in milliseconds. */
export const rereads: readonly number[] = [0, 200, 500, 1000, 2000, 4000];
/** Less than all of `leaseWaits`. */
const tellingSeconds = 10;
const leaseWaits: readonly number[] = [500, 1000, 2000, 4000, 8000];
const silent: ReadonlySet<Outcome> = new Set(['exempt', 'off', 'attempt', 'witness', 'open']);

/** Handles one delivered event. Throws when anything of it must be delivered again; the rest is done by then. */
export async function handle(raw: unknown, deps: Deps): Promise<readonly Result[]> {
  const received = deps.now().toISOString();
  const normalised = normalise(raw);
  if ('unparsed' in normalised) return refuse(raw, normalised.unparsed, received, deps);
  const results: Result[] = [];
  const faults: unknown[] = [];
  for (const signal of normalised.signals) {
    // One rule's bug or one resource's fault does not cost the others their turn.
    const decided = awakened(deps.rules, signal).flatMap((rule) => {
      try {
        return decide(rule, signal, deps.config, deps.now());
      } catch (error) {
        faults.push(error);
        return [];
      }
    });
    for (const group of groups(decided)) {
      try {
        results.push(await handleGroup(group, signal, received, deps));
      } catch (error) {
        faults.push(error);
      }
    }
  }
  if (faults.length === 1) throw faults[0];
  if (faults.length > 1) throw new AggregateError(faults, faults.map(String).join('; '));
  return results;
}

type Group = readonly [Decided, ...Decided[]];

async function handleGroup(group: Group, signal: Signal, received: string, deps: Deps): Promise<Result> {
  const first = group[0];
  const incident = opened(group, signal, received, deps);
  const run = { ...deps, held: first.way === 'remediate' };
  const claim = await claimed(incident, run);
  if (claim.got === 'own')
    return { ...result('own', incident, `made by incident ${claim.incident}`), incident: claim.incident };
  if (claim.got === 'duplicate') {
    const stored = claim.incident;
    // A crash between storing and telling leaves an outcome that nobody heard of.
    if (untold(stored)) await announce(stored, deps);
    await deps.incidents.note(stored.id, {
      at: received,
      what: 'the same event was delivered again: ignored',
      outcome: 'duplicate',
    });
    return result('duplicate', stored, `handled before: ${stored.outcome}`);
  }
  if (claim.got === 'new' && settled(incident.outcome)) return result(incident.outcome, incident, incident.note);
  // What may be done is decided afresh: an event that comes back late asks, whatever it was first allowed.
  const current = claim.got === 'resumed' ? { ...claim.incident, mode: first.mode, note: first.note } : incident;
  if (settled(incident.outcome)) return finish(current, { outcome: incident.outcome, note: incident.note }, run);
  if (!first.fix) return finish(current, { outcome: 'told', note: first.note }, run);
  try {
    return await mend(current, group, first.fix, run);
  } catch (error) {
    throw await failed(current.id, error, received, run);
  }
}

async function claimed(incident: Incident, deps: Run): ReturnType<Incidents['claim']> {
  for (const wait of [0, ...leaseWaits]) {
    if (wait > 0) await deps.sleep(wait);
    const until = new Date(deps.now().getTime() + leaseSeconds * 1000).toISOString();
    const claim = await deps.incidents.claim(incident, deps.held ? { holder: deps.holder, until } : null);
    // The delivery that did the work may be telling of it right now: twice only where it seems to have died.
    const telling =
      claim.got === 'duplicate' && untold(claim.incident) && secondsSince(claim.incident, deps) < tellingSeconds;
    if (claim.got !== 'busy' && !telling) return claim;
  }
  throw fault('LeaseHeld', `${incident.resource} is being changed by another delivery; this one is tried again`);
}

const secondsSince = (incident: Incident, deps: Deps): number =>
  (deps.now().getTime() - Date.parse(incident.timeline.at(-1)?.at ?? '')) / 1000;

async function mend(incident: Incident, group: Group, fix: Fix, deps: Run): Promise<Result> {
  const target = incident.target ?? null;
  const state = await fix.lens.read(target);
  const read = { ...incident, times: { ...incident.times, read: deps.now().toISOString() } };
  const plan = compose(group, state);
  const before = incident.before ?? { state };
  if (isUnknown(plan)) return finish(read, { outcome: 'told', note: plan.unknown + aside(incident), before }, deps);
  if (same(fix.lens, state, plan)) return alreadySafe(read, state, fix, deps);
  const undo = fix.lens.undo(state, plan);
  const planned = { ...read, before, plan: { state: plan }, undo };
  switch (incident.mode) {
    case 'off':
    case 'notify':
      return finish(planned, { outcome: 'rehearsed', note: incident.note }, deps);
    case 'approve':
      return finish(planned, { outcome: 'asked', note: incident.note }, deps);
    case 'remediate':
      return apply(planned, group, fix, state, plan, deps);
    default:
      return incident.mode satisfies never;
  }
}

/** Nothing to do: because another incident did it, or an interrupted attempt of ours, or somebody else. */
async function alreadySafe(incident: Incident, state: Json, fix: Fix, deps: Run): Promise<Result> {
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
    return finish(
      verified,
      { outcome: 'fixed', note: 'an interrupted attempt had changed it; read back now', after: { state } },
      deps,
    );
  }
  const note = state === null ? 'the setting or the resource is not there any more' : 'it was safe when it was read';
  return finish(incident, { outcome: 'safe', note: note + aside(incident), after: { state } }, deps);
}

/** Whether an attempt came as far as a write, made or not: its before and plan are stored. */
const begun = (incident: Incident): boolean => incident.times.recorded !== undefined;

const aside = (incident: Incident): string =>
  begun(incident) ? '; an interrupted attempt may have changed it: compare it with the stored before' : '';

/** A finding tells of what was; a call, only if it was made before the fix was proven. */
function explains(last: Incident, incident: Incident): boolean {
  const { event, recorded } = incident.times;
  if (last.id === incident.id || last.outcome !== 'fixed' || event === undefined || last.times.verified === undefined)
    return false;
  const proven = Date.parse(last.times.verified);
  // What an attempt of ours still found unsafe was put out by a later fix than that.
  if (recorded !== undefined) return Date.parse(recorded) <= proven;
  return incident.actor.type === 'Unknown' || Date.parse(event) <= proven;
}

async function apply(planned: Incident, group: Group, fix: Fix, from: Json, to: Json, deps: Run): Promise<Result> {
  const recorded = next(planned, { times: { ...planned.times, recorded: deps.now().toISOString() } });
  await deps.incidents.save(recorded);
  const target = recorded.target ?? null;
  return keeping(recorded, deps, async (writes) => {
    await deps.record(writes, () => fix.lens.write(target, from, to));
    const written = deps.now().toISOString();
    const safe = (state: Json): boolean => {
      const again = compose(group, state);
      return !isUnknown(again) && same(fix.lens, state, again);
    };
    const state = await proven(fix.lens, target, safe, deps);
    const times = { ...recorded.times, written, verified: deps.now().toISOString() };
    const ended = { ...recorded, times, writes: [...recorded.writes, ...writes] };
    return finish(ended, { outcome: 'fixed', note: recorded.note, after: { state } }, deps, writes);
  });
}

/** What was written before a fault is stored as ours, whatever comes of the next attempt. */
async function keeping<T>(incident: Incident, deps: Deps, work: (writes: Write[]) => Promise<T>): Promise<T> {
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
async function proven(lens: Fix['lens'], target: Json, good: (state: Json) => boolean, deps: Deps): Promise<Json> {
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
async function finish(
  incident: Incident,
  end: Pick<Incident, 'outcome' | 'note'> & Partial<Pick<Incident, 'before' | 'after'>>,
  deps: Run,
  writes: readonly Write[] = [],
): Promise<Result> {
  const ended = next(incident, {
    ...end,
    timeline: [...incident.timeline, { at: deps.now().toISOString(), what: `${end.outcome}: ${end.note}` }],
  });
  await deps.incidents.save(ended, { ...(deps.held && { release: deps.holder }), writes });
  if (!silent.has(ended.outcome)) await announce(ended, deps);
  return result(ended.outcome, ended, ended.note);
}

const untold = (incident: Incident): boolean => incident.told !== incident.outcome && !silent.has(incident.outcome);

/** Tells what an interrupted command left untold. */
async function retold(incident: Incident, deps: Deps): Promise<Result> {
  await announce(incident, deps);
  return result(incident.outcome, incident, incident.note);
}

async function announce(incident: Incident, deps: Deps): Promise<void> {
  await deps.tell(incident);
  try {
    await deps.incidents.save(next(incident, { told: incident.outcome }));
  } catch (error) {
    // A witness noted meanwhile must not have people told twice.
    const stored = await deps.incidents.get(incident.id);
    if (!isStale(error) || stored?.outcome !== incident.outcome) throw error;
    await deps.incidents.save(next(stored, { told: incident.outcome }));
  }
}

/** Records a fault on the incident; after the last attempt it is the outcome, and told. The fault itself goes on. */
async function failed(id: string, error: unknown, received: string, deps: Run): Promise<unknown> {
  const stored = await deps.incidents.get(id);
  // A stale record is in the hands of another delivery of the same event.
  if (!stored || settled(stored.outcome) || isStale(error)) return error;
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const last = stored.attempts >= lastAttempt || Date.parse(received) - Date.parse(stored.at) >= lastAfter;
  const entry = { at: deps.now().toISOString(), what: `attempt ${stored.attempts} failed: ${message}` };
  const after = next(stored, {
    ...(last && { outcome: 'failed' as const, note: message }),
    timeline: [...stored.timeline, entry],
  });
  await deps.incidents.save(after, deps.held ? { release: deps.holder } : {});
  if (last) await announce(after, deps);
  return error;
}

/** What cannot be understood is stored and told, and thrown: the dead-letter queue keeps the event itself. */
async function refuse(raw: unknown, why: string, received: string, deps: Deps): Promise<never> {
  const incident: Incident = {
    id: `fb-${deps.digest(`unparsed ${canonical(raw as Json)}`)}`,
    room: deps.room,
    rules: [],
    title: 'An event could not be understood',
    severity: 'medium',
    account: 'unknown',
    region: 'unknown',
    resource: 'unknown',
    event: { id: 'unknown', name: 'unknown' },
    actor: { type: 'Unknown', name: 'unknown' },
    reasons: [why],
    mode: 'notify',
    outcome: 'unparsed',
    note: `${why}; the event itself goes to the dead-letter queue: firebreak redrive delivers it again`,
    writes: [],
    witnesses: [],
    timeline: [{ at: received, what: `unparsed: ${why}` }],
    times: { received },
    attempts: 1,
    at: received,
    version: 0,
  };
  const claim = await deps.incidents.claim(incident, null);
  const stored =
    claim.got === 'new' ? incident : claim.got === 'duplicate' || claim.got === 'resumed' ? claim.incident : null;
  if (stored && untold(stored)) await announce(stored, deps);
  throw fault('Unparsed', `${why} (incident ${incident.id})`);
}

/** Carries out an incident that a person approved; `decision` must be stored on it. */
export async function approve(id: string, deps: Deps): Promise<Result> {
  const incident = await found(id, deps);
  if (incident.decision && incident.outcome !== 'asked' && untold(incident)) return retold(incident, deps);
  if (incident.outcome !== 'asked')
    throw fault('NotAsked', `incident ${id} is ${incident.outcome}: only one that is asked can be approved`);
  if (!incident.decision) throw fault('NotDecided', `incident ${id} holds no decision: run firebreak approve ${id}`);
  const { group, fix } = asked(incident, deps);
  return locked(incident, deps, async (run) => {
    const state = await fix.lens.read(incident.target ?? null);
    const plan = compose(group, state);
    const { decision, ...undecided } = incident;
    const by = decision?.by ?? 'unknown';
    const entry = { at: deps.now().toISOString(), what: 'approved', by };
    const read = {
      ...incident,
      mode: 'remediate' as const,
      note: `approved by ${by}`,
      times: { ...incident.times, read: entry.at },
      timeline: [...incident.timeline, entry],
    };
    if (isUnknown(plan)) return finish(read, { outcome: 'told', note: plan.unknown + aside(incident) }, run);
    if (same(fix.lens, state, plan)) return alreadySafe(read, state, fix, run);
    // An interrupted approval may have left half a write: the before that was shown stays the way back.
    const before = begun(incident) && incident.before ? incident.before : { state };
    const asShown =
      same(fix.lens, plan, incident.plan?.state ?? null) &&
      (begun(incident) || same(fix.lens, state, incident.before?.state ?? null));
    if (!asShown) {
      const anew = { ...undecided, before, plan: { state: plan } };
      await finish(anew, { outcome: 'asked', note: 'it changed after the question: here is the new plan' }, run);
      return result(
        'replanned',
        incident,
        `${incident.resource} changed after the question; look again, then: firebreak approve ${id}`,
      );
    }
    return apply({ ...read, before, plan: { state: plan } }, group, fix, state, plan, run);
  });
}

/** Takes a fix back: writes what was there before, if what is there still is what the fix left. */
export async function undo(id: string, by: string, force: boolean, deps: Deps): Promise<Result> {
  const incident = await found(id, deps);
  if (incident.outcome === 'undone' && untold(incident)) return retold(incident, deps);
  const before = incident.before;
  if (!before || !begun(incident) || !(incident.outcome === 'fixed' || force))
    throw fault('NothingToUndo', `incident ${id} is ${incident.outcome}: only a fix can be undone`);
  if (incident.undo === 'none') throw fault('OneWay', `incident ${id}: this fix has no way back`);
  const { fix } = asked(incident, deps);
  return locked(incident, deps, async (run) => {
    const target = incident.target ?? null;
    const state = await fix.lens.read(target);
    if (same(fix.lens, state, before.state))
      return finish(
        incident,
        { outcome: 'undone', note: `taken back by ${by}: it was as before already`, after: { state } },
        run,
      );
    if (!force && !same(fix.lens, state, incident.after?.state ?? null)) {
      await deps.incidents.unlock(incident.lease ?? '', deps.holder);
      return result(
        'drifted',
        incident,
        `${incident.resource} changed after the fix; to overwrite it all the same: firebreak undo ${id} --force`,
      );
    }
    const recorded = next(incident, {
      timeline: [...incident.timeline, { at: deps.now().toISOString(), what: 'undo begun', by }],
    });
    await deps.incidents.save(recorded);
    return keeping(recorded, deps, async (writes) => {
      await deps.record(writes, () => fix.lens.write(target, state, before.state));
      const after = await proven(fix.lens, target, (now) => same(fix.lens, now, before.state), deps);
      const written = { ...recorded, writes: [...recorded.writes, ...writes] };
      return finish(written, { outcome: 'undone', note: `taken back by ${by}`, after: { state: after } }, run, writes);
    });
  });
}

async function locked(incident: Incident, deps: Deps, work: (run: Run) => Promise<Result>): Promise<Result> {
  const lease = incident.lease;
  if (lease === undefined) throw fault('NothingToUndo', `incident ${incident.id} has no lens`);
  const until = new Date(deps.now().getTime() + leaseSeconds * 1000).toISOString();
  if (!(await deps.incidents.lock(lease, deps.holder, until)))
    throw fault('LeaseHeld', `${incident.resource} is being changed right now; try again in a minute`);
  try {
    return await work({ ...deps, held: true });
  } catch (error) {
    await deps.incidents.unlock(lease, deps.holder);
    throw error;
  }
}

async function found(id: string, deps: Deps): Promise<Incident> {
  const incident = await deps.incidents.get(id);
  if (!incident) throw fault('NoIncident', `there is no incident ${id}; firebreak incidents lists them`);
  return incident;
}

/** The rules of a stored incident, as a group to plan with. */
function asked(incident: Incident, deps: Deps): { group: Group; fix: Fix } {
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
      }),
    );
  const [first, ...others] = decided;
  if (!first?.fix) throw fault('NoRule', `none of ${incident.rules.join(', ')} has a fix in this version of Firebreak`);
  return { group: [first, ...others], fix: first.fix };
}

type Fix = StateFix<Json, Json, unknown>;

const isStale = (error: unknown): boolean => error instanceof Error && error.name === 'Stale';

const isUnknown = (plan: Json | Unknown): plan is Unknown =>
  typeof plan === 'object' &&
  plan !== null &&
  !Array.isArray(plan) &&
  'unknown' in plan &&
  typeof plan.unknown === 'string';

/** Every rule's desire of the same lens, one after the other until nobody wants a change: one plan. */
export function compose(group: readonly Decided[], state: Json): Json | Unknown {
  let plan = state;
  for (let round = 0; round <= group.length; round += 1) {
    let settles = true;
    for (const { fix, finding, baseline } of group) {
      if (!fix) continue;
      const wanted = fix.desire(plan, { target: finding.target, baseline });
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

function same(lens: Lens<Json, Json>, a: Json, b: Json): boolean {
  const canon = (state: Json): string => canonical(state === null || !lens.canon ? state : lens.canon(state));
  return canon(a) === canon(b);
}

const next = (incident: Incident, change: Partial<Incident>): Incident => ({
  ...incident,
  ...change,
  version: incident.version + 1,
});

const result = (outcome: Outcome, incident: Incident, note: string): Result => ({
  outcome,
  incident: incident.id,
  rules: incident.rules,
  resource: incident.resource,
  note,
});

function opened(group: Group, signal: Signal, received: string, deps: Deps): Incident {
  const { rule, finding, fix, way, mode, note } = group[0];
  const account = signal.account ?? 'unknown';
  const region = signal.region ?? 'unknown';
  const ids = [...new Set(group.map((decided) => decided.rule.id))];
  const event = signal.id ?? deps.digest(canonical({ time: signal.time, resource: finding.resource }));
  const lens = fix && {
    lens: fix.lens.id,
    lease: `${account}/${region}/${fix.lens.id}/${fix.lens.key(finding.target)}`,
  };
  return {
    id: `fb-${deps.digest([event, lens?.lease ?? finding.resource, ...ids].join('\n'))}`,
    room: deps.room,
    rules: ids,
    title: rule.title,
    severity: rule.severity,
    account,
    region,
    resource: finding.resource,
    event: {
      id: event,
      name: nameOf(signal),
      ...(signal.kind === 'call' && signal.requestId !== null && { requestId: signal.requestId }),
    },
    actor: signal.actor,
    reasons: group.map((decided) => decided.finding.reason),
    mode,
    outcome: way === 'exempt' || way === 'off' || way === 'attempt' ? way : 'open',
    note,
    ...lens,
    target: finding.target,
    writes: [],
    witnesses: [],
    timeline: [{ at: received, what: `recognised: ${finding.reason}` }],
    times: { ...(signal.time !== null && { event: signal.time }), received },
    attempts: 1,
    at: received,
    version: 0,
  };
}

const nameOf = (signal: Signal): string =>
  signal.kind === 'call' ? signal.name : signal.kind === 'finding' ? signal.type : signal.detailType;
