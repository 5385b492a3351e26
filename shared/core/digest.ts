/**
 * One message a day for what was only rehearsed, where firebreak.yml asks for it: how often which rule would have acted,
 * the noisiest first, and the exemptions that end. It is an incident of its own, so that every channel says it, and once.
 */
import type { Deps, Result } from './deps.ts';
import type { Digest, Incident } from './incident.ts';
import { daysLeft, lastDays } from './mode.ts';
import type { Outcome } from './outcome.ts';
import { result } from './record.ts';
import { announce, untold } from './tell.ts';

/** Milliseconds: what was begun so shortly before the hour may not have ended, and is the next day's. */
const lag = 300_000;
const day = 86_400_000;

/** More than there are rules. */
const rulesKept = 200;

/** Incidents of one outcome that were first stored from one time on and before another (ISO 8601), page by page. */
export type Pages = (outcome: Outcome, from: string, to: string) => AsyncIterable<readonly Incident[]>;

/**
 * Tells of the day up to the hour that firebreak.yml names; null where there is nothing to tell. Of a day with very many
 * rehearsals no more is held at once than a page, and what is counted.
 */
export async function digest(deps: Deps, pages: Pages): Promise<Result | null> {
  const { hour } = deps.config.channels.digest ?? { hour: 0 };
  const now = deps.now();
  const today = Date.parse(now.toISOString().slice(0, 10)) + hour * 3_600_000;
  const to = (today <= now.getTime() ? today : today - day) - lag;
  const span = { from: new Date(to - day).toISOString(), to: new Date(to).toISOString() };
  const counts: Counts = new Map();
  for await (const page of pages('rehearsed', span.from, span.to)) for (const one of page) count(one, counts);
  const said: Digest = { ...span, rules: byRule(counts).slice(0, rulesKept), ending: ending(deps, now) };
  return said.rules.length + said.ending.length === 0 ? null : tellOnce(incidentOf(said, now, deps), deps);
}

/** By rule: how often, and on what. */
type Counts = Map<string, { times: number; readonly resources: Set<string> }>;

function count({ rules, resource, seen = 0 }: Incident, counts: Counts): void {
  for (const rule of rules) {
    const known = counts.get(rule) ?? { times: 0, resources: new Set<string>() };
    counts.set(rule, known);
    known.times += 1 + seen;
    known.resources.add(resource);
  }
}

/** Noisiest first. */
const byRule = (counts: Counts): Digest['rules'] =>
  [...counts]
    .map(([rule, { times, resources }]) => ({ rule, times, resources: resources.size }))
    .sort((a, b) => b.times - a.times || (a.rule < b.rule ? -1 : 1));

/** Exemptions that end within days, whether anything met them or not. */
const ending = ({ config }: Deps, now: Date): Digest['ending'] =>
  config.exemptions
    .map((one) => ({ one, days: daysLeft(one, now) }))
    .filter(({ days }) => days > 0 && days <= lastDays)
    .map(({ one: { rule, resource, actor, owner, expires } }) => ({
      rule,
      of: resource ?? actor ?? '*',
      owner,
      expires,
    }));

async function tellOnce(incident: Incident, deps: Deps): Promise<Result> {
  const claim = await deps.incidents.claim(incident, null);
  const stored = claim.got === 'duplicate' || claim.got === 'resumed' ? claim.incident : incident;
  if (untold(stored)) await announce(stored, deps);
  return result('told', stored, stored.note);
}

function incidentOf(said: Digest, now: Date, deps: Deps): Incident {
  const id = `fb-${deps.digest(`daily digest ${said.to}`)}`;
  const times = said.rules.reduce((sum, one) => sum + one.times, 0);
  const many = (number: number, one: string): string => `${number} ${one}${number === 1 ? '' : 's'}`;
  const what =
    times > 0
      ? `${many(times, 'rehearsal')} of ${many(said.rules.length, 'rule')}`
      : `${many(said.ending.length, 'exemption')} about to end`;
  const at = now.toISOString();
  return {
    id,
    room: deps.room,
    rules: ['self/digest'],
    title: what,
    severity: 'info',
    account: deps.account ?? 'unknown',
    region: 'unknown',
    resource: 'Firebreak',
    event: { id, name: 'unknown' },
    actor: { type: 'Unknown', name: 'Firebreak' },
    reasons: [`${what} from ${said.from} to ${said.to}`],
    mode: 'notify',
    outcome: 'told',
    note: 'the rules below only rehearse',
    digest: said,
    writes: [],
    witnesses: [],
    timeline: [{ at, what: 'told: the daily digest' }],
    times: { received: at },
    attempts: 1,
    at,
    version: 0,
  };
}
