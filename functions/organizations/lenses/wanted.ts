import { canonical, text } from '../../../shared/core/json.ts';
import { type Context, calls, type Learned, type Unknown } from '../../../shared/core/rule.ts';
import type { Signal } from '../../../shared/core/signal.ts';
import { forbidsLess, type Guard, type GuardState, guard, harmless } from './guard.ts';
import type { TypeState } from './type.ts';

/**
 * Calls after which a policy says what somebody wanted it to say, and after which policies are attached where somebody
 * wanted them. A new text is never learned: it is what is watched.
 */
export const teaching = calls('organizations.amazonaws.com', 'CreatePolicy', 'AttachPolicy');

/** The type that an attached policy has is in no event; nearly all guard rails are of this one. */
const usual: Guard = { policy: 'SERVICE_CONTROL_POLICY', from: 'the root' };

export function taught(signal: Signal): Guard | null {
  if (signal.kind !== 'call') return null;
  if (signal.name === 'AttachPolicy') return usual;
  const id = text(signal.response, 'policy', 'policySummary', 'id') ?? text(signal.request, 'policyId');
  return id === undefined ? null : { policy: id, from: id };
}

/** The guard rail back where it was; the text only where what it was seen to forbid is forbidden no longer. */
export function wanted(
  state: GuardState | null,
  { target: { policy, from }, learned }: Context<Guard, unknown, GuardState>,
): GuardState | null | Unknown {
  if (state === null) return { unknown: `${policy} or ${from} is gone: a policy has to be made again, and attached` };
  if (harmless.includes(state.type)) return state;
  if ('enabled' in state) return attachedAgain(state, learned);
  // One that only allows can give rights back, and take none.
  if ('attached' in state) return state.forbids ? { ...state, attached: true } : state;
  if (learned === null || !('content' in learned.state))
    return { unknown: `what ${policy} forbade before is not known: look at it` };
  if (canonical(guard.canon?.(state)) === canonical(guard.canon?.(learned.state))) return state;
  return forbidsLess(learned.state.content, state.content) === true
    ? { ...state, content: learned.state.content }
    : {
        unknown: `${policy} still forbids what it was seen to forbid at ${learned.at}, but perhaps less than just before`,
      };
}

/** On again, with each policy where it was seen, if there still is such a policy, and where it has been attached since. */
function attachedAgain(state: TypeState, learned: Learned<GuardState> | null): TypeState | Unknown {
  if (state.enabled) return state;
  if (learned === null || !('enabled' in learned.state))
    return {
      unknown: `where the policies of the type ${state.type} were attached is not known: turn it on again (aws organizations enable-policy-type), and attach them`,
    };
  const { attached: seen } = learned.state;
  const attached = Object.entries(state.attached).map(([policy, now]) => [
    policy,
    [...new Set([...now, ...(seen[policy] ?? [])])].sort(),
  ]);
  return { ...state, enabled: true, attached: Object.fromEntries(attached) };
}
