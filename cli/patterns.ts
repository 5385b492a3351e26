/** `firebreak patterns`: the EventBridge patterns by which each function is woken, as deployed. */
import type { Command } from 'commander';
import { rooms } from '../functions/rooms.ts';
import { type Pattern, patternsOf } from '../shared/core/route.ts';
import { print, toJson } from './output.ts';

export type Waking = { readonly function: string; readonly pattern: Pattern['pattern'] };

export const define = (command: Command): Command =>
  command
    .description('print the EventBridge patterns that wake each function')
    .option('--json', 'print a JSON list')
    .addHelpText('after', '\nExample:\n  $ npx firebreak patterns --json | jq \'.[] | select(.function == "s3")\'');

export async function run(_args: readonly string[], options: { json?: true }): Promise<number> {
  const all = wakings();
  if (options.json) await print(toJson(all, 2));
  else for (const one of all) await print(`${one.function}  ${toJson(one.pattern)}`);
  return 0;
}

/** The patterns of all functions, by function. */
export const wakings = (): readonly Waking[] =>
  Object.entries(rooms).flatMap(([room, rules]) =>
    patternsOf(rules).map(({ pattern }) => ({ function: room, pattern })),
  );
