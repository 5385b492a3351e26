/**
 * Questions to people. One lens has one open question: what comes later about it is added to that, and where the answer
 * would be another, it is put anew. Once the lens is safe, whoever made it so, there is nothing left to ask.
 */
import type { Deps, Result, Run } from './deps.ts';
import type { Incident, Saving, Standing } from './incident.ts';
import { canonical, type Json } from './json.ts';
import { hoursToAnswer } from './mode.ts';
import { compose, type Fix, groupOf, safeFor } from './plan.ts';
import {
  begun,
  coded,
  genuine,
  isNamed,
  isReverted,
  isStale,
  leaseEnd,
  minutesAfter,
  next,
  same,
  witnessOf,
} from './record.ts';
import { isUnknown, type Severity } from './rule.ts';
import { standingOf } from './standing.ts';
import { announce, beingTold, denounce, finish, together, untold } from './tell.ts';

/** Reasons that a question keeps: the later ones are in its timeline. */
const reasonsKept = 10;
const severities: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info'];

/**
 * Puts the question, signed: what a person approves is what was asked. It expires. With the lens's lease, so that two
 * events do not ask at once.
 * @param state as it was read just now
 */
export async function ask(
  planned: Incident,
  state: Json,
  note: string,
  deps: Run,
  standing: Standing | null = null,
): Promise<Result> {
  const open = await openOn(planned, standing, deps);
  // Of an attempt that may have changed something people are told by itself.
  const joined = open && !isReverted(open) && !begun(planned) && (await join(planned, open, state, deps));
  if (joined) return joined;
  const until = endOf(deps);
  // Who said yes to an earlier plan has not said it to this one.
  const { decision: _, told: __, ...question } = planned;
  await deps.later({ incident: question.id, at: until });
  const end = await finish({ ...question, until }, { outcome: 'asked', note }, deps, { due: until }, together);
  if (open && isReverted(open)) await supersede(open, planned, deps);
  return end;
}

/**
 * Asks whether a fix that was made and proven stays. What another incident asked of the same is asked of this one now: what
 * broke it last is what would be taken back to.
 */
export async function askAfter(
  fixed: Incident,
  state: Json,
  deps: Run,
  saving: Saving,
  standing: Standing | null,
): Promise<Result> {
  const open = await openOn(fixed, standing, deps);
  const until = endOf(deps);
  const { told: _, ...question } = { ...fixed, mode: 'approve' as const, first: 'reverted' as const, until };
  await deps.later({ incident: question.id, at: until });
  const note = 'put right first: a person says whether it stays';
  const asked = { outcome: 'asked' as const, note, after: { state } };
  const end = await finish(question, asked, deps, { ...saving, due: until }, together);
  if (open) await (isReverted(open) ? supersede(open, fixed, deps) : endFor(open, fixed, 'put out', state, deps));
  return end;
}

const endOf = (deps: Deps): string => minutesAfter(deps.now(), hoursToAnswer(deps.config) * 60);

/** Another incident's question about the same lens, if one is open and is what was stored. */
async function openOn(incident: Incident, standing: Standing | null, deps: Deps): Promise<Incident | null> {
  // Where it can't be read, one question too many is no harm.
  const { asked = null } = standing ?? (await standingOf(incident, deps).catch(() => ({ asked: null })));
  if (asked === null || asked === incident.id) return null;
  const open = await deps.incidents.get(asked);
  const isOpen = open?.outcome === 'asked' && open.lease === incident.lease;
  if (!open || !isOpen || Date.parse(open.until ?? '') <= deps.now().getTime()) return null;
  if (await genuine(open, deps)) return open;
  await denounce(open, deps);
  return null;
}

/** Adds an event to an open question; null where that can't answer for both. */
async function join(planned: Incident, open: Incident, state: Json, deps: Run): Promise<Result | null> {
  const rules = [...new Set([...open.rules, ...planned.rules])];
  const learned = open.learned ?? planned.learned;
  const both = { ...open, rules, ...(learned && { learned }) };
  const { group, fix } = groupOf(both, deps);
  const plan = compose(group, state);
  // A rule that this version no longer has can't be planned for.
  if (isUnknown(plan) || group.length < rules.length) return null;
  // A lens may be asked about for several things, such as flow logs that were deleted one by one: each has its own answer.
  const other = canonical(open.target ?? null) !== canonical(planned.target ?? null);
  if (other && !same(fix.lens, plan, planned.plan?.state ?? null)) return null;
  const { name } = planned.event;
  const what = `also: ${name} by ${planned.actor.name}: ${planned.reasons.join('; ')}`;
  const more = planned.rules.filter((rule) => !open.rules.includes(rule));
  if (more.length > 0 || !asAsked(open, state, plan, fix)) {
    // Another rule of the same event, or of a later one, asks about what is as it was.
    const unchanged = more.length > 0 && same(fix.lens, state, open.before?.state ?? null);
    const note = unchanged
      ? `${open.note}; asked by ${more.join(', ')}, too: here is the plan of both`
      : `it changed after the question, by ${name} of ${planned.actor.name}: here is the new plan`;
    await putAnew({ ...both, reasons: reasonsOf(open, planned), note }, planned, state, plan, fix, deps);
  }
  // An attempt of this delivery's that died may have come as far as the question, and not have told of it.
  else if (untold(open) && !beingTold(open, deps)) await announce(open, deps);
  await deps.incidents.note(open.id, { at: planned.times.received, what, outcome: 'witness' }, witnessOf(planned));
  return finish(planned, { outcome: 'witness', note: `asked already: incident ${open.id}` }, deps);
}

/** Whether the question that was put is the one that would be put now. */
const asAsked = (open: Incident, state: Json, plan: Json, fix: Fix): boolean =>
  same(fix.lens, plan, open.plan?.state ?? null) && (begun(open) || same(fix.lens, state, open.before?.state ?? null));

const reasonsOf = (open: Incident, planned: Incident): readonly string[] =>
  [...new Set([...open.reasons, ...planned.reasons])].slice(0, reasonsKept);

async function putAnew(open: Incident, planned: Incident, state: Json, plan: Json, fix: Fix, deps: Run): Promise<void> {
  const { decision: _, told: __, ...question } = open;
  const before = begun(open) && open.before ? open.before : { state };
  const until = endOf(deps);
  const worse = severities.indexOf(planned.severity) < severities.indexOf(open.severity);
  const anew = next(question, {
    before,
    plan: { state: plan },
    undo: fix.lens.undo(before.state, plan),
    until,
    ...(worse && { severity: planned.severity, title: planned.title }),
    timeline: [...open.timeline, { at: deps.now().toISOString(), what: `asked: ${open.note}` }],
  });
  await deps.later({ incident: open.id, at: until });
  const signed = await coded(anew, deps);
  await deps.incidents.save(signed, { due: until });
  await together(signed, deps);
}

/** Ends the question that is open on an incident's lens, where the state that was just read leaves nothing to ask. */
export async function close(
  incident: Incident,
  how: 'put out' | 'found safe',
  state: Json,
  standing: Standing | null,
  deps: Deps,
): Promise<void> {
  // A rehearsal leaves everything as it is.
  if (incident.mode === 'notify') return;
  const open = await openOn(incident, standing, deps);
  if (open) await endFor(open, incident, how, state, deps);
}

async function endFor(
  open: Incident,
  incident: Incident,
  how: 'put out' | 'found safe',
  state: Json,
  deps: Deps,
): Promise<void> {
  // One whose approval broke off is gone on with: it knows what was there before; and so does what was put right first.
  if (begun(open)) return;
  await inHand(open, deps, async () => {
    const { group, fix } = groupOf(open, deps);
    if (!safeFor(group, fix)(state)) return;
    // Of a fix people are told already.
    const outcome = how === 'put out' ? 'witness' : 'safe';
    const note = `${how} by incident ${incident.id}: nothing is left to ask`;
    await finish(open, { outcome, note, after: { state } }, { ...deps, held: false });
  });
}

/** Ends a question whether a fix stays, once its lens is asked about anew. */
const supersede = (open: Incident, by: Incident, deps: Deps): Promise<void> =>
  inHand(open, deps, async () => {
    const note = `broken again, and asked anew: incident ${by.id}`;
    await finish(open, { outcome: 'witness', note }, { ...deps, held: false });
  });

/** With the lens's lease. An incident's own is given back by now; whoever has it may be carrying out the answer. */
async function inHand(open: Incident, deps: Deps, work: () => Promise<void>): Promise<void> {
  const { lease = '' } = open;
  if (!(await deps.incidents.lock(lease, deps.holder, leaseEnd(deps)))) return;
  try {
    await work();
  } catch (error) {
    // Its rules are gone, or somebody has it in hand: it is answered, or expires.
    if (!isStale(error) && !isNamed(error, 'NoRule')) throw error;
  } finally {
    await deps.incidents.unlock(lease, deps.holder);
  }
}
