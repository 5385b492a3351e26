/** The decisions' Lambda function: its URL takes answers, the alerts' topic has it send approvers their links. */
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { GetFunctionUrlConfigCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import middy from '@middy/core';
import type { Context, LambdaFunctionURLEvent, SNSEvent } from 'aws-lambda';
import { client } from '../aws/client.ts';
import { secrets } from '../aws/secret.ts';
import type { Incident } from '../core/incident.ts';
import type { Config } from '../core/mode.ts';
import { dynamoDecisions } from '../incidents/decisions.ts';
import { plain } from '../notify/plain.ts';
import { headers } from '../page/html.ts';
import { broken, type WordsOf } from '../page/view.ts';
import { compose } from './compose.ts';
import { askApprovers, type Desk, type Request, type Response, receive, resultOf } from './desk.ts';
import { deployedAs, needed } from './environment.ts';

/** Whoever pressed a button waits for no more than this, in milliseconds: Slack itself waits three seconds. */
const whispering = 1500;

export function serveDecisions(config: Config, words: WordsOf) {
  const logger = new Logger({ serviceName: 'firebreak-decide' });
  const metrics = new Metrics({ namespace: 'Firebreak', serviceName: 'decide', defaultDimensions: { room: 'decide' } });
  const secret = secrets();

  const deskOf = (context: Context): Desk => ({
    deps: compose({
      room: 'decide',
      rules: [],
      config,
      // Of its waker it makes no use: what has to be looked at again is the room's that carries a decision out.
      ...deployedAs(context),
    }),
    channels: config.channels,
    decisions: dynamoDecisions(needed('FIREBREAK_TABLE'), config.retention.incidents),
    words,
    carryOut: (incident, wait) => carryOut(`${needed('FIREBREAK_STACK')}-${incident.room}`, incident, wait, logger),
    write: (approver, subject, said) => write(needed('FIREBREAK_TOPIC'), approver, subject, said),
    secret,
    whisper: (address, said) => whisper(address, said, logger),
    count: (why) => {
      metrics.addMetric('refusedDecision', MetricUnit.Count, 1);
      logger.warn('refused', { why });
    },
  });

  async function answer(event: unknown, context: Context): Promise<Response | undefined> {
    metrics.addMetric('request', MetricUnit.Count, 1);
    const desk = deskOf(context);
    if (isNews(event)) {
      for (const { Sns } of event.Records) {
        const id = Sns.MessageAttributes['incident']?.Value ?? '';
        const asked = await askApprovers(id, await addressOf(context.functionName), desk);
        logger.info('links', { incident: plain(id, 40), approvers: asked.length });
      }
      return undefined;
    }
    try {
      return await receive(requestOf(event as LambdaFunctionURLEvent), desk);
    } catch (error) {
      // A page for whoever waits; the alarm on refusals hears of it, too.
      metrics.addMetric('refusedDecision', MetricUnit.Count, 1);
      logger.error('failed', {
        error: error instanceof Error ? plain(`${error.name}: ${error.message}`, 500) : 'unknown',
      });
      return { statusCode: 500, headers, body: broken() };
    }
  }

  return middy().use(injectLambdaContext(logger)).use(logMetrics(metrics)).handler(answer);
}

const isNews = (event: unknown): event is SNSEvent => Array.isArray((event as Partial<SNSEvent>).Records);

/** "Invoking Lambda function URLs", AWS Lambda Developer Guide: payload format 2.0, header names in lower case. */
function requestOf({
  requestContext,
  rawPath,
  rawQueryString,
  headers: given,
  body = '',
  isBase64Encoded,
}: LambdaFunctionURLEvent): Request {
  return {
    method: requestContext.http.method,
    path: rawPath === '' ? '/' : rawPath,
    query: rawQueryString,
    headers: given,
    body: isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body,
  };
}

/**
 * Null where it is not waited for, or nobody can say how it went. A room that threw is invoked again by Lambda's own queue,
 * with its retries and its dead letters: the decision is recorded, and what is begun is gone on with.
 */
async function carryOut(name: string, { id }: Incident, wait: boolean, logger: Logger) {
  const invoke = (InvocationType: 'RequestResponse' | 'Event') =>
    client(LambdaClient).send(
      new InvokeCommand({
        FunctionName: name,
        InvocationType,
        Payload: JSON.stringify({ firebreak: 'approve', incident: id }),
      }),
    );
  try {
    if (wait) {
      const { FunctionError, Payload } = await invoke('RequestResponse');
      if (FunctionError === undefined && Payload) return resultOf(JSON.parse(new TextDecoder().decode(Payload)));
    }
    await invoke('Event');
  } catch (error) {
    // The decision is recorded: whoever decided is told that nothing is done yet.
    logger.error('not carried out', {
      incident: id,
      error: error instanceof Error ? plain(error.name, 80) : 'unknown',
    });
    return 'lost' as const;
  }
  return null;
}

/** To the topic of personal messages, whose subscriptions take their own approver's alone. */
async function write(alerts: string, approver: string, subject: string, said: string): Promise<void> {
  await client(SNSClient).send(
    new PublishCommand({
      TopicArn: alerts.replace(/-alerts$/, '-approvals'),
      Subject: subject,
      Message: said,
      MessageAttributes: { approver: { DataType: 'String', StringValue: approver } },
    }),
  );
}

async function addressOf(name: string): Promise<string> {
  const { FunctionUrl = '' } = await client(LambdaClient).send(new GetFunctionUrlConfigCommand({ FunctionName: name }));
  return FunctionUrl;
}

/** "Handling user interaction": an ephemeral message to whoever pressed, in place of none. Nothing hangs on it. */
async function whisper(address: string, said: string, logger: Logger): Promise<void> {
  const slack = new URL(process.env['FIREBREAK_SLACK_API'] ?? 'https://hooks.slack.com/');
  if (!URL.canParse(address) || new URL(address).origin !== slack.origin) return;
  try {
    const body = JSON.stringify({ response_type: 'ephemeral', replace_original: false, text: said });
    const sent = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
    await fetch(address, { ...sent, redirect: 'error', signal: AbortSignal.timeout(whispering) });
  } catch (error) {
    logger.warn('not told', { error: error instanceof Error ? plain(error.name, 80) : 'unknown' });
  }
}
