/** An awkward starting state for a rule's fix, made by real API calls. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json, JsonObject } from '../../shared/core/json.ts';
import type { Rule, RuleId } from '../../shared/core/rule.ts';
import { normalise, type Signal } from '../../shared/core/signal.ts';

export type Staged = {
  /** The rule's target, as its `detect` would name it. */
  readonly target: Json;
  /** The state that the fix must leave, written out by hand: what was not the trouble is untouched. */
  readonly after: Json;
  /**
   * The call that would have made it so, as CloudTrail records it: `name` is one of the rule's triggers. From it the rule
   * must name this very target; the deployed stack and the demo are lit with it.
   */
  readonly call?: { readonly name: string; readonly request: Json; readonly response?: Json };
  /** Or what would report it: an event that fires the rule, `ssh` for `fires-ssh.json`, with these names instead of its own. */
  readonly report?: { readonly like: string; readonly swap: { readonly [name: string]: string } };
  /** Takes away what was made. */
  clear(): Promise<void>;
};

export type Stage = {
  readonly rule: RuleId;
  readonly name: string;
  /** The rule's settings in firebreak.yml; none where it is left out. */
  readonly baseline?: Json;
  /** The state that was learned of the target before; none where it is left out. */
  readonly learned?: Json;
  /** What tells of it is read some time later (`after` of a finding): no demo waits for that. */
  readonly later?: true;
  /** `set` can show the state that is learned, while it stands: the demo has the engine learn it. */
  readonly stands?: true;
  set(stood?: Stood): Promise<Staged>;
};

/** Told of the target while its state is still the one that is learned. */
export type Stood = (target: Json) => Promise<void>;

/** Whether the stage says how it would come to be known. */
export const isKnown = ({ call, report }: Staged): boolean => call !== undefined || report !== undefined;

/** The event that tells of a stage, in the emulators' account: `detail` of a CloudTrail record, or a whole one. */
export function eventOf(rule: Rule, { call, report }: Staged): JsonObject {
  if (report) return reported(rule, report);
  if (!call) throw new Error(`a stage of ${rule.id} names no call`);
  const { name, request, response = null } = call;
  const trigger = rule.triggers.find((one) => one.kind === 'call' && one.name === name);
  if (trigger?.kind !== 'call') throw new Error(`${rule.id} does not wake on ${name}`);
  return {
    eventSource: trigger.service,
    eventName: name,
    eventTime: '2026-03-02T08:31:07Z',
    awsRegion: 'us-east-1',
    recipientAccountId: '123456789012',
    userIdentity: { type: 'IAMUser', arn: 'arn:aws:iam::123456789012:user/sandbox-admin', userName: 'sandbox-admin' },
    requestParameters: request,
    responseElements: response,
  };
}

function reported(rule: Rule, { like, swap }: NonNullable<Staged['report']>): JsonObject {
  const file = join(import.meta.dirname, '../../events', rule.id, `fires-${like}.json`);
  const here = { '111122223333': '123456789012', 'eu-west-1': 'us-east-1', ...swap };
  const text = Object.entries(here).reduce(
    (all, [name, other]) => all.replaceAll(name, other),
    readFileSync(file, 'utf8'),
  );
  return JSON.parse(text) as JsonObject;
}

/** The signal that tells of a stage. */
export function signalOf(rule: Rule, staged: Staged): Signal {
  const normalised = normalise(eventOf(rule, staged));
  if ('unparsed' in normalised) throw new Error(normalised.unparsed);
  return normalised.signals[0];
}
