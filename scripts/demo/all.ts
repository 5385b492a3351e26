/** The demo's `--all`: every fire whose API the emulators have, from the stages on which the lens laws are tried. */
import { randomUUID } from 'node:crypto';
import { is } from 'valibot';
import { rooms } from '../../functions/rooms.ts';
import type { Json, JsonObject } from '../../shared/core/json.ts';
import type { Config } from '../../shared/core/mode.ts';
import { same } from '../../shared/core/record.ts';
import { type FixRule, hasFix, isUnknown, type Learned } from '../../shared/core/rule.ts';
import { dynamoIncidents } from '../../shared/incidents/dynamo.ts';
import { eventOf, isKnown, type Stage, type Staged } from '../../tests/support/stage.ts';
import { allStages } from '../../tests/support/stages.ts';
import { run } from '../sandbox/deploy.ts';
import { ended } from './ended.ts';
import { detail, put, putEvent } from './fires.ts';
import { teach } from './teach.ts';

export type Tried = {
  readonly rule: string;
  readonly stage: string;
  readonly outcome: string;
  /** From the call, or from when a report came, to the verified fix. */
  readonly seconds: number | null;
  readonly ok: boolean;
  /** Whether what was there before had been learned: with a clock set back, see teach.ts. */
  readonly learned?: true;
  readonly why?: string;
};

type Fire = { readonly rule: FixRule; readonly stage: Stage };

const fixes = (): readonly FixRule[] =>
  Object.values(rooms)
    .flat()
    .filter(hasFix)
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));

/** One stage a rule: the first that needs nothing set, and nothing learned if it can be. */
export async function allFires(): Promise<readonly Fire[]> {
  const stages = await allStages();
  return fixes().flatMap((rule) => {
    const own = stages.filter(
      (stage) =>
        stage.rule === rule.id &&
        (stage.learned === undefined || stage.stands) &&
        !stage.later &&
        isSettable(rule, stage),
    );
    const plain = own.filter(({ baseline }) => baseline === undefined);
    const stage = plain.find(({ learned }) => learned === undefined) ?? plain[0] ?? own[0];
    return rule.proof === 'emulator' && stage ? [{ rule, stage }] : [];
  });
}

/** Some settings name what is there only once the stage is set: after the deployment. */
const isSettable = (rule: FixRule, { baseline }: Stage): boolean =>
  baseline === undefined || (rule.baseline !== undefined && is(rule.baseline, baseline));

/** Rules that are not lit, and why not. */
export const unlit = (fires: readonly Fire[]): readonly string[] =>
  fixes()
    .filter((rule) => !fires.some((fire) => fire.rule.id === rule.id))
    .map(
      ({ id, proof }) =>
        `${id}: ${proof === 'fake' ? 'no emulator has what it needs of the service' : 'no stage of it can be shown in minutes'}`,
    );

/** The configuration that lets all of them act: `strict`, with what the stages want set. */
export function allConfig(fires: readonly Fire[]): string {
  const named = [...new Set(fires.flatMap(({ rule }) => rule.function ?? []))];
  const baselines = fires.flatMap(({ rule, stage }) =>
    stage.baseline === undefined ? [] : [[rule.id, stage.baseline] as const],
  );
  return JSON.stringify({
    preset: 'strict',
    rooms: Object.fromEntries(named.map((name) => [name, 'on'])),
    baselines: Object.fromEntries(baselines),
  });
}

/** Lights one fire, waits until it is out, and asks the account itself. */
export async function tryFire({ rule, stage }: Fire, config: Config, env: Record<string, string>): Promise<Tried> {
  const told = { rule: rule.id, stage: stage.name };
  const store = dynamoIncidents('firebreak-incidents', 400);
  const taught: Learned[] = [];
  const stood = async (target: Json): Promise<void> => void taught.push(await teach(rule, target, config));
  const staged = await (stage.learned === undefined ? stage.set() : stage.set(stood));
  const learned = taught[0] ?? null;
  try {
    if (!isKnown(staged)) return { ...told, outcome: 'not lit', seconds: null, ok: false, why: 'no event tells of it' };
    const event = await light(rule, staged);
    let incident = await ended(store, event, rule.id);
    if (incident?.outcome === 'asked') {
      await run('node', ['cli/main.ts', 'approve', incident.id], env);
      incident = await ended(store, event, rule.id);
    }
    const outcome = incident?.outcome ?? 'no incident';
    const { event: happened, received, verified } = incident?.times ?? {};
    // A report tells of what was some time ago.
    const from = staged.report ? received : happened;
    const seconds = from && verified ? (Date.parse(verified) - Date.parse(from)) / 1000 : null;
    const out = outcome === 'fixed' || outcome === 'held';
    const safe = out && (await isSafe(rule, stage, staged, learned));
    const why = out ? 'asked now, the account says otherwise' : (incident?.note ?? 'nobody was told in time');
    return { ...told, outcome, seconds, ok: safe, ...(learned && { learned: true }), ...(!safe && { why }) };
  } finally {
    await staged.clear();
  }
}

/** Puts the event that tells of a stage on the bus; gives its id. */
async function light(rule: FixRule, staged: Staged): Promise<string> {
  const said = eventOf(rule, staged);
  if (staged.report) {
    const found = said['detail'] as JsonObject;
    const id = randomUUID();
    const sent = 'id' in found ? { ...found, id } : { ...found, communicationId: id };
    const envelope = await putEvent(String(said['source']), String(said['detail-type']), sent);
    return 'id' in found ? id : envelope;
  }
  const { eventSource, eventName, requestParameters, responseElements } = said;
  const record = detail(
    String(eventSource),
    String(eventName),
    requestParameters ?? null,
    responseElements ?? null,
    undefined,
  );
  await put(record);
  return String(record['eventID']);
}

async function isSafe({ fix }: FixRule, stage: Stage, { target }: Staged, learned: Learned | null): Promise<boolean> {
  const state = await fix.lens.read(target);
  const home = { account: '123456789012' };
  const wanted = fix.desire(state, { target, baseline: stage.baseline ?? {}, home, learned });
  return !isUnknown(wanted) && same(fix.lens, wanted, state);
}
