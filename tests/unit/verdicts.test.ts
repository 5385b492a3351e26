/**
 * The deployed patterns, as EventBridge's own engine matches them: its committed verdicts, on today's patterns and
 * events. No Java is needed here; renewing them needs it (npm run verdicts).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deployedPatterns, engineOf, eventTexts, type Verdicts, verdictsFile, wokenBy } from '../../scripts/ruler.ts';
import { at, type Json } from '../../shared/core/json.ts';
import { matches } from '../../shared/core/route.ts';
import { root } from '../support/registry.ts';

const verdicts = JSON.parse(readFileSync(join(root, verdictsFile), 'utf8')) as Verdicts;
const patterns = deployedPatterns();
const events = eventTexts();
const next = `${verdictsFile} is stale: npm run verdicts (needs Java 17 and Maven)`;

describe('the verdicts of EventBridge’s engine', () => {
  it('are on the patterns that are deployed now, by the engine that pom.xml names', () => {
    expect(verdicts.engine, next).toBe(engineOf());
    expect(verdicts.patterns, next).toEqual(wokenBy(patterns));
  });

  it('are on the events that are there now', () => {
    const hashes = (of: readonly { readonly path: string; readonly sha256: string }[]) =>
      Object.fromEntries(of.map(({ path, sha256 }) => [path, sha256]));
    const judged = Object.entries(verdicts.events).map(([path, { sha256 }]) => ({ path, sha256 }));
    expect(hashes(judged), next).toEqual(hashes(events));
  });
});

/** The patterns that matched an event; none where it has no verdict. */
const matched = (path: string): ReadonlySet<string> => new Set(Object.keys(verdicts.events[path]?.matches ?? {}));

describe('an event that fires', () => {
  const firing = events.filter(({ path }) => /\/fires-[^/]*$/.test(path));

  it.each(firing)('$path wakes the function of its own rule', ({ path, text }) => {
    const rule = path.split('/').slice(1, 3).join('/');
    const own = patterns.filter((one) => one.rules.includes(rule));
    expect(own.length, `no function has the rule ${rule}`).toBeGreaterThan(0);
    const waking = own.filter(({ sha256 }) => matched(path).has(sha256));
    expect(waking.length, next).toBeGreaterThan(0);
    // EventBridge User Guide, "Receiving read-only management events from AWS services": a rule in state ENABLED gets none.
    if (`${at(JSON.parse(text), 'detail', 'readOnly')}` === 'true')
      expect(waking.some((one) => one.readOnly)).toBe(true);
  });
});

describe('our own matching, which the CLI and the tests use', () => {
  it.each(events)('agrees on $path', ({ path, text }) => {
    const event = JSON.parse(text) as Json;
    const ours = patterns.filter(({ pattern }) => matches(pattern, event)).map(({ sha256 }) => sha256);
    expect(new Set(ours), next).toEqual(matched(path));
  });
});
