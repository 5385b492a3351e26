/** How events call a trail. */
import { arn, parseArn } from '../../../shared/aws/arn.ts';
import { named } from '../../../shared/aws/telling.ts';
import { text } from '../../../shared/core/json.ts';
import type { Call, Signal } from '../../../shared/core/signal.ts';

/**
 * `trail`: the trail's ARN; its bare name where the event does not tell its account; null where a finding names none.
 * `ours`: whether it is a trail of the account that the event came from. Only those can be read and started there.
 */
export type Trail = { readonly trail: string | null; readonly ours: boolean };

/** A trail is called by its ARN or, in its home region, by its name: one trail, one target. */
export function trailCalled(trail: string, signal: Signal): Trail {
  const parsed = parseArn(trail);
  if (parsed) return { trail, ours: signal.account === null || parsed.account === signal.account };
  return {
    trail: signal.account !== null && signal.region !== null ? arn(signal, 'cloudtrail', `trail/${trail}`) : trail,
    ours: true,
  };
}

/** The trail that a call is about: the answer, where there is one, tells its ARN (API_UpdateTrail, API_PutEventSelectors). */
export function trailOf(call: Call, member: 'name' | 'trailName'): Trail | null {
  const told = text(call.response, 'trailARN') ?? named(call.request, member);
  return told === undefined ? null : trailCalled(told, call);
}
