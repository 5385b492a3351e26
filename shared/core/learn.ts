/**
 * What a fix may put back where neither the event nor a read holds it: a state that was seen after a change that no rule
 * flagged, and that was the same a day later. Learning reads, and writes nothing to any resource.
 */
import type { Deps, Result } from './deps.ts';
import { fault } from './fault.ts';
import type { Incident, Lesson } from './incident.ts';
import { canonical, type Json, type JsonObject } from './json.ts';
import { homeOf, modeOf } from './mode.ts';
import { type Group, withLearned } from './plan.ts';
import { leaseOf, same } from './record.ts';
import { type FixRule, hasFix, isUnknown, type Learned } from './rule.ts';
import type { Signal } from './signal.ts';
import { alarm } from './tell.ts';

/** How long a state must stand: milliseconds. A mistake, or an intruder's preparation, is mostly found sooner. */
const day = 86_400_000;
/**
 * Bytes of a state that is learned. A record holds up to four states (learned, before, plan, after), and a table's item
 * 400 KB (DynamoDB developer guide, "Service, account, and table quotas"). A bucket's policy has 20 KB at the most.
 */
const largest = 65_536;

/** Reads what a change left that no rule flagged, and keeps it as a candidate: a look a day later learns it. */
export async function learn(rules: readonly FixRule[], signal: Signal, deps: Deps): Promise<readonly Result[]> {
  if (signal.kind !== 'call' || signal.account === null || signal.region === null) return [];
  const { arn, name } = signal.actor;
  const scene = { account: signal.account, actor: arn };
  const results = new Map<string, Result>();
  for (const rule of rules) {
    const { lens, learns } = rule.fix;
    const target = learns?.target(signal, homeOf(deps.config, signal.account)) ?? null;
    if (target === null || modeOf(deps.config, rule, scene) === 'off') continue;
    const lease = leaseOf(signal.account, signal.region, lens, target);
    // Several rules of one lens learn one thing.
    if (results.has(lease)) continue;
    // What we wrote, or had taken back, is not how somebody wants it.
    if (arn !== undefined && deps.isOurs(arn)) return [];
    if (signal.requestId !== null && (await deps.incidents.ownerOf(signal.requestId)) !== null) return [];
    const subject = { room: deps.room, rule: rule.id, lease, target, by: arn ?? name };
    const note = await noted(subject, rule, signal.account, deps);
    results.set(lease, answer(rule.id, note));
  }
  return [...results.values()];
}

type Subject = Pick<Lesson, 'room' | 'rule' | 'lease' | 'target' | 'by'>;

async function noted(subject: Subject, rule: FixRule, account: string, deps: Deps): Promise<string> {
  const { lens } = rule.fix;
  const { lease } = subject;
  const state = await lens.read(subject.target);
  if (state === null) return `nothing is there to be learned of ${lease}`;
  const bytes = new TextEncoder().encode(JSON.stringify(state)).length;
  if (bytes > largest) return `not learned: the state of ${lease} has ${bytes} bytes, more than ${largest}`;
  const objects = objector(subject, state, rule, account, deps);
  if (objects !== null) return `not learned: ${objects} would change the state of ${lease}`;
  const { learned, candidate } = await deps.incidents.lessons(lease);
  if (candidate && same(lens, candidate.state, state)) return `${lease} is as it was noted at ${candidate.at}`;
  if (learned && same(lens, learned.state, state)) {
    if (candidate) await deps.incidents.conclude(candidate, null);
    return `${lease} is as it was learned at ${learned.at}`;
  }
  const at = deps.now().toISOString();
  const due = new Date(deps.now().getTime() + day).toISOString();
  const lesson = await signed({ ...subject, state, at, stood: false }, deps);
  await deps.later({ learned: lease, at: due });
  await deps.incidents.suggest(lesson, due);
  return `the state of ${lease} is noted: learned if it stands until ${due}`;
}

/**
 * The rule of the lens that would not leave the state as it is, though this very state were the learned one: no rule flagged
 * the call, but what an earlier one left, and nobody mended, is no state to put back.
 */
function objector(subject: Subject, state: Json, rule: FixRule, account: string, deps: Deps): string | null {
  const { target, by } = subject;
  const learned = { state, by, at: deps.now().toISOString() };
  const home = homeOf(deps.config, account);
  const { lens, learns } = rule.fix;
  const judges = deps.rules
    .filter(hasFix)
    .filter(({ id, fix }) => fix.lens.id === lens.id && !learns?.despite?.includes(id));
  const found = judges.find(({ id, fix }) => {
    const baseline = deps.config.baselines[id] ?? {};
    const wanted = fix.desire(state, { target, baseline, home, learned: fix.learns ? learned : null });
    return !isUnknown(wanted) && !same(lens, wanted, state);
  });
  return found?.id ?? null;
}

/** A day later: what is still as it was noted is learned; what is not is forgotten. */
export async function stand(lease: string, deps: Deps): Promise<Result> {
  const { candidate } = await deps.incidents.lessons(lease);
  if (!candidate) return answer(null, `nothing new is to be learned of ${lease}`);
  // A newer one has a look of its own.
  if (deps.now().getTime() < Date.parse(candidate.at) + day)
    return answer(candidate.rule, `${lease} was noted at ${candidate.at}: it is too early`);
  if (candidate.lease !== lease || candidate.stood || !(await fits(candidate, deps))) {
    await suspect(lease, candidate, deps);
    await deps.incidents.conclude(candidate, null);
    throw fault('Forged', `what is noted of ${lease} is not what was stored: nothing is learned from it`);
  }
  const rule = deps.rules.filter(hasFix).find(({ id, fix }) => id === candidate.rule && fix.learns !== undefined);
  const state = rule ? await rule.fix.lens.read(candidate.target) : null;
  if (!rule || state === null || !same(rule.fix.lens, state, candidate.state)) {
    await deps.incidents.conclude(candidate, null);
    return answer(candidate.rule, `not learned: ${lease} did not stand as it was noted at ${candidate.at}`);
  }
  const { code: _, ...said } = candidate;
  const done = await deps.incidents.conclude(candidate, await signed({ ...said, stood: true }, deps));
  return answer(
    candidate.rule,
    done ? `learned: ${lease} stood as ${candidate.by} left it` : `${lease} was noted anew meanwhile`,
  );
}

/**
 * The group with what was learned of the incident's lens, and the incident with it on its record. Once a plan is made it
 * stays what it was then; a lesson that is not ours is told of, and counts as none.
 */
export async function taught(
  incident: Incident,
  group: Group,
  deps: Deps,
): Promise<{ readonly incident: Incident; readonly group: Group }> {
  if (!group.some(({ fix }) => fix?.learns)) return { incident, group };
  const learned = incident.code === undefined ? await learnedOf(incident, deps) : (incident.learned ?? null);
  const { learned: _, ...rest } = incident;
  const [first, ...others] = group.map((one) => withLearned(one, learned));
  return { incident: { ...rest, ...(learned && { learned }) }, group: [first ?? group[0], ...others] };
}

async function learnedOf(incident: Incident, deps: Deps): Promise<Learned | null> {
  const { lease = '' } = incident;
  const { learned } = await deps.incidents.lessons(lease);
  if (!learned) return null;
  if (learned.lease === lease && learned.stood && (await fits(learned, deps))) {
    const { state, by, at } = learned;
    return { state, by, at };
  }
  await suspect(lease, learned, deps, incident);
  return null;
}

/** All of a lesson, and that it is one: no code over it is one over an incident's record. */
function text({ code: _, ...said }: Lesson): string {
  return canonical({ lesson: said as JsonObject });
}

async function signed(said: Omit<Lesson, 'code'>, deps: Deps): Promise<Lesson> {
  return { ...said, code: await deps.sign(text({ ...said, code: '' })) };
}

const fits = (lesson: Lesson, deps: Deps): Promise<boolean> => deps.verify(text(lesson), lesson.code);

/** Told once for each such lesson: it stays where it is, as evidence, until another takes its place. */
async function suspect(lease: string, lesson: Lesson, deps: Deps, incident?: Incident): Promise<void> {
  const [account = 'unknown', region = 'unknown'] = lease.split('/');
  const at = deps.now().toISOString();
  await alarm(
    {
      about: {
        account,
        region,
        resource: incident?.resource ?? lease,
        event: incident?.event ?? { id: `learned ${lease}`, name: 'learned' },
        actor: incident?.actor ?? { type: 'Unknown', name: 'unknown' },
        times: incident?.times ?? { received: at },
        id: `${lease} ${canonical(lesson as unknown as Json)}`,
      },
      title: 'A learned state was changed by somebody else',
      reason: `the code on what was learned of ${lease} does not fit what it says`,
      note: 'it counts as nothing learned; look in CloudTrail for who wrote to the incidents table',
    },
    deps,
  );
}

const answer = (rule: string | null, note: string): Result => ({
  outcome: 'learning',
  incident: null,
  rules: rule === null ? [] : [rule],
  resource: null,
  note,
});
