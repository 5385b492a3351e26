/** The engine over a stage: a rule's own fix, woken by an event that names the stage's target. */

import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Deps, Result } from '../../shared/core/deps.ts';
import { handle } from '../../shared/core/engine.ts';
import type { Json } from '../../shared/core/json.ts';
import { canonical } from '../../shared/core/json.ts';
import { approve, decide } from '../../shared/core/people.ts';
import type { FixRule, Rule } from '../../shared/core/rule.ts';
import { context } from './detecting.ts';
import type { Hands } from './hands.ts';
import { type Memory, memoryIncidents } from './memory.ts';
import { call, standard } from './toys.ts';

/** Two states of a lens, comparable. */
export const canon = ({ fix: { lens } }: FixRule, state: Json): string =>
  canonical(state === null || !lens.canon ? state : lens.canon(state));

/** Events are of the tests' account, what they are about is in the sandbox's: neither is a stranger to the other. */
const trusted = ['123456789012'];

/** What the rule wants of a state, with the settings that it has by default; throws where it knows no safe state. */
export function desire(rule: FixRule, state: Json, target: Json): Json {
  const known = context(target, {});
  const wanted = rule.fix.desire(state, { ...known, home: { ...known.home, trusted } });
  if (typeof wanted === 'object' && wanted !== null && 'unknown' in wanted)
    throw new Error(`${rule.id}: ${String(wanted['unknown'])}`);
  return wanted as Json;
}

export type Run = { readonly deps: Deps; readonly store: Memory; now(): Date };

/** The engine with these hands; only what leaves the process is real. `patient`: re-reads wait as they do when deployed. */
export function engineFor(
  own: Hands,
  rule: FixRule,
  target: Json,
  o: { patient: boolean; write?: FixRule['fix']['lens']['write'] },
): Run {
  const now = (): Date => new Date();
  const store = memoryIncidents(now);
  const lens = o.write ? { ...rule.fix.lens, write: o.write } : rule.fix.lens;
  const woken = {
    ...rule,
    triggers: [{ kind: 'call', service: 'toy.amazonaws.com', name: 'LightLamp' }],
    detect: () => [{ target, resource: `a stage of ${rule.id}`, reason: 'set so', certainty: 'certain' }],
    fix: { ...rule.fix, lens },
  } as const satisfies Rule;
  const deps: Deps = {
    room: 'stage',
    rules: [woken],
    config: {
      ...standard,
      modes: [{ rule: rule.id, mode: rule.class === '1' ? 'approve' : 'remediate' }],
      rooms: { [rule.function ?? '']: 'on' },
      trusted,
    },
    incidents: store,
    tell: async () => {},
    revise: async () => {},
    now,
    sleep: async (milliseconds) => void (o.patient && (await sleep(milliseconds))),
    digest: (text) => createHash('sha256').update(text).digest('hex').slice(0, 16),
    record: own.record,
    holder: 'stage',
    isOurs: () => false,
    confirm: async (finding) => finding,
    later: async () => {},
    sign: async (text) => createHash('sha256').update(`stage ${text}`).digest('hex'),
    verify: async (text, code) => createHash('sha256').update(`stage ${text}`).digest('hex') === code,
  };
  return { deps, store, now };
}

/** Delivers one event; what must always be asked is approved at once. */
export async function putOut(own: Hands, { deps, now }: Run): Promise<Result> {
  const [first] = await own.as(() => handle(call('LightLamp', { time: now().toISOString() }), deps));
  if (!first) throw new Error('the engine recognised nothing');
  if (first.outcome !== 'asked' || first.incident === null) return first;
  await decide(first.incident, 'the test', deps);
  return own.as(() => approve(first.incident ?? '', deps));
}
