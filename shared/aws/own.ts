/** Firebreak's own topics and queues: no role of a room may write them (scripts/serverless.ts, never). */
import { canonical, type Json } from '../core/json.ts';
import type { Home } from '../core/mode.ts';
import type { Unknown } from '../core/rule.ts';
import { parseArn } from './arn.ts';

/** A name of the stack's: its own, or one that begins with it and a dash. */
export const isPartOf = (name: string, stack: string): boolean => name === stack || name.startsWith(`${stack}-`);

/** What is wanted of a resource; of one of Firebreak's own only that a person is told, where it is not so already. */
export function notOurs<S extends Json>(
  resource: string,
  home: Home,
  state: S | null,
  wanted: S | null | Unknown,
): S | null | Unknown {
  const name = parseArn(resource)?.resource ?? '';
  if (home.stack === undefined || !isPartOf(name, home.stack) || canonical(wanted) === canonical(state)) return wanted;
  return { unknown: `${name} is Firebreak’s own, which no role of its rules may change: npm run deploy puts it back` };
}
