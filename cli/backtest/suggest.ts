/** What a person may make of the past: fights, exemptions to paste, a mode for each rule. Each with its evidence. Pure. */
import { stringify } from 'yaml';
import { parseConfig } from '../../shared/config/load.ts';
import type { Config, Exemption } from '../../shared/core/mode.ts';
import { modesFor } from '../../shared/core/mode.ts';
import { hasFix, type Mode, type Rule } from '../../shared/core/rule.ts';
import { plain } from '../../shared/notify/plain.ts';
import { type Pair, roleOf } from './answer.ts';
import { type Kind, kinds } from './judge.ts';

export type Fight = {
  readonly rule: string;
  readonly resource: string;
  readonly actor: { readonly name: string; readonly arn: string | null; readonly kind: Kind };
  readonly times: readonly string[];
  /** Whether the circuit breaker of firebreak.yml would have stopped the fixes and asked. */
  readonly breaker: boolean;
};

/** Who broke the same resource again: had it been mended, they would have undone it. Most often first. */
export function fightsOf(
  pairs: readonly Pair[],
  rules: readonly Rule[],
  config: Pick<Config, 'breaker'>,
): readonly Fight[] {
  // Whoever only tells fights with nobody; a watcher's fix is never stopped.
  const fixed = new Map(rules.filter(hasFix).map((rule) => [rule.id as string, rule]));
  return (
    pairs
      // Two who are both unknown are not one.
      .filter(
        ({ rule, times, actor: { arn, name } }) => times.length > 1 && fixed.has(rule) && (arn ?? name) !== 'unknown',
      )
      .map(({ rule, resource, actor: { name, arn }, times, who }) => ({
        rule,
        resource,
        actor: { name, arn: arn === null ? null : roleOf(arn), kind: mostly(who) },
        times,
        breaker: fixed.get(rule)?.watcher !== true && trips(times, config.breaker.lens, config.breaker.hours),
      }))
      .sort((a, b) => b.times.length - a.times.length || order(a.rule + a.resource, b.rule + b.resource))
  );
}

/** As what the actor came most often. */
const mostly = (who: Pair['who']): Kind =>
  kinds.reduce<Kind>((most, kind) => (who[kind] > who[most] ? kind : most), 'person');

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** More than so many within the hours; times are in order. */
function trips(times: readonly string[], most: number, hours: number): boolean {
  const at = times.map((time) => Date.parse(time)).filter((time) => !Number.isNaN(time));
  return at.some((time, index) => (at[index + most] ?? Number.POSITIVE_INFINITY) - time <= hours * 3_600_000);
}

export type Suggested = {
  readonly list: readonly (Exemption & { readonly findings: number; readonly days: number })[];
  /** To be pasted under `exemptions:`, once somebody has put a name to each; empty where there is none. */
  readonly yaml: string;
};

const owner = 'NAME WHO ANSWERS FOR IT';
/** A pattern that comes back on several days is how somebody works; one day may be an attack. */
const [leastTimes, leastDays, mostSuggested, validDays] = [3, 2, 20, 90];

/** Resources that a pipeline or a service of the account broke on several days. People are asked, not exempted. */
export function suggestedExemptions(pairs: readonly Pair[], rules: readonly Rule[], today: string): Suggested {
  const expires = new Date(Date.parse(today) + validDays * 86_400_000).toISOString().slice(0, 10);
  // Where the fix breaks nothing there is nothing to leave alone for.
  const guards = new Set(
    rules
      .filter((rule) => rule.watcher || rule.contains || (hasFix(rule) && rule.breaks === 'nothing'))
      .map(({ id }) => id as string),
  );
  const list = pairs
    // A whole account is not a resource to leave alone, nor is what watches over it.
    .filter(
      ({ rule, who, resource }) => who.person + who.unclear === 0 && !/:root$/.test(resource) && !guards.has(rule),
    )
    .map((pair) => ({ ...pair, days: new Set(pair.times.filter(Boolean).map((time) => time.slice(0, 10))).size }))
    .filter(({ times, days }) => times.length >= leastTimes && days >= leastDays)
    .sort((a, b) => b.times.length - a.times.length || order(a.rule + a.resource, b.rule + b.resource))
    .flatMap(({ rule, resource, actor, account, times, days }) => {
      const by = plain(actor.arn === null ? actor.name : roleOf(actor.arn), 160);
      const reason = `${by} did it ${times.length} times on ${days} days, last on ${times.at(-1)?.slice(0, 10)}`;
      // A star in a name would cover more than what was seen.
      if (/[*?]/.test(resource) || plain(resource, 2000) !== resource) return [];
      const known = account !== null && /^\d{12}$/.test(account) ? { account } : {};
      return [{ rule, ...known, resource, owner, reason, expires, findings: times.length, days }];
    })
    .filter((one) => accepted([one], rules))
    .slice(0, mostSuggested);
  const yaml = list.length === 0 ? '' : stringify({ exemptions: list.map(written) }, { lineWidth: 0 });
  return { list, yaml };
}

const written = ({ findings: _, days: __, ...exemption }: Suggested['list'][number]): Exemption => exemption;

/** Whether firebreak.yml may hold it: what it refuses is not suggested. */
function accepted(list: Suggested['list'], rules: readonly Rule[]): boolean {
  try {
    parseConfig(stringify({ exemptions: list.map(written) }, { lineWidth: 0 }), 'suggested', rules);
    return true;
  } catch {
    return false;
  }
}

type History = {
  readonly days: number;
  /** Those that no exemption covers, and how many one does. */
  readonly findings: number;
  readonly exempt: number;
  readonly possible: number;
  readonly who: { readonly [kind in Kind]: number };
  readonly fights: readonly Fight[];
};

/** Less history than this says little about what is usual. */
const leastHistory = 14;
const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;

/** The mode that the past speaks for, never one that the rule cannot have; and what speaks for it. */
export function suggestedMode(rule: Rule, mode: Mode, past: History): { mode: Mode; why: readonly string[] } {
  const { days, findings, exempt, possible, who, fights } = past;
  const told = `${count(findings, 'finding')} in ${count(days, 'day')}${exempt > 0 ? ` beside ${exempt} exempt` : ''}`;
  if (!hasFix(rule)) return { mode: 'notify', why: [told, 'it has no fix: it only tells'] };
  if (findings === 0 && rule.triggers.every(({ kind }) => kind === 'finding'))
    return {
      mode,
      why: ['findings of other services wake it, and logs of calls hold none: the past says nothing about it'],
    };
  const most = (wish: Mode): Mode =>
    modesFor(rule.class).includes(wish) ? wish : (modesFor(rule.class).at(-1) ?? 'notify');
  if (days < leastHistory)
    return { mode, why: [told, `less than ${leastHistory} days of history: too little to change the mode by`] };
  const breaks = fights.filter(({ breaker }) => breaker).length;
  const fought = `${count(fights.length, 'resource')} broken again by the same actor${breaks > 0 ? `, ${breaks} so often that the circuit breaker would have tripped` : ''}`;
  if (rule.breaks === 'nothing')
    return {
      mode: most('remediate'),
      why: [told, `its fix breaks nothing${fights.length > 0 ? `; ${fought}: ask them why` : ''}`],
    };
  if (fights.length > 0)
    return { mode: 'notify', why: [told, `${fought}: mend it where it comes from, or exempt it, first`] };
  if (findings === 0)
    return {
      mode: most(rule.class === 'C' ? 'approve' : 'remediate'),
      why: [told, 'acting would have touched nothing'],
    };
  const machines = who.pipeline + who.service;
  if (machines > 0)
    return {
      mode: 'notify',
      why: [told, `${machines} by pipelines or services: what runs by itself may rely on it, so look at those first`],
    };
  const weekly = findings / (days / 7);
  if (weekly > 7) return { mode: 'notify', why: [told, `${weekly.toFixed(1)} a week: too many to ask about`] };
  return {
    mode: most('approve'),
    why: [
      told,
      `${weekly.toFixed(1)} a week: few enough to ask about each${possible > 0 ? `; ${possible} ${possible === 1 ? 'needs' : 'need'} a read to be sure` : ''}`,
    ],
  };
}
