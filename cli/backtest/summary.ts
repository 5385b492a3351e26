/** The answer on a terminal. Texts from logs are made harmless by `table` and `plain`. */
import { plain } from '../../shared/notify/plain.ts';
import { table } from '../output.ts';
import type { Answer, Counted, OfRule } from './answer.ts';
import { cellsOf, shadeOf, summed } from './calendar.ts';

const [mostFights, mostQuiet, mostChanges] = [8, 12, 16];
const number = (value: number): string => value.toLocaleString('en');
export const times = (value: number, what: string): string => `${number(value)} ${what}${value === 1 ? '' : 's'}`;

export function summary(answer: Answer): readonly string[] {
  const { read, rules, fights, exemptions } = answer;
  const fired = rules.filter(({ findings }) => findings > 0);
  const quiet = rules.filter(({ findings }) => findings === 0);
  const span =
    read.from === null ? '' : `, ${read.from.slice(0, 10)} to ${read.to?.slice(0, 10)} (${times(read.days, 'day')})`;
  return [
    `${times(read.records, 'record')} in ${times(read.logs, 'log')}${span}; ${times(
      rules.reduce((sum, one) => sum + one.findings, 0),
      'finding',
    )}; ${number(read.unreadable)} unreadable`,
    ...(Object.keys(read.skipped).length > 0 ? [`passed over by name: ${counted(read.skipped)}`] : []),
    ...(fired.length === 0
      ? ['', 'no rule would have been woken by anything dangerous']
      : [
          ...inAll(answer, fired),
          ...heat(answer, fired),
          '',
          ...table(
            ['RULE', 'FINDINGS', 'PEOPLE', 'PIPELINES', 'SERVICES', 'UNCLEAR', 'WHEN', 'MOSTLY BY', 'AND AT'],
            fired.map((one) => who(one, answer)),
          ),
          ...asChanges(fired),
        ]),
    ...modes(fired, quiet),
    ...(quiet.length > 0 && fired.length > 0
      ? [
          '',
          quiet.length > mostQuiet
            ? `nothing for ${quiet.length} other rules: --html and --json name them`
            : `nothing for ${quiet.map(({ rule }) => rule).join(', ')}`,
        ]
      : []),
    ...(fights.length > 0 ? ['', 'would fight with it, having broken the same again:'] : []),
    ...fights
      .slice(0, mostFights)
      .map(
        ({ rule, resource, actor, times, breaker }) =>
          `  ${rule}  ${times.length} times  ${plain(resource, 120)} by ${plain(actor.arn ?? actor.name, 120)} (${actor.kind})${breaker ? ': the breaker would have tripped' : ''}`,
      ),
    ...(fights.length > mostFights ? [`  and ${fights.length - mostFights} more`] : []),
    ...(exemptions.list.length > 0
      ? ['', 'exemptions to think about, with a name put to each:', '', ...exemptions.yaml.trimEnd().split('\n')]
      : []),
    '',
    'next: --html FILE shows all of it; npx firebreak promote RULE changes a mode',
  ];
}

/** What was passed over, by what it is. */
export const counted = (skipped: Counted): string =>
  Object.entries(skipped)
    .map(([what, count]) => `${what} (${number(count)})`)
    .join(', ');

export const wayWords: { readonly [way: string]: string } = {
  remediate: 'to be mended',
  approve: 'to be asked about',
  rehearse: 'rehearsed and told',
  tell: 'told',
  exempt: 'exempt',
  off: 'off',
};

/** In one sentence: what Firebreak would have set out to do. */
export function setOut(fired: readonly OfRule[]): string {
  const sum = (way: string): number => fired.reduce((all, { ways }) => all + (ways[way] ?? 0), 0);
  return Object.entries(wayWords)
    .filter(([way]) => way === 'remediate' || sum(way) > 0)
    .map(([way, words]) => `${number(sum(way))} ${words}`)
    .join(', ');
}

function inAll({ preset }: Answer, fired: readonly OfRule[]): readonly string[] {
  const sum = (what: 'change' | 'look'): number => fired.reduce((all, { would }) => all + would[what], 0);
  return [
    `by this firebreak.yml (preset ${preset}): ${setOut(fired)}`,
    `of what has a fix, ${times(sum('change'), 'event')} held the whole state and show the change; at ${number(sum('look'))} it would have had to look first`,
  ];
}

const shades = ['·', '░', '▒', '▓', '█'];
const weekdays = ['Mon', '', 'Wed', '', 'Fri', '', ''];

/** The calendar of all findings. */
function heat({ read }: Answer, fired: readonly OfRule[]): readonly string[] {
  const cells = cellsOf(summed(fired), read.from, read.to, 53);
  if (cells.length < 2) return [];
  const most = Math.max(1, ...cells.map(({ count }) => count));
  const weeks = (cells.at(-1)?.week ?? 0) + 1;
  const row = (weekday: number): string => {
    const marks = Array.from({ length: weeks }, () => ' ');
    for (const cell of cells) if (cell.weekday === weekday) marks[cell.week] = shades[shadeOf(cell.count, most)] ?? '';
    return `${(weekdays[weekday] ?? '').padEnd(4)}${marks.join('')}`.trimEnd();
  };
  return ['', ...weekdays.map((_, weekday) => row(weekday)), `    a column a week; █ is up to ${number(most)} a day`];
}

/** A mark a week, by the rule's own most; of a long history the last weeks. */
function weekly({ days }: OfRule, { read }: Answer): string {
  const cells = cellsOf(days, read.from, read.to, 16);
  const weeks = Array.from({ length: (cells.at(-1)?.week ?? -1) + 1 }, () => 0);
  for (const { week, count } of cells) weeks[week] = (weeks[week] ?? 0) + count;
  const most = Math.max(1, ...weeks);
  return weeks.map((count) => shades[shadeOf(count, most)]).join('');
}

const who = (one: OfRule, answer: Answer): readonly string[] => [
  one.rule,
  number(one.findings),
  ...(['person', 'pipeline', 'service', 'unclear'] as const).map((kind) => number(one.who[kind])),
  weekly(one, answer),
  mostlyBy(one),
  ...one.resources.slice(0, 1).map(({ resource, findings }) => `${plain(resource, 100)} (${number(findings)})`),
];

/** The name that comes up most; a caller with several tools is one name. */
function mostlyBy({ actors }: OfRule): string {
  const names = new Map<string, number>();
  for (const { name, findings } of actors) names.set(name, (names.get(name) ?? 0) + findings);
  const [[name, findings] = ['', 0]] = [...names].sort(([, a], [, b]) => b - a);
  return `${plain(name, 36)} (${number(findings)})`;
}

/** Of each rule with a fix, how often the event itself shows the change, and one of those. */
function asChanges(fired: readonly OfRule[]): readonly string[] {
  const fixed = fired.filter(({ fix }) => fix !== null);
  if (fixed.length === 0) return [];
  const rows = fixed.map(({ rule, mode, suggestion, would, breaks }) => [
    rule,
    mode,
    suggestion.mode,
    breaks,
    number(would.change),
    number(would.look),
    would.example ? plain(would.example.resource, 100) : would.looks ? `looks by ${would.looks.actions[0]}` : '',
  ]);
  return ['', ...table(['RULE', 'MODE', 'SUGGESTED', 'BREAKS', 'CHANGES', 'LOOKS', 'SUCH AS'], rows)];
}

/** Modes that the past speaks for, where they are others than now. */
function modes(fired: readonly OfRule[], quiet: readonly OfRule[]): readonly string[] {
  const others = (rules: readonly OfRule[]): readonly OfRule[] =>
    rules.filter(({ mode, suggestion }) => suggestion.mode !== mode);
  const [some, silent] = [others(fired), others(quiet)];
  if (some.length + silent.length === 0) return [];
  return [
    '',
    'suggested modes that are others than now, and why:',
    ...some
      .slice(0, mostChanges)
      .map(({ rule, mode, suggestion }) => `  ${rule}: ${mode} → ${suggestion.mode}, ${suggestion.why.join('; ')}`),
    ...(some.length > mostChanges ? [`  and ${some.length - mostChanges} more`] : []),
    ...(silent.length > 0 ? [`  and ${times(silent.length, 'rule')} that found nothing: --html names them`] : []),
  ];
}
