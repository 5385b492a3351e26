/** What stands against acting by ourselves: a pause, or the circuit breaker. Both only ever turn a fix into a question. */
import type { Decided } from './decide.ts';
import type { Deps } from './deps.ts';
import type { Counts, Fight, Fixed, Incident, Pause, Standing } from './incident.ts';
import { covers } from './mode.ts';
import { likelySource } from './source.ts';

/** Fixes that are kept beyond what the breaker looks at, so that a list is not written anew at every fix. */
const spare = 50;

/**
 * Who is counted: a role without its session's name, which a pipeline changes at every run and an intruder at will; else
 * the ARN, else the name. Whom the event does not name counts for one lens alone: taken together, the strangers of
 * twenty findings would have the next one asked, and anybody can be a stranger.
 */
export function whoOf({ actor, lease }: Pick<Incident, 'actor' | 'lease'>): string {
  if (actor.arn === undefined && actor.type === 'Unknown') return `unknown at ${lease ?? ''}`;
  const role = /^(arn:[^:]+:sts::\d*:assumed-role\/[^/]+)\//.exec(actor.arn ?? '')?.[1];
  return role ?? actor.arn ?? actor.name;
}

/** Under which rules, too: an actor trips the breaker for nobody else and nothing else. */
export const actorKeyOf = (incident: Pick<Incident, 'actor' | 'rules' | 'lease'>): string =>
  `${[...incident.rules].sort().join(',')}|${whoOf(incident)}`;

/** A proven fix as the breaker counts it. Lists that have grown far beyond its limits are cut: an item has its size. */
export function countsOf(incident: Incident, standing: Standing | null, deps: Deps): Counts {
  const fixed = { actor: whoOf(incident), at: deps.now().toISOString(), incident: incident.id };
  const cut = (fixes: readonly Fixed[], limit: number): readonly Fixed[] | null =>
    fixes.length < limit + spare ? null : [...fixes.slice(-limit), fixed];
  const onLens = standing && cut(standing.onLens, deps.config.breaker.lens);
  const byActor = standing && cut(standing.byActor, deps.config.breaker.actor);
  return { actorKey: actorKeyOf(incident), fixed, ...(onLens && { onLens }), ...(byActor && { byActor }) };
}

/** Reads what stands, and says why to ask instead of acting; `against` is null where nothing is. */
export async function objection(
  incident: Incident,
  group: readonly Decided[],
  deps: Deps,
): Promise<{ readonly standing: Standing | null; readonly against: string | null; readonly fight?: Fight }> {
  let standing: Standing;
  try {
    standing = await standingOf(incident, deps);
  } catch (error) {
    const why = error instanceof Error ? error.name : 'unknown error';
    return { standing: null, against: `whether Firebreak is paused could not be read (${why}): a person decides` };
  }
  const pause = paused(incident, standing, deps.now());
  return { standing, ...(pause ? { against: inWords(pause) } : broken(incident, group, standing, deps)) };
}

export const standingOf = (incident: Incident, deps: Deps): Promise<Standing> =>
  deps.incidents.standing(incident.lease ?? '', actorKeyOf(incident));

/** The pause that covers an incident now. One whose end can't be read has not ended. */
export const paused = (incident: Incident, { pauses }: Standing, now: Date): Pause | undefined =>
  pauses.find(
    (one) =>
      !(Date.parse(one.until) <= now.getTime()) &&
      (one.rule === undefined || incident.rules.some((id) => covers(one.rule ?? '', id))) &&
      (one.account === undefined || one.account === incident.account),
  );

export const inWords = ({ until, by, reason }: Pause): string =>
  `Firebreak is paused until ${until} by ${by}: ${reason}`;

type Broken = { readonly against: string | null; readonly fight?: Fight };

function broken(incident: Incident, group: readonly Decided[], standing: Standing, deps: Deps): Broken {
  // Who fights for a stopped trail is not somebody's pipeline: the watchers are always put back.
  if (group.some(({ rule }) => rule.watcher)) return { against: null };
  const { lens, actor, hours } = deps.config.breaker;
  const since = deps.now().getTime() - hours * 3_600_000;
  const recent = (fixes: readonly Fixed[]): readonly Fixed[] => fixes.filter((fix) => Date.parse(fix.at) >= since);
  const who = whoOf(incident);
  const here = recent(standing.onLens).filter((fix) => fix.actor === who);
  if (here.length >= lens) {
    const against = `fixed ${here.length} times within ${hours} hours after the same actor, and broken again: somebody means it`;
    return { against, fight: fightOf(incident, who, here) };
  }
  const everywhere = recent(standing.byActor);
  if (everywhere.length < actor) return { against: null };
  const against = `${everywhere.length} fixes within ${hours} hours after the same actor: more than ${actor} are asked`;
  return { against, fight: fightOf(incident, who, everywhere) };
}

/** Fixes that people are shown: the last ones, which they look up. */
const shown = 5;

function fightOf({ actor }: Incident, who: string, fixes: readonly Fixed[]): Fight {
  const source = likelySource(actor);
  const last = fixes.slice(-shown).map(({ incident, at }) => ({ incident, at }));
  return { actor: who, fixes: last, ...(source !== null && { source }) };
}
