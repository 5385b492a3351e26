/** `firebreak classify`: what the rules recognise in recorded events. Makes no AWS call. */
import type { Command } from 'commander';
import { loadConfig } from '../functions/deployment.ts';
import { rooms } from '../functions/rooms.ts';
import { type Counter, countedBy, counter, inAll, thresholdOf } from '../shared/core/count.ts';
import { type Decided, decide } from '../shared/core/decide.ts';
import { fault } from '../shared/core/fault.ts';
import { canonical } from '../shared/core/json.ts';
import { type Config, modeOf } from '../shared/core/mode.ts';
import { awakened, countsFailure, learners } from '../shared/core/route.ts';
import type { Mode, Rule, Severity } from '../shared/core/rule.ts';
import { normalise, type Signal } from '../shared/core/signal.ts';
import { plain } from '../shared/notify/plain.ts';
import { type Piece, pieces } from './input.ts';
import { print, say, toJson } from './output.ts';

export type Recognised = {
  readonly rule: string;
  readonly severity: Severity;
  readonly certainty: 'certain' | 'possible';
  readonly resource: string;
  readonly reason: string;
  readonly mode: Mode;
};

export type Classified = {
  readonly index: number;
  readonly source: string;
  readonly id: string | null;
  readonly findings: readonly Recognised[];
  /** Why nothing was recognised. */
  readonly ignored?: string;
  /** Why the record could not be read. */
  readonly error?: string;
};

type Options = { json?: true; config?: string };

export const define = (command: Command): Command =>
  command
    .description('say what the rules recognise in recorded events; makes no AWS call')
    .argument('[files...]', 'CloudTrail log files (.gz too), JSON lines, findings, EventBridge events; - is stdin')
    .option('--json', 'one JSON line a record (the default where stdout is no terminal)')
    .option('--config <file>', 'the firebreak.yml that counts (default: FIREBREAK_CONFIG, ./firebreak.yml)')
    .addHelpText(
      'after',
      '\nExample:\n  $ npx firebreak classify --json trail-logs/*.json.gz | jq -c "select(.findings != [])"',
    );

export async function run(files: readonly string[], options: Options): Promise<number> {
  if (files.length === 0 && process.stdin.isTTY)
    throw fault(
      'UsageError',
      'nothing to classify: expected files, or events on stdin; next: npx firebreak classify --help',
    );
  const config = loadConfig(options.config);
  const rules = Object.values(rooms).flat();
  const json = options.json === true || !process.stdout.isTTY;
  const count = counter();
  let index = 0;
  let unreadable = 0;
  let found = 0;
  for (const file of files.length === 0 ? ['-'] : files) {
    const start = index;
    for await (const piece of pieces(file)) {
      const line = classify(piece, index, rules, config, new Date(), count);
      index += 1;
      found += line.findings.length;
      if (line.error !== undefined) unreadable += 1;
      // A file that is not there is worth a word where people look, too.
      if (json && line.error !== undefined && line.source === file) say(`${plain(file, 200)}: ${line.error}`);
      await print(...(json ? [toJson(line)] : human(line)));
    }
    if (index === start) say(`${plain(file, 200)} holds no record`);
  }
  if (!json) await print(`${index} records, ${found} findings, ${unreadable} unreadable`);
  else if (unreadable > 0) say(`${unreadable} of ${index} records could not be read: see their "error"`);
  return unreadable > 0 ? 1 : 0;
}

/** One record's line. What is told only from some number on is counted by `count`, in the order of the input. */
export function classify(
  piece: Piece,
  index: number,
  rules: readonly Rule[],
  config: Config,
  now: Date,
  count: Counter = counter(),
): Classified {
  const unreadable = (error: string): Classified => ({ index, source: piece.source, id: null, findings: [], error });
  if ('error' in piece) return unreadable(piece.error);
  try {
    const normalised = normalise(piece.value);
    if ('unparsed' in normalised) return unreadable(normalised.unparsed);
    const decided = normalised.signals.flatMap((signal) => decidedOf(signal, rules, config, now));
    const told = decided
      .filter(({ way, finding }) => way !== 'attempt' && way !== 'unparsed' && !finding.aside)
      .map(countedWith(count, piece, normalised.id));
    const findings = told.filter(({ reached }) => reached).map(({ one }) => recognised(one));
    const unread = decided.filter(({ way }) => way === 'unparsed').map(({ finding }) => finding.reason);
    if (unread.length > 0 && findings.length === 0) return { ...unreadable(unread.join('; ')), id: normalised.id };
    const line = { index, source: piece.source, id: normalised.id, findings };
    if (findings.length > 0) return line;
    const counted = told.map(({ one, so }) => `${one.rule.id} counts it: ${so}`);
    const why = counted.length > 0 ? counted : normalised.signals.map((signal) => whyIgnored(signal, rules));
    return { ...line, ignored: [...new Set(why)].join('; ') };
  } catch (error) {
    // A record that makes a rule stumble must not keep the others from being read.
    return unreadable(`a rule failed on it: ${error instanceof Error ? error.message : String(error)}`);
  }
}

type Told = { readonly one: Decided & { readonly signal: Signal }; readonly reached: boolean; readonly so: string };

/** Only the record that reaches a rule's threshold carries the finding. */
const countedWith =
  (count: Counter, { source }: Piece, id: string | null) =>
  (one: Told['one']): Told => {
    const { rule, finding, way, signal } = one;
    if (way !== 'count') return { one, reached: true, so: '' };
    const target = countedBy(rule.id, signal.account, canonical(finding.target));
    const threshold = thresholdOf(rule);
    const counted = count(target, { id: id ?? source, at: signal.time ?? '' }, threshold);
    return { one, reached: counted.reached, so: inAll(counted.count, threshold) };
  };

const decidedOf = (signal: Signal, rules: readonly Rule[], config: Config, now: Date) =>
  awakened(rules, signal)
    .flatMap((rule) => decide(rule, signal, config, now))
    // Not the mode decided: an old record would ask because it is old, and every recorded one is.
    .map((one) => ({
      ...one,
      signal,
      mode: modeOf(config, one.rule, { account: signal.account, actor: signal.actor.arn }),
    }));

const recognised = ({ rule, finding, mode }: Decided): Recognised => ({
  rule: rule.id,
  severity: rule.severity,
  certainty: finding.certainty,
  resource: finding.resource,
  reason: finding.reason,
  mode,
});

function whyIgnored(signal: Signal, rules: readonly Rule[]): string {
  const awake = awakened(rules, signal);
  if (awake.length === 0) {
    const learns = learners(rules, signal).map((rule) => rule.id);
    if (learns.length > 0) return `no rule flags ${nameOf(signal)}; ${learns.join(', ')} may learn from it`;
    return `no rule wakes on ${nameOf(signal)}`;
  }
  if (signal.kind === 'call' && signal.failure !== null && !awake.some((rule) => countsFailure(rule, signal)))
    return `the call failed (${signal.failure}): an attempt, not a change`;
  return `harmless by ${awake.map((rule) => rule.id).join(', ')}`;
}

const nameOf = (signal: Signal): string =>
  signal.kind === 'call'
    ? `${signal.service} ${signal.name}`
    : signal.kind === 'finding'
      ? `${signal.origin} ${signal.type}`
      : `${signal.source} ${signal.detailType}`;

/** A record for a terminal: a line a finding, or one that says why there is none. */
export function human(line: Classified): readonly string[] {
  const source = plain(line.source, 80);
  if (line.error !== undefined) return [`${source}  UNREADABLE  ${plain(line.error, 200)}`];
  if (line.findings.length === 0) return [`${source}  -  ${plain(line.ignored ?? '', 200)}`];
  return line.findings.map(
    ({ rule, severity, certainty, resource, reason, mode }) =>
      `${source}  ${severity.toUpperCase()}  ${rule}  ${certainty}, ${mode}  ${plain(resource, 160)}: ${plain(reason, 200)}`,
  );
}
