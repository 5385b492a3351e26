/**
 * The one way of an event: normalise → awakened → detect → decide → claim → work.ts.
 * Pure: the clock, the store, the wire and the voice come in as `Deps`. Faults are thrown, so that Lambda tries again.
 */
import { type Counted, countedBy, inAll, thresholdOf } from './count.ts';
import { type Decided, decide, groups } from './decide.ts';
import type { Deps, Result, Run } from './deps.ts';
import { fault } from './fault.ts';
import type { Incident, Incidents } from './incident.ts';
import { canonical, type Json } from './json.ts';
import { learn } from './learn.ts';
import type { Exemption } from './mode.ts';
import { settled } from './outcome.ts';
import type { Group } from './plan.ts';
import {
  genuine,
  isNamed,
  isStale,
  leaseEnd,
  leaseOf,
  leaseSeconds,
  leaseWaits,
  next,
  result,
  untouched,
  wantsBack,
} from './record.ts';
import { awakened, learners } from './route.ts';
import type { Rule } from './rule.ts';
import { normalise, type Signal } from './signal.ts';
import { alarm, announce, beingTold, finish, forged, untold } from './tell.ts';
import { mend, waitFor } from './work.ts';

/** Lambda's first delivery and its two retries. */
export const lastAttempt = 3;
/**
 * Milliseconds after the first delivery from which one counts as the last: a delivery that found the lens taken counts
 * no attempt. Lambda waits one minute, then two (Lambda developer guide, "Asynchronous invocation").
 */
const lastAfter = 150_000;
/** How long the record of a write of ours may lag behind its event, in milliseconds. */
const recordingLag = 120_000;
/** CloudTrail's times have whole seconds, and clocks differ. */
const blur = 2000;

/** Handles one delivered event. Throws when anything of it must be delivered again; the rest is done by then. */
export async function handle(raw: unknown, deps: Deps): Promise<readonly Result[]> {
  const received = deps.now().toISOString();
  const normalised = normalise(raw);
  if ('unparsed' in normalised) return refuse(raw, normalised.unparsed, received, deps);
  const results: Result[] = [];
  const faults: unknown[] = [];
  // One rule's bug or one resource's fault does not cost the others their turn.
  const guarded = async (work: () => Promise<readonly Result[]>): Promise<void> => {
    try {
      results.push(...(await work()));
    } catch (error) {
      faults.push(error);
    }
  };
  for (const signal of normalised.signals) {
    await guarded(() => byOurHand(signal, received, deps));
    let stumbled = false;
    const decided = awakened(deps.rules, signal).flatMap((rule) => {
      try {
        return decide(rule, signal, deps.config, deps.now()).map((one) => athome(one, signal, deps));
      } catch (error) {
        stumbled = true;
        faults.push(error);
        return [];
      }
    });
    for (const group of groups(decided)) await guarded(async () => [await handleGroup(group, signal, received, deps)]);
    // Only what no rule had anything against, as far as all of them could tell.
    const lessons = learners(deps.rules, signal).filter(({ fix: { learns } }) =>
      decided.every(({ rule }) => learns?.despite?.includes(rule.id)),
    );
    if (lessons.length > 0 && !stumbled && !isAbroad(signal, deps)) await guarded(() => learn(lessons, signal, deps));
  }
  if (faults.length === 1) throw faults[0];
  if (faults.length > 1) throw new AggregateError(faults, faults.map(String).join('; '));
  return results;
}

/** Of an account that this is not deployed in: a delegated administrator gets its members' findings, a bus others' events. */
const isAbroad = ({ account }: Signal, deps: Deps): boolean =>
  deps.account !== undefined && account !== null && account !== deps.account;

/** What happened elsewhere is told, never acted upon: a resource of the same name here is another. */
function athome(one: Decided, signal: Signal, deps: Deps): Decided {
  const place = isAbroad(signal, deps)
    ? `it is of account ${signal.account}, and this Firebreak acts in ${deps.account} alone`
    : elsewhere(one, signal, deps);
  return one.fix && place !== null ? { ...one, fix: undefined, way: 'tell', mode: 'notify', note: place } : one;
}

/** Calls come where they are made; reports of all regions come to one. */
function elsewhere({ finding }: Decided, signal: Signal, deps: Deps): string | null {
  const [prefix, , , region = ''] = finding.resource.split(':');
  if (signal.kind === 'call' || prefix !== 'arn' || region === '' || region === (deps.region ?? region)) return null;
  return `it is in ${region}, and this Firebreak acts in ${deps.region} alone`;
}

/**
 * A call by one of our own roles that no incident knows: somebody else has the role in hand, and nothing is louder.
 * The note of a write may come later than its event: until then the delivery is tried again.
 */
async function byOurHand(signal: Signal, received: string, deps: Deps): Promise<readonly Result[]> {
  const arn = signal.actor.arn;
  // A refused call changed nothing, and of ours only the answered ones are known.
  if (signal.kind !== 'call' || signal.failure !== null || arn === undefined || !deps.isOurs(arn)) return [];
  if (signal.requestId !== null && (await deps.incidents.ownerOf(signal.requestId)) !== null) return [];
  const age = Date.parse(received) - Date.parse(signal.time ?? '');
  if (age < recordingLag)
    throw fault('NotRecordedYet', `${signal.name} by our own role is not known as ours yet; tried again`);
  const ours = await explained(signal, deps);
  if (ours) return [result('own', ours, `made by incident ${ours.id}, which was interrupted before it could note it`)];
  const told = await alarm(
    {
      about: about(signal, arn, received, deps),
      title: 'A role of Firebreak’s own was used by somebody else',
      reason: `${arn} called ${signal.service} ${signal.name}, and no incident did`,
      note: 'nothing was changed; whoever holds the role’s credentials is inside: revoke its sessions',
    },
    deps,
  );
  return [told];
}

/** The incident whose write a call of ours was, if one was under way then that broke off before it knew the answer. */
async function explained(signal: Signal, deps: Deps): Promise<Incident | null> {
  const time = Date.parse(signal.time ?? '');
  if (Number.isNaN(time)) return null;
  const at = (milliseconds: number): string => new Date(time + milliseconds).toISOString();
  const ids = await deps.incidents.begunBetween(deps.room, at(-leaseSeconds * 1000 - blur), at(blur));
  for (const id of new Set(ids)) {
    const incident = await deps.incidents.get(id);
    if (incident && incident.account === signal.account && wasInterrupted(incident)) return incident;
  }
  return null;
}

/** Not ended, or not at the first try, or with a write whose answer was lost. Tries are counted, or begin with an entry. */
function wasInterrupted(incident: Incident): boolean {
  const { outcome, attempts, timeline, writes } = incident;
  const begins = ['approved', 'undo begun', 'the hold ends'].map(
    (what) => timeline.filter((entry) => entry.what === what).length,
  );
  const lost = writes.some(({ requestId }) => requestId === 'unknown');
  return (
    !settled(outcome) ||
    ['asked', 'held', 'settling'].includes(outcome) ||
    wantsBack(incident) ||
    attempts > 1 ||
    lost ||
    timeline.some(({ what }) => what === 'approval gone on with') ||
    Math.max(...begins) > 1
  );
}

async function handleGroup(group: Group, signal: Signal, received: string, deps: Deps): Promise<Result> {
  const first = group[0];
  if (first.way === 'unparsed') return unread(group, signal, received, deps);
  const counted = first.way === 'count' ? await counting(first, signal, received, deps) : null;
  if (counted && counted.begun === null) return notYet(counted, first);
  const incident = opened(group, signal, received, deps, counted);
  const run = { ...deps, held: first.way === 'remediate' };
  const claim = await claimed(incident, run);
  if (claim.got === 'own')
    return { ...result('own', incident, `made by incident ${claim.incident}`), incident: claim.incident };
  if (claim.got === 'duplicate') {
    const stored = claim.incident;
    // A crash between storing and telling leaves an outcome that nobody heard of.
    if (untold(stored)) await announce(stored, deps);
    if (stored.event.id !== incident.event.id) return folded(stored, incident, deps);
    await deps.incidents.note(stored.id, {
      at: received,
      what: 'the same event was delivered again: ignored',
      outcome: 'duplicate',
    });
    return result('duplicate', stored, `handled before: ${stored.outcome}`);
  }
  if (claim.got === 'new' && settled(incident.outcome)) {
    if (first.ending) await warn(incident, first.ending, deps);
    return result(incident.outcome, incident, incident.note);
  }
  // What may be done is decided afresh: an event that comes back late asks, whatever it was first allowed.
  const current = claim.got === 'resumed' ? resumed(claim.incident, incident) : incident;
  if (settled(incident.outcome)) return finish(current, { outcome: incident.outcome, note: incident.note }, run);
  if (!first.fix) return finish(current, { outcome: 'told', note: first.note }, run);
  try {
    if (!untouched(current) && !(await genuine(current, run))) return await forged(current, run);
    const sure = await confirmed(current, group, signal, run);
    if (sure === null) return await finish(current, { outcome: 'refused', note: unknownFinding }, run);
    const after = untouched(current) ? laterBy(sure.group) : null;
    if (after !== null) return await waitFor(sure.incident, after, run);
    return await mend(sure.incident, sure.group, first.fix, run);
  } catch (error) {
    throw await failed(current, error, received, run);
  }
}

/** Minutes until it is read, where nothing of it is to be read now; else null. */
function laterBy(group: Group): number | null {
  const minutes = group.flatMap(({ finding }) => finding.after ?? []);
  return minutes.length === group.length ? Math.min(...minutes) : null;
}

/** An exemption that ends soon is told of once a day, where it exempts something: its owner may not have thought of it. */
async function warn(incident: Incident, exemption: Exemption, deps: Deps): Promise<void> {
  const now = deps.now();
  const key = `exemption ${deps.digest(canonical(exemption))}`;
  const end = new Date(now.getTime() + 86_400_000).toISOString();
  if ((await deps.incidents.lead(key, incident.id, now.toISOString(), end)) === incident.id)
    await announce(incident, deps);
}

/**
 * What an earlier delivery stored, to go on from. Its code covers what it is about once anything may have been written;
 * before that nothing stored is needed, and the event itself says what it is about.
 */
function resumed(stored: Incident, opened: Incident): Incident {
  const { mode, note } = opened;
  if (!untouched(stored)) return { ...stored, mode, note };
  const { room, rules, account, region, resource, lens, lease, target } = opened;
  const about = { room, rules, account, region, resource, ...(lease !== undefined && { lens, lease, target }) };
  const { learned: _, first: __, ...rest } = stored;
  return { ...rest, ...about, ...(opened.first && { first: opened.first }), mode, note };
}

const unknownFinding =
  'the service that is said to have made the finding does not know it, or not of this: the event was made by somebody else';

/**
 * What acts against somebody acts on the service's word, not on an event's: on what, and how fresh it is. Null where the
 * service knows nothing of it.
 */
async function confirmed(
  incident: Incident,
  group: Group,
  signal: Signal,
  deps: Run,
): Promise<{ readonly incident: Incident; readonly group: Group } | null> {
  const acts = incident.mode === 'remediate' || incident.mode === 'approve';
  if (!acts || signal.kind === 'call' || !group.some(({ rule }) => rule.contains)) return { incident, group };
  // Health and Trusted Advisor can be asked under a support plan alone: what anybody may have made is a person's to judge.
  const known = signal.kind === 'finding' ? await deps.confirm(signal) : 'unknown';
  if (known === 'absent') return null;
  if (known === 'unknown') {
    const note = 'the finding could not be fetched from its service: a person decides';
    return { incident: { ...incident, mode: 'approve', note }, group };
  }
  const again = group.map((one) => (one.rule.contains ? asKnown(one, known, deps) : one));
  // The id of a true finding with another's name in it is as invented as any.
  if (again.includes(null)) return null;
  const vouched = again as unknown as Group;
  const target = vouched[0].finding.target;
  const asks = incident.mode === 'remediate' && vouched.find(({ way }) => way !== 'remediate');
  return {
    incident: { ...incident, target, ...(asks && { mode: 'approve', note: asks.note }) },
    group: vouched,
  };
}

/** What the rule makes of the finding as its service knows it; null where that is about something else. */
function asKnown(one: Decided, known: Signal, deps: Run): Decided | null {
  const key = ({ fix, finding }: Decided): string => fix?.lens.key(finding.target) ?? canonical(finding.target);
  return decide(one.rule, known, deps.config, deps.now()).find((other) => key(other) === key(one)) ?? null;
}

/** How many of a target came close together, this one among them. */
async function counting({ rule, finding }: Decided, signal: Signal, received: string, deps: Deps): Promise<Counted> {
  const { event, account, times } = about(signal, finding.resource, received, deps);
  const at = times.event !== undefined && !Number.isNaN(Date.parse(times.event)) ? times.event : received;
  // Of a target's name and an event's id, which may be as long as somebody likes, a short text is enough.
  const target = countedBy(rule.id, account, deps.digest(canonical(finding.target)));
  return deps.incidents.count(target, { id: deps.digest(event.id), at }, thresholdOf(rule));
}

const notYet = ({ count }: Counted, { rule, finding }: Decided): Result => ({
  outcome: 'counted',
  incident: null,
  rules: [rule.id],
  resource: finding.resource,
  note: inAll(count, thresholdOf(rule)),
});

/** One more of what a rule folds or counts: people were told of the first. */
async function folded(stored: Incident, incident: Incident, deps: Deps): Promise<Result> {
  if (stored.witnesses.some(({ id }) => id === incident.event.id))
    return result('duplicate', stored, 'handled before: it is one of the incident’s witnesses');
  const at = incident.times.received;
  const witness = { id: incident.event.id, name: incident.event.name, at };
  await deps.incidents.note(
    stored.id,
    { at, what: `also: ${incident.reasons.join('; ')}`, outcome: 'witness' },
    witness,
  );
  return result('witness', stored, `one of several that are told together by ${stored.rules.join(', ')}`);
}

async function claimed(incident: Incident, deps: Run): ReturnType<Incidents['claim']> {
  for (const wait of [0, ...leaseWaits]) {
    if (wait > 0) await deps.sleep(wait);
    const lease = deps.held ? { holder: deps.holder, until: leaseEnd(deps) } : null;
    const claim = await deps.incidents.claim(incident, lease);
    const telling = claim.got === 'duplicate' && beingTold(claim.incident, deps);
    if (claim.got !== 'busy' && !telling) return claim;
  }
  throw fault('LeaseHeld', `${incident.resource} is being changed by another delivery; this one is tried again`);
}

/** Records a fault on the incident; after the last attempt it is the outcome, and told. The fault itself goes on. */
async function failed(incident: Incident, error: unknown, received: string, deps: Run): Promise<unknown> {
  // A forged record is told of by itself, and is left as it is: it is evidence.
  if (isNamed(error, 'Forged')) {
    if (deps.held && incident.lease !== undefined) await deps.incidents.unlock(incident.lease, deps.holder);
    return error;
  }
  const stored = await deps.incidents.get(incident.id);
  // A stale record is in the hands of another delivery of the same event.
  if (!stored || settled(stored.outcome) || isStale(error)) return error;
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const last = stored.attempts >= lastAttempt || Date.parse(received) - Date.parse(stored.at) >= lastAfter;
  const entry = { at: deps.now().toISOString(), what: `attempt ${stored.attempts} failed: ${message}` };
  const many = deps.rules.some((rule) => stored.rules.includes(rule.id) && rule.fix?.lens.many);
  const outcome = many && stored.writes.length > 0 ? ('partly' as const) : ('failed' as const);
  const after = next(stored, { ...(last && { outcome, note: message }), timeline: [...stored.timeline, entry] });
  await deps.incidents.save(after, deps.held ? { release: deps.holder } : {});
  if (last) await announce(after, deps);
  return error;
}

/** What cannot be understood is stored and told, and thrown: the dead-letter queue keeps the event itself. */
async function refuse(raw: unknown, why: string, received: string, deps: Deps): Promise<never> {
  const incident: Incident = {
    ...blank(received, deps),
    id: `fb-${deps.digest(`unparsed ${canonical(raw as Json)}`)}`,
    title: 'An event could not be understood',
    reasons: [why],
    outcome: 'unparsed',
    note: `${why}; the event itself goes to the dead-letter queue: npx firebreak redrive delivers it again`,
    timeline: [{ at: received, what: `unparsed: ${why}` }],
  };
  const claim = await deps.incidents.claim(incident, null);
  const stored =
    claim.got === 'new' ? incident : claim.got === 'duplicate' || claim.got === 'resumed' ? claim.incident : null;
  if (stored && untold(stored)) await announce(stored, deps);
  throw fault('Unparsed', `${why} (incident ${incident.id})`);
}

/** What a rule can't tell from an event is stored and told, and thrown: the dead-letter queue keeps the event itself. */
async function unread(group: Group, signal: Signal, received: string, deps: Deps): Promise<never> {
  const why = group.map(({ finding }) => finding.reason).join('; ');
  const start = opened(group, signal, received, deps);
  const note = `${why}; the event itself goes to the dead-letter queue: npx firebreak redrive delivers it again`;
  const incident: Incident = { ...start, outcome: 'unparsed', note };
  const claim = await deps.incidents.claim(incident, null);
  if (claim.got === 'new') await announce(incident, deps);
  else if (claim.got !== 'own' && claim.got !== 'busy' && untold(claim.incident)) await announce(claim.incident, deps);
  throw fault('Unparsed', `${why} (incident ${incident.id})`);
}

/** An incident of which nothing is known yet. */
const blank = (received: string, deps: Deps): Incident => ({
  id: '',
  room: deps.room,
  rules: [],
  title: '',
  severity: 'medium',
  account: 'unknown',
  region: 'unknown',
  resource: 'unknown',
  event: { id: 'unknown', name: 'unknown' },
  actor: { type: 'Unknown', name: 'unknown' },
  reasons: [],
  mode: 'notify',
  outcome: 'open',
  note: '',
  writes: [],
  witnesses: [],
  timeline: [],
  times: { received },
  attempts: 1,
  at: received,
  version: 0,
});

/** What a signal says, as the beginning of an incident about a resource. */
function about(signal: Signal, resource: string, received: string, deps: Deps): Incident {
  const event = signal.id ?? deps.digest(canonical({ time: signal.time, resource }));
  return {
    ...blank(received, deps),
    id: event,
    account: signal.account ?? 'unknown',
    region: signal.region ?? 'unknown',
    resource,
    event: {
      id: event,
      name: nameOf(signal),
      ...(signal.kind === 'call' && signal.requestId !== null && { requestId: signal.requestId }),
    },
    actor: signal.actor,
    times: { ...(signal.time !== null && { event: signal.time }), received },
  };
}

function opened(group: Group, signal: Signal, received: string, deps: Deps, counted: Counted | null = null): Incident {
  const { rule, finding, fix, way, mode, note } = group[0];
  const start = about(signal, finding.resource, received, deps);
  const ids = [...new Set(group.map((decided) => decided.rule.id))];
  const lapsed = new Set(group.flatMap((decided) => decided.lapsed ?? []));
  const reasons = [...group.map((decided) => decided.finding.reason), ...lapsed];
  const fold = counted ? `count ${counted.begun} ${canonical(finding.target)}` : foldOf(rule, signal);
  const lens = fix && {
    lens: fix.lens.id,
    lease: leaseOf(start.account, start.region, fix.lens, finding.target),
  };
  return {
    ...start,
    id: `fb-${deps.digest([fold ?? occurrenceOf(signal) ?? start.event.id, lens?.lease ?? finding.resource, ...ids].join('\n'))}`,
    rules: ids,
    title: rule.title,
    severity: rule.severity,
    ...(group.every((one) => one.finding.certainty === 'possible') && { certainty: 'possible' as const }),
    reasons: [...(counted ? [`${counted.count} times within ${thresholdOf(rule).minutes} minutes`] : []), ...reasons],
    mode,
    outcome: way === 'exempt' || way === 'off' || way === 'attempt' ? way : 'open',
    note,
    ...lens,
    ...(group[0].first && { first: 'revert' as const }),
    target: finding.target,
    timeline: [{ at: received, what: `recognised: ${finding.reason}` }],
  };
}

/** What stands for the event in the incident's id where the rule folds: the stretch of time that it falls in. */
const foldOf = (rule: Rule, signal: Signal): string | null =>
  rule.fix || rule.folds === undefined || signal.time === null
    ? null
    : `fold ${Math.floor(Date.parse(signal.time) / (rule.folds * 60_000))}`;

/**
 * A finding keeps its id when it comes again or is opened anew: of one day it is one incident, and each time that
 * somebody sends it by the custom action another.
 */
const occurrenceOf = (signal: Signal): string | null =>
  signal.kind !== 'finding' || signal.id === null || signal.time === null
    ? null
    : `${signal.id} ${signal.sent ?? signal.time.slice(0, 10)}`;

const nameOf = (signal: Signal): string =>
  signal.kind === 'call' ? signal.name : signal.kind === 'finding' ? signal.type : signal.detailType;
