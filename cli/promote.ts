/** `firebreak promote`: gives a rule another mode in firebreak.yml, with the evidence beside it, once a person has seen both. */
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { type Command, Option } from 'commander';
import { diffLines } from 'diff';
import { type Document, isMap, isScalar, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import { allRules } from '../functions/deployment.ts';
import { configPath, parseConfig } from '../shared/config/load.ts';
import { fault } from '../shared/core/fault.ts';
import { at, isObject } from '../shared/core/json.ts';
import { type Config, covers, isTurnedOff, modeOf, modesFor } from '../shared/core/mode.ts';
import type { Mode, Rule } from '../shared/core/rule.ts';
import { plain } from '../shared/notify/plain.ts';
import { agreed } from './agreed.ts';
import { print, say } from './output.ts';

type Options = { mode?: Mode; evidence?: string; yes?: true; config?: string };

export const define = (command: Command): Command =>
  command
    .description('change a rule’s mode in firebreak.yml, after showing what that changes')
    .argument('<rule>', 'the rule, such as s3/public-policy')
    .addOption(
      new Option('--mode <mode>', 'the mode (default: what the evidence suggests, else the next one up)').choices([
        'off',
        'notify',
        'approve',
        'remediate',
      ]),
    )
    .option('--evidence <file>', 'the JSON of a backtest, whose numbers are written beside the mode')
    .option('--yes', 'write without asking')
    .option('--config <file>', 'the firebreak.yml to change (default: FIREBREAK_CONFIG, ./firebreak.yml)')
    .addHelpText(
      'after',
      '\nExample:\n  $ npx firebreak promote s3/public-policy --mode approve --evidence backtest.json',
    );

export async function run([id = '']: readonly string[], options: Options): Promise<number> {
  const rules = allRules();
  const rule = rules.find((one) => one.id === id);
  if (!rule) throw fault('UsageError', `there is no rule ${plain(id, 80)}; next: npx firebreak rules`);
  const path = configPath(options.config);
  const text = readText(path);
  const config = parseConfig(text, path, rules);
  const evidence = options.evidence === undefined ? null : evidenceOf(options.evidence, rule);
  if (isTurnedOff(config, rule))
    throw fault(
      'Refused',
      `${rule.id} runs in ${rule.function}, which is not turned on: it writes identity policies, as good as being administrator; next: write "rooms: {${rule.function}: on}" into firebreak.yml by review, and promote again`,
    );
  const now = modeOf(config, rule);
  const mode = options.mode ?? evidence?.mode ?? nextUp(rule, now);
  const possible = modesFor(rule.class);
  if (!possible.includes(mode)) {
    const why = rule.class === 'N' ? 'it only tells' : 'its fix cannot be undone, so it always asks';
    throw fault('UsageError', `${id} cannot have the mode ${mode}: ${why}; expected one of ${possible.join(', ')}`);
  }
  if (mode === now) {
    await print(`${id} has the mode ${mode} already`);
    return 0;
  }
  const changed = withMode(text, path, rules, rule, mode, evidence?.lines ?? []);
  await print(`${id}: ${now} → ${mode}`, '', ...changes(text, changed), '');
  for (const line of narrower(config, rule)) await print(line);
  await print('what its function’s role gains (+) and loses (-) at the next deployment:', '');
  const { run: roles } = await import('./roles.ts');
  await roles([], { promote: `${id}=${mode}`, ...(options.config !== undefined && { config: options.config }) });
  if (options.yes !== true && !(await agreed(`write it to ${path}?`))) {
    say(`nothing was written; --yes writes without asking`);
    return 1;
  }
  // Whole or not at all: another program may be reading it.
  const beside = `${path}.firebreak-${process.pid}`;
  writeFileSync(beside, changed, { mode: statSync(path).mode & 0o777 });
  renameSync(beside, path);
  await print('', `written to ${path}; next: npm run deploy`);
  return 0;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw fault('ConfigError', `${path}: cannot be read: ${(error as Error).message}`);
  }
}

const ladder: readonly Mode[] = ['off', 'notify', 'approve', 'remediate'];
const nextUp = (rule: Rule, now: Mode): Mode =>
  ladder.slice(ladder.indexOf(now) + 1).find((mode) => modesFor(rule.class).includes(mode)) ?? now;

/** What a backtest told of the rule: its numbers as lines of a comment. */
function evidenceOf(file: string, rule: Rule): { readonly mode: Mode; readonly lines: readonly string[] } {
  let answer: unknown;
  try {
    answer = JSON.parse(readFileSync(file, 'utf8')) as unknown;
  } catch (error) {
    throw fault(
      'InputError',
      `${plain(file, 200)}: cannot be read as the JSON of a backtest: ${(error as Error).message}`,
    );
  }
  const all = at(answer, 'rules');
  const one: unknown = Array.isArray(all) ? all.find((each) => at(each, 'rule') === rule.id) : undefined;
  const mode = at(one, 'suggestion', 'mode');
  const why = at(one, 'suggestion', 'why');
  if (at(answer, 'version') !== 1 || !isObject(one) || !ladder.includes(mode as Mode) || !Array.isArray(why))
    throw fault(
      'InputError',
      `${plain(file, 200)} tells nothing of ${rule.id}: expected what npx firebreak backtest --json writes`,
    );
  const day = (name: string): string => plain(String(at(answer, 'read', name) ?? '?'), 40).slice(0, 10);
  const who = Object.entries((at(one, 'who') as object | undefined) ?? {})
    .filter(([, count]) => Number(count) > 0)
    .map(([kind, count]) => `${kind} ${Number(count)}`);
  return {
    mode: mode as Mode,
    lines: [
      `backtest ${day('from')} to ${day('to')}: ${why.map((line) => plain(String(line), 200)).join('; ')}`,
      ...(who.length > 0 ? [`by ${plain(who.join(', '), 200)}`] : []),
    ],
  };
}

/** The file with the rule's mode in it; all else, comments too, as it was. */
export function withMode(
  text: string,
  file: string,
  rules: readonly Rule[],
  rule: Rule,
  mode: Mode,
  evidence: readonly string[],
): string {
  const document = parseDocument(text, { schema: 'core' });
  const modes: unknown = document.get('modes');
  const lines = isSeq(modes) ? modes.items.filter(isMap) : [];
  const names = (line: YAMLMap): boolean => covers(String(line.get('rule')), rule.id);
  // The last line that matches wins: an earlier one of the rule's own is changed only where none comes after it.
  const last = lines.findLast(names);
  const own = last?.get('rule') === rule.id && !last.has('account') && !last.has('actor') ? last : null;
  const wish = { rule: rule.id, mode, evidence };
  const spliced = own
    ? changedLine(text, own, wish)
    : isSeq(modes)
      ? addedLine(text, modes, wish)
      : addedList(text, document, wish);
  const line = own ?? (document.createNode({ rule: rule.id, mode }) as YAMLMap);
  line.set('mode', mode);
  if (!own) {
    if (isSeq(modes)) {
      modes.flow = false;
      modes.add(line);
    } else document.set('modes', document.createNode([line]));
  }
  // Where the text itself can't be added to, it is written anew: what it holds stays, its blanks may not.
  const changed =
    spliced !== null && isDeepStrictEqual(held(spliced), document.toJS())
      ? spliced
      : document.toString({ lineWidth: 0 });
  const read = parseConfig(changed, file, rules);
  if (modeOf(read, rule) !== mode)
    throw fault('Refused', `${file}: the mode of ${rule.id} would still be ${modeOf(read, rule)}: change it by hand`);
  return changed;
}

type Wish = { readonly rule: string; readonly mode: Mode; readonly evidence: readonly string[] };

const held = (text: string): unknown => parseDocument(text, { schema: 'core' }).toJS();
const comments = (evidence: readonly string[], indent: string): string =>
  evidence.map((line) => `${indent}# ${line}\n`).join('');

/** The blanks before what stands first on its line; null where something else does. */
function indentAt(text: string, at: number): string | null {
  const before = text.slice(text.lastIndexOf('\n', at - 1) + 1, at);
  return before.trim() === '' ? before : null;
}

/** The mode in the rule's own line, and the evidence in the place of the former. */
function changedLine(text: string, line: YAMLMap, { mode, evidence }: Wish): string | null {
  const value: unknown = line.get('mode', true);
  const [from, to] = isScalar(value) ? (value.range ?? []) : [];
  const dash = text.lastIndexOf('-', line.range?.[0]);
  const indent = indentAt(text, dash);
  if (from === undefined || to === undefined || indent === null) return null;
  const start = dash - indent.length;
  const before = text.slice(0, start).split(/(?<=\n)/);
  const former = /^\s*# (backtest \d{4}-|by (person|pipeline|service|unclear) \d)/;
  while (evidence.length > 0 && former.test(before.at(-1) ?? '')) before.pop();
  return before.join('') + comments(evidence, indent) + text.slice(start, from) + mode + text.slice(to);
}

/** One more line under `modes:`. */
function addedLine(text: string, modes: YAMLSeq, { rule, mode, evidence }: Wish): string | null {
  const [first, last] = [modes.items[0], modes.items.at(-1)].map((item) => (isMap(item) ? item.range : null));
  if (modes.flow || !first || !last) return null;
  const indent = indentAt(text, text.lastIndexOf('-', first[0]));
  if (indent === null) return null;
  const line = text.indexOf('\n', Math.max(last[1] - 1, 0));
  const at = line < 0 ? text.length : line + 1;
  const open = line < 0 ? '\n' : '';
  return `${text.slice(0, at)}${open}${comments(evidence, indent)}${indent}- rule: ${rule}\n${indent}  mode: ${mode}\n${text.slice(at)}`;
}

/** `modes:` with one line, at the end. */
function addedList(text: string, document: Document, { rule, mode, evidence }: Wish): string | null {
  if (document.has('modes') || !isMap(document.contents) || document.contents.flow || /^(---|\.\.\.)/m.test(text))
    return null;
  const open = text.endsWith('\n') ? '' : '\n';
  return `${text}${open}modes:\n${comments(evidence, '  ')}  - rule: ${rule}\n    mode: ${mode}\n`;
}

/** Lines for an account or an actor count still. */
const narrower = (config: Config, rule: Rule): readonly string[] =>
  config.modes
    .filter((line) => covers(line.rule, rule.id) && (line.account !== undefined || line.actor !== undefined))
    .map(
      (line) =>
        `still ${line.mode} for ${line.account ?? ''}${line.actor ?? ''}, by a line of its own where it stands last`,
    );

/** Changed lines with one beside them, as they will be written. */
function changes(before: string, after: string): readonly string[] {
  const marked = diffLines(before, after).flatMap(({ value, added, removed }) =>
    value
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => `${added ? '+' : removed ? '-' : ' '} ${line}`.trimEnd()),
  );
  const changed = (index: number): boolean => /^[+-]/.test(marked[index] ?? ' ');
  const shown = marked.filter((_, index) => changed(index - 1) || changed(index) || changed(index + 1));
  return shown.at(-1) === '' ? shown.slice(0, -1) : shown;
}
