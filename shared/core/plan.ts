/** What a lens should be by all the rules that have a word in it. Reads and writes nothing. */
import type { Decided } from './decide.ts';
import type { Deps } from './deps.ts';
import { fault } from './fault.ts';
import type { Incident } from './incident.ts';
import { canonical, type Json } from './json.ts';
import { homeOf } from './mode.ts';
import { same } from './record.ts';
import { type Context, isUnknown, type Learned, type StateFix, type Unknown } from './rule.ts';

export type Fix = StateFix<Json, Json, unknown>;
export type Group = readonly [Decided, ...Decided[]];

/** The rules of a stored incident, as a group to plan with. */
export function groupOf(incident: Incident, deps: Deps): { group: Group; fix: Fix } {
  const finding = {
    target: incident.target ?? null,
    resource: incident.resource,
    reason: '',
    certainty: 'certain' as const,
  };
  const decided = deps.rules
    .filter((rule) => incident.rules.includes(rule.id))
    .map(
      (rule): Decided => ({
        rule,
        finding,
        fix: rule.fix,
        way: 'approve',
        mode: 'approve',
        note: '',
        baseline: deps.config.baselines[rule.id] ?? {},
        home: homeOf(deps.config, incident.account),
      }),
    );
  const [first, ...others] = decided.map((one) => withLearned(one, incident.learned ?? null));
  if (!first?.fix) throw fault('NoRule', `none of ${incident.rules.join(', ')} has a fix in this version of Firebreak`);
  return { group: [first, ...others], fix: first.fix };
}

export const contextOf = ({ finding, baseline, home, learned = null }: Decided): Context => ({
  target: finding.target,
  baseline,
  learned,
  home,
});

/**
 * Every rule's desire of the same lens, one after the other until nobody wants a change: one plan. A rule that does not
 * know the safe state keeps no other from mending its part; `unknown` where nobody who knows wants a change.
 */
export function compose(group: readonly Decided[], state: Json): Json | Unknown {
  const { plan, unknown } = composed(group, state);
  return unknown !== null && canonical(plan) === canonical(state) ? unknown : plan;
}

function composed(group: readonly Decided[], state: Json): { readonly plan: Json; readonly unknown: Unknown | null } {
  let plan = state;
  for (let round = 0; round <= group.length; round += 1) {
    let settles = true;
    let unknown: Unknown | null = null;
    for (const one of group) {
      const { fix } = one;
      if (!fix) continue;
      const wanted = fix.desire(plan, contextOf(one));
      if (isUnknown(wanted)) {
        unknown ??= wanted;
        continue;
      }
      // Each for itself: one that undoes what another did would leave the round as it began.
      settles &&= canonical(wanted) === canonical(plan);
      plan = wanted;
    }
    if (settles) return { plan, unknown };
  }
  const ids = group.map((decided) => decided.rule.id).join(', ');
  throw fault('Unsettled', `the safe states that ${ids} want of one lens contradict each other`);
}

export const safeFor =
  (group: Group, fix: Fix) =>
  (state: Json): boolean => {
    const { plan, unknown } = composed(group, state);
    // What one rule does not know does not unmake the proof of the others.
    return same(fix.lens, state, plan) && (unknown === null || group.length > 1);
  };

export const isReady = (lens: Fix['lens'], state: Json): boolean => state === null || !lens.ready || lens.ready(state);

/** Only a fix that learns is given what was learned. */
export const withLearned = (one: Decided, learned: Learned | null): Decided =>
  one.fix?.learns ? { ...one, learned } : one;
