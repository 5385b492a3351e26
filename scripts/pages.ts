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

/** Where a rule's fix is shown to keep the lens laws, in words. */
const proven = (rule: Rule): string => (hasFix(rule) ? rule.proof : 'tells');

const counts = (rules: readonly Rule[]): string => {
  const on = (kind: string): number => rules.filter((rule) => proven(rule) === kind).length;
  const tells = on('tells');
  return `${rules.length} rules. ${on('emulator')} fixes are proven on an emulator that nobody here wrote, ${on('fake')} on a stateful fake written from the SDK’s models; ${tells === 1 ? '1 rule only tells' : `${tells} rules only tell`}.`;
};

const row = (rule: Rule, from = ''): string =>
  `| [${rule.id}](${from}${rule.id}.md) | ${rule.title} | ${rule.severity} | ${modes(rule).join(' / ')} | ${proven(rule)} |`;

const head = [
  `| rule | trouble | severity | mode under ${presets.join(' / ')} | fix proven on |`,
  '| --- | --- | --- | --- | --- |',
];

/** The catalogue: by service, that is by room. */
export function indexPage(rules: readonly Rule[], banner: string): string {
  const rooms = Map.groupBy(rules, ({ id }) => id.slice(0, id.indexOf('/')));
  const sections = [...rooms].flatMap(([room, own]) => [
    '',
    `## ${room}`,
    '',
    ...head,
    ...own.map((rule) => row(rule)),
  ]);
  return `<!-- ${banner} -->
# Rules

${counts(rules)}

Also by [framework and control](by-framework.md), and by [layer of the shared responsibility model](by-layer.md). What a fix
calls, and which rules that could wake: [loops](../loops.md).

A mode is what a rule may do: \`notify\` reads, plans and tells what it would do; \`approve\` asks a person; \`remediate\` acts.
Which one counts: [configure.md](../configure.md).
${sections.join('\n')}
`;
}

/** The rules that each control of each framework is mapped to, by the sources that the rules name. */
export function frameworkPage(rules: readonly Rule[], banner: string): string {
  const controls = rules.flatMap((rule) => rule.controls.map((control) => ({ rule, ...control })));
  const frameworks = [...Map.groupBy(controls, ({ framework }) => framework)].sort(([a], [b]) => (a < b ? -1 : 1));
  const byNumber = new Intl.Collator('en', { numeric: true });
  const sections = frameworks.flatMap(([framework, some]) => {
    const ids = [...Map.groupBy(some, ({ id }) => id)].sort(([a], [b]) => byNumber.compare(a, b));
    return [
      '',
      `## ${framework}`,
      '',
      '| control | rules | source |',
      '| --- | --- | --- |',
      ...ids.map(([id, mapped]) => {
        const named = [...new Set(mapped.map(({ rule }) => `[${rule.id}](${rule.id}.md)`))].join(', ');
        const sources = [...new Set(mapped.map(({ source }) => `<${source}>`))].join(' ');
        return `| ${id} | ${named} | ${sources} |`;
      }),
    ];
  });
  const without = rules.filter((rule) => rule.controls.length === 0).map(({ id }) => `[${id}](${id}.md)`);
  return `<!-- ${banner} -->
# Rules by framework and control

Only where a page says that the control is about this trouble: none is better than an invented one.
${sections.join('\n')}

## None

${without.join(', ')}
`;
}

/** The rules by the customer's layer of the shared responsibility model. */
export function layerPage(rules: readonly Rule[], banner: string): string {
  const layers = [...Map.groupBy(rules, ({ responsibility }) => responsibility)].sort(([a], [b]) => (a < b ? -1 : 1));
  const sections = layers.flatMap(([layer, some]) => [
    '',
    `## ${layer.charAt(0).toUpperCase()}${layer.slice(1)}`,
    '',
    ...head,
    ...some.map((rule) => row(rule)),
  ]);
  return `<!-- ${banner} -->
# Rules by layer of responsibility

The customer’s layers of the [AWS shared responsibility model](https://aws.amazon.com/compliance/shared-responsibility-model/).
${sections.join('\n')}
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
    `**${rule.title}.** Severity: ${rule.severity}. [All rules](../README.md)`,
    '',
    rule.why,
    ...notes(rule).flatMap((note) => ['', note]),
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

/** What is unusual about when or where it runs. */
function notes(rule: Rule): readonly string[] {
  const { function: named } = rule;
  const threshold = hasFix(rule) ? undefined : rule.threshold;
  const folds = hasFix(rule) ? undefined : rule.folds;
  return [
    ...(threshold
      ? [`Told from ${threshold.times} such events within ${threshold.minutes} minutes on, not before.`]
      : []),
    ...(folds ? [`What is recognised of one resource within ${folds} minutes is one incident.`] : []),
    ...(named
      ? [
          `Runs in the function \`${named}\`, which writes identity policies: that is as good as being administrator. It only tells until \`rooms: {${named}: on}\` is in firebreak.yml.`,
        ]
      : []),
    ...(hasFix(rule) && rule.watcher ? ['A watcher: the circuit breaker never stops this fix.'] : []),
    ...(hasFix(rule) && rule.contains
      ? ['It acts against somebody: a finding is first fetched from the service that made it.']
      : []),
    ...(hasFix(rule) && rule.fix.until ? ['A hold: it ends by itself, and then puts the state before back.'] : []),
    ...(hasFix(rule) && rule.fix.lens.settles
      ? [`The state takes minutes to show: it is looked at again for ${rule.fix.lens.settles} minutes.`]
      : []),
    ...(hasFix(rule) && rule.fix.learns
      ? ['What was there before is learned: from a state that no rule flags and that stood unchanged for a day.']
      : []),
  ];
}

function mending(rule: Rule): readonly string[] {
  if (!hasFix(rule)) return ['', '## Fix', '', 'None: the rule tells.'];
  const { read, write, undo } = rule.permissions;
  const granted = (kind: string, { actions, resources }: (typeof read)[number]): string =>
    `| ${kind} | ${actions.map((action) => `\`${action}\``).join(', ')} | ${'noArn' in resources ? `all (${resources.noArn})` : resources.map((arn) => `\`${arn}\``).join(', ')} |`;
  return [
    '',
    '## Fix',
    '',
    `${rule.mends.charAt(0).toUpperCase()}${rule.mends.slice(1)}`,
    '',
    `- May break: ${breaks[rule.breaks]}. ${rule.risk}`,
    `- Undo: ${rule.undoes}`,
    `- Proven on: ${rule.proof === 'emulator' ? 'an emulator; how AWS itself normalises what is written is not shown there' : 'a stateful fake written from the SDK’s models: no emulator has the service'}.`,
    '',
    '## Permissions',
    '',
    '| | actions | resources |',
    '| --- | --- | --- |',
    ...read.map((permission) => granted('read', permission)),
    ...write.map((permission) => granted('write, where the mode lets it act or be approved', permission)),
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
