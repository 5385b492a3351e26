/** The answer on a terminal. Texts from logs are made harmless by `table` and `plain`. */
import { plain } from '../../shared/notify/plain.ts';
import { table } from '../output.ts';
import type { Answer, OfRule } from './answer.ts';

const [mostFights, mostNames] = [8, 2];
const number = (value: number): string => value.toLocaleString('en');
const times = (value: number, what: string): string => `${number(value)} ${what}${value === 1 ? '' : 's'}`;

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
    ...skippedLine(answer),
    '',
    ...(fired.length === 0
      ? ['no rule would have been woken by anything dangerous']
      : table(
          ['RULE', 'FINDINGS', 'PEOPLE', 'PIPELINES', 'SERVICES', 'UNCLEAR', 'MODE', 'SUGGESTED', 'MOSTLY'],
          fired.map(row),
        )),
    ...(quiet.length > 0 && fired.length > 0 ? ['', `nothing for ${quiet.map(({ rule }) => rule).join(', ')}`] : []),
    ...(fights.length > 0 ? ['', 'broken again by the same actor:'] : []),
    ...fights
      .slice(0, mostFights)
      .map(
        ({ rule, resource, actor, times, breaker }) =>
          `  ${rule}  ${times.length} times  ${plain(resource, 120)} by ${plain(actor.arn ?? actor.name, 120)}${breaker ? ' (the breaker would have tripped)' : ''}`,
      ),
    ...(fights.length > mostFights ? [`  and ${fights.length - mostFights} more`] : []),
    ...(exemptions.list.length > 0
      ? ['', 'exemptions to think about, with a name put to each:', '', ...exemptions.yaml.trimEnd().split('\n')]
      : []),
    '',
    'next: --html FILE shows all of it; npx firebreak promote RULE changes a mode',
  ];
}

const skippedLine = ({ read: { skipped } }: Answer): readonly string[] =>
  Object.keys(skipped).length === 0
    ? []
    : [
        `passed over by name: ${Object.entries(skipped)
          .map(([what, count]) => `${number(count)} ${what}`)
          .join(', ')}`,
      ];

const row = (one: OfRule): readonly string[] => [
  one.rule,
  number(one.findings),
  ...(['person', 'pipeline', 'service', 'unclear'] as const).map((kind) => number(one.who[kind])),
  one.mode,
  one.suggestion.mode,
  mostly(one),
];

/** The names that come up most; a caller with several tools is one name. */
function mostly({ actors }: OfRule): string {
  const names = new Map<string, number>();
  for (const { name, findings } of actors) names.set(name, (names.get(name) ?? 0) + findings);
  return [...names]
    .sort(([, a], [, b]) => b - a)
    .slice(0, mostNames)
    .map(([name, findings]) => `${name} (${number(findings)})`)
    .join(', ');
}
