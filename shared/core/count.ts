/** How many events of one target came close together: what one of them alone does not say. Pure. */
import type { Rule } from './rule.ts';

export type Threshold = { readonly times: number; readonly minutes: number };

/** What is counted: the event's id, and when it happened (ISO 8601). */
export type Counting = { readonly id: string; readonly at: string };

/** What was counted of one target so far. */
export type Tally = {
  /** Time and id of each event. */
  readonly seen: readonly string[];
  /** Where the threshold was reached: the times of the events with which an incident began. */
  readonly begun: readonly string[];
};

export type Counted = {
  /** Events within `minutes` of each other, this one among them: the most that there are. */
  readonly count: number;
  /** When the incident began that this event belongs to: its own time where it is the first; null below the threshold. */
  readonly begun: string | null;
};

export const nothing: Tally = { seen: [], begun: [] };

/** As texts of one length, times sort as what they are. Of what is no time, all came at once. */
const moment = (at: string): string => new Date(Number.isNaN(Date.parse(at)) ? 0 : Date.parse(at)).toISOString();
const timeOf = (entry: string): number => Date.parse(entry.slice(0, entry.indexOf(' ')));

/** An event as a tally has it. */
export const entryOf = ({ id, at }: Counting): string => `${moment(at)} ${id}`;

/**
 * Where an event stands among those of its tally, which it is one of. Events come late and out of order: the window of
 * `minutes` may lie anywhere around it. What comes within `minutes` of an incident's beginning belongs to that.
 */
export function standingAmong({ seen, begun }: Tally, event: Counting, { times, minutes }: Threshold): Counted {
  const window = minutes * 60_000;
  const own = Date.parse(moment(event.at));
  const near = seen
    .map(timeOf)
    .filter((time) => Math.abs(time - own) <= window)
    .sort((a, b) => a - b);
  let count = 0;
  let last = 0;
  for (const [first, from] of near.entries()) {
    if (from > own) break;
    while (last < near.length && (near[last] ?? 0) - from <= window) last += 1;
    count = Math.max(count, last - first);
  }
  if (count < times) return { count, begun: null };
  const known = begun.map((at) => Date.parse(at)).sort((a, b) => a - b);
  const start =
    known.findLast((at) => at <= own && own - at <= window) ??
    known.find((at) => at > own && at - own <= window) ??
    own;
  return { count, begun: new Date(start).toISOString() };
}

/** Entries that are kept of a target: what a threshold needs, and some more for those that come late. */
export const kept = ({ times }: Threshold): number => 2 * times + 50;
/** Beginnings that are kept: later events belong to the last of them. */
export const begunKept = 20;

/** The oldest entries, where there are too many; null where there are not. */
export function surplus(seen: readonly string[], threshold: Threshold): readonly string[] | null {
  // Not at every event: each time that a list is cut costs a write.
  if (seen.length <= kept(threshold) * 1.25) return null;
  return [...seen].sort().slice(0, seen.length - kept(threshold));
}

/** A count that lasts as long as the process: whether this event is the one that reaches the threshold of its target. */
export function counter() {
  const tallies = new Map<string, Tally>();
  return (target: string, event: Counting, threshold: Threshold): Counted & { readonly reached: boolean } => {
    const before = tallies.get(target) ?? nothing;
    const entry = entryOf(event);
    const isNew = !before.seen.includes(entry);
    const all = isNew ? [...before.seen, entry] : before.seen;
    const counted = standingAmong({ ...before, seen: all }, event, threshold);
    const { begun } = counted;
    const reached = isNew && begun !== null && !before.begun.includes(begun);
    const drop = new Set(surplus(all, threshold));
    tallies.set(target, {
      seen: drop.size > 0 ? all.filter((one) => !drop.has(one)) : all,
      begun: reached ? [...before.begun, begun].slice(-begunKept) : before.begun,
    });
    return { ...counted, reached };
  };
}
export type Counter = ReturnType<typeof counter>;

/** Of a rule that counts nothing, one is enough. */
export const thresholdOf = (rule: Rule): Threshold => (!rule.fix && rule.threshold) || { times: 1, minutes: 1 };

export const inAll = (count: number, { times, minutes }: Threshold): string =>
  `${count} of ${times} within ${minutes} minutes`;

/** What is counted together: one rule's findings of one target in one account. */
export const countedBy = (rule: string, account: string | null, target: string): string =>
  `${rule}|${account ?? 'unknown'}|${target}`;
