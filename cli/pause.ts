/** `firebreak pause`: for a time, what would be changed by itself is asked. Told to everybody, and over by itself. */
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { loadConfig } from '../functions/deployment.ts';
import { rooms } from '../functions/rooms.ts';
import { fault } from '../shared/core/fault.ts';
import type { Incident, Pause } from '../shared/core/incident.ts';
import { covers } from '../shared/core/mode.ts';
import type { Composed } from '../shared/lambda/compose.ts';
import { plain } from '../shared/notify/plain.ts';
import { type Access, access, composed, namesOf, type StackOptions, withStack } from './deployment.ts';
import { print, say, table, toJson } from './output.ts';

export type Scope = { rule?: string; account?: string };
type Options = StackOptions & Scope & { for?: string; reason: string; json?: true; config?: string };

/** Longer than a holiday weekend, and no way to switch Firebreak off for good. */
const longest = 7 * 24 * 60;

export const withScope = (command: Command): Command =>
  withStack(command)
    .option('--rule <rule>', 'only this rule, or a room with a star: s3/*')
    .option('--account <id>', 'only in this account')
    .option('--json', 'print the pauses that count from now on as JSON')
    .option('--config <file>', 'the firebreak.yml that counts (default: FIREBREAK_CONFIG, ./firebreak.yml)');

export const define = (command: Command): Command =>
  withScope(command.description('have Firebreak ask instead of act, for a time; without --for, list the pauses'))
    .option('--for <time>', 'how long: minutes, hours or days, at most 7d, such as 30m or 4h')
    .option('--reason <text>', 'why, for those who are told', 'no reason given')
    .addHelpText(
      'after',
      '\nExample:\n  $ npx firebreak pause --rule "s3/*" --for 4h --reason "migrating the website"',
    );

export async function run(_args: readonly string[], options: Options): Promise<number> {
  const scope = scopeOf(options);
  if (options.for === undefined) {
    if (scope.rule !== undefined || scope.account !== undefined)
      throw fault('UsageError', 'for how long? Give --for, such as --for 4h');
    return list(options);
  }
  const minutes = minutesOf(options.for);
  const names = namesOf(options);
  const as = await access(names, options);
  const deps = composed('', loadConfig(options.config), names, as);
  const now = new Date();
  const pause: Pause = {
    ...scope,
    until: new Date(now.getTime() + minutes * 60_000).toISOString(),
    by: as.who.arn,
    reason: plain(options.reason, 300),
  };
  // First told, then paused: nobody quietens Firebreak in silence, not even where this process dies half-way.
  const what = scopeWords(scope);
  const told = await tell(
    {
      title: 'Firebreak is paused',
      reason: `paused for ${what}: ${pause.reason}`,
      note: `until ${pause.until} what would be changed by itself is asked; to end it: npx firebreak resume`,
    },
    names.stack,
    as,
    deps,
  );
  const others = (await deps.incidents.pauses()).filter((one) => !sameScope(one, scope));
  try {
    await deps.incidents.setPauses([...others, pause], now);
  } catch (error) {
    say(`nothing is paused, though incident ${told} says so`);
    throw error;
  }
  return shown(await left(deps, pause), options.json === true);
}

/** The pauses that are stored; throws where the one that was just written is not among them. */
async function left(deps: Composed, mine: Pause): Promise<readonly Pause[]> {
  const all = await deps.incidents.pauses();
  // Two people who pause at once write the same item.
  if (!all.some((one) => one.until === mine.until && one.by === mine.by && sameScope(one, mine)))
    throw fault('Stale', 'somebody else changed the pauses at the same moment; nothing of yours is paused: try again');
  return all;
}

async function list(options: Options): Promise<number> {
  const names = namesOf(options);
  const deps = composed('', loadConfig(options.config), names, await access(names, options));
  return shown(await deps.incidents.pauses(), options.json === true);
}

/** Prints the pauses that are not over. */
export async function shown(all: readonly Pause[], json: boolean): Promise<number> {
  const now = new Date().toISOString();
  const lasting = all.filter(({ until }) => until > now);
  if (json) await print(toJson(lasting, 2));
  else if (lasting.length === 0) await print('nothing is paused');
  else
    await print(
      ...table(
        ['UNTIL', 'RULE', 'ACCOUNT', 'BY', 'REASON'],
        lasting.map(({ until, rule = 'all', account = 'all', by, reason }) => [until, rule, account, by, reason]),
      ),
    );
  return 0;
}

/** What is paused or resumed, checked: a rule that is not there would pause nothing. */
export function scopeOf({ rule, account }: Scope): Scope {
  const ids = Object.values(rooms)
    .flat()
    .map(({ id }) => id);
  if (rule !== undefined && !ids.some((id) => covers(rule, id)))
    throw fault('UsageError', `there is no rule ${plain(rule, 80)}; expected one of ${ids.join(', ')}, or s3/*`);
  if (account !== undefined && !/^\d{12}$/.test(account))
    throw fault('UsageError', `${plain(account, 40)} is no account: expected 12 digits`);
  return { ...(rule !== undefined && { rule }), ...(account !== undefined && { account }) };
}

export const sameScope = (one: Scope, other: Scope): boolean =>
  one.rule === other.rule && one.account === other.account;

export const scopeWords = ({ rule, account }: Scope): string =>
  `${rule ?? 'all rules'} in ${account === undefined ? 'all accounts' : `account ${account}`}`;

/** `30m`, `4h`, `2d`: at most seven days. */
export function minutesOf(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,5})(m|h|d)$/.exec(text) ?? [];
  const minutes = Number(count) * ({ m: 1, h: 60, d: 1440 }[unit] ?? 0);
  if (!(minutes >= 1 && minutes <= longest))
    throw fault(
      'UsageError',
      `--for ${plain(text, 40)}: expected minutes, hours or days, at most 7d, such as 30m or 4h`,
    );
  return minutes;
}

/** Stores that people changed what Firebreak does, and tells everybody; gives the incident's id. */
export async function tell(
  { title, reason, note }: { title: string; reason: string; note: string },
  stack: string,
  { who }: Access,
  deps: Composed,
): Promise<string> {
  const at = deps.now().toISOString();
  const event = randomUUID();
  const incident: Incident = {
    id: `fb-${deps.digest(event)}`,
    room: 'self',
    rules: ['self/pause'],
    title,
    severity: 'high',
    account: who.account,
    region: who.region,
    resource: `stack ${stack}`,
    event: { id: event, name: title },
    actor: { type: who.arn.includes(':assumed-role/') ? 'AssumedRole' : 'IAMUser', name: who.arn, arn: who.arn },
    reasons: [reason],
    mode: 'notify',
    outcome: 'told',
    note,
    writes: [],
    witnesses: [],
    timeline: [{ at, what: reason, by: who.arn }],
    times: { event: at, received: at },
    attempts: 1,
    at,
    version: 0,
  };
  await deps.incidents.claim(incident, null);
  await deps.tell(incident);
  await deps.incidents.save({ ...incident, told: 'told', version: 1 });
  return incident.id;
}
