/**
 * What a fix would have changed. Only where the event holds the whole state that the fix's lens reads can that be said;
 * else what it would have looked at, and never a guess. Pure.
 */

import { requested } from '../../functions/iam/lenses/strength.ts';
import { switches } from '../../functions/s3/lenses/guard-request.ts';
import { at, canonical, isObject, type Json, text } from '../../shared/core/json.ts';
import type { Home } from '../../shared/core/mode.ts';
import type { Finding, FixRule } from '../../shared/core/rule.ts';
import type { Call, Signal } from '../../shared/core/signal.ts';
import { difference } from '../../shared/notify/diff.ts';

export type Would =
  | { readonly kind: 'tell' }
  /** As the event left it, a fresh read would have found this to change. */
  | { readonly kind: 'change'; readonly lines: readonly string[] }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'look'; readonly lens: string; readonly actions: readonly string[] };

const policyPut = ({ name, request }: Call): Json | undefined => {
  // Without one a bucket has no policy, which is null to the lens.
  if (name === 'DeleteBucketPolicy') return null;
  const policy = at(request, 'bucketPolicy');
  return isObject(policy) ? JSON.stringify(policy) : typeof policy === 'string' && policy !== '' ? policy : undefined;
};

/** By rule: the state of its lens right after the call; undefined where the event does not show all of it. */
export const whole: { readonly [rule: string]: (call: Call) => Json | undefined } = {
  's3/public-policy': policyPut,
  's3/tls-only': policyPut,
  's3/public-access-block': ({ name, request }) => {
    if (name === 'DeleteBucketPublicAccessBlock') return 'unset';
    const asked = at(request, 'PublicAccessBlockConfiguration');
    const said = switches.map((one) => [one, at(asked, one)] as const);
    if (said.some(([, value]) => typeof value !== 'boolean')) return undefined;
    return Object.fromEntries(said) as Json;
  },
  'cloudtrail/logging-stopped': ({ name }) => (name === 'StopLogging' ? false : undefined),
  'iam/access-key-created': ({ response }) => text(response, 'accessKey', 'status'),
  'iam/password-policy': ({ name, request }) =>
    name === 'DeleteAccountPasswordPolicy' ? null : (requested(request) ?? undefined),
  'kms/deletion-scheduled': ({ response }) => text(response, 'keyState'),
};

export function wouldOf(rule: FixRule, signal: Signal, finding: Finding, baseline: unknown, home: Home): Would {
  const { lens, desire } = rule.fix;
  const actions = [...new Set(rule.permissions.read.flatMap((permission) => permission.actions))].sort();
  const look: Would = { kind: 'look', lens: lens.id, actions };
  const state = signal.kind === 'call' && finding.certainty === 'certain' ? whole[rule.id]?.(signal) : undefined;
  if (state === undefined) return look;
  const desired = desire(state, { target: finding.target, baseline, home, learned: null });
  // The fix itself does not know without a read: nor do we.
  if (isObject(desired) && 'unknown' in desired) return look;
  const canon = (one: Json): string => canonical(one !== null && lens.canon ? lens.canon(one) : one);
  if (canon(state) === canon(desired as Json)) return { kind: 'nothing' };
  return { kind: 'change', lines: difference(state, desired as Json, 16) };
}
