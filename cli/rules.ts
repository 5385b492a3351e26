/** `firebreak rules`: what is watched for, and what each rule may do here. */
import type { Command } from 'commander';
import { loadConfig } from '../functions/deployment.ts';
import { rooms } from '../functions/rooms.ts';
import { fault } from '../shared/core/fault.ts';
import { type Config, modeOf } from '../shared/core/mode.ts';
import { described } from '../shared/core/route.ts';
import { hasFix, type Permission, type Rule } from '../shared/core/rule.ts';
import { plain } from '../shared/notify/plain.ts';
import { deafWarnings } from './deaf.ts';
import { print, say, table, toJson } from './output.ts';

type Options = { json?: true; config?: string; region?: string };

export const define = (command: Command): Command =>
  command
    .description('list the rules, and the mode that each has by firebreak.yml')
    .option('--json', 'print a JSON list')
    .option('--config <file>', 'the firebreak.yml that counts (default: FIREBREAK_CONFIG, ./firebreak.yml)')
    .option('--region <region>', 'warn of rules that cannot fire there (default: AWS_REGION)')
    .addHelpText(
      'after',
      '\nExample:\n  $ npx firebreak rules --json | jq -r \'.[] | select(.mode == "remediate").id\'',
    );

export async function run(_args: readonly string[], options: Options): Promise<number> {
  const config = loadConfig(options.config);
  if (options.region !== undefined && !/^[a-z]{2,4}(-[a-z]+)+-\d+$/.test(options.region))
    throw fault('UsageError', `found the region ${plain(options.region, 40)}, expected one such as eu-west-1`);
  const rules = Object.values(rooms)
    .flat()
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const listed = rules.map((rule) => listing(rule, config));
  if (options.json) await print(toJson(listed, 2));
  else await print(...(listed.length === 0 ? ['no rules'] : human(listed)));
  const region = options.region ?? process.env['AWS_REGION'];
  if (region) say(...deafWarnings(rules, region));
  return 0;
}

/** One rule as `rules --json` prints it; the mode is that for no account or actor in particular. */
export function listing(rule: Rule, config: Config) {
  const mends = hasFix(rule) ? rule : null;
  return {
    id: rule.id,
    title: rule.title,
    severity: rule.severity,
    triggers: rule.triggers.map(described),
    mode: modeOf(config, rule),
    breaks: rule.breaks,
    fix: mends?.mends ?? null,
    undo: mends?.undoes ?? null,
    permissions: { read: actions(mends?.permissions.read ?? []), write: actions(mends?.permissions.write ?? []) },
    controls: rule.controls.map(({ framework, id, source }) => ({ framework, id, source })),
    responsibility: rule.responsibility,
    proof: mends?.proof ?? null,
    unconfirmed: rule.unconfirmed ?? null,
  };
}

const actions = (permissions: readonly Permission[]): readonly string[] =>
  [...new Set(permissions.flatMap((permission) => permission.actions))].sort();

function human(listed: readonly ReturnType<typeof listing>[]): readonly string[] {
  const [head = '', ...rows] = table(
    ['RULE', 'SEVERITY', 'MODE', 'BREAKS', 'PROOF', 'TITLE'],
    listed.map((rule) => [rule.id, rule.severity, rule.mode, rule.breaks, rule.proof ?? '-', rule.title]),
  );
  const on = (proof: string | null): number => listed.filter((rule) => rule.proof === proof).length;
  const counted = `${listed.length} rules: ${on('emulator')} fixes proven on an emulator, ${on('fake')} on a fake; ${on(null)} only tell`;
  return [head, ...rows.flatMap((row, index) => [row, ...details(listed[index])]), counted];
}

function details(rule: ReturnType<typeof listing> | undefined): readonly string[] {
  if (!rule) return [];
  const sources = [...new Set(rule.triggers.map(({ source }) => source))];
  const told: readonly (readonly [string, string])[] = [
    [
      'wakes on',
      sources
        .map(
          (source) =>
            `${source} ${rule.triggers
              .filter((one) => one.source === source)
              .map(({ name }) => name)
              .join(', ')}`,
        )
        .join('; '),
    ],
    ['fix', rule.fix ?? ''],
    ['undo', rule.undo ?? ''],
    ['may read', rule.permissions.read.join(', ')],
    ['may write', rule.permissions.write.join(', ')],
    ['controls', rule.controls.map(({ framework, id }) => `${framework} ${id}`).join('; ')],
    ['layer', rule.responsibility],
    ['unconfirmed', rule.unconfirmed ?? ''],
  ];
  return told.filter(([, text]) => text !== '').map(([word, text]) => `    ${word.padEnd(11)}  ${text}`);
}
