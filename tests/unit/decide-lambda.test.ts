/** The decisions' function itself: a fault is a page and counted, a room that threw is invoked again by Lambda's queue. */
import { DynamoDBClient, GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { GenerateMacCommand, KMSClient, VerifyMacCommand } from '@aws-sdk/client-kms';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { Context } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { decideOf } from '../../scripts/decide.ts';
import type { Incident } from '../../shared/core/incident.ts';
import { serveDecisions } from '../../shared/lambda/decide.ts';
import { questionOf } from '../../shared/notify/actions.ts';
import { anIncident } from '../support/incidents-contract.ts';
import { standard } from '../support/toys.ts';

const db = mockClient(DynamoDBClient);
const kms = mockClient(KMSClient);
const lambda = mockClient(LambdaClient);
const config = { ...standard, channels: { email: [], page: { approvers: ['jo@example.com'] } } };
const context = { invokedFunctionArn: 'arn:aws:lambda:eu-central-1:111122223333:function:firebreak-decide' } as Context;
const lines: string[] = [];

beforeEach(() => {
  for (const mock of [db, kms, lambda]) mock.reset();
  const own = ['STACK', 'TABLE', 'TOPIC', 'MAC_KEY', 'WAKER_ROLE', 'DEAD_LETTERS'];
  for (const name of own) vi.stubEnv(`FIREBREAK_${name}`, 'firebreak');
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false');
  lines.length = 0;
  for (const way of ['log', 'info', 'warn', 'error'] as const)
    vi.spyOn(console, way).mockImplementation((line) => void lines.push(String(line)));
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

type Answered = { readonly statusCode: number; readonly body: string };
const call = (method: string, query: string, body = ''): Promise<Answered> =>
  serveDecisions(config, {})(
    { requestContext: { http: { method } }, rawPath: '/', rawQueryString: query, headers: {}, body } as never,
    context,
  ) as Promise<Answered>;
const token = `0123456789abcdef.${'a'.repeat(43)}`;

it('a fault is a page without a word of it, and counted under what the alarm looks at', async () => {
  db.on(GetItemCommand).rejects(new Error('the table and its secrets'));
  const { statusCode, body } = await call('GET', `t=${token}`);
  expect(statusCode).toBe(500);
  expect(body).not.toContain('secrets');
  const emf = lines.flatMap((line) => (line.includes('CloudWatchMetrics') ? [JSON.parse(line) as object] : []))[0];
  const { resources } = decideOf(config, 'firebreak', (name) => name);
  const { Properties } = resources['DecideRefusedAlarm'] as {
    Properties: { MetricName: string; Namespace: string; Dimensions: { Name: string; Value: string }[] };
  };
  expect(emf).toMatchObject({
    ...Object.fromEntries(Properties.Dimensions.map(({ Name, Value }) => [Name, Value])),
    [Properties.MetricName]: 1,
  });
  expect(JSON.stringify(emf)).toContain(`"Namespace":"${Properties.Namespace}"`);
  expect(
    (
      emf as { _aws: { CloudWatchMetrics: { Dimensions: string[][] }[] } }
    )._aws.CloudWatchMetrics[0]?.Dimensions[0]?.toSorted(),
  ).toEqual(Properties.Dimensions.map(({ Name }) => Name).toSorted());
});

it('a room that threw is invoked once more, by Lambda’s queue; nothing is called proven', async () => {
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const open: Incident = {
    ...anIncident(),
    id: 'fb-0123456789abcdef',
    outcome: 'asked',
    until,
    code: 'AAAA',
    undo: 'restore',
  };
  const stored = {
    id: '0123456789abcdef',
    incident: open.id,
    question: questionOf(open),
    approver: 'jo@example.com',
    until,
  };
  const pk = (id: string) => ({ Key: { pk: { S: id } } });
  db.on(GetItemCommand, pk('token#0123456789abcdef')).resolves({ Item: { token: { S: JSON.stringify(stored) } } });
  db.on(GetItemCommand, pk(`incident#${open.id}`)).resolves({ Item: { record: { S: JSON.stringify(open) } } });
  db.on(UpdateItemCommand).resolves({}).on(PutItemCommand).resolves({});
  kms
    .on(VerifyMacCommand)
    .resolves({ MacValid: true })
    .on(GenerateMacCommand)
    .resolves({ Mac: new Uint8Array(32) });
  lambda.on(InvokeCommand).resolves({ FunctionError: 'Unhandled' });
  const { statusCode, body } = await call('POST', '', `t=${token}&answer=fix`);
  expect([statusCode, body]).toEqual([202, expect.stringContaining('nothing is proven yet')]);
  lambda.on(InvokeCommand).rejects(new Error('TooManyRequestsException'));
  expect((await call('POST', '', `t=${token}&answer=fix`)).statusCode).toBe(503);
  const asked = lambda
    .commandCalls(InvokeCommand)
    .map(({ args: [{ input }] }) => [input.FunctionName, input.InvocationType, input.Payload]);
  const payload = JSON.stringify({ firebreak: 'approve', incident: open.id });
  expect(asked.slice(0, 2)).toEqual([
    ['firebreak-toy', 'RequestResponse', payload],
    ['firebreak-toy', 'Event', payload],
  ]);
});
