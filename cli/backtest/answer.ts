/**
 * The answer to "what would Firebreak have done": made of the logs' results, one after the other, in their order. Grows
 * with what was found, never with what was read. Pure.
 */
import type { Way } from '../../shared/core/decide.ts';
import { type Config, isTurnedOff, modeOf } from '../../shared/core/mode.ts';
import { hasFix, type Mode, type Rule, type Severity } from '../../shared/core/rule.ts';
import { plain } from '../../shared/notify/plain.ts';
import { isTime, type Kind, type Row } from './judge.ts';
import type { Problem, Result } from './spool.ts';
import { type Fight, fightsOf, type Suggested, suggestedExemptions, suggestedMode } from './suggest.ts';
import type { Would } from './would.ts';

export type Counted = { readonly [what: string]: number };
export type Who = {
  readonly name: string;
  readonly arn: string | null;
  readonly kind: Kind;
  readonly findings: number;
};
/** What would have come of a finding, with one example of a change. */
export type Consequence = {
  readonly change: number;
  readonly look: number;
  readonly tell: number;
  readonly nothing: number;
  readonly example: { readonly resource: string; readonly source: string; readonly lines: readonly string[] } | null;
  /** The lens and the actions by which it would have looked. */
  readonly looks: { readonly lens: string; readonly actions: readonly string[] } | null;
};

export type OfRule = {
  readonly rule: string;
  readonly title: string;
  readonly severity: Severity;
  readonly breaks: string;
  readonly mode: Mode;
  /** What its fix does, or null where it only tells. */
  readonly fix: string | null;
  readonly findings: number;
  readonly certain: number;
  readonly possible: number;
  /** What the same event told a second time, in another log: not counted above. */
  readonly repeated: number;
  readonly days: Counted;
  readonly undated: number;
  readonly who: { readonly [kind in Kind]: number };
  readonly actors: readonly Who[];
  readonly resources: readonly { readonly resource: string; readonly findings: number }[];
  /** By the modes and exemptions of firebreak.yml, at the time of each event. */
  readonly ways: Counted;
  readonly would: Consequence;
  readonly suggestion: { readonly mode: Mode; readonly why: readonly string[] };
};

export type Answer = {
  readonly read: {
    readonly logs: number;
    readonly records: number;
    readonly bytes: number;
    readonly unreadable: number;
    readonly problems: readonly Problem[];
    readonly skipped: Counted;
    /** Of each log's first record, and of those with findings. */
    readonly from: string | null;
    readonly to: string | null;
    readonly days: number;
  };
  readonly preset: string;
  /** Every rule, the noisiest first. */
  readonly rules: readonly OfRule[];
  readonly fights: readonly Fight[];
  readonly exemptions: Suggested;
};

/** A resource that one actor broke, and when. */
export type Pair = {
  readonly rule: string;
  readonly resource: string;
  readonly actor: Row['actor'];
  readonly account: string | null;
  readonly times: string[];
  /** As what the actor came: one role may be a pipeline's, and now and then a person's. */
  readonly who: Record<Kind, number>;
};

type Gathered = {
  certain: number;
  possible: number;
  repeated: number;
  undated: number;
  days: Map<string, number>;
  who: Record<Kind, number>;
  /** What no exemption covers: a mode is suggested for the rest alone. */
  unspared: { findings: number; possible: number; who: Record<Kind, number> };
  actors: Map<string, { actor: Row['actor']; findings: number }>;
  resources: Map<string, number>;
  ways: Map<Way, number>;
  would: { change: number; look: number; tell: number; nothing: number };
  example: Consequence['example'];
  looks: Consequence['looks'];
};

/** Problems that are named; the others are counted. */
const named = 100;
const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
function more<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
const sorted = (counts: ReadonlyMap<string, number>): Counted =>
  Object.fromEntries([...counts].sort(([a], [b]) => byText(a, b)));

export function gatherer(rules: readonly Rule[], config: Config) {
  const found = new Map<string, Gathered>(rules.map((rule) => [rule.id, nothing()]));
  const pairs = new Map<string, Pair>();
  const met = new Set<string>();
  const read = { logs: 0, records: 0, bytes: 0, unreadable: 0, from: null as string | null, to: null as string | null };
  const problems: Problem[] = [];

  function add(result: Result): void {
    read.logs += 1;
    read.records += result.records;
    read.bytes += result.bytes;
    read.unreadable += result.unreadable;
    problems.push(...result.problems.slice(0, named - problems.length));
    if (result.from !== null && (read.from === null || result.from < read.from)) read.from = result.from;
    if (result.to !== null && (read.to === null || result.to > read.to)) read.to = result.to;
    for (const row of result.rows) one(row);
  }

  function one(row: Row): void {
    const of = found.get(row.rule);
    if (!of) return;
    // An organisation's trail and an account's own both deliver the same event.
    const key = row.id === null ? null : `${row.rule} ${row.id} ${row.resource}`;
    if (key !== null && met.has(key)) {
      of.repeated += 1;
      return;
    }
    if (key !== null) met.add(key);
    of[row.certainty] += 1;
    if (isTime(row.time)) more(of.days, row.time.slice(0, 10));
    else of.undated += 1;
    of.who[row.actor.kind] += 1;
    const whose = row.actor.arn ?? row.actor.name;
    // Each run of a pipeline has a session of its own; a person's session says who it was.
    const who = `${row.actor.kind === 'person' ? whose : roleOf(whose)} ${row.actor.kind}`;
    const actor = of.actors.get(who) ?? { actor: row.actor, findings: 0 };
    actor.findings += 1;
    if (actor.actor.arn !== row.actor.arn) actor.actor = allOf(row.actor);
    of.actors.set(who, actor);
    more(of.resources, row.resource);
    more(of.ways, row.way);
    // What is left alone is not changed, fights with nobody, and needs no second exemption.
    if (row.way === 'exempt') return;
    of.unspared.findings += 1;
    if (row.certainty === 'possible') of.unspared.possible += 1;
    of.unspared.who[row.actor.kind] += 1;
    of.would[row.would.kind] += 1;
    if (row.would.kind === 'change') of.example ??= exampleOf(row, row.would);
    if (row.would.kind === 'look') of.looks ??= { lens: row.would.lens, actions: row.would.actions };
    const pair = `${row.rule} ${row.resource} ${roleOf(whose)}`;
    const { rule, resource, actor: by, account } = row;
    const known = pairs.get(pair) ?? { rule, resource, actor: by, account, times: [], who: nobody() };
    known.times.push(isTime(row.time) ? row.time : '');
    known.who[by.kind] += 1;
    pairs.set(pair, known);
  }

  function answer(skipped: Counted, more_: readonly Problem[], today: string): Answer {
    const { from, to } = read;
    const days = from === null || to === null ? 0 : Math.floor((midnight(to) - midnight(from)) / 86_400_000) + 1;
    for (const pair of pairs.values()) pair.times.sort(byText);
    const fights = fightsOf([...pairs.values()], rules, config);
    const ofRules = rules.map((rule) => {
      const of = found.get(rule.id) ?? nothing();
      return ofRule(rule, of, config, { days, fights: fights.filter((fight) => fight.rule === rule.id) });
    });
    return {
      read: {
        ...read,
        days,
        skipped,
        unreadable: read.unreadable + more_.length,
        problems: [...more_, ...problems].slice(0, named),
      },
      preset: config.preset,
      rules: ofRules.sort((a, b) => b.findings - a.findings || byText(a.rule, b.rule)),
      fights,
      exemptions: suggestedExemptions([...pairs.values()], rules, today),
    };
  }

  return { add, answer };
}

const midnight = (time: string): number => Date.parse(time.slice(0, 10));

/** A role's sessions are one actor: `arn:aws:sts::1:assumed-role/ci/run-17` counts as `…/ci/*`. */
export const roleOf = (arn: string): string => arn.replace(/^(arn:[^:]*:sts::[^:]*:assumed-role\/[^/]+)\/.*$/, '$1/*');

function allOf(actor: Row['actor']): Row['actor'] {
  const arn = roleOf(actor.arn ?? '');
  return { ...actor, arn, name: plain(arn.replace(/^.*:assumed-role\//, ''), 120) };
}

const exampleOf = (row: Row, would: Would & { kind: 'change' }): Consequence['example'] => ({
  resource: row.resource,
  source: row.source,
  lines: would.lines,
});

const nobody = (): Record<Kind, number> => ({ person: 0, pipeline: 0, service: 0, unclear: 0 });

const nothing = (): Gathered => ({
  certain: 0,
  possible: 0,
  repeated: 0,
  undated: 0,
  days: new Map(),
  who: nobody(),
  unspared: { findings: 0, possible: 0, who: nobody() },
  actors: new Map(),
  resources: new Map(),
  ways: new Map(),
  would: { change: 0, look: 0, tell: 0, nothing: 0 },
  example: null,
  looks: null,
});

function ofRule(
  rule: Rule,
  of: Gathered,
  config: Config,
  history: { readonly days: number; readonly fights: readonly Fight[] },
): OfRule {
  const findings = of.certain + of.possible;
  const mode = modeOf(config, rule);
  const suggestion = suggestedMode(rule, mode, {
    ...history,
    ...of.unspared,
    exempt: findings - of.unspared.findings,
  });
  return {
    rule: rule.id,
    title: rule.title,
    severity: rule.severity,
    breaks: rule.breaks,
    mode,
    fix: hasFix(rule) ? rule.mends : null,
    findings,
    certain: of.certain,
    possible: of.possible,
    repeated: of.repeated,
    days: sorted(of.days),
    undated: of.undated,
    who: of.who,
    actors: [...of.actors.values()]
      .map(({ actor, findings: times }) => ({ name: actor.name, arn: actor.arn, kind: actor.kind, findings: times }))
      .sort((a, b) => b.findings - a.findings || byText(a.arn ?? a.name, b.arn ?? b.name)),
    resources: [...of.resources]
      .map(([resource, times]) => ({ resource, findings: times }))
      .sort((a, b) => b.findings - a.findings || byText(a.resource, b.resource)),
    ways: sorted(of.ways),
    would: { ...of.would, example: of.example, looks: of.looks },
    suggestion:
      suggestion.mode !== mode && isTurnedOff(config, rule)
        ? { ...suggestion, why: [...suggestion.why, `its room is off: write rooms: {${rule.function}: on} first`] }
        : suggestion,
  };
}
