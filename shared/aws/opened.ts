/** What a resource policy that was just put gives away: to everybody, or to strangers whom it names. */
import type { Json } from '../core/json.ts';
import type { Home } from '../core/mode.ts';
import type { Finding } from '../core/rule.ts';
import { foreignStatements } from './foreign.ts';
import { publicStatements, statementsOf } from './policy.ts';
import { listed } from './telling.ts';

/** `named`: no statement is public; the strangers are named, and whether they are partners the policy does not say. */
export type Opened = Pick<Finding, 'reason' | 'certainty'> & { readonly named: boolean };

/**
 * Null where the policy lets nobody in but our own. Conditions on where a call comes from (a bucket, a VPC) hold a
 * statement to somebody; whose that is nobody can tell, and it is taken for ours.
 * @param policy text, or a document; what is neither is told as not shown
 */
export function openedBy(policy: unknown, home: Home): Opened | null {
  if (statementsOf(policy as Json) === null)
    return { reason: 'the event does not show the policy', certainty: 'possible', named: false };
  const open = publicStatements(policy as Json);
  const foreign = foreignStatements(policy as Json, home).filter(
    ({ index, certainty, who }) =>
      (certainty === 'certain' || who.some((one) => one.startsWith('AWS '))) &&
      !open.some((one) => one.index === index),
  );
  if (open.length + foreign.length === 0) return null;
  const certain = open.length > 0 || foreign.some(({ certainty }) => certainty === 'certain');
  return {
    reason: some([
      ...open.map(({ index, reason }) => `statement ${index + 1} is open to ${reason}`),
      ...foreign.map(({ index, reason }) => `statement ${index + 1} ${reason}`),
    ]),
    certainty: certain ? 'certain' : 'possible',
    named: open.length === 0,
  };
}

/** The same for a call that adds a statement for accounts, of which the services keep no more than a policy holds. */
export function addedFor(accounts: unknown, home: Home): Opened | null {
  const named = listed(accounts, 1000);
  if (named.length === 0)
    return { reason: 'the event does not show for whom a permission was added', certainty: 'possible', named: true };
  const opened = openedBy({ Statement: { Effect: 'Allow', Principal: { AWS: named } } }, home);
  return opened && { ...opened, reason: `a permission was added: ${opened.reason}` };
}

const most = 5;

const some = (reasons: readonly string[]): string =>
  reasons.length <= most
    ? reasons.join('; ')
    : `${reasons.slice(0, most).join('; ')}; and ${reasons.length - most} more`;
