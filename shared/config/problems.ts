/** What a schema found wrong, in words: what was found, what is expected, and the nearest word that is allowed. */
import * as v from 'valibot';
import { isObject } from '../core/json.ts';

export type Path = readonly (string | number)[];
export type Problem = { readonly path: Path; readonly message: string };

/** Everything that the schema has against the value. `found` says what the file holds at a path, as it is written there. */
export function problemsOf(schema: v.GenericSchema, value: unknown, found: (path: Path) => string): readonly Problem[] {
  const { issues = [] } = v.safeParse(schema, value);
  const told = issues.filter((issue) => !isUnknownKey(issue)).map((issue) => problemOf(issue, found));
  return [...unknownKeys(schema, value, []), ...told];
}

const isUnknownKey = (issue: v.BaseIssue<unknown>): boolean =>
  issue.type === 'strict_object' && issue.expected === 'never';

function problemOf(issue: v.BaseIssue<unknown>, found: (path: Path) => string): Problem {
  const path = (issue.path ?? []).map((step) => step.key as string | number);
  // A key that is missing: the schema names it as the one expected and has nothing received.
  if (issue.received === 'undefined' && issue.path?.at(-1)?.origin === 'key')
    return { path: path.slice(0, -1), message: `${String(path.at(-1))} is missing` };
  if (issue.type === 'picklist') {
    const allowed = optionsOf(issue.expected);
    const near = typeof issue.input === 'string' ? hint(issue.input, allowed) : '';
    return { path, message: `found ${found(path)}, expected one of ${allowed.join(', ')}${near}` };
  }
  return { path, message: `found ${found(path)}, ${expectation(issue)}` };
}

const optionsOf = (expected: string | null): readonly string[] =>
  (expected ?? '')
    .replace(/^\(|\)$/g, '')
    .split(' | ')
    .map((option) => option.replace(/^"|"$/g, ''));

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  strict_object: 'keys and their values',
  object: 'keys and their values',
  record: 'keys and their values',
  integer: 'a whole number',
};

const bounds: Readonly<Record<string, string>> = {
  '>=': 'at least ',
  '<=': 'at most ',
  '>': 'more than ',
  '<': 'less than ',
};

function expectation(issue: v.BaseIssue<unknown>): string {
  if (issue.message.startsWith('expected')) return issue.message;
  const kind = kinds[issue.type];
  if (kind !== undefined) return `expected ${kind}`;
  return `expected ${(issue.expected ?? issue.message).replace(/^(>=|<=|>|<)/, (sign) => bounds[sign] ?? sign)}`;
}

type Shape = { readonly entries?: Readonly<Record<string, unknown>>; readonly item?: unknown; readonly type?: string };

/** Keys that the schema does not have, at every depth: valibot itself names the first of an object only. */
function unknownKeys(schema: unknown, value: unknown, path: Path): readonly Problem[] {
  const { type, entries = {}, item } = bare(schema);
  if (type === 'array' && Array.isArray(value))
    return value.flatMap((one, index) => unknownKeys(item, one, [...path, index]));
  if (type !== 'strict_object') return [];
  // To valibot a list is an object with unknown keys.
  if (Array.isArray(value)) return [{ path, message: 'found a list, expected keys and their values' }];
  if (!isObject(value)) return [];
  const allowed = Object.keys(entries);
  return Object.entries(value).flatMap(([key, member]) =>
    allowed.includes(key)
      ? unknownKeys(entries[key], member, [...path, key])
      : [
          {
            path: [...path, key],
            message: `found an unknown key, expected one of ${allowed.join(', ')}${hint(key, allowed)}`,
          },
        ],
  );
}

/** The schema without the wrappers that give it defaults. */
function bare(schema: unknown): Shape {
  let here = schema as { readonly type?: string; readonly wrapped?: unknown };
  while (here.wrapped !== undefined) here = here.wrapped as typeof here;
  return here as Shape;
}

/** `; did you mean X?` where a word that is allowed is near. */
export function hint(word: string, allowed: readonly string[]): string {
  const near = allowed
    .map((option) => ({ option, steps: distance(word.toLowerCase().slice(0, 60), option) }))
    .filter(({ option, steps }) => steps <= Math.max(1, Math.floor(option.length / 4)))
    .sort((a, b) => a.steps - b.steps)[0];
  return near ? `; did you mean ${near.option}?` : '';
}

/** How many letters have to be put in, left out or replaced to get from one word to the other. */
function distance(a: string, b: string): number {
  let row = [...b, ''].map((_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries())
      next.push(Math.min((row[j] ?? 0) + (letter === other ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    row = next;
  }
  return row.at(-1) ?? 0;
}
