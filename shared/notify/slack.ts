/**
 * An incident as a message of Slack's, in Block Kit. Text from events stands in `plain_text` and in `rich_text` alone, which
 * Slack shows letter by letter: no mention, no link, no formatting comes of it. Limits: docs.slack.dev, "Blocks" (50 in a
 * message), "Header block" (150 characters), "Context block" (10 elements), "Button element" (text 75, value 2,000), "Option
 * object" (75 and 150), "Confirmation dialog object" (100, 300, 30, 30). For text in `rich_text` none is documented: section's 3,000 is kept.
 */
import type { Incident } from '../core/incident.ts';
import type { JsonObject } from '../core/json.ts';
import type { Outcome } from '../core/outcome.ts';
import { isRestorable, isReverted } from '../core/record.ts';
import { actions, exemptDays } from './actions.ts';
import { type Fact, partsOf } from './message.ts';
import { inert } from './plain.ts';

export type SlackMessage = { readonly text: string; readonly blocks: readonly JsonObject[] };

const most = { header: 150, block: 3000, context: 1000, text: 600, listed: 2700 };

/** The message of an incident as it is now. `value`: what its buttons carry, where there are people who may press them. */
export function slackMessage(incident: Incident, value?: (days?: 1 | 3 | 7) => string): SlackMessage {
  const { headline, facts, change, commands, links, foot } = partsOf(incident);
  return {
    text: noticed(`${headline}: ${inert(incident.resource, 200)} (${inert(incident.account, 20)})`),
    blocks: [
      header(headline),
      rich(section(lines(facts))),
      ...(change ? [rich(section([bold(change.title)]), preformatted(change.lines))] : []),
      ...(incident.outcome === 'asked' && value ? [buttons(value, isReverted(incident))] : []),
      ...(isRestorable(incident) && value ? [undoButton(value())] : []),
      ...(commands.length > 0 ? [rich(section(lines(commands)))] : []),
      ...(links.length > 0 ? [rich(section(linked(links)))] : []),
      context(foot),
    ],
  };
}

/** The next step of an incident, as an answer in its thread. */
export function slackStep(incident: Incident): SlackMessage {
  const { headline, facts, change, commands } = partsOf(incident);
  const done = facts.filter(([what]) => what === 'Done');
  return {
    text: noticed(headline),
    blocks: [
      rich(section([bold(cut(headline, most.header)), plainText('\n'), ...lines(done)])),
      ...(change ? [rich(section([bold(change.title)]), preformatted(change.lines))] : []),
      ...(commands.length > 0 ? [rich(section(lines(commands)))] : []),
    ],
  };
}

/** Incidents that are alike, in one message. */
export function slackFold(incidents: readonly Incident[]): SlackMessage {
  const { headline, listed, commands, foot } = foldOf(incidents);
  return {
    text: noticed(headline),
    blocks: [header(headline), rich(preformatted(listed)), rich(section(lines(commands))), context(foot)],
  };
}

/** What stands in one message for many: how many of what, and which. */
export function foldOf(incidents: readonly Incident[]): {
  readonly headline: string;
  readonly listed: readonly string[];
  readonly commands: readonly Fact[];
  readonly foot: string;
} {
  const [first] = incidents;
  const parts = first && partsOf(first);
  const all = incidents.map(({ id, resource }) => `${id}  ${inert(resource, 120)}`);
  // As many as fit into one block; the others are in the table, and counted here.
  const ends = all.map((_, index) => all.slice(0, index + 1).join('\n').length);
  const named = all.filter((_, index) => (ends[index] ?? 0) <= most.listed);
  const more = all.length - named.length;
  return {
    headline: `${incidents.length} times: ${parts?.headline ?? ''}`,
    listed: more > 0 ? [...named, `… and ${more} more`] : named,
    commands: [
      ...(first?.outcome === 'asked' ? [['To answer one', 'npx firebreak approve ID, or leave ID'] as const] : []),
      ['Details', 'npx firebreak incidents'],
    ],
    foot: first ? `rule ${first.rules.join(', ')} · severity ${first.severity}` : '',
  };
}

/** After these the whole channel is told again, not the thread alone. */
export const isLoud = (outcome: Outcome): boolean =>
  (['asked', 'failed', 'partly', 'refused', 'drifted'] as const).some((one) => one === outcome);

/** Cut to so many UTF-16 units, by whole characters. */
export function cut(text: string, units: number): string {
  if (text.length <= units) return text;
  let kept = '';
  for (const letter of text) {
    if (kept.length + letter.length >= units) break;
    kept += letter;
  }
  return `${kept}…`;
}

/** What a phone's notification shows: the one text that Slack reads marks in ("Formatting message text": escape three letters). */
const noticed = (text: string): string =>
  cut(text, most.text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const header = (text: string): JsonObject => ({
  type: 'header',
  text: { type: 'plain_text', text: cut(text, most.header), emoji: false },
});

const context = (text: string): JsonObject => ({
  type: 'context',
  elements: [{ type: 'plain_text', text: cut(text, most.context), emoji: false }],
});

const rich = (...elements: readonly JsonObject[]): JsonObject => ({ type: 'rich_text', elements: [...elements] });
const section = (elements: readonly JsonObject[]): JsonObject => ({
  type: 'rich_text_section',
  elements: [...elements],
});
const plainText = (text: string): JsonObject => ({ type: 'text', text });
const bold = (text: string): JsonObject => ({ type: 'text', text, style: { bold: true } });
const code = (text: string): JsonObject => ({ type: 'text', text, style: { code: true } });

const preformatted = (text: readonly string[]): JsonObject => ({
  type: 'rich_text_preformatted',
  elements: [plainText(cut(text.join('\n'), most.block - 200) || '…')],
});

/** Facts under each other; a command as one to copy. */
function lines(facts: readonly Fact[]): readonly JsonObject[] {
  const each = Math.floor((most.block - 200) / Math.max(1, facts.length));
  return facts.flatMap(([what, said], index) => [
    ...(index > 0 ? [plainText('\n')] : []),
    bold(`${what}: `),
    ...(said.startsWith('npx ') ? commandOf(cut(said, each)) : [plainText(cut(said, each) || '…')]),
  ]);
}

/** What is copied is the command; what is said about it stands beside. */
function commandOf(said: string): readonly JsonObject[] {
  const end = said.indexOf(', ');
  return end < 0 ? [code(said)] : [code(said.slice(0, end)), plainText(said.slice(end))];
}

/** Addresses of the AWS console, behind their words ("Link element"). */
const linked = (links: readonly Fact[]): readonly JsonObject[] =>
  links.flatMap(([what, url], index) => [...(index > 0 ? [plainText(' · ')] : []), { type: 'link', url, text: what }]);

const label = (text: string): JsonObject => ({ type: 'plain_text', text, emoji: false });

const confirms = (title: string, says: string, yes: string): JsonObject => ({
  title: label(title),
  text: label(says),
  confirm: label(yes),
  deny: label('Not now'),
});

/** As on the page, which has the same answers (page/view.ts). `kept`: the fix was made already; does it stay? */
function buttons(value: (days?: 1 | 3 | 7) => string, kept: boolean): JsonObject {
  const yes = kept ? 'Keep the fix' : 'Fix now';
  return {
    type: 'actions',
    elements: [
      {
        type: 'button',
        action_id: actions.fix,
        text: label(yes),
        style: 'primary',
        value: value(),
        confirm: kept
          ? confirms('Keep the fix?', 'It was changed as shown above, and stays so.', yes)
          : confirms('Fix it now?', 'It is changed as shown above, and read back.', yes),
      },
      {
        type: 'static_select',
        action_id: actions.exempt,
        placeholder: label('Exempt for …'),
        options: exemptDays.map((days) => ({
          text: label(days === 1 ? '1 day' : `${days} days`),
          value: value(days),
        })),
      },
      kept
        ? {
            type: 'button',
            action_id: actions.leave,
            text: label('Take it back'),
            value: value(),
            confirm: confirms('Take it back?', takesBack, 'Take it back'),
          }
        : { type: 'button', action_id: actions.leave, text: label('Leave it'), value: value() },
    ],
  };
}

const takesBack =
  'What was there before is put back, if nothing changed since: the trouble above is then there again. Everybody is told that it was you.';

/** Where a role has the way back anyway; whoever has it not gets the command. */
const undoButton = (value: string): JsonObject => ({
  type: 'actions',
  elements: [
    {
      type: 'button',
      action_id: actions.undo,
      text: label('Undo'),
      style: 'danger',
      value,
      confirm: { ...confirms('Undo this fix?', takesBack, 'Undo'), style: 'danger' },
    },
  ],
});
