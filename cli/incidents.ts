/** `firebreak incidents`: what was recognised, and what was done about it. */
import { type Command, InvalidArgumentError } from 'commander';
import { fault } from '../shared/core/fault.ts';
import type { Incident } from '../shared/core/incident.ts';
import { isReverted } from '../shared/core/record.ts';
import { dynamoIncidents } from '../shared/incidents/dynamo.ts';
import { difference } from '../shared/notify/diff.ts';
import { plain } from '../shared/notify/plain.ts';
import { access, namesOf, operated, type StackOptions, withStack } from './deployment.ts';
import { print, say, table, toJson } from './output.ts';

type Options = StackOptions & { days: number; json?: true };

export const define = (command: Command): Command =>
  withStack(
    command
      .description('list incidents, newest first, or show one')
      .argument('[id]', 'the incident to show')
      .option('--days <n>', 'how many days back, today (UTC) counted', whole(1, 3650), 7)
      .option('--json', 'print JSON: a list, or with an id the one record'),
  ).addHelpText('after', '\nExample:\n  $ npx firebreak incidents --days 30');

/** A parser of options that are whole numbers. */
export const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= most))
      throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}.`);
    return value;
  };

export async function run([id]: readonly string[], options: Options): Promise<number> {
  const names = namesOf(options);
  // Only reads: how long items are kept is not used.
  const store = operated(dynamoIncidents(names.table, 1), await access(names, options));
  if (id !== undefined) {
    const incident = await store.get(id);
    if (!incident)
      throw fault(
        'NoIncident',
        `there is no incident ${plain(id, 80)} in ${names.table}; next: npx firebreak incidents lists them`,
      );
    await print(...(options.json ? [toJson(incident, 2)] : shown(incident)));
    return 0;
  }
  const found = (await store.list(options.days, new Date())).toSorted((a, b) =>
    a.at < b.at ? 1 : a.at > b.at ? -1 : 0,
  );
  if (options.json) await print(toJson(found, 2));
  else if (found.length === 0) say(`no incident in ${options.days} days; --days looks further back`);
  else
    await print(...table(['INCIDENT', 'WHEN', 'SEVERITY', 'OUTCOME', 'RULES', 'ACCOUNT', 'RESOURCE'], found.map(row)));
  return 0;
}

const row = (one: Incident): readonly string[] => [
  one.id,
  `${one.at.slice(0, 19)}Z`,
  one.severity,
  one.seen ? `${one.outcome} +${one.seen}` : one.outcome,
  one.rules.join(',') || '-',
  one.account,
  one.resource,
];

/** One incident as a person reads it; everything that an event brought along is made harmless. */
export function shown(incident: Incident): readonly string[] {
  const { before, plan, after, actor } = incident;
  const told: readonly (readonly [string, string])[] = [
    ['incident', incident.id],
    ['outcome', `${incident.outcome}: ${incident.note}`],
    ['rules', `${incident.rules.join(', ') || '-'} (${incident.severity}), mode ${incident.mode}`],
    ['resource', incident.resource],
    ['where', `account ${incident.account}, ${incident.region}`],
    [
      'who',
      `${actor.person === undefined ? '' : `${actor.person} as `}${actor.name} (${actor.type})${actor.arn ? ` ${actor.arn}` : ''}${actor.ip ? ` from ${actor.ip}` : ''}`,
    ],
    ['event', `${incident.event.name} ${incident.event.id} at ${incident.times.event ?? 'an unknown time'}`],
    ['why', incident.reasons.join('; ')],
    ['learned', incident.learned ? `as ${incident.learned.by} left it; it stood from ${incident.learned.at} on` : ''],
    ['fight', fought(incident)],
    ['again', incident.seen ? `${incident.seen} more told of it` : ''],
    ['undo', incident.undo ?? '-'],
    ['until', incident.until ?? ''],
    ['decided by', incident.decision ? `${incident.decision.by} at ${incident.decision.at}` : ''],
    ['undo by', undoOf(incident)],
    ['writes', incident.writes.map(({ call, requestId }) => `${call} (${requestId})`).join(', ')],
  ];
  const change =
    before && after && incident.outcome !== 'undone'
      ? (['changed', before.state, after.state] as const)
      : before && plan
        ? (['planned', before.state, plan.state] as const)
        : null;
  return [
    ...told.filter(([, text]) => text !== '').map(([word, text]) => `${word.padEnd(10)}  ${plain(text, 500)}`),
    ...(change ? [change[0], ...difference(change[1], change[2]).map((line) => `  ${line}`)] : []),
    'timeline',
    ...incident.timeline.map(
      ({ at: when, what, by }) => `  ${plain(when, 30)}  ${plain(what, 400)}${by ? `, by ${plain(by, 200)}` : ''}`,
    ),
    ...next(incident),
  ];
}

/** Who wanted the fix taken back by a message. */
const undoOf = ({ undoing }: Incident): string =>
  undoing ? `${undoing.by} at ${undoing.at}${undoing.refused ? ', not done' : ''}` : '';

/** Who breaks it again after each fix, and what likely does it. */
function fought({ fight }: Incident): string {
  if (!fight) return '';
  const fixes = fight.fixes.map(({ incident: id, at }) => `${at} (${id})`).join(', ');
  return `${fight.actor}${fight.source === undefined ? '' : `, likely ${fight.source}`}; fixed at ${fixes}`;
}

function next(incident: Incident): readonly string[] {
  const { id, outcome, undo } = incident;
  if (isReverted(incident)) return [`to keep it: npx firebreak approve ${id}`, `to undo: npx firebreak undo ${id}`];
  if (outcome === 'asked') return [`next: npx firebreak approve ${id}`, `or: npx firebreak leave ${id}`];
  if ((outcome === 'fixed' || outcome === 'held') && undo !== 'none') return [`to undo: npx firebreak undo ${id}`];
  if (outcome === 'failed' || outcome === 'partly' || outcome === 'unparsed')
    return ['next, once the cause is mended: npx firebreak redrive'];
  return [];
}
