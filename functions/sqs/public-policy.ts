import { addedFor, type Opened, openedBy } from '../../shared/aws/opened.ts';
import { member } from '../../shared/aws/telling.ts';
import type { Home } from '../../shared/core/mode.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { attributesOf, nameless, queueOf } from './lenses/queue.ts';

export const publicPolicy = rule({
  id: 'sqs/public-policy',
  title: 'A queue policy lets strangers in',
  severity: 'high',
  why: 'Whoever the policy lets in may read the messages, take them away before we do, or send us their own, which our applications will believe.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'customer data',
  controls: [
    {
      framework: 'AWS Security Hub CSPM',
      id: 'SQS.3',
      source: 'https://docs.aws.amazon.com/securityhub/latest/userguide/sqs-controls.html#sqs-3',
    },
  ],
  // SQS Developer Guide, "Logging Amazon SQS API calls using AWS CloudTrail", shows all three; SetQueueAttributes with a
  // Policy, a text, is recorded in the tests of github.com/flatironhealth/aws-remediation-framework.
  triggers: calls('sqs.amazonaws.com', 'SetQueueAttributes', 'AddPermission', 'CreateQueue'),
  detect(signal, _baseline, home) {
    if (signal.kind !== 'call') return [];
    const queue = queueOf(signal);
    if (queue === undefined) return unreadable(nameless);
    const opened = signal.name === 'AddPermission' ? addedFor(accounts(signal), home) : set(signal, home);
    if (opened === null) return [];
    if (opened === 'unreadable') return unreadable('requestParameters.attributes');
    const { reason, certainty, named } = opened;
    return [{ target: { queue, named }, resource: queue, reason, certainty }];
  },
});

/** A new queue without attributes, and a policy that is taken away (an empty text), let nobody in. */
function set(call: Call, home: Home): Opened | 'unreadable' | null {
  const attributes = attributesOf(call);
  if (attributes === undefined || attributes === null) return call.name === 'CreateQueue' ? null : 'unreadable';
  const policy = member(attributes, 'Policy');
  return policy === undefined || policy === null || policy === '' ? null : openedBy(policy, home);
}

/** The statement that it adds names accounts: `aWSAccountIds` in CloudTrail's words. */
const accounts = ({ request }: Call): unknown => member(request, 'AWSAccountIds') ?? member(request, 'AWSAccountId');
