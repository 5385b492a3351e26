/** A dead-letter queue full of a day's events, delivered again: none is lost, and none acts by itself any more. */
import { randomUUID } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { beforeAll, expect, inject, test } from 'vitest';
import { deployInto, run } from '../../scripts/sandbox/deploy.ts';
import type { Sandbox } from '../../scripts/sandbox/sandbox.ts';
import { dynamoIncidents } from '../../shared/incidents/dynamo.ts';

const sandbox = inject('sandbox');
const store = dynamoIncidents('firebreak-incidents', 400);
const sqs = new SQSClient({});
const each = 60;
let env: Record<string, string> = {};

beforeAll(async () => {
  env = await deployInto(sandbox as unknown as Sandbox, 'scripts/demo/firebreak.yml', () => {});
}, 300_000);

/** An event of events/, half a day old. */
function old(file: string): { id: string; event: unknown } {
  const id = randomUUID();
  const text = readFileSync(file, 'utf8').replaceAll('111122223333', sandbox.account);
  const event = JSON.parse(text) as { detail: Record<string, unknown> };
  Object.assign(event.detail, {
    eventID: id,
    requestID: randomUUID(),
    eventTime: new Date(Date.now() - 43_200_000).toISOString(),
  });
  return { id, event };
}

const lambda = (name: string): string => `arn:aws:lambda:${sandbox.region}:${sandbox.account}:function:${name}`;

test('a day of dead letters of both shapes is redriven, whole', async () => {
  const [key] = globSync('events/iam/access-key-created/fires-for-user.json');
  const [login] = globSync('events/root/console-login/fires-without-mfa.json');
  if (!key || !login) throw new Error('the events that this test is made of are gone');
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'firebreak-dead-letters' }));
  const ids: string[] = [];
  const entries: SendMessageBatchRequestEntry[] = [];
  for (let n = 0; n < each; n += 1) {
    // What Lambda sends on failure, and what EventBridge sends when it could not reach the function.
    const failed = old(key);
    const record = {
      requestContext: { functionArn: `${lambda('firebreak-iam')}:$LATEST` },
      requestPayload: failed.event,
    };
    const lost = old(login);
    ids.push(failed.id, lost.id);
    const TARGET_ARN = { DataType: 'String', StringValue: lambda(rootFunction()) };
    entries.push({ Id: `a${n}`, MessageBody: JSON.stringify(record) });
    entries.push({ Id: `b${n}`, MessageBody: JSON.stringify(lost.event), MessageAttributes: { TARGET_ARN } });
  }
  for (let from = 0; from < entries.length; from += 10)
    await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: entries.slice(from, from + 10) }));

  await run('node', ['cli/main.ts', 'redrive', '--max', '1000'], env);

  const wanted = new Set(ids);
  for (let tries = 0; tries < 300; tries += 1) {
    const found = (await store.list(2, new Date())).filter(
      ({ event, outcome }) => wanted.has(event.id) && outcome !== 'open',
    );
    if (found.length === ids.length) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const incidents = (await store.list(2, new Date())).filter(({ event }) => wanted.has(event.id));
  expect(new Set(incidents.map(({ event }) => event.id)).size).toBe(2 * each);
  // The user of the events does not exist here: the key is read, and is gone. Nothing was written for an old event.
  expect([...new Set(incidents.map(({ outcome }) => outcome))].sort()).toEqual(['safe', 'told']);
  expect(incidents.flatMap(({ writes }) => writes)).toEqual([]);
  expect(incidents.every(({ told, outcome }) => told === outcome)).toBe(true);
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
  );
  expect(Attributes?.['ApproximateNumberOfMessages']).toBe('0');
});

/** The function that hears of root's sign-ins: rooms without a fix share one. */
const rootFunction = (): string =>
  globSync('functions/watch/function.yml').length > 0 ? 'firebreak-watch' : 'firebreak-root';
