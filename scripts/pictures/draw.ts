/**
 * Messages as HTML, to take pictures of: a mail as its plain text, and Slack's blocks as far as ours go. Neither is a mail
 * program's nor Slack's own drawing; every word in them was sent.
 */
import { type Html, html, line } from '../../shared/page/html.ts';

type Json = { readonly [key: string]: unknown };
export type Mail = { readonly from: string; readonly subject: string; readonly text: string };
export type SlackMessage = { readonly blocks: readonly Json[] };

const style = `
* { box-sizing: border-box; margin: 0 }
body { font: 14px/1.45 "DejaVu Sans", Verdana, sans-serif; color: #1d1c1d; background: #fff; padding: 16px; width: 760px }
pre, code { font-family: "DejaVu Sans Mono", Consolas, monospace; font-size: 12px }
pre { white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.4 }
.mail { border: 1px solid #c8c8c8 }
.mail header { background: #f2f2f2; border-bottom: 1px solid #c8c8c8; padding: 10px 14px }
.mail h1 { font-size: 15px; overflow-wrap: anywhere }
.mail header p { font-size: 12px; color: #555; margin-top: 4px }
.mail pre { padding: 14px }
.slack { display: grid; grid-template-columns: 36px 1fr; gap: 0 10px }
.slack + .thread, .thread .slack + .slack { margin-top: 10px }
.face { width: 36px; height: 36px; border-radius: 6px; background: #b3261e; color: #fff; font-weight: bold; text-align: center; line-height: 36px }
.who { font-weight: bold }
.who span { font-size: 10px; font-weight: normal; background: #e8e8e8; border-radius: 2px; padding: 1px 4px; margin-left: 4px }
.slack h2 { font-size: 16px; margin: 4px 0 6px; overflow-wrap: anywhere }
.rich, .actions, .context { margin-top: 6px; overflow-wrap: anywhere; white-space: pre-wrap }
.rich code { color: #a3204e; background: #f6f6f6; border: 1px solid #ddd; border-radius: 3px; padding: 0 3px }
.rich pre { background: #f6f6f6; border: 1px solid #ddd; border-radius: 4px; padding: 8px; margin-top: 4px }
.rich a { color: #1264a3; text-decoration: none }
.context { color: #616061; font-size: 12px }
.actions { display: flex; gap: 8px; margin: 10px 0 }
.actions span { border: 1px solid #b5b5b5; border-radius: 4px; padding: 4px 12px; font-weight: bold; font-size: 13px }
.actions .primary { background: #007a5a; border-color: #007a5a; color: #fff }
.actions .danger { background: #e01e5a; border-color: #e01e5a; color: #fff }
.thread { margin: 10px 0 4px 46px; border-left: 3px solid #ddd; padding-left: 12px }
.thread > p { font-size: 12px; color: #616061; margin-bottom: 8px }`;

const page = (body: Html): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><style>${style}</style></head><body>${body.html}</body></html>`;

/** As a program shows a mail that is plain text. */
export const mailPage = ({ from, subject, text }: Mail): string =>
  page(
    html`<div class="mail"><header><h1>${line(subject)}</h1><p>${line(from)}</p></header><pre>${line(text.trimEnd())}</pre></div>`,
  );

/** A message as it stands in the channel now, and the answers in its thread. */
export const slackPage = (message: SlackMessage, thread: readonly SlackMessage[]): string =>
  page(
    html`${one(message)}${
      thread.length > 0
        ? html`<div class="thread"><p>${thread.length === 1 ? '1 reply' : `${thread.length} replies`}</p>${thread.map(one)}</div>`
        : html``
    }`,
  );

const one = ({ blocks }: SlackMessage): Html =>
  html`<div class="slack"><div class="face">F</div><div><p class="who">Firebreak<span>APP</span></p>${blocks.map(block)}</div></div>`;

const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);
const words = (value: unknown): Html => line(String((value as Json | undefined)?.['text'] ?? ''));

/** What this does not know is no block of ours: a picture without it would not show what was sent. */
function block(of: Json): Html {
  switch (of['type']) {
    case 'header':
      return html`<h2>${words(of['text'])}</h2>`;
    case 'context':
      return html`<p class="context">${list(of['elements']).map(words)}</p>`;
    case 'rich_text':
      return html`<div class="rich">${list(of['elements']).map(rich)}</div>`;
    case 'actions':
      return html`<div class="actions">${list(of['elements']).map(element)}</div>`;
    default:
      throw new Error(`expected a block that we send, found ${String(of['type'])}`);
  }
}

const rich = ({ type, elements }: Json): Html =>
  type === 'rich_text_preformatted'
    ? html`<pre>${list(elements).map(words)}</pre>`
    : html`<div>${list(elements).map(inline)}</div>`;

function inline({ type, text, style: marks = {} }: Json): Html {
  if (type === 'link') return html`<a>${line(String(text))}</a>`;
  const { bold, code } = marks as Json;
  if (code) return html`<code>${line(String(text))}</code>`;
  return bold ? html`<b>${line(String(text))}</b>` : line(String(text));
}

const element = ({ type, text, placeholder, style: kind }: Json): Html =>
  type === 'static_select'
    ? html`<span>${words(placeholder)} ▾</span>`
    : html`<span class="${String(kind ?? '')}">${words(text)}</span>`;
