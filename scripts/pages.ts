/** The generated pages of docs/rules. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toJsonSchema } from '@valibot/to-json-schema';
import { type Config, modeOf, presets } from '../shared/core/mode.ts';
import { arrivesIn, described } from '../shared/core/route.ts';
import { hasFix, type Rule } from '../shared/core/rule.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const breaks = { nothing: 'nothing', access: 'somebody’s access', service: 'a running service' } as const;

/** A function that has to be turned on is shown as it is then. */
const on = ({ function: named }: Rule): Pick<Config, 'rooms'> => (named ? { rooms: { [named]: 'on' } } : {});

const modes = (rule: Rule): readonly string[] =>
  presets.map((preset) => modeOf({ preset, modes: [], ...on(rule) }, rule));

export function indexPage(rules: readonly Rule[], banner: string): string {
  const emulator = rules.filter((rule) => hasFix(rule) && rule.proof === 'emulator').length;
  const told = rules.filter((rule) => !hasFix(rule)).length;
  const fake = rules.filter((rule) => hasFix(rule) && rule.proof === 'fake').length;
  const rows = rules.map(
    (rule) =>
      `| [${rule.id}](${rule.id}.md) | ${rule.title} | ${rule.severity} | ${modes(rule).join(' / ')} | ${hasFix(rule) ? rule.proof : '–'} |`,
  );
  return `<!-- ${banner} -->
# Rules

${rules.length} rules. ${emulator} fixes are proven on an emulator that nobody here wrote, ${fake} on a fake; ${told === 1 ? '1 rule only tells' : `${told} rules only tell`}.

| rule | trouble | severity | mode under ${presets.join(' / ')} | fix proven on |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}

export function rulePage(rule: Rule, banner: string, example: string | null): string {
  const triggers = rule.triggers.map((trigger) => {
    const { source, detailType, name } = described(trigger);
    const home = arrivesIn(trigger, 'aws');
    return `| \`${name}\` | \`${source}\` | ${detailType} | ${home ? `${home} only` : 'the region where it happens'} |`;
  });
  const controls = rule.controls.map(({ framework, id, source }) => `| ${framework} | ${id} | <${source}> |`);
  const parts = [
    `<!-- ${banner} -->`,
    `# ${rule.id}`,
    '',
    `**${rule.title}.** Severity: ${rule.severity}.`,
    '',
    rule.why,
    ...(rule.unconfirmed ? ['', `> Unconfirmed: ${rule.unconfirmed}`] : []),
    '',
    '## Wakes on',
    '',
    '| name | source | detail-type | arrives in |',
    '| --- | --- | --- | --- |',
    ...triggers,
    ...mending(rule),
    '',
    '## Mode',
    '',
    `| ${presets.join(' | ')} |`,
    `| ${presets.map(() => '---').join(' | ')} |`,
    `| ${modes(rule).join(' | ')} |`,
    '',
    ...settings(rule),
    '## Controls',
    '',
    ...(controls.length > 0
      ? ['| framework | control | source |', '| --- | --- | --- |', ...controls]
      : ['None that a source maps to this trouble.']),
    '',
    `Layer of the shared responsibility model: ${rule.responsibility}.`,
    ...(example
      ? [
          '',
          '## An event that fires it',
          '',
          '```json',
          detailOf(example),
          '```',
          '',
          `The whole event: \`${example}\`.`,
        ]
      : []),
  ];
  return `${parts.join('\n')}\n`;
}

/** What `baselines:` in firebreak.yml may say of the rule. */
function settings(rule: Rule): readonly string[] {
  if (!rule.baseline) return [];
  const { properties = {} } = toJsonSchema(rule.baseline, { errorMode: 'ignore', typeMode: 'input' });
  const rows = Object.entries(properties).map(([name, schema]) => {
    const { type, default: preset, description } = typeof schema === 'object' ? schema : {};
    const value = preset === undefined ? '–' : `\`${JSON.stringify(preset)}\``;
    return `| \`${name}\` | ${String(type ?? 'any')} | ${value} | ${description ?? ''} |`;
  });
  const head = ['## Settings', '', `Under \`baselines:\`, \`${rule.id}:\` in firebreak.yml.`, ''];
  return [...head, '| key | type | default | |', '| --- | --- | --- | --- |', ...rows, ''];
}

function mending(rule: Rule): readonly string[] {
  if (!hasFix(rule)) return ['', '## Fix', '', 'None: the rule tells.'];
  const { read, write, undo } = rule.permissions;
  const row = (kind: string, { actions, resources }: (typeof read)[number]): string =>
    `| ${kind} | ${actions.map((action) => `\`${action}\``).join(', ')} | ${'noArn' in resources ? `all (${resources.noArn})` : resources.map((arn) => `\`${arn}\``).join(', ')} |`;
  return [
    '',
    '## Fix',
    '',
    rule.mends,
    '',
    `- May break: ${breaks[rule.breaks]}. ${rule.risk}`,
    `- Undo: ${rule.undoes}`,
    `- Proven on: ${rule.proof === 'emulator' ? 'an emulator; how AWS itself normalises what is written is not shown there' : 'a fake'}.`,
    '',
    '## Permissions',
    '',
    '| | actions | resources |',
    '| --- | --- | --- |',
    ...read.map((permission) => row('read', permission)),
    ...write.map((permission) => row('write, where the mode lets it act or be approved', permission)),
    ...(undo
      ? [
          `| undo: never the function’s, the caller’s of \`firebreak undo\` | ${undo.map((action) => `\`${action}\``).join(', ')} | |`,
        ]
      : []),
  ];
}

function detailOf(file: string): string {
  const { detail } = JSON.parse(readFileSync(join(root, file), 'utf8')) as { detail: unknown };
  return JSON.stringify(detail, null, 2);
}
