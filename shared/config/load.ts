/**
 * Reads firebreak.yml into a checked `Config`, or throws a `ConfigError`: all that is wrong, one line each, in the file's
 * order, as `file:line: key: what was found, what is expected`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { fault } from '../core/fault.ts';
import { at, isObject, type JsonObject } from '../core/json.ts';
import { type Config, covers, modesFor } from '../core/mode.ts';
import type { Mode, Rule } from '../core/rule.ts';
import { hint, type Path, type Problem, problemsOf } from './problems.ts';
import { configSchema } from './schema.ts';

const shipped = join(dirname(fileURLToPath(import.meta.url)), '../../firebreak.yml');

/** The file that counts: the one given, FIREBREAK_CONFIG, ./firebreak.yml, or the one beside the product. */
export function configPath(path?: string): string {
  const named = path ?? process.env['FIREBREAK_CONFIG'];
  if (named) return resolve(named);
  return existsSync('firebreak.yml') ? resolve('firebreak.yml') : shipped;
}

export function readConfig(rules: readonly Rule[], path?: string): Config {
  const file = configPath(path);
  const near = relative('.', file);
  const called = near.startsWith('..') ? file : near;
  return parseConfig(textOf(file, called), called, rules);
}

function textOf(file: string, called: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw fault('ConfigError', `${called}: cannot be read: ${(error as Error).message}`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw fault('ConfigError', `${called}:1: the file: found bytes that are no text, expected YAML in UTF-8`);
  }
}

/** Parses the text of a firebreak.yml; `file` is what its errors call it. */
export function parseConfig(text: string, file: string, rules: readonly Rule[]): Config {
  const lines = new LineCounter();
  const refuse = (problems: readonly { readonly line: number; readonly message: string }[]): Error => {
    const told = [...problems]
      .sort((a, b) => a.line - b.line)
      .map(({ line, message }) => `${file}:${line}: ${message}`);
    return fault('ConfigError', [...new Set(told)].slice(0, 50).join('\n'));
  };
  const control = /[^\P{Cc}\t\r\n]/u.exec(text);
  if (control) {
    const line = text.slice(0, control.index).split('\n').length;
    throw refuse([{ line, message: 'the file: found a control character, expected YAML in UTF-8' }]);
  }
  // The core schema of YAML 1.2: `off` and a day stay texts.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, schema: 'core', logLevel: 'error' });
  const broken = [...document.errors, ...document.warnings].map(({ pos, message }) => ({
    line: lines.linePos(pos[0]).line,
    message: `the file: found what is not plain YAML: ${message}`,
  }));
  if (broken.length > 0) throw refuse(broken);
  const whole = wholeOf(document);
  if ('refused' in whole) throw refuse([{ line: 1, message: `the file: ${whole.refused}` }]);
  const found = (path: Path): string => written(document, path);
  const problems = [...problemsOf(configSchema, whole.value, found), ...meaning(whole.value, rules, found)];
  if (problems.length > 0)
    throw refuse(
      problems.map(({ path, message }) => ({
        line: lineOf(document, path, lines),
        message: `${keyOf(path)}: ${message}`,
      })),
    );
  const config = v.parse(configSchema, whole.value) as Config;
  return { ...config, baselines: baselinesOf(config, rules) };
}

/** The file's keys and values; what holds none, or too much, is refused. */
function wholeOf(document: Document): { readonly value: JsonObject } | { readonly refused: string } {
  const expected = 'expected keys and their values: "preset: guard" is the least';
  // A file that lost its text must not pass for one that says: no exemptions, all defaults.
  if (document.contents === null) return { refused: `found nothing, ${expected}` };
  if (!isMap(document.contents))
    return { refused: `found ${isSeq(document.contents) ? 'a list' : 'a text'}, ${expected}` };
  try {
    return { value: document.toJS({ maxAliasCount: 100 }) as JsonObject };
  } catch (error) {
    return {
      refused: `found aliases that cannot be followed (${(error as Error).message}), expected at most 100 of them`,
    };
  }
}

/** What the schema cannot say: rules that exist, modes that a rule can have, baselines that it understands. */
function meaning(raw: JsonObject, rules: readonly Rule[], found: (path: Path) => string): readonly Problem[] {
  const lines = (['modes', 'exemptions'] as const).flatMap((list) => {
    const members = raw[list];
    return Array.isArray(members) ? members.map((line: unknown, index) => ({ line, path: [list, index] as Path })) : [];
  });
  const problems = lines.flatMap(({ line, path }) => {
    const named = at(line, 'rule');
    if (typeof named !== 'string' || !/^[^/]+\/[^/]+$/.test(named)) return [];
    const covered = rules.filter((rule) => covers(named, rule.id));
    if (covered.length === 0)
      return [{ path: [...path, 'rule'], message: `found ${found([...path, 'rule'])}, ${expectedRule(named, rules)}` }];
    const mode = at(line, 'mode');
    if (at(line, 'first') !== undefined && mode !== 'approve')
      return [
        { path: [...path, 'first'], message: `found first without a question, expected it beside mode: approve` },
      ];
    const possible = [...new Set(covered.flatMap((rule) => modesFor(rule.class)))];
    if (typeof mode !== 'string' || !modesFor('A').includes(mode as Mode) || possible.includes(mode as Mode)) return [];
    const why = covered.every((rule) => rule.class === 'N') ? 'only tells' : 'cannot be undone, so it always asks';
    return [
      { path: [...path, 'mode'], message: `found ${mode}, expected one of ${possible.join(', ')}: ${named} ${why}` },
    ];
  });
  const optional = [...new Set(rules.flatMap((rule) => rule.function ?? []))];
  const unknown = Object.keys(isObject(raw['rooms']) ? raw['rooms'] : {}).filter(
    (name) => !optional.includes(name as never),
  );
  const rooms = unknown.map((name) => ({
    path: ['rooms', name],
    message: `found ${name}, expected ${optional.join(', ') || 'none: no function has to be turned on'}`,
  }));
  const baselines = isObject(raw['baselines']) ? Object.entries(raw['baselines']) : [];
  return [...problems, ...rooms, ...baselines.flatMap(([id, value]) => baselineProblems(id, value, rules, found))];
}

function expectedRule(named: string, rules: readonly Rule[]): string {
  const ids = rules.map((rule) => rule.id);
  const room = named.slice(0, named.indexOf('/') + 1);
  const beside = ids.filter((id) => id.startsWith(room));
  const rooms = [...new Set(ids.map((id) => `${id.slice(0, id.indexOf('/'))}/*`))];
  return `expected one of ${(beside.length > 0 ? beside : rooms).join(', ')}${hint(named, ids)}`;
}

function baselineProblems(
  id: string,
  value: unknown,
  rules: readonly Rule[],
  found: (path: Path) => string,
): readonly Problem[] {
  const path = ['baselines', id];
  const having = rules.filter((rule) => rule.baseline);
  const baseline = having.find((rule) => rule.id === id)?.baseline;
  const ids = having.map((rule) => rule.id);
  if (!baseline)
    return [
      {
        path,
        message: `found a rule that has no settings, expected one of ${ids.join(', ') || 'none'}${hint(id, ids)}`,
      },
    ];
  const inside = problemsOf(baseline, value, (rest) => found([...path, ...rest]));
  return inside.map((problem) => ({ ...problem, path: [...path, ...problem.path] }));
}

const baselinesOf = (config: Config, rules: readonly Rule[]): Config['baselines'] =>
  Object.fromEntries(
    rules.flatMap((rule) =>
      rule.baseline ? [[rule.id, v.parse(rule.baseline, config.baselines[rule.id] ?? {})]] : [],
    ),
  );

/** `modes[0].mode` */
const keyOf = (path: Path): string =>
  path.reduce<string>(
    (key, step) => (typeof step === 'number' ? `${key}[${step}]` : key ? `${key}.${step}` : step),
    '',
  ) || 'the file';

/** What the file holds at a path, as it is written there. */
function written(document: Document, path: Path): string {
  const node: unknown = document.getIn(path, true);
  if (isMap(node)) return 'keys and their values';
  if (isSeq(node)) return 'a list';
  if (!isScalar(node)) return isAlias(node) ? 'an alias' : 'nothing';
  if (node.value === null) return 'nothing';
  // What stands where a reference should may be the secret itself: it must not go on into a build's log.
  if (typeof node.value === 'string' && (secrets.has(String(path.at(-1))) || slacks.test(node.value)))
    return 'a text that is no reference';
  // A number's own text: 012345678901 has lost its zero as a value.
  const told = typeof node.value === 'string' ? JSON.stringify(node.value) : (node.source ?? String(node.value));
  return told.length > 80 ? `${told.slice(0, 79)}…` : told;
}

const slacks = /xox[a-z]-|hooks\.slack/i;
const secrets: ReadonlySet<string> = new Set(['token', 'webhook', 'signingSecret']);

/** The line of a path in the file: of its key where it has one, else of what holds it. */
function lineOf(document: Document, path: Path, lines: LineCounter): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent: unknown = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    const pair = isMap(parent)
      ? parent.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
      : undefined;
    const node = (pair?.key ?? document.getIn(path.slice(0, length), true)) as Node | undefined;
    if (node?.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}
