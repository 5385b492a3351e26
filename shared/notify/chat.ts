/**
 * An incident as a custom notification of Amazon Q Developer in chat applications, which brings it to Slack and Microsoft
 * Teams: "Custom notifications" in its administrator guide. Its text is the chat program's own Markdown, another in each:
 * what comes from events stands in code, where neither reads marks.
 */
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { client } from '../aws/client.ts';
import type { Incident } from '../core/incident.ts';
import type { JsonObject } from '../core/json.ts';
import type { Channel } from '../core/voice.ts';
import { type Parts, partsOf } from './message.ts';
import { cut, foldOf } from './slack.ts';

const most = { title: 200, fact: 700, diff: 2500 };

/** Publishes to the topic that Amazon Q is subscribed to. One thread an incident, where the channel's preferences allow it. */
export function chatChannel(topicArn: string): Channel {
  const publish = async (message: JsonObject): Promise<Record<string, string>> => {
    await client(SNSClient).send(new PublishCommand({ TopicArn: topicArn, Message: JSON.stringify(message) }));
    return {};
  };
  return {
    name: 'chat',
    say: (incident) => publish(chatMessage(incident)),
    fold: {
      key: ({ title, outcome, severity }) => [title, outcome, severity].join(' '),
      say: (incidents) => publish(chatFold(incidents)),
    },
  };
}

export function chatMessage(incident: Incident): JsonObject {
  const { headline, facts, change, commands, links, foot } = partsOf(incident);
  const description = [
    ...facts.map(([what, said]) => `${what}: ${inCode(cut(said.replaceAll('\n', ' '), most.fact))}`),
    ...(change ? ['', change.title, fenced(change)] : []),
    // The AWS console's, made of letters that no mark-up reads: both chat programs make a link of one by themselves.
    ...links.map(([what, url]) => `${what}: ${url}`),
    '',
    inCode(foot),
  ];
  return notification(incident.id, headline, description, {
    nextSteps: commands.map(([what, command]) => `${what}: ${inCode(command)}`),
    keywords: [incident.severity, incident.outcome],
  });
}

export function chatFold(incidents: readonly Incident[]): JsonObject {
  const { headline, listed, commands, foot } = foldOf(incidents);
  const description = [fenced({ lines: listed }), '', inCode(foot)];
  const nextSteps = commands.map(([what, command]) => `${what}: ${inCode(command)}`);
  return notification(incidents[0]?.id ?? 'none', headline, description, { nextSteps, keywords: [] });
}

const notification = (
  id: string,
  title: string,
  description: readonly string[],
  { nextSteps, keywords }: { readonly nextSteps: readonly string[]; readonly keywords: readonly string[] },
): JsonObject => ({
  version: '1.0',
  source: 'custom',
  id,
  content: {
    textType: 'client-markdown',
    title: cut(title.replaceAll(marks, ' '), most.title),
    description: description.join('\n'),
    nextSteps: [...nextSteps],
    keywords: [...keywords],
  },
  metadata: { threadId: id, summary: cut(title.replaceAll(marks, ' '), most.title), eventType: 'firebreak.incident' },
});

/** What either Markdown, or a mention, begins with. */
const marks = /[*_~`#@|\\[\]]/g;

const inCode = (text: string): string => `\`${text.replaceAll('`', 'ˋ') || ' '}\``;

const fenced = ({ lines }: Pick<NonNullable<Parts['change']>, 'lines'>): string =>
  `\`\`\`\n${cut(lines.join('\n').replaceAll('`', 'ˋ'), most.diff)}\n\`\`\``;
