import { arn } from '../../../shared/aws/arn.ts';
import type { Home } from '../../../shared/core/mode.ts';
import type { Signal } from '../../../shared/core/signal.ts';

/**
 * The ARN of a root, organisational unit, account or policy by its id, as the service authorization reference has them. The
 * organisation's id is in no event: firebreak.yml may tell it. Of a policy neither is its type.
 */
export function entityArn(signal: Signal, { organization = '*' }: Home, id: string): string {
  const kind = id.startsWith('r-') ? 'root' : id.startsWith('ou-') ? 'ou' : id.startsWith('p-') ? 'policy' : 'account';
  const path = kind === 'policy' ? `${organization}/*` : organization;
  return arn(signal, 'organizations', `${kind}/${path}/${id}`, { regional: false, owned: true });
}

/** What an id is called among people. */
export const named = (id: string): string =>
  id.startsWith('r-') ? `the root ${id}` : id.startsWith('ou-') ? `the unit ${id}` : `the account ${id}`;
