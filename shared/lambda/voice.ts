/** The function `voice`: takes what the topic says from its queue, and says it on the channels beside e-mail. */
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { parseArn } from '../aws/arn.ts';
import { type Secrets, secrets } from '../aws/secret.ts';
import type { Incident } from '../core/incident.ts';
import type { Config } from '../core/mode.ts';
import { alarmed, bring, type Channel, type Poke, type VoiceDeps } from '../core/voice.ts';
import { dynamoIncidents } from '../incidents/dynamo.ts';
import { dynamoVoices } from '../incidents/voices.ts';
import { buttonValue as pressed } from '../notify/actions.ts';
import { alarmOf } from '../notify/alarm.ts';
import { busChannel } from '../notify/bus.ts';
import { chatChannel } from '../notify/chat.ts';
import { type Hub, hubChannel } from '../notify/hub.ts';
import { plain } from '../notify/plain.ts';
import { slackChannel } from '../notify/slack-api.ts';
import { named, needed } from './environment.ts';

export function voice(config: Config) {
  const logger = new Logger({ serviceName: 'firebreak-voice' });
  const metrics = new Metrics({ namespace: 'Firebreak', serviceName: 'voice', defaultDimensions: { room: 'voice' } });
  const secret = secrets();

  async function answer(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
    const { pokes, records, unknown } = pokesOf(event.Records);
    if (unknown > 0) logger.warn('messages that name no incident', { count: unknown });
    const table = needed('FIREBREAK_TABLE');
    const incidents = dynamoIncidents(table, config.retention.incidents);
    const deps: VoiceDeps = {
      voices: dynamoVoices(table, config.retention.incidents),
      record: once(records, (id) => (id.startsWith(alarmed) ? Promise.resolve(null) : incidents.get(id))),
      digest,
      now: () => new Date(),
      sleep: (milliseconds) => pause(milliseconds),
      left: () => context.getRemainingTimeInMillis(),
      holder: context.awsRequestId,
      fault(channel, about, error) {
        metrics.addMetric('unsaid', MetricUnit.Count, 1);
        logger.error('not said', { channel, about: plain(about, 100), error: named(error) });
      },
    };
    const channels = channelsOf(config, hubOf(context.invokedFunctionArn), secret);
    // Side by side: one that is down does not keep another waiting.
    const left = await Promise.all(channels.map((channel) => bring(channel, pokes.filter(meant(channel)), deps)));
    const open = new Set(left.flatMap((some) => [...some]));
    logger.info('said', { pokes: pokes.length, open: open.size });
    // What is not said everywhere comes again, and what of it is said already then is not said twice.
    return {
      batchItemFailures: pokes
        .filter(({ incident }) => open.has(incident))
        .map(({ message }) => ({ itemIdentifier: message })),
    };
  }

  return middy<SQSEvent, SQSBatchResponse>()
    .use(injectLambdaContext(logger))
    .use(logMetrics(metrics))
    .use({ onError: ({ error }) => void logger.error('failed', { error: named(error) }) })
    .handler(answer);
}

/** Alarms are for people: programs have CloudWatch's own events of them. */
const meant =
  ({ fold }: Channel) =>
  ({ incident }: Poke): boolean =>
    fold !== undefined || !incident.startsWith(alarmed);

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

type Message = Poke & { readonly message: string };

/** What the messages are about, each with the time at which the topic sent it; alarms bring what is to be said along. */
function pokesOf(messages: readonly SQSRecord[]): {
  readonly pokes: readonly Message[];
  readonly records: ReadonlyMap<string, Incident>;
  readonly unknown: number;
} {
  const records = new Map<string, Incident>();
  const pokes = messages.flatMap(({ messageId, body, messageAttributes, attributes }): readonly Message[] => {
    const at = new Date(Number(attributes.SentTimestamp)).toISOString();
    const incident = messageAttributes['incident']?.stringValue ?? '';
    if (/^fb-[\w-]{1,100}$/.test(incident)) return [{ incident, at, message: messageId }];
    const alarm = alarmOf(body, at, digest);
    if (!alarm) return [];
    records.set(alarm.id, alarm);
    return [{ incident: alarm.id, at, message: messageId }];
  });
  return { pokes, records, unknown: messages.length - pokes.length };
}

/** Each record is read once in an invocation, after the message that told of it was received. */
function once(
  known: ReadonlyMap<string, Incident>,
  read: (id: string) => Promise<Incident | null>,
): VoiceDeps['record'] {
  const found = new Map<string, Promise<Incident | null>>();
  for (const [id, incident] of known) found.set(id, Promise.resolve(incident));
  return (id) => {
    const asked = found.get(id) ?? read(id);
    found.set(id, asked);
    return asked;
  };
}

function hubOf(functionArn: string): Hub {
  const { partition = 'aws', account = '', region = '' } = parseArn(functionArn) ?? {};
  return { partition, account, region };
}

/** The channels that firebreak.yml asks for. */
const channelsOf = ({ channels }: Config, hub: Hub, secret: Secrets): readonly Channel[] => [
  ...(channels.slack
    ? [slackChannel({ slack: channels.slack, secret, api: process.env['FIREBREAK_SLACK_API'], value: pressed })]
    : []),
  ...(channels.amazonQ ? [chatChannel(needed('FIREBREAK_CHAT_TOPIC'))] : []),
  ...(channels.securityHub ? [hubChannel(hub, () => new Date())] : []),
  ...(channels.eventBridge ? [busChannel] : []),
];
