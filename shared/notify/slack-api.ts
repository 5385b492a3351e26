/** Slack's Web API and its incoming webhooks, by plain fetch: as many calls as there are messages, no SDK. */
import { fault } from '../core/fault.ts';
import type { Incident } from '../core/incident.ts';
import { isObject, type JsonObject } from '../core/json.ts';
import type { SlackChannel } from '../core/mode.ts';
import { isNamed } from '../core/record.ts';
import type { Channel, Place, Spoken } from '../core/voice.ts';
import { plain } from './plain.ts';
import { isLoud, type SlackMessage, slackFold, slackMessage, slackStep } from './slack.ts';

export type SlackParts = {
  readonly slack: SlackChannel;
  /** Reads a secret by its reference. */
  secret(reference: string): Promise<string>;
  /** Where Slack is; only the sandbox has another than Slack's own. */
  readonly api?: string | undefined;
  /** What a button under a question carries. */
  value?(incident: Incident, days?: 1 | 3 | 7): string;
};

const slackApi = 'https://slack.com/api';
/** How long one call may take, in milliseconds. */
const patience = 5000;
/** How long a wrong token or a channel that is gone is left alone: it takes a person to mend, in seconds. */
const misconfigured = 60;

/** Errors of a message that would be the same the next time: docs.slack.dev, chat.postMessage and chat.update, "Errors". */
const refused: ReadonlySet<string> = new Set([
  'invalid_arguments',
  'invalid_blocks',
  'invalid_blocks_format',
  'invalid_payload',
  'markdown_text_conflict',
  'msg_blocks_too_long',
  'msg_too_long',
  'no_text',
  'too_many_attachments',
]);
/**
 * Nothing is looked up or linked, whatever a text holds. An update takes the same: left out, `parse` is overwritten with `client`,
 * "unlike chat.postMessage" (chat.update, arguments).
 */
const literally = { parse: 'none', link_names: false } as const;
/** The message that was said is not there any more, or can't be changed: people may delete what they like. */
const gone: ReadonlySet<string> = new Set([
  'cant_update_message',
  'edit_window_closed',
  'message_not_found',
  'thread_not_found',
]);

export const slackChannel = (parts: SlackParts): Channel =>
  parts.slack.webhook === undefined ? byBot(parts) : byWebhook(parts, parts.slack.webhook);

/** By the title: a question of two rules has that of the graver one, whichever asked first. */
const kind = ({ title, outcome, severity }: Incident): string => [title, outcome, severity].join(' ');

/** A message a first time; then its update, and an answer in its thread. */
function byBot({ slack, secret, api = slackApi, value }: SlackParts): Channel {
  const channelOf = ({ severity }: Incident): string =>
    slack.routes?.find((route) => route.severity === severity)?.channel ?? slack.channel ?? '';
  const whole = (incident: Incident): SlackMessage =>
    slackMessage(incident, slack.approvers && value && ((days) => value(incident, days)));

  async function call(method: 'chat.postMessage' | 'chat.update', body: JsonObject): Promise<Place> {
    const token = await secret(slack.token ?? '');
    const answer = await sent(`${mustBeSafe(api, api)}/${method}`, body, { authorization: `Bearer ${token}` });
    const parsed = parse(answer.text);
    if (answer.status !== 200 || parsed['ok'] !== true) throw refusal(answer, said(parsed['error']));
    return { channel: said(parsed['channel']) || said(body['channel']), thread: said(parsed['ts']) };
  }
  const post = (channel: string, { text, blocks }: SlackMessage, more: JsonObject = {}): Promise<Place> =>
    call('chat.postMessage', {
      channel,
      text,
      blocks: [...blocks],
      ...literally,
      ...{ unfurl_links: false, unfurl_media: false },
      ...more,
    });

  async function goOn(incident: Incident, place: Place): Promise<Place> {
    const { channel = '', thread = '' } = place;
    const { text, blocks } = whole(incident);
    // The update first: done twice, it is done once.
    if (place['fold'] === undefined)
      await call('chat.update', { channel, ts: thread, text, blocks: [...blocks], ...literally }).catch(unlessGone);
    const answer = { thread_ts: thread, ...(isLoud(incident.outcome) && { reply_broadcast: true }) };
    return (await post(channel, slackStep(incident), answer).catch(unlessGone))
      ? place
      : post(channelOf(incident), whole(incident));
  }

  return {
    name: 'slack',
    revises: true,
    say: (incident: Incident, before: Spoken | null): Promise<Place> =>
      before?.place['thread'] ? goOn(incident, before.place) : post(channelOf(incident), whole(incident)),
    fold: {
      key: (incident) => `${channelOf(incident)} ${kind(incident)}`,
      async say(incidents) {
        const [first] = incidents;
        const place = await post(first ? channelOf(first) : (slack.channel ?? ''), slackFold(incidents));
        return { ...place, fold: 'yes' };
      },
    },
  };
}

function unlessGone(error: unknown): null {
  if (isNamed(error, 'Gone')) return null;
  throw error;
}

/** Posts only: each step is a message of its own. */
function byWebhook({ secret, api = slackApi }: SlackParts, reference: string): Channel {
  async function post({ text, blocks }: SlackMessage): Promise<Place> {
    const url = mustBeSafe(await secret(reference), api);
    const answer = await sent(url, { text, blocks: [...blocks] }, {});
    if (answer.status !== 200) throw refusal(answer, answer.text.trim());
    return {};
  }
  return {
    name: 'slack',
    say: (incident) => post(slackMessage(incident)),
    fold: { key: kind, say: (incidents) => post(slackFold(incidents)) },
  };
}

/** Slack's own hosts, or where the sandbox says that Slack is: a secret goes nowhere else. */
function mustBeSafe(url: string, api: string): string {
  const { origin, protocol, hostname } = new URL(URL.canParse(url) ? url : 'about:blank');
  const isSlack = protocol === 'https:' && /(^|\.)slack(-gov)?\.com$/.test(hostname);
  const isSandbox = hostname === '127.0.0.1' && URL.canParse(api) && new URL(api).origin === origin;
  if (isSlack || isSandbox) return url;
  throw fault('NotSlack', 'the address of Slack that is configured is none of slack.com: nothing was sent');
}

type Answer = { readonly status: number; readonly text: string; readonly after: number | undefined };

/** One POST; a fault for anything but an answer. What is thrown holds neither the address nor what was sent. */
async function sent(url: string, body: JsonObject, headers: Readonly<Record<string, string>>): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
      body: JSON.stringify(body),
      // A redirect would take the token along.
      redirect: 'error',
      signal: AbortSignal.timeout(patience),
    });
    const after = Number(response.headers.get('retry-after') ?? Number.NaN);
    const text = (await response.text()).slice(0, 10_000);
    return { status: response.status, text, after: Number.isFinite(after) ? after : undefined };
  } catch (error) {
    throw fault('NoAnswer', `Slack did not answer: ${error instanceof Error ? error.name : 'unknown'}`);
  }
}

/** `Retry-After`: docs.slack.dev, "Rate limits". */
function refusal({ status, after }: Answer, error: string): Error {
  const what = `Slack answered ${status}${error ? ` ${plain(error, 60)}` : ''}`;
  if (gone.has(error)) return fault('Gone', what);
  if (refused.has(error)) return fault('Refused', what);
  if (status === 429 || error === 'ratelimited' || error === 'rate_limited') return later(what, after ?? 30);
  return status >= 500 ? fault('NoAnswer', what) : later(what, misconfigured);
}

const later = (message: string, seconds: number): Error => Object.assign(fault('Later', message), { seconds });

const said = (value: unknown): string => (typeof value === 'string' ? value : '');

function parse(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? (value as JsonObject) : {};
  } catch {
    return {};
  }
}
