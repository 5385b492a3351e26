/** An awkward starting state for a rule's fix, made by real API calls. */
import type { Json } from '../../shared/core/json.ts';
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
  set(): Promise<Staged>;
};

/** The signal of a stage's call, in the emulators' account. */
export function signalOf(rule: Rule, { name, request, response = null }: NonNullable<Staged['call']>): Signal {
  const trigger = rule.triggers.find((one) => one.kind === 'call' && one.name === name);
  if (trigger?.kind !== 'call') throw new Error(`${rule.id} does not wake on ${name}`);
  const normalised = normalise({
    eventSource: trigger.service,
    eventName: name,
    eventTime: '2026-03-02T08:31:07Z',
    awsRegion: 'us-east-1',
    recipientAccountId: '123456789012',
    userIdentity: { type: 'IAMUser', arn: 'arn:aws:iam::123456789012:user/sandbox-admin', userName: 'sandbox-admin' },
    requestParameters: request,
    responseElements: response,
  });
  if ('unparsed' in normalised) throw new Error(normalised.unparsed);
  return normalised.signals[0];
}
