import { describe, expect, it } from 'vitest';
import { type Decided, decide, isVerdict } from '../../shared/core/decide.ts';
import type { Json } from '../../shared/core/json.ts';
import type { Config } from '../../shared/core/mode.ts';
import { awakened, matches, patternsOf } from '../../shared/core/route.ts';
import type { Rule } from '../../shared/core/rule.ts';
import { normalise } from '../../shared/core/signal.ts';
import { declared } from '../support/declared.ts';
import { registered } from '../support/registry.ts';
import { standard } from '../support/toys.ts';

const all = await registered();
/** With every function on that acts only where it is turned on, and all declared that only a declaration tells. */
const strict: Config = {
  ...standard,
  preset: 'strict',
  baselines: declared(all.map(({ rule }) => rule)),
  rooms: Object.fromEntries(all.flatMap(({ rule }) => (rule.function ? [[rule.function, 'on']] : []))),
};
const cases = (which: 'fires' | 'quiet') =>
  all.flatMap(({ rule, files }) => files[which].map(({ name, event }) => ({ name, rule, event })));

/** What a rule makes of an event that arrives a minute after it happened. */
function decided(rule: Rule, event: Json): readonly Decided[] {
  const normalised = normalise(event);
  if ('unparsed' in normalised) throw new Error(normalised.unparsed);
  return normalised.signals.flatMap((signal) => {
    const now = new Date(Date.parse(signal.time ?? '') + 60_000);
    return awakened([rule], signal).flatMap((woken) => decide(woken, signal, strict, now));
  });
}

/** Whether it is a check's verdict: what that finds is asked about, never changed at once. */
function judged(event: Json): boolean {
  const normalised = normalise(event);
  return 'signals' in normalised && normalised.signals.some(isVerdict);
}

const delivered = (rules: readonly Rule[], event: Json): boolean =>
  patternsOf(rules).some(({ pattern }) => matches(pattern, event));

describe('events that fire', () => {
  it.each(cases('fires'))('$name is delivered, recognised and acted upon', ({ rule, event }) => {
    expect(delivered([rule], event)).toBe(true);
    const room = all.map((entry) => entry.rule).filter(({ id }) => id.startsWith(`${rule.id.split('/')[0]}/`));
    expect(delivered(room, event)).toBe(true);
    const found = decided(rule, event);
    expect(found.length).toBeGreaterThan(0);
    const way = rule.class === 'N' ? 'tell' : rule.class === '1' || judged(event) ? 'approve' : 'remediate';
    for (const one of found) {
      const counts = !rule.fix && rule.threshold && !one.finding.atOnce;
      expect(one.way).toBe(counts ? 'count' : one.finding.after === undefined ? way : 'approve');
      expect(one.finding.reason).toMatch(/\S/);
      expect(one.finding.resource).toMatch(/^arn:aws(-[a-z-]+)?:/);
      if (one.fix) expect(one.fix.lens.key(one.finding.target)).toMatch(/\S/);
    }
  });
});

describe('every event', () => {
  const rules = all.map(({ rule }) => rule);
  it.each([...cases('fires'), ...cases('quiet')])(
    '$name can be read by every rule that it wakes',
    ({ name, event }) => {
      const unread = rules
        .flatMap((rule) => decided(rule, event))
        .filter(({ way }) => way === 'unparsed')
        .map(({ note }) => note);
      // What tells nothing, on purpose, says so in its name.
      if (!/unreadable|no-name|nameless/.test(name)) expect(unread).toEqual([]);
    },
  );
});

describe('quiet events', () => {
  it.each(cases('quiet'))('$name makes the rule do nothing', ({ rule, event }) => {
    const acting = decided(rule, event).filter(({ way }) => way !== 'attempt');
    expect(acting.map(({ finding }) => finding.reason)).toEqual([]);
  });
});
