/** An incident's record: its next version, the code over it, and what its faults are called. */
import type { Deps, Result } from './deps.ts';
import type { Incident } from './incident.ts';
import { canonical, type Json, type JsonObject } from './json.ts';
import type { Outcome } from './outcome.ts';
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

/** Whether an attempt came as far as a write, made or not: its before and plan are stored. */
export const begun = (incident: Incident): boolean => incident.times.recorded !== undefined;

/** What a record would have written, and when, as the code covers it: no more may be changed from it than was planned. */
export function essence(incident: Incident): string {
  const { id, room, rules, account, region, lens, lease, target, learned, before, plan, undo, until } = incident;
  const parts = { id, room, rules, account, region, lens, lease, target, learned, before, plan, undo, until };
  return canonical(parts as JsonObject);
}

/** The incident with the code over what it says now. */
export const coded = async (incident: Incident, deps: Deps): Promise<Incident> => ({
  ...incident,
  code: await deps.sign(essence(incident)),
});

export const genuine = async (incident: Incident, deps: Deps): Promise<boolean> =>
  incident.code === undefined ? !begun(incident) && !incident.plan : deps.verify(essence(incident), incident.code);

/** What locks the target of a lens: whatever is done about it goes by this. */
export const leaseOf = (account: string, region: string, lens: Pick<Fix['lens'], 'id' | 'key'>, target: Json): string =>
  `${account}/${region}/${lens.id}/${lens.key(target)}`;

export function same(lens: Lens<Json, Json>, a: Json, b: Json): boolean {
  const canon = (state: Json): string => canonical(state === null || !lens.canon ? state : lens.canon(state));
  return canon(a) === canon(b);
}

export const isStale = (error: unknown): boolean => error instanceof Error && error.name === 'Stale';

export const isNamed = (error: unknown, name: string): boolean => error instanceof Error && error.name === name;
