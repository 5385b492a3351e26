/** Telling people: of an incident's outcome, once, and, loudly, of what concerns Firebreak itself. */
import type { Deps, Result } from './deps.ts';
import { fault } from './fault.ts';
import type { Incident } from './incident.ts';
import type { Outcome } from './outcome.ts';
import { isStale, next, result } from './record.ts';

const silent: ReadonlySet<Outcome> = new Set(['exempt', 'off', 'attempt', 'witness', 'open', 'settling']);

export const isSilent = (outcome: Outcome): boolean => silent.has(outcome);

export const untold = (incident: Incident): boolean =>
  incident.told !== incident.outcome && !silent.has(incident.outcome);

/** Tells what an interrupted command left untold. */
export async function retold(incident: Incident, deps: Deps): Promise<Result> {
  await announce(incident, deps);
  return result(incident.outcome, incident, incident.note);
}

export async function announce(incident: Incident, deps: Deps): Promise<void> {
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

/** A record that is not what we stored is told of, loudly, and nothing is written from it. */
export async function forged(incident: Incident, deps: Deps): Promise<never> {
  await alarm(
    {
      about: incident,
      title: 'The record of an incident was changed by somebody else',
      reason: `the code on incident ${incident.id} does not fit what it says`,
      note: 'nothing was written from it; look in CloudTrail for who wrote to the incidents table',
    },
    deps,
  );
  throw fault('Forged', `incident ${incident.id} is not what was stored: nothing is done from it`);
}

type About = Pick<Incident, 'id' | 'account' | 'region' | 'resource' | 'event' | 'actor' | 'times'>;

/** Stores and tells something about Firebreak itself; once for what it is about. */
export async function alarm(
  what: { about: About; title: string; reason: string; note: string },
  deps: Deps,
): Promise<Result> {
  const { about, title, reason, note } = what;
  const received = deps.now().toISOString();
  const incident: Incident = {
    id: `fb-${deps.digest(`alarm ${title} ${about.id}`)}`,
    room: deps.room,
    rules: ['self/tampering'],
    title,
    severity: 'critical',
    account: about.account,
    region: about.region,
    resource: about.resource,
    event: about.event.requestId === undefined ? about.event : { id: about.event.id, name: about.event.name },
    actor: about.actor,
    reasons: [reason],
    mode: 'notify',
    outcome: 'refused',
    note,
    writes: [],
    witnesses: [],
    timeline: [{ at: received, what: reason }],
    times: { ...(about.times.event !== undefined && { event: about.times.event }), received },
    attempts: 1,
    at: received,
    version: 0,
  };
  const claim = await deps.incidents.claim(incident, null);
  const stored = claim.got === 'duplicate' || claim.got === 'resumed' ? claim.incident : incident;
  if (untold(stored)) await announce(stored, deps);
  return result('refused', stored, note);
}
