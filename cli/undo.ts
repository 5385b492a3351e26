/** `firebreak undo`: takes a fix back, under the caller's own credentials. */
import type { Command } from 'commander';
import { loadConfig } from '../functions/deployment.ts';
import { rooms } from '../functions/rooms.ts';
import { fault } from '../shared/core/fault.ts';
import type { Incident } from '../shared/core/incident.ts';
import { undo } from '../shared/core/people.ts';
import { hasFix } from '../shared/core/rule.ts';
import { difference } from '../shared/notify/diff.ts';
import { plain } from '../shared/notify/plain.ts';
import { report } from './approve.ts';
import { caller, composed, known, namesOf, type StackOptions, withStack } from './deployment.ts';
import { refusedAction } from './explain.ts';
import { say } from './output.ts';

type Options = StackOptions & { force?: true; json?: true; config?: string };

export const define = (command: Command): Command =>
  withStack(
    command
      .description('take a fix back under your own credentials, if nothing changed since')
      .argument('<id>', 'the incident')
      .option('--force', 'overwrite what changed since the fix')
      .option('--json', 'print the result as JSON')
      .option('--config <file>', 'the firebreak.yml that counts (default: FIREBREAK_CONFIG, ./firebreak.yml)'),
  ).addHelpText('after', '\nExample:\n  $ npx firebreak undo fb-0123456789abcdef');

export async function run([id = '']: readonly string[], options: Options): Promise<number> {
  const names = namesOf(options);
  const config = loadConfig(options.config);
  const who = await caller();
  const store = composed('', config, names, who).incidents;
  const incident = known(id, await store.get(id));
  const needed = neededFor(incident);
  const { before, after } = incident;
  if (before && after && incident.outcome === 'fixed')
    say(
      `undo writes to ${plain(incident.resource, 300)}${options.force ? ', whatever is there now' : ''}:`,
      ...difference(after.state, before.state).map((line) => `  ${line}`),
      `it needs ${needed.join(', ') || 'no permission that is known'}, and is done as ${who.arn}`,
    );
  try {
    return await report(
      await undo(id, who.arn, options.force === true, composed(incident.room, config, names, who)),
      options.json === true,
    );
  } catch (error) {
    const action = refusedAction(error);
    if (action === null) throw error;
    throw fault(
      'Refused',
      `undo of ${id} was refused: ${who.arn} lacks ${action}; undo needs ${needed.join(', ')}, beside reading and writing the table ${names.table}; next: npx firebreak incidents ${id}`,
    );
  }
}

/** What a fix's way back needs: the actions of its own where it has some, else those of the fix. */
function neededFor(incident: Incident): readonly string[] {
  const fixes = (rooms[incident.room] ?? []).filter(hasFix).filter((rule) => incident.rules.includes(rule.id));
  return [
    ...new Set(
      fixes.flatMap(({ permissions: { read, write, undo: back } }) => [
        ...read.flatMap(({ actions }) => actions),
        ...(back ?? write.flatMap(({ actions }) => actions)),
      ]),
    ),
  ].sort();
}
