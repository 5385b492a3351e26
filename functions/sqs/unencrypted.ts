import { notOurs } from '../../shared/aws/own.ts';
import { member } from '../../shared/aws/telling.ts';
import { calls, type Finding, rule, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { type Encryption, encryption, type Queue } from './lenses/encryption.ts';
import { attributesOf, filled, nameless, queueOf, says } from './lenses/queue.ts';

// A queue's ARN has no type: Service Authorization Reference, Amazon SQS.
const queues = 'arn:${AWS::Partition}:sqs:*:${AWS::AccountId}:*';

export const unencrypted = rule<Queue, Encryption>({
  id: 'sqs/unencrypted',
  title: 'A queue keeps its messages in the clear',
  severity: 'medium',
  why: 'Messages lie on AWS’s disks as they were sent, and no key stands between them and whoever the queue policy lets in: an encrypted queue refuses anonymous requests.',
  class: 'A',
  breaks: 'access',
  risk: 'Requests that nobody signed, or that do not come over TLS, are refused from then on. Senders and readers need no further permission: the key is SQS’s own.',
  mends:
    'turns on encryption under SQS’s own key (SSE-SQS), for messages that are sent from then on. A KMS key that was taken away is not put back: an application may no longer be allowed to use it.',
  undoes: 'turns encryption off again; messages that came meanwhile stay encrypted, and are delivered as ever.',
  responsibility: 'encryption and network traffic protection',
  proof: 'emulator',
  controls: [
    {
      framework: 'AWS Security Hub CSPM',
      id: 'SQS.1',
      source: 'https://docs.aws.amazon.com/securityhub/latest/userguide/sqs-controls.html#sqs-1',
    },
  ],
  // Shapes: see ./public-policy.ts. A queue is either under a KMS key (KmsMasterKeyId) or under SQS's own
  // (SqsManagedSseEnabled), which new queues are by default: SQS Developer Guide, "Encryption at rest in Amazon SQS".
  triggers: calls('sqs.amazonaws.com', 'CreateQueue', 'SetQueueAttributes'),
  permissions: {
    read: [{ actions: ['sqs:GetQueueUrl', 'sqs:GetQueueAttributes'], resources: [queues] }],
    write: [{ actions: ['sqs:SetQueueAttributes'], resources: [queues] }],
  },
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const queue = queueOf(signal);
    if (queue === undefined) return unreadable(nameless);
    const attributes = attributesOf(signal);
    if (attributes === undefined || attributes === null)
      return signal.name === 'CreateQueue' ? [] : unreadable('requestParameters.attributes');
    const certainty = clear(attributes, signal);
    if (certainty === null) return [];
    const reason = certainty === 'certain' ? plain : `${plain}, unless another encryption is still on`;
    return [{ target: { queue }, resource: queue, reason, certainty }];
  },
  fix: {
    kind: 'state',
    lens: encryption,
    desire: (state, { target, home }) =>
      state === null || state.key !== null ? state : notOurs(target.queue, home, state, { ...state, managed: true }),
  },
});

const plain = 'its messages are no longer encrypted';

/** What is not named stays as it was, which only a read can tell; of a new queue all is known. */
function clear(attributes: unknown, call: Call): Finding['certainty'] | null {
  const [key, managed] = [member(attributes, 'KmsMasterKeyId'), member(attributes, 'SqsManagedSseEnabled')];
  if (filled(key) || says(managed, 'true')) return null;
  const off = says(managed, 'false');
  if (call.name === 'CreateQueue') return off ? 'certain' : null;
  if (off) return key === undefined ? 'possible' : 'certain';
  return key === undefined ? null : 'possible';
}
