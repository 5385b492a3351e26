/**
 * A stand-in for Slack on the loopback: chat.postMessage, chat.update and an incoming webhook. It refuses what Slack would:
 * docs.slack.dev, "Blocks" (50 in a message; section 3,000 characters, 10 fields of 2,000; header 150; context 10 elements;
 * actions 25), "Button element" (text 75, action_id 255, value 2,000), "Option object" (75, 150), "Confirmation dialog
 * object" (100, 300, 30, 30), chat.postMessage (text 40,000; errors), "Incoming webhooks". Lengths are counted in UTF-16
 * units, the stricter of the two ways.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as whole } from 'node:stream/consumers';

type Json = { readonly [key: string]: unknown };

/** One message as it stands in the channel now. */
export type Posted = {
  readonly channel: string;
  readonly ts: string;
  readonly thread?: string;
  readonly broadcast: boolean;
  /** How often it was updated. */
  updates: number;
  text: string;
  blocks: readonly Json[];
};

export type SlackStandIn = {
  /** What FIREBREAK_SLACK_API takes. */
  readonly api: string;
  readonly token: string;
  /** The address of the webhook. */
  readonly webhook: string;
  /** All messages, in the order in which they came. */
  readonly messages: Posted[];
  /** What was refused, and why: a test that is green has none that it did not ask for. */
  readonly refusals: string[];
  /** How it answers instead, if at all: `down` breaks the connection off. */
  mood: 'well' | 'down' | 'failing' | { readonly retryAfter: number };
  /** Number of requests, whatever came of them. */
  calls: number;
  close(): Promise<void>;
};

export async function slackStandIn(): Promise<SlackStandIn> {
  let number = 0;
  const server = createServer((request, response) => {
    void answer(request).then(
      ([status, body, headers = {}]) => {
        if (status === 0) response.destroy();
        else response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
      },
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const slack: SlackStandIn = {
    api: `${origin}/api`,
    token: 'xoxb-stand-in',
    webhook: `${origin}/services/T0/B0/stand-in`,
    messages: [],
    refusals: [],
    mood: 'well',
    calls: 0,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  type Answer = readonly [status: number, body: string, headers?: Record<string, string>];
  const no = (error: string, about: unknown = ''): Answer => {
    slack.refusals.push(`${error}: ${JSON.stringify(about)}`);
    return [200, JSON.stringify({ ok: false, error })];
  };

  async function answer(request: IncomingMessage): Promise<Answer> {
    const body = await whole(request);
    slack.calls += 1;
    if (slack.mood === 'down') return [0, ''];
    if (slack.mood === 'failing') return [503, 'upstream'];
    if (slack.mood !== 'well') {
      const { retryAfter } = slack.mood;
      slack.mood = 'well';
      return [429, JSON.stringify({ ok: false, error: 'ratelimited' }), { 'retry-after': String(retryAfter) }];
    }
    const path = new URL(request.url ?? '/', origin).pathname;
    if (request.method !== 'POST') return no('invalid_method');
    if (!String(request.headers['content-type']).startsWith('application/json')) return no('invalid_post_type');
    const message = JSON.parse(body) as Json;
    if (path === '/services/T0/B0/stand-in') return byWebhook(message);
    if (request.headers.authorization !== `Bearer ${slack.token}`) return no('invalid_auth');
    if (path === '/api/chat.postMessage') return post(message);
    if (path === '/api/chat.update') return update(message);
    return no('unknown_method', path);
  }

  function byWebhook(message: Json): Answer {
    const wrong = wrongWith(message);
    if (wrong) {
      slack.refusals.push(wrong);
      return [400, 'invalid_blocks'];
    }
    keep(message, 'webhook');
    return [200, 'ok'];
  }

  function post(message: Json): Answer {
    const { channel, thread_ts: thread } = message;
    // Slack would take it, and read names and links into what an attacker wrote.
    if (message['parse'] !== 'none') return no('not_literally', message['parse']);
    if (typeof channel !== 'string' || !/^C[A-Z0-9]{8,}$/.test(channel)) return no('channel_not_found', channel);
    if (thread !== undefined && !find(channel, thread)) return no('thread_not_found', thread);
    const wrong = wrongWith(message);
    if (wrong) return no('invalid_blocks', wrong);
    const { ts } = keep(message, channel);
    return [200, JSON.stringify({ ok: true, channel, ts })];
  }

  function update(message: Json): Answer {
    const { channel, ts } = message;
    if (message['parse'] !== 'none') return no('not_literally', message['parse']);
    const found = find(String(channel), ts);
    if (!found) return no('message_not_found', ts);
    const wrong = wrongWith(message);
    if (wrong) return no('invalid_blocks', wrong);
    Object.assign(found, { text: message['text'], blocks: message['blocks'], updates: found.updates + 1 });
    return [200, JSON.stringify({ ok: true, channel, ts })];
  }

  const find = (channel: string, ts: unknown): Posted | undefined =>
    slack.messages.find((one) => one.channel === channel && one.ts === ts);

  function keep(message: Json, channel: string): Posted {
    number += 1;
    const posted: Posted = {
      channel,
      ts: `1790000000.${String(number).padStart(6, '0')}`,
      ...(typeof message['thread_ts'] === 'string' && { thread: message['thread_ts'] }),
      broadcast: message['reply_broadcast'] === true,
      updates: 0,
      text: String(message['text']),
      blocks: message['blocks'] as readonly Json[],
    };
    slack.messages.push(posted);
    return posted;
  }
  return slack;
}

/** All text of a message that a person sees. */
export function seen(value: unknown): string {
  if (Array.isArray(value)) return value.map(seen).join('');
  if (typeof value !== 'object' || value === null) return '';
  const { type, text, ...rest } = value as Json;
  if (type === 'text' || type === 'plain_text' || type === 'mrkdwn') return `${String(text)}\n`;
  return [text, ...Object.values(rest)].map(seen).join('');
}

/** What Slack would refuse a message for; null where it would take it. */
export function wrongWith(message: Json): string | null {
  const { text, blocks } = message;
  if (typeof text !== 'string' || text === '') return 'no_text';
  if (text.length > 40_000) return 'msg_too_long';
  // Slack reads marks in this one: an angle bracket that is no entity is a mention, a link or a command.
  if (/[<>]/.test(text) || /&(?!(amp|lt|gt);)/.test(text)) return `not escaped: ${text}`;
  if (!Array.isArray(blocks) || blocks.length === 0 || blocks.length > 50) return 'blocks: 1 to 50';
  return blocks.map(wrongBlock).find((wrong) => wrong !== null) ?? null;
}

function wrongBlock(block: Json): string | null {
  const elements = (Array.isArray(block['elements']) ? block['elements'] : []) as readonly Json[];
  switch (block['type']) {
    case 'header':
      return wrongText(block['text'], 150, ['plain_text']);
    case 'section': {
      const fields = (block['fields'] ?? []) as readonly Json[];
      if (block['text'] === undefined && fields.length === 0) return 'section: neither text nor fields';
      if (fields.length > 10) return 'section: more than 10 fields';
      const wrong = fields.map((field) => wrongText(field, 2000)).find(Boolean);
      return wrong ?? (block['text'] === undefined ? null : wrongText(block['text'], 3000));
    }
    case 'context':
      if (elements.length === 0 || elements.length > 10) return 'context: 1 to 10 elements';
      return elements.map((one) => wrongText(one, 2000)).find(Boolean) ?? null;
    case 'rich_text':
      return elements.length === 0 ? 'rich_text: no elements' : (elements.map(wrongRich).find(Boolean) ?? null);
    case 'actions':
      if (elements.length === 0 || elements.length > 25) return 'actions: 1 to 25 elements';
      if (new Set(elements.map((one) => one['action_id'])).size !== elements.length) return 'action_id twice';
      return elements.map(wrongElement).find(Boolean) ?? null;
    case 'divider':
      return null;
    default:
      return `an unknown block: ${String(block['type'])}`;
  }
}

function wrongText(value: unknown, most: number, types: readonly string[] = ['plain_text', 'mrkdwn']): string | null {
  const { type, text, emoji } = (value ?? {}) as Json;
  if (typeof type !== 'string' || !types.includes(type)) return `text of type ${String(type)}`;
  if (typeof text !== 'string' || text.length === 0 || text.length > most) return `text: 1 to ${most} characters`;
  if (type === 'mrkdwn' && emoji !== undefined) return 'mrkdwn has no emoji';
  return text.isWellFormed() ? null : 'half a character';
}

function wrongRich(element: Json): string | null {
  const { type, elements } = element;
  if (!['rich_text_section', 'rich_text_preformatted', 'rich_text_quote'].includes(String(type)))
    return `rich text of type ${String(type)}`;
  if (!Array.isArray(elements) || elements.length === 0) return 'rich text without elements';
  const total = (elements as readonly Json[]).reduce((sum, { text }) => sum + String(text).length, 0);
  // Slack documents no limit: section's is kept.
  if (total > 3000) return 'rich text of more than 3,000 characters';
  // "Link element": in a section; ours lead to the AWS console alone.
  const isLink = ({ type: kind, url }: Json): boolean =>
    kind === 'link' &&
    type === 'rich_text_section' &&
    /^https:\/\/[a-z0-9-]+\.console\.(aws\.amazon\.com|amazonaws\.cn|amazonaws-us-gov\.com)\//.test(String(url));
  const wrong = (elements as readonly Json[]).find(
    ({ type: kind, text, style = {}, ...rest }) =>
      (kind !== 'text' && !isLink({ ...rest, type: kind })) ||
      typeof text !== 'string' ||
      text.length === 0 ||
      !text.isWellFormed() ||
      Object.keys(style as object).some((name) => !['bold', 'italic', 'strike', 'code'].includes(name)),
  );
  return wrong ? `rich text: ${JSON.stringify(wrong)}` : null;
}

function wrongElement(element: Json): string | null {
  const { type, action_id: id, value, options, placeholder, confirm, style } = element;
  if (typeof id !== 'string' || id.length === 0 || id.length > 255) return 'action_id: 1 to 255 characters';
  if (confirm !== undefined) {
    const { title, text, confirm: yes, deny } = confirm as Json;
    const wrong =
      wrongText(title, 100, ['plain_text']) ??
      wrongText(text, 300) ??
      wrongText(yes, 30, ['plain_text']) ??
      wrongText(deny, 30, ['plain_text']);
    if (wrong) return `confirm: ${wrong}`;
  }
  if (type === 'button') {
    if (style !== undefined && style !== 'primary' && style !== 'danger') return 'style of a button';
    if (value !== undefined && (typeof value !== 'string' || value.length > 2000)) return 'value: at most 2,000';
    return wrongText(element['text'], 75, ['plain_text']);
  }
  if (type !== 'static_select') return `an unknown element: ${String(type)}`;
  const all = (options ?? []) as readonly Json[];
  if (all.length === 0 || all.length > 100) return 'options: 1 to 100';
  const wrong = all.map(
    (one) =>
      wrongText(one['text'], 75) ?? (String(one['value']).length > 150 ? 'value of an option: at most 150' : null),
  );
  return wrong.find(Boolean) ?? wrongText(placeholder, 150, ['plain_text']);
}
