/** A toy account of lamps: rules and a lens for the engine, a clock that only moves when told, and faults on order. */
import { createHash } from 'node:crypto';
import { setImmediate as immediate } from 'node:timers/promises';
import type { Deps, Result } from '../../shared/core/deps.ts';
import { handle, lastAttempt } from '../../shared/core/engine.ts';
import { fault } from '../../shared/core/fault.ts';
import type { Due, Incident, Incidents, Write } from '../../shared/core/incident.ts';
import { at, canonical, type Json, text } from '../../shared/core/json.ts';
import type { Config, Exemption } from '../../shared/core/mode.ts';
import type { Outcome } from '../../shared/core/outcome.ts';
import { decide as saysYes } from '../../shared/core/people.ts';
import {
  calls,
  type Lens,
  type Permission,
  type Rule,
  type RuleId,
  rule,
  type StateFix,
  type Trigger,
} from '../../shared/core/rule.ts';
import type { Found, Signal } from '../../shared/core/signal.ts';
import { type Memory, memoryIncidents } from './memory.ts';

export type Lamp = { readonly lit: boolean; readonly watts: number; readonly colour: string };
type Target = { readonly lamp: string };

/** Throws at the n-th call to the outside, before or after it had its effect; `dies`: so do all calls after it. */
export type Fault = { readonly at: number; readonly when: 'before' | 'after'; readonly dies: boolean };

export const lampArn = (name: string): string => `arn:aws:toy:eu-central-1:111122223333:lamp/${name}`;
export const alice = 'arn:aws:iam::111122223333:user/alice';
export const bob = 'arn:aws:iam::111122223333:user/bob';
export const lit: Lamp = { lit: true, watts: 100, colour: 'red' };
export const out: Lamp = { ...lit, lit: false };
export const ask: Partial<Config> = { modes: [{ rule: 'toy/*', mode: 'approve' }] };
const started = Date.parse('2026-03-01T10:00:00Z');

export const standard: Config = {
  preset: 'standard',
  modes: [],
  exemptions: [],
  baselines: {},
  retention: { incidents: 90, logs: 30 },
  freshness: 15,
  breaker: { lens: 2, actor: 20, hours: 24 },
  approvals: 72,
  operators: [],
  channels: { email: [] },
  protected: [],
};

export type World = ReturnType<typeof toyWorld>;

export function toyWorld(lamps: Record<string, Lamp | null> = { hall: { lit: true, watts: 100, colour: 'red' } }) {
  const states = new Map(Object.entries(lamps));
  const log: string[] = [];
  const told: Incident[] = [];
  const revised: Incident[] = [];
  let clock = started;
  let calls = 0;
  let plan: Fault | null = null;
  let dead = false;
  let hits = 0;
  let sink: Write[] | null = null;
  let changes = 0;
  let requests = 0;
  /** What the service that makes findings says; by itself it knows them all. */
  let confirm: (finding: Found) => Found | 'absent' | 'unknown' = (finding) => finding;
  /** What a write does; a test may put in something that works badly. */
  let writer: (name: string, to: Lamp | null) => void = put;
  const now = (): Date => new Date(clock);
  const store = memoryIncidents(now);

  function put(name: string, to: Lamp | null): void {
    if (canonical(states.get(name)) !== canonical(to)) changes += 1;
    states.set(name, to);
  }

  /** One call to the outside: logged when it had its effect. */
  async function step<T>(what: string, work: () => T | Promise<T>): Promise<T> {
    if (dead) throw fault('Dead', 'the process is gone');
    calls += 1;
    const hit = plan?.at === calls ? plan : null;
    const throwNow = (): never => {
      hits += 1;
      dead = hit?.dies === true;
      plan = null;
      throw fault('Torn', `${what} was interrupted`);
    };
    if (hit?.when === 'before') throwNow();
    const answer = await work();
    log.push(what);
    if (hit) throwNow();
    return answer;
  }

  const lens: Lens<Target, Lamp> = {
    id: 'toy/lamp',
    key: ({ lamp }) => lamp,
    read: ({ lamp }) => step('read', () => states.get(lamp) ?? null),
    canon: ({ colour, ...rest }) => ({ ...rest, colour: colour.toLowerCase() }),
    write: ({ lamp }, _from, to) =>
      step('write', () => {
        writer(lamp, to);
      }).then(() => {
        // The answer holds the request's id: a torn one is never known.
        requests += 1;
        sink?.push({ call: 'PutLamp', requestId: `request-${requests}` });
      }),
    undo: () => 'restore',
  };

  const watched = (kept: Memory): Incidents => ({
    claim: (...args) => step('claim', () => kept.claim(...args)),
    save: (...args) => step(describeSave(args[0]), () => kept.save(...args)),
    lock: (...args) => step('lock', () => kept.lock(...args)),
    unlock: (...args) => step('unlock', () => kept.unlock(...args)),
    get: (...args) => step('get', () => kept.get(...args)),
    lastOn: (...args) => step('lastOn', () => kept.lastOn(...args)),
    note: (...args) => step('note', () => kept.note(...args)),
    standing: (...args) => step('standing', () => kept.standing(...args)),
    begunBetween: (...args) => step('begunBetween', () => kept.begunBetween(...args)),
    ownerOf: (...args) => step('ownerOf', () => kept.ownerOf(...args)),
    overdue: (...args) => step('overdue', () => kept.overdue(...args)),
    lead: (...args) => step('lead', () => kept.lead(...args)),
    count: (...args) => step('count', () => kept.count(...args)),
    grants: (...args) => step('grants', () => kept.grants(...args)),
    setGrants: (...args) => step('setGrants', () => kept.setGrants(...args)),
    lessons: (...args) => step('lessons', () => kept.lessons(...args)),
    suggest: (...args) => step('suggest', () => kept.suggest(...args)),
    conclude: (...args) => step('conclude', () => kept.conclude(...args)),
  });

  let holders = 0;
  const dues: Due[] = [];
  const codeOf = (words: string): string => createHash('sha256').update(`toy key ${words}`).digest('hex');
  const deps = (rules: readonly Rule[], config: Partial<Config> = {}): Deps => {
    holders += 1;
    return {
      room: 'toy',
      rules,
      config: { ...standard, ...config },
      incidents: watched(store),
      tell: (incident) => step(`tell ${incident.outcome}`, () => void told.push(structuredClone(incident))),
      revise: async (incident) => void revised.push(structuredClone(incident)),
      now,
      // Whatever else is under way gets its turn meanwhile.
      sleep: async (milliseconds) => {
        clock += milliseconds;
        await immediate();
      },
      digest: (words) => createHash('sha256').update(words).digest('hex').slice(0, 16),
      record: async (to, work) => {
        sink = to;
        try {
          return await work();
        } finally {
          sink = null;
        }
      },
      holder: `invocation-${holders}`,
      isOurs: (arn) => arn.includes(':assumed-role/firebreak-'),
      confirm: (finding) => step('confirm', () => confirm(finding)),
      later: (due) => step('later', () => void dues.push(due)),
      sign: (words) => step('sign', () => codeOf(words)),
      verify: (words, code) => step('verify', () => code === codeOf(words)),
    };
  };

  return {
    lens,
    store,
    log,
    told,
    revised,
    dues,
    deps,
    now,
    lamp: (name = 'hall') => states.get(name) ?? null,
    /** Somebody else's hand: not counted as a change of ours. */
    set: (name: string, to: Lamp | null) => void states.set(name, to),
    /** Changes that our writes made. */
    changes: () => changes,
    wait: (seconds: number) => {
      clock += seconds * 1000;
    },
    fail: (next: Fault) => {
      plan = { ...next, at: calls + next.at };
    },
    confirms: (how: typeof confirm) => {
      confirm = how;
    },
    /** Somebody with the table in hand changes a record. */
    tamper: async (id: string, change: Partial<Incident>) => {
      const incident = await store.get(id);
      if (!incident) throw new Error(`there is no incident ${id}`);
      store.tamper({ ...incident, ...change });
    },
    /** How many faults have struck. */
    hits: () => hits,
    /** A new process, and no more faults on order. */
    revive: () => {
      dead = false;
      plan = null;
    },
    writes: (how: (name: string, to: Lamp | null, put: (name: string, to: Lamp | null) => void) => void) => {
      writer = (name, to) => how(name, to, put);
    },
    only: (): Incident => {
      const [one, ...more] = store.all();
      if (!one || more.length > 0) throw new Error(`expected one incident, found ${more.length + (one ? 1 : 0)}`);
      return one;
    },
  };
}

const describeSave = (incident: Incident): string =>
  ['save', incident.outcome, incident.before && 'before', incident.plan && 'plan', incident.told && 'told']
    .filter(Boolean)
    .join(' ');

type Desire = StateFix<Target, Lamp, unknown>['desire'];
const permission = (action: 'toy:GetLamp' | 'toy:PutLamp'): readonly [Permission] => [
  { actions: [action], resources: ['arn:${AWS::Partition}:toy:${AWS::Region}:${AWS::AccountId}:lamp/*'] },
];
const words = {
  title: 'A lamp burns',
  severity: 'high',
  why: 'Lamps are hot.',
  controls: [],
  responsibility: 'customer data',
} as const;

function lampOf(signal: Signal): string | undefined {
  return signal.kind === 'call'
    ? text(signal.request, 'lamp')
    : text(signal.kind === 'finding' ? signal.body : null, 'resource', 'lamp');
}

/** A rule that mends lamps; it wakes on LightLamp and on a finding of the same. */
export function lampRule(id: RuleId, lens: Lens<Target, Lamp>, desire: Desire, detects: () => void = () => {}): Rule {
  const triggers: [Trigger, ...Trigger[]] = [
    ...calls('toy.amazonaws.com', 'LightLamp'),
    { kind: 'finding', origin: 'guardduty', type: 'Toy:Lamp/Lit' },
  ];
  return rule<Target, Lamp>({
    ...words,
    id,
    triggers,
    detect(signal) {
      detects();
      const name = lampOf(signal);
      const lamps = name?.split('+') ?? [];
      return lamps.map((lamp) => ({
        target: { lamp },
        resource: lampArn(lamp),
        reason: `${id}: it burns`,
        certainty: 'possible' as const,
      }));
    },
    class: 'A',
    breaks: 'nothing',
    risk: 'It is dark.',
    mends: 'puts it out',
    undoes: 'lights it again',
    permissions: { read: permission('toy:GetLamp'), write: permission('toy:PutLamp') },
    proof: 'fake',
    fix: { kind: 'state', lens, desire },
  });
}

export const putsOut = (lens: Lens<Target, Lamp>): Rule =>
  lampRule('toy/lamp', lens, (lamp) => lamp && { ...lamp, lit: false });
export const dims = (lens: Lens<Target, Lamp>): Rule =>
  lampRule('toy/watts', lens, (lamp) => lamp && { ...lamp, watts: Math.min(lamp.watts, 40) });

/** A rule that puts a lamp back to what was learned of it; it learns from SetLamp. */
export const putsBack = (lens: Lens<Target, Lamp>, id: RuleId = 'toy/learns'): Rule => {
  const rule = lampRule(id, lens, (_, { learned }) => learned?.state ?? { unknown: 'nobody knows what this lamp was' });
  const learns: NonNullable<StateFix<Target, Lamp, unknown>['learns']> = {
    triggers: calls('toy.amazonaws.com', 'SetLamp'),
    target: (signal) => (lampOf(signal) === undefined ? null : { lamp: lampOf(signal) ?? '' }),
  };
  return { ...rule, fix: rule.fix && { ...rule.fix, learns } } as Rule;
};

/** A rule that only tells; it asks for failed calls, too. */
export const hearsBell: Rule = rule<Target>({
  ...words,
  id: 'toy/bell',
  title: 'The bell rang',
  triggers: [{ kind: 'call', service: 'toy.amazonaws.com', name: 'RingBell', failures: true }],
  detect: () => [{ target: { lamp: 'bell' }, resource: lampArn('bell'), reason: 'it rang', certainty: 'certain' }],
  class: 'N',
  breaks: 'nothing',
});

/** A rule that tells of the third ring of a lamp's bell within ten minutes. */
export const countsBell: Rule = rule<Target>({
  ...words,
  id: 'toy/rings',
  title: 'The bell rang and rang',
  triggers: calls('toy.amazonaws.com', 'RingBell'),
  detect(signal) {
    const lamp = lampOf(signal) ?? '';
    return [{ target: { lamp }, resource: lampArn('any'), reason: `${lamp} rang`, certainty: 'certain' }];
  },
  threshold: { times: 3, minutes: 10 },
  class: 'N',
  breaks: 'nothing',
});

let events = 0;
type Change = {
  id?: string;
  time?: string | null;
  requestId?: string;
  arn?: string;
  errorCode?: string;
  lamp?: string;
};

/** An EventBridge event of a call, two seconds old when the world begins. */
export function call(name: 'LightLamp' | 'RingBell' | 'SetLamp' = 'LightLamp', change: Change = {}): Json {
  events += 1;
  const {
    id = `event-${events}`,
    time = '2026-03-01T09:59:58Z',
    requestId = `theirs-${events}`,
    arn = alice,
    errorCode,
    lamp = 'hall',
  } = change;
  return {
    id: `envelope-${id}`,
    'detail-type': 'AWS API Call via CloudTrail',
    source: 'aws.toy',
    account: '111122223333',
    region: 'eu-central-1',
    detail: {
      eventID: id,
      ...(time !== null && { eventTime: time }),
      eventSource: 'toy.amazonaws.com',
      eventName: name,
      awsRegion: 'eu-central-1',
      recipientAccountId: '111122223333',
      requestID: requestId,
      userIdentity: { type: 'IAMUser', arn, userName: 'alice', accountId: '111122223333' },
      requestParameters: { lamp },
      ...(errorCode !== undefined && { errorCode }),
    },
  };
}

/** A GuardDuty finding of the same trouble, as EventBridge brings it. */
export function found(id: string, time: string, lamp = 'hall'): Json {
  return {
    id: `envelope-${id}`,
    'detail-type': 'GuardDuty Finding',
    source: 'aws.guardduty',
    account: '111122223333',
    region: 'eu-central-1',
    detail: {
      id,
      accountId: '111122223333',
      region: 'eu-central-1',
      type: 'Toy:Lamp/Lit',
      title: 'A lamp is lit',
      updatedAt: time,
      service: {},
      resource: { lamp },
    },
  };
}

export const stateOf = (incident: Incident | null, which: 'before' | 'plan' | 'after'): unknown =>
  at(incident, which, 'state');

export const outcomesOf = (results: readonly Result[]): readonly Outcome[] => results.map(({ outcome }) => outcome);

/** Delivers an event once; by default to the rule that puts lamps out. */
export const deliver = async (
  world: World,
  event: Json,
  rules: readonly Rule[] = [putsOut(world.lens)],
  config: Partial<Config> = {},
): Promise<readonly Outcome[]> => outcomesOf(await handle(event, world.deps(rules, config)));

/** Lambda's three deliveries of one event, one and two minutes apart, until one goes through. */
export async function retried(
  world: World,
  event: Json,
  rules?: readonly Rule[],
  config?: Partial<Config>,
): Promise<readonly Outcome[] | Error> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await deliver(world, event, rules, config);
    } catch (error) {
      if (attempt === lastAttempt) return error as Error;
      world.revive();
      world.wait(attempt * 60);
    }
  }
}

/** Bob says yes. */
export async function decide(world: World, id: string): Promise<void> {
  await saysYes(id, bob, world.deps([]));
}

export const exempt = (change: Partial<Exemption>): Partial<Config> => ({
  exemptions: [{ rule: 'toy/lamp', owner: 'light team', reason: 'a show', expires: '2026-06-30', ...change }],
});

/** A rule like it whose fix holds for some minutes. */
export const holding = (rule: Rule, minutes: number): Rule =>
  ({ ...rule, fix: rule.fix && { ...rule.fix, until: () => minutes } }) as Rule;

/** Every way in which one call to the outside can go wrong. */
export const kinds: readonly Omit<Fault, 'at'>[] = (['before', 'after'] as const).flatMap((when) =>
  [true, false].map((dies) => ({ when, dies })),
);

/** Runs `work` in new worlds with a fault at the first call, the second and so on, until a run is not reached by it. */
export async function atEveryCall(
  prepare: () => Promise<World>,
  kind: Omit<Fault, 'at'>,
  work: (world: World, n: number) => Promise<void>,
): Promise<number> {
  for (let n = 1; ; n += 1) {
    const world = await prepare();
    world.fail({ at: n, ...kind });
    await work(world, n);
    if (world.hits() === 0) return n - 1;
  }
}

/** Somebody who says a command again until it is done; `done` is how it refuses what was done already. */
export async function persist(world: World, command: () => Promise<unknown>, done?: string): Promise<void> {
  for (let tries = 0; tries < 4; tries += 1) {
    try {
      await command();
      return;
    } catch (error) {
      world.revive();
      world.wait(120);
      if ((error as Error).name === done) return;
    }
  }
  throw new Error('the command never went through');
}
