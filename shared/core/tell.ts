/** Telling people: of an incident's outcome, once, and, loudly, of what concerns Firebreak itself. */
import type { Deps, Result, Run } from './deps.ts';
import { fault } from './fault.ts';
import type { Incident, Saving, Standing } from './incident.ts';
import type { Outcome } from './outcome.ts';
import { essence, isStale, minutesAfter, next, result, sealed } from './record.ts';
import { whoOf } from './standing.ts';

const silent: ReadonlySet<Outcome> = new Set(['exempt', 'off', 'attempt', 'witness', 'open', 'settling', 'waiting']);

/** Nobody hears of what might have been trouble, and was seen not to be: unless they heard of it, or it was written to. */
export const isSilent = ({ outcome, certainty, told, times }: Incident): boolean =>
  silent.has(outcome) ||
  (outcome === 'safe' && certainty === 'possible' && told === undefined && times.recorded === undefined);

export const untold = (incident: Incident): boolean => incident.told !== incident.outcome && !isSilent(incident);

/** Less than all of the waits for a lease, in seconds. */
const tellingSeconds = 10;

/** Whether whoever ended it may be telling of it right now: twice only where that one seems to have died. */
export function beingTold(incident: Incident, deps: Deps): boolean {
  const since = deps.now().getTime() - Date.parse(incident.timeline.at(-1)?.at ?? '');
  return untold(incident) && since < tellingSeconds * 1000;
}

/** Tells what an interrupted command left untold. */
export async function retold(incident: Incident, deps: Deps): Promise<Result> {
  await announce(incident, deps);
  return result(incident.outcome, incident, incident.note);
}

export async function announce(incident: Incident, deps: Deps): Promise<void> {
  await deps.tell(incident);
  await note(incident, { told: incident.outcome }, deps);
}

/** What people were asked is no question any more: where it was asked with buttons, they have to go. */
async function revised(incident: Incident, deps: Deps): Promise<void> {
  // Nothing hangs on it: a button that stays is refused.
  await deps.revise(incident).catch(() => undefined);
}

/**
 * How often a note is tried again where others write to the same record. Each lost try is a witness that somebody else noted,
 * of a flood sixty at once; a record holds fifty of them, and then they are only counted, which is in nobody's way.
 */
const tries = 64;

/** Notes something on an incident whose outcome is still what it was, whatever witnesses are noted meanwhile. */
async function note(incident: Incident, change: Partial<Incident>, deps: Deps, saving: Saving = {}): Promise<void> {
  let stored = incident;
  for (let tried = 1; ; tried += 1) {
    try {
      return await deps.incidents.save(next(stored, change), saving);
    } catch (error) {
      // A witness noted meanwhile must not have people told twice.
      const now = await deps.incidents.get(incident.id);
      if (!isStale(error) || now?.outcome !== incident.outcome || tried === tries) throw error;
      stored = now;
    }
  }
}

/**
 * Messages of one kind that people get one by one within the minutes; of all others one at once, one soon, and then, where more
 * came, one each `later` minutes. Of what is critical nothing waits longer than the first list: noise may be made to hide it.
 */
export const pace = { most: 3, minutes: 60, soon: 5, later: 20 };

/**
 * Tells of a question or a rehearsal. After a few of one outcome, lens, severity and actor within the hour, all further
 * ones are told in one message, which names each of them: a thousand would drown the next important one. They are stored
 * as they are, and the channels that tell many in one by themselves (voice.ts), and programs, hear of each.
 */
export const together = (incident: Incident, deps: Deps): Promise<void> => beyond(incident, fewIn(deps), deps);

/** Tells of a fix: the same, but that earlier fixes of the actor's are counted already. Without a request of its own for the first few. */
export const tellingFix =
  (standing: Standing | null) =>
  (incident: Incident, deps: Deps): Promise<void> => {
    const since = deps.now().getTime() - pace.minutes * 60_000;
    const earlier = (standing?.byActor ?? []).filter(({ at }) => Date.parse(at) >= since);
    return incident.decision || earlier.length < fewIn(deps) ? announce(incident, deps) : beyond(incident, 0, deps);
  };

const fewIn = ({ config }: Deps): number => Math.min(pace.most, config.breaker.actor);

/** @param most so many of its kind are told one by one */
async function beyond(incident: Incident, most: number, deps: Deps): Promise<void> {
  // Strangers have nothing in common: a flood of findings is of many, for all that is known.
  if (incident.actor.arn === undefined && incident.actor.type === 'Unknown') return announce(incident, deps);
  const now = deps.now().toISOString();
  const { outcome, severity, lens, rules } = incident;
  const key = `${outcome}|${severity}|${deps.digest(`${lens ?? rules.join(',')}|${whoOf(incident)}`)}`;
  const message = { id: `${incident.id} ${incident.version}`, at: now };
  const { begun } = await deps.incidents.count(key, message, { times: most + 1, minutes: pace.minutes });
  if (begun === null) return announce(incident, deps);
  const all = flood(incident, `fb-${deps.digest(`flood ${key} ${begun}`)}`, now, deps);
  const claim = await deps.incidents.claim(all, null);
  const stored = claim.got === 'duplicate' || claim.got === 'resumed' ? claim.incident : all;
  // A question that is put anew is the same incident, named once; before it is told, so that the first message names it.
  const witness = { id: incident.id, name: incident.resource, at: now };
  await deps.incidents.note(all.id, { at: now, what: `also: incident ${incident.id}, ${incident.resource}` }, witness);
  // Whoever was first tells; another only where that one seems to have died.
  const old = deps.now().getTime() - Date.parse(stored.at) >= tellingSeconds * 1000;
  if (claim.got === 'new' || (untold(stored) && old)) await begin((await deps.incidents.get(all.id)) ?? stored, deps);
  await deps.revise(incident);
  await note(incident, { told: outcome }, deps);
}

/** Told with all others of the day (digest.ts), but for what is critical. */
export const digested = (incident: Incident, deps: Deps): Promise<void> =>
  incident.severity === 'critical' ? together(incident, deps) : note(incident, { told: incident.outcome }, deps);

const kinds: { readonly [outcome in Outcome]?: string } = { asked: 'questions', rehearsed: 'rehearsals' };

/** The one incident of a flood. */
function flood(incident: Incident, id: string, now: string, deps: Deps): Incident {
  const { room, rules, severity, account, region, actor, mode, outcome } = incident;
  const what = kinds[outcome] ?? 'fixes';
  const until = minutesAfter(now, pace.soon);
  const note = `what else comes until ${until} is told together then`;
  return {
    ...{ id, room, rules, severity, account, region, actor, mode, note, until },
    title: `Many ${what} after one actor`,
    resource: actor.arn ?? actor.name,
    event: { id, name: incident.event.name },
    reasons: [
      `more than ${fewIn(deps)} ${what} within ${pace.minutes} minutes by ${rules.join(', ')}; the last of ${incident.resource}`,
    ],
    outcome: 'told',
    flood: { of: outcome, told: 0 },
    writes: [],
    witnesses: [],
    timeline: [{ at: now, what: `told: ${note}` }],
    times: { received: now },
    attempts: 1,
    at: now,
    version: 0,
  };
}

async function begin(all: Incident, deps: Deps): Promise<void> {
  const { until = '' } = all;
  await deps.later({ incident: all.id, at: until });
  await deps.tell(all);
  const { flood: { of } = { of: all.outcome }, seen = 0 } = all;
  await note(all, { told: all.outcome, flood: { of, told: seen } }, deps, { due: until });
}

/** Some minutes after a flood began, and on until its hour is over: which ones there were, if they are more than were told of. */
export async function howMany(all: Incident, deps: Deps): Promise<Result> {
  const { flood: { of, told } = { of: all.outcome, told: 0 }, seen = 0 } = all;
  const end = minutesAfter(all.at, pace.minutes);
  const now = deps.now().toISOString();
  const isOver = now >= end;
  const soon = minutesAfter(now, all.severity === 'critical' ? pace.soon : pace.later);
  const until = isOver || soon > end ? end : soon;
  const more = isOver ? '' : `; what else comes until ${until} is told together then`;
  const change = { note: `${seen} were not told one by one${more}`, until, flood: { of, told: seen } };
  const said = next(all, change);
  if (!isOver) await deps.later({ incident: all.id, at: until });
  // Should this be killed in between, it is told again: that is no harm.
  if (seen > told) await deps.tell(said);
  await note(all, change, deps, { due: isOver ? null : until });
  return result('told', said, said.note);
}

/** A record that is not what we stored is told of, loudly. */
export const denounce = (incident: Incident, deps: Deps): Promise<Result> =>
  alarm(
    {
      about: incident,
      title: 'The record of an incident was changed by somebody else',
      reason: `the code on incident ${incident.id} does not fit what it says`,
      note: 'nothing was written from it; look in CloudTrail for who wrote to the incidents table',
    },
    deps,
  );

/** Nothing is written from such a record. */
export async function forged(incident: Incident, deps: Deps): Promise<never> {
  await denounce(incident, deps);
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

/** Stores the outcome, frees the lens, tells people, and stores that they were told. */
export async function finish(
  incident: Incident,
  end: Pick<Incident, 'outcome' | 'note'> & Partial<Pick<Incident, 'before' | 'after'>>,
  deps: Run,
  saving: Saving = {},
  tell: (incident: Incident, deps: Deps) => Promise<void> = announce,
): Promise<Result> {
  const said = next(incident, {
    ...end,
    timeline: [...incident.timeline, { at: deps.now().toISOString(), what: `${end.outcome}: ${end.note}` }],
  });
  const ended = deps.signed === essence(said) ? said : await sealed(said, deps);
  // What was asked, or waited for, is not due any more, unless it is anew.
  const waited = incident.outcome === 'waiting' || incident.until !== undefined;
  const was = waited || incident.decision !== undefined || incident.undoing !== undefined;
  const due = saving.due ?? (was ? null : undefined);
  await deps.incidents.save(ended, {
    ...saving,
    ...(due !== undefined && { due }),
    ...(deps.held && { release: deps.holder }),
  });
  if (!isSilent(ended)) await tell(ended, deps);
  // Of an exemption that answers a question, whoever ends it tells.
  else if (ended.told === 'asked' && ended.outcome !== 'exempt') await revised(ended, deps);
  return result(ended.outcome, ended, ended.note);
}
