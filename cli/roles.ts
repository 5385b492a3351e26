/** `firebreak roles`: what each function's role may, by the code that packages it. Makes no AWS call. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { loadConfig } from '../functions/deployment.ts';
import { rooms } from '../functions/rooms.ts';
import { decideGrants } from '../scripts/decide.ts';
import type { Grant } from '../scripts/parts.ts';
import { voiceGrants } from '../scripts/people.ts';
import { grantsOf, type Room, readRooms } from '../scripts/serverless.ts';
import { decides, speaks } from '../shared/config/own.ts';
import { fault } from '../shared/core/fault.ts';
import { type Config, modesFor, type Preset, presets } from '../shared/core/mode.ts';
import type { Mode } from '../shared/core/rule.ts';
import { plain } from '../shared/notify/plain.ts';
import { defaultStack } from './deployment.ts';
import { print, table, toJson } from './output.ts';

type Options = { preset?: Preset; promote?: string; json?: true; config?: string; stack?: string };

export type Listed = { readonly function: string } & Omit<Grant, 'sid'>;

export const define = (command: Command): Command =>
  command
    .description('list what each function’s role may: the statements as they are packaged')
    .addOption(new Option('--preset <preset>', 'as if firebreak.yml said so').choices(presets))
    .option('--promote <rule=mode>', 'list only what a rule’s new mode adds to the roles and takes from them')
    .option('--json', 'print JSON: a list, or with --promote {"gains":[…],"loses":[…]}')
    .option('--config <file>', 'the firebreak.yml that counts (default: FIREBREAK_CONFIG, ./firebreak.yml)')
    .option('--stack <name>', `the stack that they are deployed with (default: FIREBREAK_STACK, else ${defaultStack})`)
    .addHelpText('after', '\nExample:\n  $ npx firebreak roles --promote s3/public-policy=remediate');

export async function run(_args: readonly string[], options: Options): Promise<number> {
  const read = loadConfig(options.config);
  const config = options.preset ? { ...read, preset: options.preset } : read;
  const stack = options.stack ?? (process.env['FIREBREAK_STACK'] || defaultStack);
  const all = await readRooms();
  const now = listing(all, config, stack);
  if (options.promote === undefined) {
    await print(...(options.json ? [toJson(now, 2)] : human(now, '')));
    return 0;
  }
  const then = listing(all, promoted(config, options.promote), stack);
  const gains = without(then, now);
  const loses = without(now, then);
  if (options.json) await print(toJson({ gains, loses }, 2));
  else if (gains.length + loses.length === 0) await print('no role changes');
  else await print(...(gains.length > 0 ? human(gains, '+ ') : []), ...(loses.length > 0 ? human(loses, '- ') : []));
  return 0;
}

/** Every function's statements, in the order of the functions' names. */
export const listing = (all: readonly Room[], config: Config, stack: string): readonly Listed[] => [
  ...all.flatMap((room) => listed(room.room, grantsOf(room, config, stack))),
  ...(decides(config) ? listed('decide', decideGrants(config, stack)) : []),
  ...(speaks(config) ? listed('voice', voiceGrants(config.channels, stack)) : []),
];

const listed = (name: string, grants: readonly Grant[]): readonly Listed[] =>
  grants.map(({ sid: _, ...grant }) => ({
    function: name,
    effect: grant.effect,
    actions: grant.actions,
    resources: grant.resources,
    conditions: grant.conditions,
    access: grant.access,
    for: grant.for,
  }));

/** Actions are compared one by one: a statement that grows by one shows that one. */
function without(all: readonly Listed[], others: readonly Listed[]): readonly Listed[] {
  const same = (one: Listed) => JSON.stringify([one.function, one.effect, one.resources, one.conditions]);
  const held = new Map<string, Set<string>>();
  for (const one of others) held.set(same(one), new Set([...(held.get(same(one)) ?? []), ...one.actions]));
  return all.flatMap((one) => {
    const actions = one.actions.filter((action) => !held.get(same(one))?.has(action));
    return actions.length > 0 ? [{ ...one, actions }] : [];
  });
}

/** The configuration with one more line under `modes:`, as it would be written there. */
function promoted(config: Config, wish: string): Config {
  const [, id = '', mode = ''] = /^([^=]+)=([a-z]+)$/.exec(wish) ?? [];
  const rule = Object.values(rooms)
    .flat()
    .find((one) => one.id === id);
  if (!rule)
    throw fault('UsageError', `--promote ${plain(wish, 80)}: expected RULE=MODE; npx firebreak rules lists them`);
  const possible = modesFor(rule.class);
  if (!possible.includes(mode as Mode))
    throw fault('UsageError', `${id} cannot have the mode ${plain(mode, 20)}: expected one of ${possible.join(', ')}`);
  return { ...config, modes: [...config.modes, { rule: id, mode: mode as Mode }] };
}

const human = (listed: readonly Listed[], sign: string): readonly string[] =>
  table(
    [`${sign}FUNCTION`, 'EFFECT', 'ACCESS', 'FOR', 'ACTIONS', 'RESOURCES'],
    listed.map((one) => [
      `${sign}${one.function}`,
      one.effect,
      one.access,
      one.for.join(',') || '-',
      one.actions.join(','),
      `${one.resources.join(',')}${Object.keys(one.conditions).length > 0 ? ` if ${JSON.stringify(one.conditions)}` : ''}`,
    ]),
  );
