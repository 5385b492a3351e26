import { canonical, text } from '../../../shared/core/json.ts';
import { type Context, calls, type Unknown } from '../../../shared/core/rule.ts';
import type { Signal } from '../../../shared/core/signal.ts';
import { forbidsLess, type Guard, type GuardState, guard, harmless } from './guard.ts';

/** Calls after which a policy says what somebody wanted it to say. A new text is never learned: it is what is watched. */
export const teaching = calls('organizations.amazonaws.com', 'CreatePolicy', 'AttachPolicy');

export function taught(signal: Signal): Guard | null {
  if (signal.kind !== 'call') return null;
  const id = text(signal.response, 'policy', 'policySummary', 'id') ?? text(signal.request, 'policyId');
  return id === undefined ? null : { policy: id, from: id };
}

/** The guard rail back where it was; the text only where what it was seen to forbid is forbidden no longer. */
export function wanted(
  state: GuardState | null,
  { target: { policy, from }, learned }: Context<Guard, unknown, GuardState>,
): GuardState | null | Unknown {
  if (state === null)
    return policy.startsWith('p-')
      ? { unknown: `${policy} or ${from} is gone: a policy has to be made again, and attached` }
      : { unknown: `turn the type on again (aws organizations enable-policy-type), and attach its policies again` };
  if (harmless.includes(state.type)) return state;
  if ('attached' in state) return { ...state, attached: true };
  if (learned === null || !('content' in learned.state))
    return { unknown: `what ${policy} forbade before is not known: look at it` };
  if (canonical(guard.canon?.(state)) === canonical(guard.canon?.(learned.state))) return state;
  return forbidsLess(learned.state.content, state.content) === true
    ? { ...state, content: learned.state.content }
    : {
        unknown: `${policy} still forbids what it was seen to forbid at ${learned.at}, but perhaps less than just before`,
      };
}
