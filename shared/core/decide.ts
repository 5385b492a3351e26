/** What may be done about a finding, and why: failed calls, exemptions, modes and freshness, in that order. Pure. */
import type { Json } from './json.ts';
import { type Config, exemptionFor, modeOf } from './mode.ts';
import { countsFailure } from './route.ts';
import type { Finding, Mode, Rule, StateFix } from './rule.ts';
import type { Signal } from './signal.ts';

/** `attempt`, `exempt` and `off` end here; `tell` has nothing to read; the rest is done with the rule's lens. */
export type Way = 'attempt' | 'exempt' | 'off' | 'tell' | 'rehearse' | 'approve' | 'remediate';

export type Decided = {
  readonly rule: Rule;
  readonly finding: Finding;
  readonly way: Way;
  readonly mode: Mode;
  readonly note: string;
  /** Set where the way needs the rule's lens. */
  readonly fix: StateFix<Json, Json, unknown> | undefined;
  readonly baseline: unknown;
};

/** What a rule recognises in a signal that woke it, and what may be done about it. */
export function decide(rule: Rule, signal: Signal, config: Config, now: Date): readonly Decided[] {
  const baseline = config.baselines[rule.id] ?? {};
  return rule.detect(signal, baseline).map((finding) => {
    const { way, mode, note } = wayOf(rule, finding, signal, config, now);
    const fix = way === 'rehearse' || way === 'approve' || way === 'remediate' ? rule.fix : undefined;
    return { rule, finding, way, mode, note, fix, baseline };
  });
}

function wayOf(
  rule: Rule,
  finding: Finding,
  signal: Signal,
  config: Config,
  now: Date,
): Pick<Decided, 'way' | 'mode' | 'note'> {
  const scene = { account: signal.account, actor: signal.actor.arn };
  const mode = modeOf(config, rule, scene);
  if (signal.kind === 'call' && signal.failure !== null && !countsFailure(rule, signal))
    return { way: 'attempt', mode, note: `the call failed (${signal.failure})` };
  const exempted = exemptionFor(config, rule.id, finding.resource, scene, now);
  if (exempted?.effect === 'leave') {
    const { owner, reason, expires } = exempted.exemption;
    return { way: 'exempt', mode, note: `exempt until ${expires}, owner ${owner}: ${reason}` };
  }
  if (mode === 'off') return { way: 'off', mode, note: `${rule.id} is off here` };
  if (!rule.fix) return { way: 'tell', mode, note: 'this rule only tells' };
  if (mode === 'notify') return { way: 'rehearse', mode, note: 'mode notify: this is what would have been changed' };
  if (mode === 'approve') return { way: 'approve', mode, note: 'mode approve: a person decides' };
  if (exempted)
    return {
      way: 'approve',
      mode: 'approve',
      note: `an exemption of ${exempted.exemption.owner} has this actor ask: ${exempted.exemption.reason}`,
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
  return { way: 'remediate', mode, note: 'mode remediate' };
}

/** Findings that are one piece of work: the same lens and target, to be treated the same way. */
export function groups(decided: readonly Decided[]): readonly (readonly [Decided, ...Decided[]])[] {
  const found = new Map<string, [Decided, ...Decided[]]>();
  for (const one of decided) {
    const lens = one.fix?.lens;
    const key = lens
      ? `${lens.id} ${lens.key(one.finding.target)} ${one.way}`
      : `${one.rule.id} ${one.finding.resource}`;
    const group = found.get(key);
    if (group) group.push(one);
    else found.set(key, [one]);
  }
  // A remedy goes before a question about the same lens, so that the question is about what is left.
  const order: readonly Way[] = ['remediate', 'approve', 'rehearse', 'tell', 'exempt', 'off', 'attempt'];
  return [...found.values()].sort((a, b) => order.indexOf(a[0].way) - order.indexOf(b[0].way));
}
