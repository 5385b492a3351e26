/** What a rule makes of a signal, for tests that know that it can be read. */

import type { Json } from '../../shared/core/json.ts';
import type { Home } from '../../shared/core/mode.ts';
import { type Context, type Finding, isUnreadable, type Learned, type Rule } from '../../shared/core/rule.ts';
import type { Signal } from '../../shared/core/signal.ts';

export const home: Home = { account: '111122223333' };

/** A context for `desire`, at home in the account of the tests' events. */
export const context = <T extends Json, B = unknown, S extends Json = Json>(
  target: T,
  baseline: B,
  learned: Learned<S> | null = null,
): Context<T, B, S> => ({ target, baseline, home, learned });

/** @throws Error where the rule says that the signal is unreadable */
export function detected(rule: Rule, signal: Signal, baseline: unknown = {}): readonly Finding[] {
  const found = rule.detect(signal, baseline, { ...home, account: signal.account });
  if (isUnreadable(found)) throw new Error(`${rule.id}: no ${found.unreadable}`);
  return found;
}
