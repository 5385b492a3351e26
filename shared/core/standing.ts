/** What stands against acting by ourselves: a pause, or the circuit breaker. Both only ever turn a fix into a question. */
import type { Decided } from './decide.ts';
import type { Deps } from './deps.ts';
import type { Incident, Standing } from './incident.ts';
import { covers } from './mode.ts';

const nothing: Standing = { pauses: [], onLens: [], byActor: [] };

/**
 * Who is counted: a role without its session's name, which a pipeline changes at every run and an intruder at will; else
 * the ARN, else the name. And under which rules: an actor trips the breaker for nobody else and nothing else.
 */
export function actorKeyOf({ actor, rules }: Pick<Incident, 'actor' | 'rules'>): string {
  const role = /^(arn:[^:]+:sts::\d*:assumed-role\/[^/]+)\//.exec(actor.arn ?? '')?.[1];
  return `${[...rules].sort().join(',')}|${role ?? actor.arn ?? actor.name}`;
}

/** Reads what stands, and says why to ask instead of acting; null where nothing is against it. */
export async function objection(
  incident: Incident,
  group: readonly Decided[],
  deps: Deps,
): Promise<{ readonly standing: Standing; readonly against: string | null }> {
  let standing: Standing;
  try {
    standing = await deps.incidents.standing(incident.lease ?? '', actorKeyOf(incident));
  } catch (error) {
    const why = error instanceof Error ? error.name : 'unknown error';
    return { standing: nothing, against: `whether Firebreak is paused could not be read (${why}): a person decides` };
  }
  return { standing, against: paused(incident, standing, deps.now()) ?? broken(incident, group, standing, deps) };
}

/** The pause that covers an incident now. */
export function paused(incident: Incident, { pauses }: Standing, now: Date): string | null {
  const pause = pauses.find(
    (one) =>
      Date.parse(one.until) > now.getTime() &&
      (one.rule === undefined || incident.rules.some((id) => covers(one.rule ?? '', id))) &&
      (one.account === undefined || one.account === incident.account),
  );
  return pause ? `Firebreak is paused until ${pause.until} by ${pause.by}: ${pause.reason}` : null;
}

function broken(incident: Incident, group: readonly Decided[], standing: Standing, deps: Deps): string | null {
  // Who fights for a stopped trail is not somebody's pipeline: the watchers are always put back.
  if (group.some(({ rule }) => rule.watcher)) return null;
  const { lens, actor, hours } = deps.config.breaker;
  const since = deps.now().getTime() - hours * 3_600_000;
  const recent = (fixes: Standing['onLens']) =>
    fixes.filter((fix) => Date.parse(fix.at) >= since && fix.incident !== incident.id);
  const key = actorKeyOf(incident);
  const here = recent(standing.onLens).filter((fix) => fix.actor === key);
  if (here.length >= lens)
    return `fixed ${here.length} times within ${hours} hours after the same actor, and broken again (${here.map((fix) => `${fix.incident} at ${fix.at}`).join(', ')}): somebody means it`;
  const everywhere = recent(standing.byActor);
  if (everywhere.length >= actor)
    return `${everywhere.length} fixes within ${hours} hours after the same actor: more than ${actor} are asked`;
  return null;
}
