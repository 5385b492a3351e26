import { samePolicy } from '../../../shared/aws/closing.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import { attributesOf, minutes, setAttributes } from './attributes.ts';

/** `queue`: the queue's ARN. `named`: strangers are let in by name, and no statement is public. */
export type PolicyTarget = { readonly queue: string; readonly named: boolean };

/** A queue's policy: the text as GetQueueAttributes gives it. Null where the queue has none, or is gone. */
export const queuePolicy: Lens<PolicyTarget, string> = {
  id: 'sqs/queue-policy',
  key: ({ queue }) => queue,
  read: async ({ queue }) => (await attributesOf(queue, ['Policy']))?.['Policy'] || null,
  canon: samePolicy,
  // An empty text takes the policy away: recorded so from the console, which sends all attributes.
  write: ({ queue }, _from, to) => setAttributes(queue, { Policy: to ?? '' }),
  undo: () => 'restore',
  settles: minutes,
};
