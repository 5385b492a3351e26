import { arn, partitionOf } from '../../../shared/aws/arn.ts';
import { member, named } from '../../../shared/aws/telling.ts';
import { text } from '../../../shared/core/json.ts';
import type { Call } from '../../../shared/core/signal.ts';

/** What is said of a call that names no queue. */
export const nameless = 'requestParameters.queueUrl';

/**
 * The ARN of the queue that a call is about. A URL ends with the account and the queue's name, whatever its host
 * (SQS Developer Guide, "Queue and message identifiers"): its host is a caller's word, and nothing is sent there.
 */
export function queueOf(call: Call): string | undefined {
  const url = named(call.response, 'queueUrl') ?? named(call.request, 'queueUrl');
  const [, account, name] = /\/(\d{12})\/([\w-]{1,80}(?:\.fifo)?)\/?$/.exec(url ?? '') ?? [];
  if (name !== undefined) return `arn:${partitionOf(call.region)}:sqs:${call.region ?? ''}:${account}:${name}`;
  const asked = named(call.request, 'queueName');
  return asked === undefined ? undefined : arn(call, 'sqs', asked);
}

/**
 * The attributes that a call sets; undefined where it names none. SetQueueAttributes says `attributes`, CreateQueue has
 * been recorded with `attribute` (both in the tests of github.com/flatironhealth/aws-remediation-framework).
 */
export function attributesOf(call: Call): unknown {
  return member(call.request, 'attributes') ?? member(call.request, 'attribute');
}

/** The value of an attribute; undefined where it is not set by this call. */
export const attribute = (attributes: unknown, name: string): unknown => member(attributes, name);

/** Whether a boolean attribute, which SQS sends as text, says this. */
export const says = (value: unknown, word: 'true' | 'false'): boolean =>
  typeof value === 'string' ? value.toLowerCase() === word : value === (word === 'true');

/** A text that is there and not empty. */
export const filled = (value: unknown): boolean => text({ value }, 'value') !== undefined;
