/** What commands print: JSON for programs, plain lines for people. */
import { once } from 'node:events';
import { plain } from '../shared/notify/plain.ts';

/**
 * JSON in ASCII-safe form where it matters: what a terminal or an editor might act on (DEL, C1 controls, direction and
 * invisible characters, line separators) is escaped, as JSON allows for any character.
 */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(/[\u007f-\u009f\p{Cf}\p{Co}\p{Zl}\p{Zp}]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** Writes lines to stdout, and waits where the reader is slow. */
export async function print(...lines: readonly string[]): Promise<void> {
  for (const line of lines) if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
}

/** Says something beside the output: to stderr, one line each. */
export function say(...lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`firebreak: ${line}\n`);
}

/** Columns as wide as their widest cell; the last one runs on. Cells are made harmless. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const cells = [head, ...rows].map((row) => row.map((cell) => plain(cell, 200)));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => [...(row[column] ?? '')].length)));
  return cells.map((row) =>
    row
      .map((cell, column) => pad(cell, column === row.length - 1 ? 0 : (widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

const pad = (cell: string, width: number): string => cell + ' '.repeat(Math.max(0, width - [...cell].length));
