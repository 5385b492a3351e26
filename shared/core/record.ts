/** An incident's record: its next version, the code over it, and what its faults are called. */
import type { Deps, Result } from './deps.ts';
import type { Incident, Witness } from './incident.ts';
import { canonical, type Json, type JsonObject } from './json.ts';
import { type Outcome, settled } from './outcome.ts';
import type { Lens, StateFix } from './rule.ts';

type Fix = StateFix<Json, Json, unknown>;

export const next = (incident: Incident, change: Partial<Incident>): Incident => ({
  ...incident,
  ...change,
  version: incident.version + 1,
});

export const result = (outcome: Outcome, incident: Incident, note: string): Result => ({
  outcome,
  incident: incident.id,
  rules: incident.rules,
  resource: incident.resource,
  note,
});

/** Whether it is in its safe state, and the open question is whether it stays so. */
export const isReverted = ({ first, outcome }: Pick<Incident, 'first' | 'outcome'>): boolean =>
  first === 'reverted' && outcome === 'asked';

/** Its event as a witness of another's. Who answers must not be one of those who did it: neither the session nor the person. */
export const witnessOf = ({ event: { id, name }, times, actor }: Incident): Witness => ({
  ...{ id, name, at: times.received, by: actor.arn ?? actor.name },
  ...(actor.person !== undefined && { person: actor.person }),
});

/** Whether an attempt came as far as a write, made or not: its before and plan are stored. */
export const begun = (incident: Incident): boolean => incident.times.recorded !== undefined;

/** Whether a fix stands that the room's own role has the way back from: a person may have it taken back by a message. */
export const isRestorable = (incident: Incident): boolean =>
  (incident.outcome === 'fixed' || incident.outcome === 'held') &&
  incident.undo === 'restore' &&
  incident.before !== undefined &&
  begun(incident);

/** Whether somebody said so, and it is neither done nor refused yet. */
export const wantsBack = (incident: Incident): boolean =>
  isRestorable(incident) && incident.undoing !== undefined && incident.undoing.refused === undefined;

/** Longer than a function may run, so that a lease outlives nothing but a crash. */
export const leaseSeconds = 90;
/** When a lease that is taken now runs out: ISO 8601. */
export const leaseEnd = (deps: Deps): string =>
  new Date(deps.now().getTime() + (deps.leaseSeconds ?? leaseSeconds) * 1000).toISOString();

/** So many minutes after a time: ISO 8601. */
export const minutesAfter = (time: Date | string, minutes: number): string =>
  new Date(new Date(time).getTime() + minutes * 60_000).toISOString();

/** How long to wait for a lease that somebody else has, time after time, in milliseconds. */
export const leaseWaits: readonly number[] = [500, 1000, 2000, 4000, 8000];

export const aside = (incident: Incident): string =>
  begun(incident) ? '; an interrupted attempt may have changed it: compare it with the stored before' : '';

/** Outcomes that are gone on from: a question, a state that is waited for, a hold, a fix that may be taken back. */
const deciding: ReadonlySet<Outcome> = new Set(['asked', 'settling', 'waiting', 'held', 'fixed']);

/**
 * What a record would have written, when, and by whose word, as the code covers it: no more may be changed from it than
 * was planned, and nothing that nobody decided. The rest is for people to read.
 */
export function essence(incident: Incident): string {
  const { id, room, rules, account, region, lens, lease, target, learned, before, plan, after, undo, until } = incident;
  const { decision, undoing, first, times, outcome } = incident;
  // A fault is noted on what was begun without a new code: there may be no key to make one with.
  const end = settled(outcome) ? outcome : 'open';
  const recorded = times.recorded;
  // What ends as it was planned needs no second code: the first one says all of it.
  const asPlanned =
    recorded !== undefined &&
    (end === 'open' ? after === undefined : end === 'fixed' && canonical(after) === canonical(plan));
  const states = { learned, before, plan, ...(!asPlanned && { after }) };
  const stage = asPlanned ? { recorded, outcome: 'begun' } : { recorded, written: times.written, outcome: end };
  const parts = {
    id,
    room,
    rules,
    account,
    region,
    lens,
    lease,
    target,
    ...states,
    undo,
    until,
    decision,
    undoing,
    first,
    ...stage,
  };
  return canonical(parts as JsonObject);
}

/** The incident with the code over what it says now. */
export const coded = async (incident: Incident, deps: Deps): Promise<Incident> => ({
  ...incident,
  code: await deps.sign(essence(incident)),
});

/** What decides something needs a code from then on, and one that has a code a new one at each end. */
export const sealed = (incident: Incident, deps: Deps): Promise<Incident> | Incident =>
  incident.code === undefined && !deciding.has(incident.outcome) ? incident : coded(incident, deps);

export const genuine = async (incident: Incident, deps: Deps): Promise<boolean> =>
  incident.code !== undefined && deps.verify(essence(incident), incident.code);

/** Whether nothing was planned of it yet: nothing that is stored is needed to go on, then. */
export const untouched = (incident: Incident): boolean =>
  incident.code === undefined && !begun(incident) && !incident.plan;

/** What locks the target of a lens: whatever is done about it goes by this. */
export const leaseOf = (account: string, region: string, lens: Pick<Fix['lens'], 'id' | 'key'>, target: Json): string =>
  `${account}/${region}/${lens.id}/${lens.key(target)}`;

export function same(lens: Lens<Json, Json>, a: Json, b: Json): boolean {
  const canon = (state: Json): string => canonical(state === null || !lens.canon ? state : lens.canon(state));
  return canon(a) === canon(b);
}

export const isStale = (error: unknown): boolean => error instanceof Error && error.name === 'Stale';

export const isNamed = (error: unknown, name: string): boolean => error instanceof Error && error.name === name;
