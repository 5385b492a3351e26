/** `firebreak invoke`: one event through the engine, in this process. */
import type { Command } from 'commander';
import { loadConfig } from '../functions/deployment.ts';
import { rooms } from '../functions/rooms.ts';
import type { Deps } from '../shared/core/deps.ts';
import { handle } from '../shared/core/engine.ts';
import { fault } from '../shared/core/fault.ts';
import type { Incident, Incidents } from '../shared/core/incident.ts';
import { at, isObject, type JsonObject, text } from '../shared/core/json.ts';
import { type Config, covers, modeOf, modesFor } from '../shared/core/mode.ts';
import { awakened, matches } from '../shared/core/route.ts';
import type { Rule } from '../shared/core/rule.ts';
import { normalise } from '../shared/core/signal.ts';
import { compose } from '../shared/lambda/compose.ts';
import { plain } from '../shared/notify/plain.ts';
import { access, composed, namesOf, own, type StackOptions, withStack } from './deployment.ts';
import { explain } from './explain.ts';
import { pieces } from './input.ts';
import { inMemory } from './memory.ts';
import { print, say, toJson } from './output.ts';
import { type Waking, wakings } from './patterns.ts';

type Options = StackOptions & { dryRun?: true; config?: string };

export const define = (command: Command): Command =>
  withStack(
    command
      .description('deliver one EventBridge event to the functions whose patterns match, in this process')
      .argument('<file>', 'the event, as JSON; - is stdin')
      .option('--dry-run', 'read and plan, and write nothing anywhere: no change, no incident, no message')
      .option('--config <file>', 'the firebreak.yml that counts (default: FIREBREAK_CONFIG, ./firebreak.yml)'),
  ).addHelpText('after', '\nExample:\n  $ npx firebreak invoke --dry-run events/s3/public-policy/fires-everyone.json');

export async function run([file = '-']: readonly string[], options: Options): Promise<number> {
  const names = namesOf(options);
  const config = loadConfig(options.config);
  const event = await readEvent(file);
  const all = wakings();
  const woken = [...new Set(all.filter(({ pattern }) => matches(pattern, event)).map((one) => one.function))];
  if (woken.length === 0) {
    say(...whyNobody(event, all));
    await print('[]');
    return 0;
  }
  const dry = options.dryRun === true;
  const as = dry ? null : await access(names, options);
  const memory = inMemory();
  const incidents: Incident[] = [];
  let exit = 0;
  for (const room of woken) {
    const deps = as ? composed(room, config, names, as) : rehearsing(room, config, memory, event);
    const seen = new Set<string>();
    try {
      const results = await handle(event, { ...deps, incidents: noting(deps.incidents, seen) });
      say(...results.map(({ outcome, note }) => `function ${room}: ${outcome}: ${plain(note, 300)}`));
      if (results.length === 0) say(`function ${room}: woken, and recognised nothing`);
    } catch (error) {
      exit = 1;
      say(...explain(error, names.stack).lines.map((line) => `function ${room}: ${line}`));
    }
    for (const id of seen) {
      // An event of our own making is claimed and not stored.
      const stored = await deps.incidents.get(id);
      if (stored) incidents.push(stored);
    }
  }
  await print(toJson(incidents, 2));
  return exit;
}

async function readEvent(file: string): Promise<JsonObject> {
  const found = [];
  for await (const piece of pieces(file)) found.push(piece);
  const name = plain(file, 200);
  const first = found[0];
  if (!first) throw fault('InputError', `${name} is empty: expected one EventBridge event`);
  if ('error' in first) throw fault('InputError', `${first.source}: ${first.error}`);
  if (found.length > 1)
    throw fault(
      'InputError',
      `${name} holds ${found.length} records: expected one EventBridge event; next: npx firebreak classify ${name}`,
    );
  const event = first.value;
  if (isObject(event) && text(event, 'detail-type') !== undefined && text(event, 'source') !== undefined) return event;
  throw fault(
    'InputError',
    `${name} holds no EventBridge event: expected an object with source, detail-type and detail; a bare CloudTrail record or finding goes to npx firebreak classify ${name}`,
  );
}

/** The store as it is, noting which incidents the engine asks for. */
const noting = (incidents: Incidents, seen: Set<string>): Incidents => ({
  ...incidents,
  claim(incident, lease) {
    seen.add(incident.id);
    return incidents.claim(incident, lease);
  },
});

/** The engine with nothing behind it but reads. */
function rehearsing(room: string, config: Config, incidents: Incidents, event: JsonObject): Deps {
  const rules = (rooms[room] ?? []).map(unwritable);
  const normalised = normalise(event);
  for (const signal of 'signals' in normalised ? normalised.signals : [])
    for (const rule of awakened(rules, signal))
      say(
        `dry run: ${rule.id} has mode ${modeOf(config, rule, { account: signal.account, actor: signal.actor.arn })} here; it is rehearsed`,
      );
  const nobody = { partition: '', region: '', account: '', arn: '' };
  const parts = {
    room,
    rules,
    config: lowered(config, rules),
    table: '',
    topicArn: '',
    ...own(room, '', nobody),
    holder: 'dry-run',
  };
  return {
    ...compose(parts),
    incidents,
    tell: async () => {},
    revise: async () => {},
    later: async () => {},
    sign: async () => '',
    verify: async () => false,
  };
}

/** Every mode above notify becomes notify; `off` stays, with the lines that make it so. */
const lowered = (config: Config, rules: readonly Rule[]): Config => ({
  ...config,
  preset: 'observe',
  modes: rules.flatMap((rule) =>
    config.modes
      .filter((line) => covers(line.rule, rule.id) && modesFor(rule.class).includes(line.mode))
      .map((line) => ({ ...line, rule: rule.id, mode: line.mode === 'off' ? ('off' as const) : ('notify' as const) })),
  ),
});

/** Mode notify writes nothing; should it ever, this stops it before a call is made. */
function unwritable(rule: Rule): Rule {
  if (!rule.fix) return rule;
  const write = async (): Promise<never> => {
    throw fault('Refused', `a dry run of ${rule.id} wanted to write; nothing was written. This is a bug of Firebreak`);
  };
  return { ...rule, fix: { ...rule.fix, lens: { ...rule.fix.lens, write } } };
}

/** Why no function is woken, and what would wake one. */
function whyNobody(event: JsonObject, all: readonly Waking[]): readonly string[] {
  const name = text(event, 'detail', 'eventName') ?? text(event, 'detail', 'type');
  const told = `${text(event, 'source')}, ${text(event, 'detail-type')}${name === undefined ? '' : `, ${name}`}`;
  const near = all.filter(({ pattern }) => {
    const names = at(pattern, 'detail', 'eventName') ?? at(pattern, 'detail', 'type');
    return Array.isArray(names) && names.includes(name);
  });
  if (near.length === 0)
    return [`no function wakes on ${plain(told, 300)}; next: npx firebreak patterns lists what does`];
  const failure = text(event, 'detail', 'errorCode');
  return [
    `no pattern matches ${plain(told, 300)}${failure === undefined ? '' : `, which failed (${plain(failure, 100)}): an attempt, not a change`}; patterns for that name:`,
    ...near.map((one) => `  ${one.function}  ${toJson(one.pattern)}`),
  ];
}
