/** The generated pages of docs/rules. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toJsonSchema } from '@valibot/to-json-schema';
import { isObject, type Json, type JsonObject } from '../shared/core/json.ts';
import { type Config, modeOf, presets } from '../shared/core/mode.ts';
import { arrivesIn, described } from '../shared/core/route.ts';
import { hasFix, type Permission, type Rule, type Trigger } from '../shared/core/rule.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const breaks = { nothing: 'nothing', access: 'somebody’s access', service: 'a running service' } as const;

/** A function that has to be turned on is shown as it is then. */
const on = ({ function: named }: Rule): Pick<Config, 'rooms'> => (named ? { rooms: { [named]: 'on' } } : {});

const modes = (rule: Rule): readonly string[] =>
  presets.map((preset) => modeOf({ preset, modes: [], ...on(rule) }, rule));

/** Where a rule's fix is shown to keep the lens laws, in words. */
const proven = (rule: Rule): string => (hasFix(rule) ? rule.proof : 'only tells');

const counts = (rules: readonly Rule[]): string => {
  const on = (kind: string): number => rules.filter((rule) => proven(rule) === kind).length;
  const tells = on('only tells');
  return `${rules.length} rules. ${on('emulator')} fixes are proven on an emulator that nobody here wrote, ${on('fake')} on a stateful fake written from the SDK’s models; ${tells === 1 ? '1 rule only tells' : `${tells} rules only tell`}.`;
};

/** A rule that may do the same under every preset says so once. */
function modeCell(rule: Rule): string {
  const all = modes(rule);
  return all.every((mode) => mode === all[0]) ? (all[0] ?? '') : all.join(' / ');
}

const row = (rule: Rule, from = ''): string =>
  `| [${rule.id}](${from}${rule.id}.md) | ${rule.title} | ${rule.severity} | ${modeCell(rule)} | ${proven(rule)} |`;

const head = [
  `| rule | trouble | severity | mode under ${presets.join(' / ')} | fix proven on |`,
  '| --- | --- | --- | --- | --- |',
];

/** How many rules do what under each preset. */
function presetTable(rules: readonly Rule[]): readonly string[] {
  const fixing = rules.filter(hasFix);
  return [
    '| preset | act by themselves | ask a person first | rehearse: say what they would do | have no fix, and tell |',
    '| --- | --- | --- | --- | --- |',
    ...presets.map((preset, index) => {
      const count = (mode: string): number => fixing.filter((rule) => modes(rule)[index] === mode).length;
      const told = rules.length - fixing.length;
      return `| \`${preset}\` | ${count('remediate')} | ${count('approve')} | ${count('notify')} | ${told} |`;
    }),
  ];
}

/** Folders by the names that AWS gives the services; a folder that is missing here goes by its own. */
const services: { readonly [room: string]: string } = {
  accessanalyzer: 'IAM Access Analyzer',
  account: 'Account settings',
  acm: 'Certificate Manager',
  artifact: 'Artifact',
  backup: 'Backup',
  bedrock: 'Bedrock',
  billing: 'Billing and cost',
  cloudformation: 'CloudFormation',
  cloudhsm: 'CloudHSM',
  cloudtrail: 'CloudTrail',
  cloudwatch: 'CloudWatch',
  codebuild: 'CodeBuild',
  config: 'Config',
  directory: 'Directory Service',
  dynamodb: 'DynamoDB',
  ec2: 'EC2 and VPC',
  ecr: 'ECR',
  guardduty: 'GuardDuty',
  health: 'Health',
  iam: 'IAM',
  inspector: 'Inspector',
  kms: 'KMS',
  lambda: 'Lambda',
  logs: 'CloudWatch Logs',
  macie: 'Macie',
  opensearch: 'OpenSearch Service',
  organizations: 'Organizations',
  rds: 'RDS',
  redshift: 'Redshift',
  root: 'The root user',
  route53: 'Route 53',
  s3: 'S3',
  secrets: 'Secrets Manager',
  securityhub: 'Security Hub',
  self: 'Firebreak itself',
  shield: 'Shield',
  signin: 'Sign-in',
  sns: 'SNS',
  sqs: 'SQS',
  ssm: 'Systems Manager',
  sso: 'IAM Identity Center',
  sts: 'STS',
  trustedadvisor: 'Trusted Advisor',
  waf: 'WAF and CloudFront',
};

/** The anchor that GitHub gives a heading. */
const anchor = (heading: string): string => heading.toLowerCase().replaceAll(' ', '-');

/** The catalogue: by service, that is by room. */
export function indexPage(rules: readonly Rule[], banner: string): string {
  const rooms = Map.groupBy(rules, ({ id }) => {
    const room = id.slice(0, id.indexOf('/'));
    return services[room] ?? room;
  });
  const byName = [...rooms].sort(([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
  const sections = byName.flatMap(([service, own]) => [
    '',
    `## ${service}`,
    '',
    ...head,
    ...own.map((rule) => row(rule)),
  ]);
  return `<!-- ${banner} -->
# Rules

${counts(rules)}

${presetTable(rules).join('\n')}

What a rule acts on, what that may break, and how to undo it is on its page. Also by [framework and control](by-framework.md),
and by [layer of the shared responsibility model](by-layer.md). What a fix calls, and which rules that could wake:
[loops](../loops.md).

A mode is what a rule may do: \`notify\` reads, plans and tells what it would do; \`approve\` asks a person; \`remediate\` acts.
Which one counts: [configure.md](../configure.md).

${byName.map(([service]) => `[${service}](#${anchor(service)})`).join(' · ')}
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
        const sources = [...new Set(mapped.map(({ source }) => source))].map(page).join(' ');
        return `| ${id} | ${named} | ${sources} |`;
      }),
    ];
  });
  const without = rules.filter((rule) => rule.controls.length === 0).map(({ id }) => `[${id}](${id}.md)`);
  return `<!-- ${banner} -->
# Rules by framework and control

Only where a page says that the control is about this trouble: none is better than an invented one. HIPAA and ISO/IEC 27001:2022
are not among them: AWS maps [AWS Config's own rules to HIPAA](https://docs.aws.amazon.com/config/latest/developerguide/operational-best-practices-for-hipaa_security.html),
not these, and of ISO's controls we know no such page.
${sections.join('\n')}

## No control

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

/** A link to a source by its site: its address would take half of a table. */
const page = (source: string): string => `[${new URL(source).hostname}](${source})`;

export function rulePage(rule: Rule, banner: string, example: string | null): string {
  const controls = rule.controls.map(({ framework, id, source }) => `| ${framework} | ${id} | ${page(source)} |`);
  const parts = [
    `<!-- ${banner} -->`,
    `# ${rule.title}`,
    '',
    `\`${rule.id}\` · severity ${rule.severity} · [all rules](../README.md)`,
    '',
    rule.why,
    ...notes(rule).flatMap((note) => ['', note]),
    ...(rule.unconfirmed ? ['', `> Unconfirmed: ${rule.unconfirmed}`] : []),
    ...mending(rule),
    '',
    '## Mode',
    '',
    `| ${presets.join(' | ')} |`,
    `| ${presets.map(() => '---').join(' | ')} |`,
    `| ${modes(rule).join(' | ')} |`,
    '',
    ...settings(rule),
    '## Wakes on',
    '',
    '| what | source | names | arrives in |',
    '| --- | --- | --- | --- |',
    ...triggers(rule),
    ...permissions(rule),
    '',
    '## Controls',
    '',
    ...(controls.length > 0
      ? ['| framework | control | source |', '| --- | --- | --- |', ...controls]
      : ['None that a source maps to this trouble.']),
    '',
    `Layer of the shared responsibility model: ${rule.responsibility}.`,
    ...(example ? fires(example) : []),
  ];
  return `${parts.join('\n')}\n`;
}

/** One row for all of a kind that come the same way. */
function triggers(rule: Rule): readonly string[] {
  const rows = rule.triggers.map((trigger) => {
    const { source, detailType } = described(trigger);
    const home = arrivesIn(trigger, 'aws');
    const names = namesOf(trigger).map((name) => `\`${name}\``);
    return {
      names,
      what: `${detailType} | \`${source}\``,
      where: home ? `${home} only` : 'the region where it happens',
    };
  });
  return [...Map.groupBy(rows, ({ what, where }) => `${what} ${where}`).values()].map((some) => {
    const [{ what = '', where = '' } = {}] = some;
    return `| ${what} | ${some.flatMap(({ names }) => names).join(', ')} | ${where} |`;
  });
}

/** What an event must name: its own name is that of all events of its kind. */
function namesOf(trigger: Trigger): readonly string[] {
  if (trigger.kind !== 'event') return [described(trigger).name];
  const { configRuleName: verdicts, 'check-name': checks, ...others } = trigger.where ?? {};
  const said = (value: Json): readonly string[] =>
    Array.isArray(value) ? value.map((one) => (isObject(one) ? String(Object.values(one)[0]) : String(one))) : [];
  const named = [verdicts, checks].flatMap((value) => said(value ?? null));
  if (named.length > 0) return named;
  const kinds = Object.entries(others).flatMap(([member, value]) =>
    said(value ?? null).map((one) => `${member} ${one}`),
  );
  return kinds.length > 0 ? kinds : ['any'];
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
  return [...head, '| key | type | default | what it says |', '| --- | --- | --- | --- |', ...rows, ''];
}

const inTime = (minutes: number): string =>
  minutes === 1440
    ? 'a day'
    : minutes % 1440 === 0
      ? `${minutes / 1440} days`
      : minutes % 60 === 0 && minutes > 60
        ? `${minutes / 60} hours`
        : `${minutes} minutes`;

/** What is unusual about when or where it runs. */
function notes(rule: Rule): readonly string[] {
  const { function: named } = rule;
  const threshold = hasFix(rule) ? undefined : rule.threshold;
  const folds = hasFix(rule) ? undefined : rule.folds;
  return [
    ...(threshold
      ? [`Told from ${threshold.times} such events within ${inTime(threshold.minutes)} on, not before.`]
      : []),
    ...(folds ? [`What is recognised of one resource within ${inTime(folds)} is one incident.`] : []),
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
      ? [`The state takes minutes to show: it is looked at again for ${inTime(rule.fix.lens.settles)}.`]
      : []),
    ...(hasFix(rule) && rule.fix.learns
      ? ['What was there before is learned: from a state that no rule flags and that stood unchanged for a day.']
      : []),
  ];
}

function mending(rule: Rule): readonly string[] {
  if (!hasFix(rule)) return ['', '## Fix', '', 'None: the rule tells.'];
  const proof =
    rule.proof === 'emulator'
      ? 'an emulator; how AWS itself normalises what is written is not shown there'
      : 'a stateful fake written from the SDK’s models: no emulator has what it needs of the service';
  return [
    '',
    '## Fix',
    '',
    `${rule.mends.charAt(0).toUpperCase()}${rule.mends.slice(1)}`,
    '',
    `- **May break:** ${breaks[rule.breaks]}.`,
    `- **Risk:** ${rule.risk}`,
    `- **Undo:** ${rule.undoes}`,
    `- **Proven on:** ${proof}.`,
  ];
}

function permissions(rule: Rule): readonly string[] {
  if (!hasFix(rule)) return [];
  const { read, write, undo } = rule.permissions;
  const coded = (some: readonly string[]): string => some.map((one) => `\`${one}\``).join(', ');
  // In the order of the rule; what is granted on the same resources is one row.
  const rows = (kind: string, some: readonly Permission[]): readonly string[] =>
    [
      ...Map.groupBy(some, ({ resources }) =>
        'noArn' in resources ? `all: ${linked(resources.noArn)}` : coded(resources),
      ),
    ].map(
      ([resources, same]) =>
        `| ${kind} | ${coded([...new Set(same.flatMap(({ actions }) => actions))])} | ${resources} |`,
    );
  return [
    '',
    '## Permissions',
    '',
    '| | actions | resources |',
    '| --- | --- | --- |',
    ...rows('read', read),
    ...rows('write', write),
    ...(undo ? [`| undo | ${coded(undo)} | |`] : []),
    '',
    'The function’s role holds what writes only where firebreak.yml lets the rule act or be approved.',
    ...(undo
      ? ['No role of Firebreak’s holds what only undo needs: `firebreak undo` works with the caller’s own permissions.']
      : []),
  ];
}

/** Addresses in a sentence as links. */
const linked = (said: string): string => said.replaceAll(/https:\/\/[^\s,;:)]+/g, page);

/** Members of a CloudTrail record that tell what happened; the others are there in every record. */
const telling: ReadonlySet<string> = new Set([
  'eventTime',
  'eventSource',
  'eventName',
  'awsRegion',
  'sourceIPAddress',
  'errorCode',
  'errorMessage',
  'requestParameters',
  'responseElements',
  'serviceEventDetails',
]);

/** An event that fires the rule, and where to find it. */
function fires(file: string): readonly string[] {
  const { detail } = JSON.parse(readFileSync(join(root, file), 'utf8')) as { detail: JsonObject };
  const isRecord = typeof detail['eventName'] === 'string';
  return [
    '',
    '## An event that fires it',
    '',
    '```json',
    JSON.stringify(isRecord ? told(detail) : detail, null, 2),
    '```',
    '',
    `${isRecord ? 'Shortened. ' : ''}The whole event: [${file}](../../../${file}).`,
  ];
}

function told(detail: JsonObject): JsonObject {
  const isSignIn = detail['eventType'] === 'AwsConsoleSignIn';
  const { userIdentity: who, additionalEventData: more } = detail;
  const said = Object.entries(detail).filter(([name, value]) => telling.has(name) && value !== null);
  return {
    ...(isObject(who) && { userIdentity: identity(who) }),
    ...Object.fromEntries(said),
    ...(isSignIn && more !== undefined && { additionalEventData: more }),
  };
}

const identity = (who: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(who).filter(([name]) => ['type', 'arn', 'accountId', 'invokedBy'].includes(name)));
