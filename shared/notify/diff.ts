/** What a change changes, line by line, as a person reads it. */
import { diffLines } from 'diff';
import { isObject, type Json } from '../core/json.ts';
import { inert } from './plain.ts';

/** At most `most` lines, each `- ` taken away, `+ ` added or `  ` kept beside a change. */
export function difference(before: Json, after: Json, most = 60): readonly string[] {
  // Two thousand changed lines are nothing that anybody reads, and finding the next one costs more than the one before.
  const parts = diffLines(pretty(before), pretty(after), { maxEditLength: 2000 });
  if (!parts) return ['too much changed to be shown here'];
  const marked = parts.flatMap(({ value, added, removed }) =>
    value
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => ({ mark: added ? '+' : removed ? '-' : ' ', line })),
  );
  const changed = (index: number): boolean => (marked[index]?.mark ?? ' ') !== ' ';
  const near = marked.filter((_, index) => changed(index - 1) || changed(index) || changed(index + 1));
  const shown = near.slice(0, most).map(({ mark, line }) => `${mark} ${indent(line)}${inert(line, 160)}`.trimEnd());
  return near.length > most
    ? [...shown, `… and ${near.length - most} line${near.length - most === 1 ? '' : 's'} more`]
    : shown;
}

const indent = (line: string): string => ' '.repeat(Math.min(line.length - line.trimStart().length, 20));

/** JSON over several lines; a text that holds JSON is shown as what it holds. */
function pretty(state: Json): string {
  if (state === null) return '(absent)\n';
  const opened = typeof state === 'string' ? held(state) : state;
  return `${typeof opened === 'string' ? opened : JSON.stringify(opened, (_, value: Json) => (typeof value === 'string' ? held(value) : value), 2)}\n`;
}

function held(text: string): Json {
  try {
    const value = JSON.parse(text) as Json;
    return isObject(value) || Array.isArray(value) ? value : text;
  } catch {
    // No JSON: the text itself is the state.
    return text;
  }
}
