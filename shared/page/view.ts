/** The pages: a question with its three answers, what came of one, and why one was not taken. */
import { type Refusal, refusals } from '../core/answer.ts';
import { longestDays } from '../core/granted.ts';
import type { Incident } from '../core/incident.ts';
import type { Outcome } from '../core/outcome.ts';
import { isReverted } from '../core/record.ts';
import { difference } from '../notify/diff.ts';
import { partsOf } from '../notify/message.ts';
import { document, type Html, html, line } from './html.ts';

/** What a rule says of its fix: its words in the catalogue. */
export type Words = { readonly risk: string; readonly mends: string; readonly undoes: string };
export type WordsOf = { readonly [rule: string]: Words };

/** The question, its plan and its forms; each form sends the token, so that nothing else needs to be kept. */
export function asks(incident: Incident, words: WordsOf, token: string, refused: Refusal | null): string {
  const { fix, exempt, leave } = isReverted(incident) ? choices.reverted : choices.asked;
  const title = refused === 'changed' ? 'It changed: here is the new plan' : 'Firebreak asks you';
  return document(
    title,
    html`<h1>${incident.title}</h1>
${refused ? html`<p class="note" role="alert">Nothing was decided: ${refusals[refused]}.</p>` : html``}
${facts(incident)}
${plan(incident, words)}
<h2>Your decision</h2>
${incident.undo === 'none' ? oneWay(incident) : form(token, 'fix', fix, html``, 'act')}
${form(token, 'exempt', exempt, days, '')}
${form(token, 'leave', leave, html``, '')}
<footer>This page changes nothing until you press a button. Your link works once, is yours alone, and ends ${moment(incident.until)}. Incident <code>${incident.id}</code></footer>`,
  );
}

type Choice = readonly [name: string, says: string];

/** What the three answers do: to a fix that waits, and to one that was made already, where that was wanted first. */
const choices: { readonly [at in 'asked' | 'reverted']: { readonly [answer in 'fix' | 'exempt' | 'leave']: Choice } } =
  {
    asked: {
      fix: ['Fix now', 'Makes the change above, reads it back, and tells everybody.'],
      exempt: ['Exempt', 'Leaves it alone for some days, and asks again then. Longer is firebreak.yml’s, by review.'],
      leave: ['Leave it', 'Ends this question. Nothing is changed; the next event about it asks again.'],
    },
    reverted: {
      fix: ['Keep the fix', 'The change above was made already, and stays.'],
      exempt: ['Exempt', 'Takes the change back, leaves it alone for some days, and asks again then.'],
      leave: [
        'Take it back',
        'Puts back what was there before, where a role of Firebreak’s may; else you are told the command.',
      ],
    },
  };

/** As every message says them: harmless and bounded by then. */
const facts = (incident: Incident): Html =>
  html`<dl>${partsOf(incident).facts.map(([what, said]) => html`<dt>${what}</dt><dd>${line(said)}</dd>`)}<dt>Severity</dt><dd>${incident.severity}</dd></dl>`;

function plan(incident: Incident, words: WordsOf): Html {
  const { before, plan, rules, undo, id, lens } = incident;
  const lines = before && plan ? difference(before.state, plan.state, 200) : [];
  const known = rules.flatMap((rule) => (Object.hasOwn(words, rule) ? (words[rule] ?? []) : []));
  const list = (what: string, texts: readonly string[]): Html =>
    texts.length > 0
      ? html`<dt>${what}</dt><dd>${[...new Set(texts)].map((text) => html`<p>${line(text)}</p>`)}</dd>`
      : html``;
  const back =
    undo === 'none'
      ? ['There is no way back from this fix.']
      : [...known.map(({ undoes }) => `It ${undoes}`), `npx firebreak undo ${id}`];
  return html`<h2>${isReverted(incident) ? 'What was changed' : 'What would be changed'}${lens ? html` (${lens})` : html``}</h2>
<ol class="diff" aria-label="The change, line by line">${lines.map(changed)}</ol>
<h2>What it means</h2>
<dl>${list(
    'The fix',
    known.map(({ mends }) => `It ${mends}`),
  )}${list(
    'Risk',
    known.map(({ risk }) => risk),
  )}${list('Undo', back)}</dl>`;
}

/** The sign stands for the eye, a word for a screen reader; colour says nothing that they do not. */
function changed(text: string): Html {
  const [mark, rest] = [text[0], text.slice(1)];
  const said = (word: string): Html =>
    html`<span class="said">${word}: </span><span aria-hidden="true">${mark ?? ''}</span>`;
  if (mark === '+') return html`<li class="plus"><ins>${said('added')}${line(rest)}</ins></li>`;
  if (mark === '-') return html`<li class="minus"><del>${said('removed')}${line(rest)}</del></li>`;
  return html`<li>${line(text)}</li>`;
}

const form = (token: string, answer: string, [name, says]: Choice, inside: Html, kind: string): Html =>
  html`<section class="answer" aria-labelledby="h-${answer}"><h3 id="h-${answer}">${name}</h3><p>${says}</p><form method="post" action="?"><input type="hidden" name="t" value="${token}"><input type="hidden" name="answer" value="${answer}">${inside}<button type="submit" class="${kind}">${name}</button></form></section>`;

const oneWay = ({ id }: Incident): Html =>
  html`<section class="answer" aria-labelledby="h-fix"><h3 id="h-fix">Fix now</h3><p>This fix has no way back. It is decided where you are known by more than a link: by Slack’s button, or by <code>npx firebreak approve ${id}</code></p></section>`;

const days = html`<div class="fields"><div><label for="days">For</label><select id="days" name="days">${Array.from(
  { length: longestDays },
  (_, index) => html`<option value="${index + 1}">${index + 1} ${index === 0 ? 'day' : 'days'}</option>`,
)}</select></div><div><label for="reason">Why</label><input id="reason" name="reason" required maxlength="200" autocomplete="off"></div></div>`;

/** What came of an answer, in a few words. */
const ends: { readonly [outcome in Outcome]?: readonly [title: string, says: string] } = {
  fixed: ['Fixed', 'It was changed to the safe state, and read back.'],
  held: ['Fixed for a time', 'It was changed and read back; the state before is put back by itself.'],
  settling: ['Being fixed', 'It was changed, or is about to be; it takes minutes to show, and is looked at again.'],
  safe: ['Safe already', 'It was safe when it was read: nothing was changed.'],
  undone: ['Taken back', 'What was there before was put back, and read back.'],
  left: ['Left as it is', 'The question is over. Nothing was changed.'],
  exempt: ['Exempt', 'It is left alone until then, and looked at again.'],
  paused: ['Firebreak is paused', 'Your answer is stored, and nothing was changed.'],
  failed: ['The fix failed', 'Look at the resource yourself.'],
};

export function answered(incident: Incident, outcome: Outcome, note: string): string {
  const [title, says] = ends[outcome] ?? ['Your answer is stored', `It stands at ${outcome}.`];
  return document(title, html`<h1>${title}</h1><p>${says}</p><p>${note}</p>${about(incident)}`);
}

/** The answer is stored, and what carries it out did not say how it went. */
export const unproven = (incident: Incident): string =>
  document(
    'Your answer is stored',
    html`<h1>Your answer is stored</h1><p class="note" role="alert">What came of it could not be seen: nothing is proven yet. You will be told; or look yourself.</p>${about(incident)}`,
  );

/** The answer is stored, and could not be handed to what carries it out. */
export const lost = (incident: Incident): string =>
  document(
    'Your answer is stored',
    html`<h1>Your answer is stored</h1><p class="note" role="alert">What carries it out could not be reached: nothing is done yet. Say it again by the command line: <code>npx firebreak incidents ${incident.id}</code> shows where it stands.</p>${about(incident)}`,
  );

const about = ({ resource, title, id }: Incident): Html =>
  html`<dl><dt>What</dt><dd>${title}</dd><dt>Where</dt><dd>${resource}</dd><dt>Details</dt><dd><code>npx firebreak incidents ${id}</code></dd></dl>`;

const titles: { readonly [why in Refusal]?: string } = {
  forged: 'This link is not one of ours',
  expired: 'This link is over',
  used: 'This link was used',
  stranger: 'This link is not yours any more',
  own: 'Somebody else has to decide',
  ended: 'This question is over',
  answered: 'It was just answered',
};

/** Of an incident only where whoever asks has a link that is theirs. */
export function refused(why: Refusal, incident: Incident | null): string {
  const title = titles[why] ?? 'Nothing was decided';
  const stands = incident
    ? html`<p>It stands at: ${incident.outcome === 'asked' ? 'asked, waiting for an answer' : `${incident.outcome}, ${incident.note}`}</p>${about(incident)}`
    : html`<p>The command line knows all questions: <code>npx firebreak incidents</code></p>`;
  return document(title, html`<h1>${title}</h1><p>Nothing was decided by it: ${refusals[why]}.</p>${stands}`);
}

export const nothingHere = (): string =>
  document('Nothing here', html`<h1>Nothing here</h1><p>This page opens by the personal link in a message.</p>`);

export const broken = (): string =>
  document(
    'Something failed',
    html`<h1>Something failed</h1><p>Whether your answer was stored is not known. Look with <code>npx firebreak incidents</code>, or try the link again.</p>`,
  );

const moment = (time: string | undefined): string =>
  time === undefined ? 'never' : time.replace(/^([\d-]+)T([\d:]+)(\.\d+)?Z$/, '$1 $2 UTC');
