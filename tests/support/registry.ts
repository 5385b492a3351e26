/** What every rule must have, as checks over a rule and its files; and the rules and files of this repository. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { toJsonSchema } from '@valibot/to-json-schema';
import { isObject, type Json } from '../../shared/core/json.ts';
import { hasFix, type Permission, type Rule } from '../../shared/core/rule.ts';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export type SourceFile = { readonly path: string; readonly source: string };
export type EventFile = { readonly name: string; readonly event: Json };

/** A rule's files: paths are relative to the repository, with `/`. */
export type RuleFiles = SourceFile & {
  /** How many rules the file exports. */
  readonly exported: number;
  /** The lenses that the file imports, and what those import of their own room. */
  readonly lenses: readonly SourceFile[];
  readonly fires: readonly EventFile[];
  readonly quiet: readonly EventFile[];
};

/** A rule that does not fit on a screen or two does too much. */
const longest = 130;
/** Leaf fields in which the nearest quiet event may differ from one that fires. */
const nearest = 2;

/** What is wrong with a rule, one sentence a problem. */
export function problemsOf(rule: Rule, files: RuleFiles): readonly string[] {
  return [
    ...fileProblems(rule, files),
    ...triggerProblems(rule),
    ...wordProblems(rule),
    ...settingProblems(rule),
    ...permissionProblems(rule),
    ...importProblems(rule, files),
    ...eventProblems(files),
  ];
}

function fileProblems(rule: Rule, files: RuleFiles): readonly string[] {
  const lines = files.source.trimEnd().split('\n').length;
  return [
    ...(files.exported === 1 ? [] : [`the file exports ${files.exported} rules: expected exactly one`]),
    ...(files.path === `functions/${rule.id}.ts` ? [] : [`the id ${rule.id} is not the path ${files.path}`]),
    ...(lines <= longest ? [] : [`the file has ${lines} lines: at most ${longest}`]),
  ];
}

/** The scaffold's placeholder: a rule on it never wakes. */
const triggerProblems = (rule: Rule): readonly string[] =>
  rule.triggers.some((trigger) => trigger.kind === 'call' && trigger.name === 'WriteMe')
    ? ['the trigger WriteMe is the scaffold’s: write CloudTrail’s eventName']
    : [];

function wordProblems(rule: Rule): readonly string[] {
  const sentences = { why: rule.why, ...(hasFix(rule) && { risk: rule.risk }) };
  const phrases = { title: rule.title, ...(hasFix(rule) && { mends: rule.mends, undoes: rule.undoes }) };
  return [
    ...Object.entries({ ...sentences, ...phrases }).flatMap(([word, said]) =>
      said.trim().split(/\s+/).length >= 3 && said === said.trim()
        ? []
        : [`${word} needs a few words, and no space around them`],
    ),
    ...Object.entries(sentences).flatMap(([word, said]) =>
      /^\p{Lu}.*[.!?]$/su.test(said) ? [] : [`${word} is not a sentence: "${said}"`],
    ),
    ...(/^\p{Lu}.*[^.]$/su.test(rule.title) ? [] : ['title begins with a capital and ends without a full stop']),
    ...rule.controls.flatMap(({ framework, id, source }) =>
      id.trim() !== '' && /^https:\/\/[\w.-]+\/\S+$/.test(source)
        ? []
        : [`control ${framework} ${id} needs a source that begins with https://`],
    ),
  ];
}

/** firebreak.yml's schema and the rule's page say what a setting means. */
function settingProblems({ baseline }: Rule): readonly string[] {
  if (!baseline) return [];
  const { properties = {} } = toJsonSchema(baseline, { errorMode: 'ignore', typeMode: 'input' });
  return Object.entries(properties).flatMap(([name, schema]) =>
    typeof schema === 'object' && schema.description ? [] : [`the setting ${name} has no description`],
  );
}

function permissionProblems(rule: Rule): readonly string[] {
  if (!hasFix(rule)) return [];
  const { read, write, undo = [] } = rule.permissions;
  const granted = [...read, ...write];
  const actions = granted.flatMap((permission) => [...permission.actions]);
  return [
    ...(read.length > 0 && write.length > 0 ? [] : ['a fix needs permissions to read and to write']),
    ...[...actions, ...undo].flatMap((action) =>
      /^[a-z0-9-]+:[A-Z][A-Za-z0-9]+$/.test(action)
        ? []
        : [`action ${action} is not service:Action without a wildcard`],
    ),
    ...undo
      .filter((action) => actions.includes(action))
      .map((action) => `action ${action} is for undo alone, and granted`),
    ...granted.flatMap(resourceProblems),
  ];
}

function resourceProblems({ actions, resources }: Permission): readonly string[] {
  if ('noArn' in resources)
    return /https:\/\//.test(resources.noArn)
      ? []
      : [`noArn of ${actions.join(', ')} names no https source that says so`];
  return resources.flatMap((resource) => {
    const [, , service, , , ...rest] = resource
      .replace('${AWS::Partition}', 'aws')
      .replaceAll(/\$\{[^}]*\}/g, 'x')
      .split(':');
    const whole = service === '*' || rest.length === 0 || (rest.join(':') === '*' && !untyped.has(service ?? ''));
    return whole || !resource.startsWith('arn:${AWS::Partition}:')
      ? [`resource ${resource} is not an ARN pattern narrower than everything`]
      : [];
  });
}

/** Services whose ARNs name a resource without its type: all buckets are `arn:…:s3:::*` (Service Authorization Reference). */
const untyped: ReadonlySet<string> = new Set(['s3', 'sns', 'sqs']);

/** SDK clients whose name is not their actions' prefix. */
const prefixes: { readonly [client: string]: string } = {
  'auto-scaling': 'autoscaling',
  accessanalyzer: 'access-analyzer',
  'cloudhsm-v2': 'cloudhsm',
  'cloudwatch-logs': 'logs',
  'cost-and-usage-report-service': 'cur',
  'config-service': 'config',
  eventbridge: 'events',
  'elastic-load-balancing-v2': 'elasticloadbalancing',
  opensearch: 'es',
  'route-53-domains': 'route53domains',
  's3-control': 's3',
  'secrets-manager': 'secretsmanager',
  'sso-admin': 'sso',
};

function importProblems(rule: Rule, files: RuleFiles): readonly string[] {
  const { read = [], write = [] } = hasFix(rule) ? rule.permissions : {};
  const named = new Set([...read, ...write].flatMap(({ actions }) => actions.map((action) => action.split(':')[0])));
  return [files, ...files.lenses].flatMap(({ path, source }) =>
    [...source.matchAll(/from '@aws-sdk\/client-([a-z0-9-]+)'/g)].flatMap(([, client = '']) =>
      named.has(prefixes[client] ?? client)
        ? []
        : [`${path} imports client-${client}, and no permission names that service`],
    ),
  );
}

function eventProblems({ fires, quiet }: RuleFiles): readonly string[] {
  if (fires.length === 0 || quiet.length === 0)
    return ['needs an event that fires (fires-*.json) and one that does not (quiet-*.json)'];
  const distances = fires.flatMap((a) => quiet.map((b) => differences(a.event, b.event)));
  const least = Math.min(...distances);
  return least <= nearest
    ? []
    : [
        `no quiet event is a near twin of one that fires: the nearest differs in ${least} fields, not at most ${nearest}`,
      ];
}

/** In how many leaf fields two values differ. A list's members are its fields; an empty object or list is a leaf. */
export function differences(a: Json, b: Json): number {
  const [left, right] = [leaves(a), leaves(b)];
  return [...new Set([...left.keys(), ...right.keys()])].filter((path) => left.get(path) !== right.get(path)).length;
}

function leaves(value: Json | undefined, path = ''): ReadonlyMap<string, string> {
  const members = Array.isArray(value) ? Object.entries(value) : isObject(value) ? Object.entries(value) : [];
  if (members.length === 0) return new Map([[path, JSON.stringify(value) ?? '']]);
  return new Map(
    members.flatMap(([key, member]) => [...leaves(member as Json, `${path}/${key.replaceAll('/', '~1')}`)]),
  );
}

/** Every rule file of the repository, found by its place: what is not in functions/rooms.ts yet, too. */
export async function registered(): Promise<readonly { readonly rule: Rule; readonly files: RuleFiles }[]> {
  const rooms = readdirSync(join(root, 'functions'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const paths = rooms.flatMap(({ name }) =>
    readdirSync(join(root, 'functions', name))
      .filter((file) => file.endsWith('.ts') && file !== 'handler.ts' && file !== 'rules.ts')
      .map((file) => `functions/${name}/${file}`),
  );
  return Promise.all(
    paths.sort().map(async (path) => {
      const exports = Object.values((await import(pathToFileURL(join(root, path)).href)) as Record<string, unknown>);
      const rules = exports.filter((value): value is Rule => isObject(value) && 'detect' in value);
      const [rule] = rules;
      if (!rule) throw new Error(`${path} exports no rule`);
      const file = sourceFile(path);
      return {
        rule,
        files: {
          ...file,
          exported: rules.length,
          lenses: imported(file),
          fires: events(rule.id, 'fires-'),
          quiet: events(rule.id, 'quiet-'),
        },
      };
    }),
  );
}

const sourceFile = (path: string): SourceFile => ({ path, source: readFileSync(join(root, path), 'utf8') });

/** The files of its own room that a file imports, and theirs. */
function imported(file: SourceFile): readonly SourceFile[] {
  const paths = [...file.source.matchAll(/(?:from |import\()'(\.\.?\/[^']+\.ts)'/g)].map(([, to = '']) =>
    posix.join(posix.dirname(file.path), to),
  );
  return paths
    .filter((path) => path.startsWith('functions/'))
    .flatMap((path) => [sourceFile(path), ...imported(sourceFile(path))]);
}

function events(id: string, prefix: 'fires-' | 'quiet-'): readonly EventFile[] {
  const folder = join(root, 'events', id);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.startsWith(prefix) && name.endsWith('.json'));
  return names.sort().map((name) => ({
    name: relative(root, join(folder, name)),
    event: JSON.parse(readFileSync(join(folder, name), 'utf8')) as Json,
  }));
}
