/** What may be done about a finding, and why: failed calls, exemptions, modes and freshness, in that order. Pure. */
import { canonical, type Json } from './json.ts';
import {
  type Config,
  daysLeft,
  type Exemption,
  exemptionFor,
  type Home,
  homeOf,
  isTurnedOff,
  lapsedFor,
  lastDays,
  modeOf,
  putsRightFirst,
} from './mode.ts';
import { countsFailure } from './route.ts';
import { type Finding, isUnreadable, type Learned, type Mode, type Rule, type StateFix } from './rule.ts';
import type { Signal } from './signal.ts';

/**
 * `attempt`, `exempt`, `off` and `unparsed` end here; `count` and `tell` have nothing to read; the rest is done with the
 * rule's lens.
 */
export type Way = 'attempt' | 'unparsed' | 'exempt' | 'off' | 'count' | 'tell' | 'rehearse' | 'approve' | 'remediate';

export type Decided = {
  readonly rule: Rule;
  readonly finding: Finding;
  readonly way: Way;
  readonly mode: Mode;
  readonly note: string;
  /** Set where the way needs the rule's lens. */
  readonly fix: StateFix<Json, Json, unknown> | undefined;
  readonly baseline: unknown;
  readonly home: Home;
  /** The state that was learned of the lens before the trouble, for a fix that learns. */
  readonly learned?: Learned | null;
  /** The exemption that leaves it alone, where that ends within days. */
  readonly ending?: Exemption;
  /** That an exemption would leave it alone, had it not expired. */
  readonly lapsed?: string;
  /** Put right first; then a person says whether it stays. */
  readonly first?: true;
};

/** What a rule recognises in a signal that woke it, and what may be done about it. */
export function decide(rule: Rule, signal: Signal, config: Config, now: Date): readonly Decided[] {
  const baseline = config.baselines[rule.id] ?? {};
  const home = homeOf(config, signal.account);
  const found = rule.detect(signal, baseline, home);
  if (isUnreadable(found)) return unparsed(rule, found.unreadable, signal, config, { baseline, home });
  return found.map((finding) => {
    const way = wayOf(rule, finding, signal, config, now);
    const acts = way.way === 'rehearse' || way.way === 'approve' || way.way === 'remediate';
    const fix = acts ? rule.fix : undefined;
    return { rule, finding, ...way, fix, baseline, home };
  });
}

/** A call that succeeded and does not say what it was about: not harmless, as far as anybody can tell. */
function unparsed(
  rule: Rule,
  missing: string,
  signal: Signal,
  config: Config,
  rest: Pick<Decided, 'baseline' | 'home'>,
): readonly Decided[] {
  if (signal.kind === 'call' && signal.failure !== null && !countsFailure(rule, signal)) return [];
  const mode = modeOf(config, rule, { account: signal.account, actor: signal.actor.arn });
  if (mode === 'off') return [];
  const reason = `${rule.id} can't tell what it is about: it has no ${missing}`;
  const finding = { target: null, resource: 'unknown', reason, certainty: 'possible' as const };
  return [{ rule, finding, way: 'unparsed', mode, note: reason, fix: undefined, ...rest }];
}

type WayOf = Pick<Decided, 'way' | 'mode' | 'note' | 'ending' | 'lapsed' | 'first'>;

function wayOf(rule: Rule, finding: Finding, signal: Signal, config: Config, now: Date): WayOf {
  const scene = { account: signal.account, actor: signal.actor.arn };
  const way = mayBeDone(rule, finding, signal, config, now);
  if (way.way === 'attempt' || way.way === 'exempt' || way.way === 'off') return way;
  const lapsed = lapsedFor(config, rule.id, finding.resource, scene, now);
  if (!lapsed) return way;
  return { ...way, lapsed: `an exemption of ${lapsed.owner} ended on ${lapsed.expires}, and counts no more` };
}

/** That an exemption ends, where it does within days. */
function ends(exemption: Exemption, now: Date): string {
  const left = daysLeft(exemption, now);
  return left > lastDays ? '' : `; it ends ${left === 1 ? 'today' : `in ${left} days`}: renew it, or take it out`;
}

function mayBeDone(rule: Rule, finding: Finding, signal: Signal, config: Config, now: Date): WayOf {
  const scene = { account: signal.account, actor: signal.actor.arn };
  const mode = modeOf(config, rule, scene);
  if (signal.kind === 'call' && signal.failure !== null && !countsFailure(rule, signal))
    return { way: 'attempt', mode, note: `the call failed (${signal.failure})` };
  const exempted = exemptionFor(config, rule.id, finding.resource, scene, now);
  if (exempted?.effect === 'leave') {
    const { owner, reason, expires } = exempted.exemption;
    const note = `exempt until ${expires}, owner ${owner}: ${reason}${ends(exempted.exemption, now)}`;
    const ending = daysLeft(exempted.exemption, now) <= lastDays && { ending: exempted.exemption };
    return { way: 'exempt', mode, note, ...ending };
  }
  if (mode === 'off') return { way: 'off', mode, note: `${rule.id} is off here` };
  if (!rule.fix) {
    const { threshold } = rule;
    if (threshold === undefined || finding.atOnce) return { way: 'tell', mode, note: 'this rule only tells' };
    return { way: 'count', mode, note: `told from ${threshold.times} within ${threshold.minutes} minutes on` };
  }
  if (mode === 'notify') {
    const why = isTurnedOff(config, rule) ? `${rule.function} is not turned on in firebreak.yml` : 'mode notify';
    return { way: 'rehearse', mode, note: `${why}: this is what would have been changed` };
  }
  const first = mode === 'approve' && putsRightFirst(config, rule, scene);
  if (mode === 'approve' && !first) return { way: 'approve', mode, note: 'mode approve: a person decides' };
  if (exempted)
    return {
      way: 'approve',
      mode: 'approve',
      note: `an exemption of ${exempted.exemption.owner} has this actor ask: ${exempted.exemption.reason}${ends(exempted.exemption, now)}`,
    };
  if (finding.after !== undefined)
    return {
      way: 'approve',
      mode: 'approve',
      note: `read ${finding.after} minutes later, and asked about where it is still so`,
    };
  if (isVerdict(signal))
    return {
      way: 'approve',
      mode: 'approve',
      note: 'a check found it so and does not tell since when: what may be old is not changed without asking',
    };
  const age = signal.time === null ? Number.NaN : (now.getTime() - Date.parse(signal.time)) / 60_000;
  if (!(age <= config.freshness)) {
    const told = Number.isNaN(age)
      ? 'the event does not say when it happened'
      : `the event is ${Math.round(age)} minutes old`;
    return {
      way: 'approve',
      mode: 'approve',
      note: `${told}; only what is younger than ${config.freshness} is changed without asking`,
    };
  }
  if (first) return { way: 'remediate', mode: 'remediate', note: 'mode approve, the safe state first', first };
  return { way: 'remediate', mode, note: 'mode remediate' };
}

/**
 * What Security Hub's controls, AWS Config's rules and Trusted Advisor's checks say of a state, which may have been so for years: the day that
 * they are switched on they judge everything, each verdict seconds old.
 */
export const isVerdict = (signal: Signal): boolean =>
  (signal.kind === 'finding' && signal.origin === 'securityhub') ||
  (signal.kind === 'other' && ['aws.config', 'aws.trustedadvisor'].includes(signal.source));

/** Findings that are one piece of work: the same lens and target, to be treated the same way. */
export function groups(decided: readonly Decided[]): readonly (readonly [Decided, ...Decided[]])[] {
  const found = new Map<string, [Decided, ...Decided[]]>();
  for (const one of decided) {
    const lens = one.fix?.lens;
    const key = lens
      ? `${lens.id} ${lens.key(one.finding.target)} ${one.way} ${one.first ?? ''}`
      : // What is counted by itself is told by itself.
        `${one.rule.id} ${one.finding.resource} ${one.way === 'count' ? canonical(one.finding.target) : ''}`;
    const group = found.get(key);
    if (group) group.push(one);
    else found.set(key, [one]);
  }
  // A remedy goes before a question about the same lens, so that the question is about what is left.
  const order: readonly Way[] = [
    'remediate',
    'approve',
    'rehearse',
    'tell',
    'count',
    'unparsed',
    'exempt',
    'off',
    'attempt',
  ];
  return [...found.values()].sort((a, b) => order.indexOf(a[0].way) - order.indexOf(b[0].way));
}
