/** `firebreak undo`: takes a fix back, under the caller's own credentials. */
import type { Command } from 'commander';
import { loadConfig } from '../functions/deployment.ts';
import { rooms } from '../functions/rooms.ts';
import { fault } from '../shared/core/fault.ts';
import type { Incident } from '../shared/core/incident.ts';
import type { Json } from '../shared/core/json.ts';
import { goalOf, undo } from '../shared/core/people.ts';
import { type FixRule, hasFix } from '../shared/core/rule.ts';
import { difference } from '../shared/notify/diff.ts';
import { plain } from '../shared/notify/plain.ts';
import { agreed } from './agreed.ts';
import { report } from './approve.ts';
import { access, composed, known, namesOf, type StackOptions, withStack } from './deployment.ts';
import { refusedAction } from './explain.ts';
import { say } from './output.ts';

type Options = StackOptions & { force?: true; yes?: true; json?: true; config?: string };

export const define = (command: Command): Command =>
  withStack(
    command
      .description('take a fix back under your own credentials, if nothing changed since')
      .argument('<id>', 'the incident')
      .option('--force', 'overwrite what changed since the fix, after showing it')
      .option('--yes', 'with --force: do not ask')
      .option('--json', 'print the result as JSON')
      .option('--config <file>', 'the firebreak.yml that counts (default: FIREBREAK_CONFIG, ./firebreak.yml)'),
  ).addHelpText('after', '\nExample:\n  $ npx firebreak undo fb-0123456789abcdef');

export async function run([id = '']: readonly string[], options: Options): Promise<number> {
  const names = namesOf(options);
  const config = loadConfig(options.config);
  const as = await access(names, options);
  const { who } = as;
  const store = composed('', config, names, as).incidents;
  const incident = known(id, await store.get(id));
  const fixes = fixesOf(incident);
  const needed = neededFor(incident, fixes);
  const fix = fixes[0]?.fix;
  const demands = [
    `it needs ${needed.join(', ') || 'no permission that is known'}, and is done as ${who.arn}`,
    ...(incident.undo === 'operator' ? ['no role of Firebreak’s may do this: the credentials must be yours'] : []),
  ];
  if (fix && !options.force && incident.before && incident.after && ['fixed', 'held'].includes(incident.outcome))
    say(
      `undo writes to ${plain(incident.resource, 300)}:`,
      ...changes(incident.after.state, goalOf(fix, incident, incident.after.state)),
      ...demands,
    );
  try {
    if (fix && options.force && incident.before) {
      await showOverwritten(incident, fix);
      say(...demands);
      if (!options.yes && !(await agreed(`overwrite it all the same?`))) {
        say('nothing was written; --yes overwrites without asking');
        return 1;
      }
    }
    return await report(
      await undo(id, who.arn, options.force === true, composed(incident.room, config, names, as)),
      options.json === true,
    );
  } catch (error) {
    const action = refusedAction(error);
    if (action === null) throw error;
    throw fault(
      'Refused',
      `undo of ${id} was refused: ${who.arn} lacks ${action}; undo needs ${needed.join(', ')}; next: npx firebreak incidents ${id}`,
    );
  }
}

const changes = (from: Json, to: Json): readonly string[] => difference(from, to).map((line) => `  ${line}`);

/** What is there now against what the fix left, and what would be written over it: read by the caller's own credentials. */
async function showOverwritten(incident: Incident, fix: FixRule['fix']): Promise<void> {
  const now = await fix.lens.read(incident.target ?? null);
  const resource = plain(incident.resource, 300);
  const left = (incident.after ?? incident.plan)?.state;
  const since = left === undefined ? [] : changes(left, now);
  say(
    since.length > 0 ? `${resource} changed since the fix:` : `${resource} is as the fix left it`,
    ...since,
    'undo --force writes over what is there now:',
    ...changes(now, goalOf(fix, incident, now)),
  );
}

const fixesOf = (incident: Incident): readonly FixRule[] =>
  (rooms[incident.room] ?? []).filter(hasFix).filter((rule) => incident.rules.includes(rule.id));

/** What a fix's way back needs: the fix's own actions, or those that only the way back needs; of several steps, both. */
const neededFor = (incident: Incident, fixes: readonly FixRule[]): readonly string[] =>
  [
    ...new Set(
      fixes.flatMap(({ permissions: { read, write, undo: back = [] }, fix }) => {
        const own = write.flatMap(({ actions }) => actions);
        const way = incident.undo !== 'operator' || back.length === 0 ? own : fix.lens.many ? [...own, ...back] : back;
        return [...read.flatMap(({ actions }) => actions), ...way];
      }),
    ),
  ].sort();
