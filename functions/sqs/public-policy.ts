import { closed } from '../../shared/aws/closing.ts';
import { addedFor, type Opened, openedBy } from '../../shared/aws/opened.ts';
import { notOurs } from '../../shared/aws/own.ts';
import { member } from '../../shared/aws/telling.ts';
import type { Home } from '../../shared/core/mode.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { attributesOf, nameless, queueOf } from './lenses/queue.ts';
import { type PolicyTarget, queuePolicy } from './lenses/queue-policy.ts';

// A queue's ARN has no type: Service Authorization Reference, Amazon SQS.
const queues = 'arn:${AWS::Partition}:sqs:*:${AWS::AccountId}:*';

export const publicPolicy = rule<PolicyTarget, string>({
  id: 'sqs/public-policy',
  title: 'A queue policy lets strangers in',
  severity: 'high',
  why: 'Whoever the policy lets in may read the messages, take them away before we do, or send us their own, which our applications will believe.',
  class: 'A',
  breaks: 'access',
  risk: 'Senders and readers that relied on the public statement are refused at once, such as services of AWS that no statement names. All other statements stay.',
  mends:
    'drops the statements that make the queue public, and leaves the others as they are. When none remains, the policy is taken away. Strangers who are named are only told.',
  undoes: 'puts the former policy back, text for text.',
  responsibility: 'customer data',
  proof: 'emulator',
  controls: [
    {
      framework: 'AWS Security Hub CSPM',
      id: 'SQS.3',
      source: 'https://docs.aws.amazon.com/securityhub/latest/userguide/sqs-controls.html#sqs-3',
    },
    {
      framework: 'MITRE ATT&CK',
      id: 'T1537',
      source:
        'https://github.com/panther-labs/panther-analysis/blob/main/rules/aws_cloudtrail_rules/aws_resource_made_public.yml',
    },
  ],
  // SQS Developer Guide, "Logging Amazon SQS API calls using AWS CloudTrail", shows all three; SetQueueAttributes with a
  // Policy, a text, is recorded in the tests of github.com/flatironhealth/aws-remediation-framework.
  triggers: calls('sqs.amazonaws.com', 'SetQueueAttributes', 'AddPermission', 'CreateQueue'),
  permissions: {
    read: [{ actions: ['sqs:GetQueueUrl', 'sqs:GetQueueAttributes'], resources: [queues] }],
    write: [{ actions: ['sqs:SetQueueAttributes'], resources: [queues] }],
  },
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
  fix: {
    kind: 'state',
    lens: queuePolicy,
    desire: (policy, { target, home }) =>
      policy === null ? null : notOurs(target.queue, home, policy, closed(policy, target.named, home)),
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
