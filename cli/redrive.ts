/** `firebreak redrive`: delivers again what ended in the dead-letter queue. */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Command } from 'commander';
import { rooms } from '../functions/rooms.ts';
import { parseArn } from '../shared/aws/arn.ts';
import { client } from '../shared/aws/client.ts';
import { isObject, type JsonObject, text } from '../shared/core/json.ts';
import { plain } from '../shared/notify/plain.ts';
import { access, type Names, namesOf, type StackOptions, withStack } from './deployment.ts';
import { whole } from './incidents.ts';
import { print, say, toJson } from './output.ts';

type Options = StackOptions & { max: number; json?: true };
type Delivery = { readonly lambda: string; readonly event: JsonObject };
type Kept = { readonly message: string; readonly reason: string };

/** How long a message that is being redriven is hidden from other readers, in seconds. */
const hidden = 120;

export const define = (command: Command): Command =>
  withStack(
    command
      .description('deliver the events of the dead-letter queue to their functions again')
      .option('--max <n>', 'at most so many messages', whole(1, 10_000), 100)
      .option('--json', 'print the counts as JSON'),
  ).addHelpText('after', '\nExample:\n  $ npx firebreak redrive --max 10');

export async function run(_args: readonly string[], options: Options): Promise<number> {
  const names = namesOf(options);
  const { act } = await access(names, options);
  return act(() => redrive(names, options));
}

async function redrive(names: Names, options: Options): Promise<number> {
  const sqs = client(SQSClient);
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: names.queue }));
  const kept: (Kept & { handle: string })[] = [];
  const seen = new Set<string>();
  let redriven = 0;
  for (let more = true; more && seen.size < options.max; ) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: Math.min(10, options.max - seen.size),
        MessageAttributeNames: ['All'],
        VisibilityTimeout: hidden,
        // A short poll asks only some of SQS's servers, and may find nothing where there is something.
        WaitTimeSeconds: 1,
      }),
    );
    const fresh = Messages.filter(({ MessageId }) => MessageId !== undefined && !seen.has(MessageId));
    more = fresh.length > 0;
    for (const message of fresh) {
      seen.add(message.MessageId ?? '');
      const failure = await deliver(message, names);
      if (failure !== null)
        kept.push({ message: message.MessageId ?? '', reason: failure, handle: message.ReceiptHandle ?? '' });
      else {
        // Only now: an event that is delivered twice is known again, one that is lost is not.
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
        redriven += 1;
      }
    }
  }
  for (const { handle } of kept)
    await sqs
      .send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: handle, VisibilityTimeout: 0 }))
      .catch(() => {});
  const report = { redriven, kept: kept.map(({ message, reason }) => ({ message, reason: plain(reason, 300) })) };
  if (options.json) await print(toJson(report, 2));
  else await print(`${redriven} delivered again, ${kept.length} left in ${names.queue}`);
  if (!options.json) say(...report.kept.map(({ message, reason }) => `left message ${plain(message, 60)}: ${reason}`));
  if (seen.size >= options.max)
    say(`stopped after ${options.max} messages; there may be more: repeat, or give a larger --max`);
  return kept.length > 0 ? 1 : 0;
}

/** Hands the message's event to its function; the reason where that could not be done. */
async function deliver(message: Message, names: Names): Promise<string | null> {
  const delivery = understood(message, names);
  if (typeof delivery === 'string') return delivery;
  try {
    const { StatusCode } = await client(LambdaClient).send(
      new InvokeCommand({
        FunctionName: delivery.lambda,
        InvocationType: 'Event',
        Payload: JSON.stringify(delivery.event),
      }),
    );
    // Lambda API reference, Invoke: 202 is the answer to the invocation type Event.
    return StatusCode === 202 ? null : `${delivery.lambda} answered ${StatusCode} where 202 was expected`;
  } catch (error) {
    return `${delivery.lambda} was not invoked: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
  }
}

/**
 * Which function gets which event, or why that cannot be said. A message is either the record of Lambda's on-failure
 * destination (Lambda developer guide, "Capturing records of Lambda asynchronous invocations": requestContext.functionArn,
 * requestPayload), or an event that EventBridge could not deliver, with the attribute TARGET_ARN (EventBridge user guide,
 * "Using dead-letter queues to process undelivered events"); EventBridge Scheduler's has the same attribute (Scheduler
 * user guide, "Configuring a schedule's dead-letter queue").
 */
export function understood(message: Pick<Message, 'Body' | 'MessageAttributes'>, names: Names): Delivery | string {
  const body = parsed(message.Body ?? '');
  if (!isObject(body)) return 'its body is no JSON object';
  const failed = text(body, 'requestContext', 'functionArn');
  const target = failed ?? message.MessageAttributes?.['TARGET_ARN']?.StringValue;
  const event = failed === undefined ? body : body['requestPayload'];
  if (target === undefined)
    return 'it names no function: neither requestContext.functionArn nor the attribute TARGET_ARN is there';
  if (!isObject(event)) return 'its event is no JSON object';
  // Whoever can put a message into the queue must not steer these credentials to other functions, or past an approval. A
  // look that was due is neither: it decides nothing, and does only what the stored record says.
  const look = text(event, 'firebreak') === 'due' ? lookOf(event) : undefined;
  if ('firebreak' in event && look === undefined) return 'it is a command to Firebreak, not an event';
  const arn = parseArn(target);
  const lambda = arn?.service === 'lambda' ? /^function:([^:]+)/.exec(arn.resource)?.[1] : undefined;
  const ours = Object.keys(rooms).map(names.lambda);
  if (lambda === undefined || !ours.includes(lambda))
    return `${target} is no function of stack ${names.stack}; expected one of ${ours.join(', ')}`;
  return { lambda, event: look === undefined ? event : { firebreak: 'due', ...look } };
}

/** An incident, or the lens of a state that may be learned; nothing else that came with it. */
function lookOf(event: JsonObject): JsonObject | undefined {
  const [incident, learned] = [text(event, 'incident'), text(event, 'learned')];
  return incident !== undefined ? { incident } : learned !== undefined ? { learned } : undefined;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
