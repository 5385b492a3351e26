/**
 * Where people's decisions come in: the page behind a personal link, and Slack's buttons. Loads everything anew, records
 * the decision, and has the incident's own room carry it out. Changes no resource, and shows no more than the link's own
 * incident.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { type Asking, answer, answerable, answerUndo, type Refusal, refusals, undoable } from '../core/answer.ts';
import type { Deps, Result } from '../core/deps.ts';
import { longestDays } from '../core/granted.ts';
import type { Answer, Incident } from '../core/incident.ts';
import { isObject, text } from '../core/json.ts';
import type { Channels } from '../core/mode.ts';
import type { Outcome } from '../core/outcome.ts';
import { genuine } from '../core/record.ts';
import { mint, read, type Stored } from '../core/token.ts';
import type { Decisions, Refused } from '../incidents/decisions.ts';
import { actions, questionOf, readValue } from '../notify/actions.ts';
import { render } from '../notify/message.ts';
import { inert, plain } from '../notify/plain.ts';
import { headers } from '../page/html.ts';
import * as view from '../page/view.ts';

export type Desk = {
  readonly deps: Deps;
  readonly channels: Channels;
  readonly decisions: Decisions;
  readonly words: view.WordsOf;
  /**
   * Has the room carry out what is recorded; null where it is not waited for, or did not say what came of it, 'lost' where
   * it could not even be told to.
   */
  carryOut(incident: Incident, wait: boolean): Promise<Pick<Result, 'outcome' | 'note'> | 'lost' | null>;
  /** Sends an approver his own message. */
  write(approver: string, subject: string, words: string): Promise<void>;
  /** Slack's signing secret. */
  secret(reference: string): Promise<string>;
  /** Tells whoever pressed a button, and nobody else, by the address that Slack gave for that. */
  whisper(address: string, words: string): Promise<void>;
  /** Counts a refusal, for the alarm. */
  count(why: Refusal): void;
};

export type Request = {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** By lower-case names. */
  readonly headers: { readonly [name: string]: string | undefined };
  readonly body: string;
};
export type Response = {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

const page = (statusCode: number, body: string): Response => ({ statusCode, headers, body });
const said = (statusCode: number, body = ''): Response => ({
  statusCode,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  body,
});

/** Letters of a request: a form of ours is far shorter, and Slack sends the message along. */
const mostLetters = 300_000;

export async function receive(request: Request, desk: Desk): Promise<Response> {
  const { method, path, body } = request;
  if (body.length > mostLetters) return said(413);
  if (path === '/slack') return method === 'POST' ? slack(request, desk) : said(405);
  if (path !== '/') return page(404, view.nothingHere());
  if (method === 'GET' || method === 'HEAD') return show(new URLSearchParams(request.query).get('t'), desk);
  if (method === 'POST') return take(new URLSearchParams(body), desk);
  return said(405);
}

async function refuse(why: Refusal, way: Refused['way'], desk: Desk, more: Partial<Refused> = {}): Promise<void> {
  desk.count(why);
  await desk.decisions.refused({ ...more, why, way, at: desk.deps.now().toISOString() });
}

/** A link's token, if it is ours, the approver still is one, and it can still be used; else why not. */
async function opened(
  token: string,
  desk: Desk,
): Promise<{ readonly stored: Stored | null; readonly why: Refusal | null }> {
  const stored = await read(token, desk.decisions, desk.deps);
  if (!stored) return { stored, why: 'forged' };
  const { approver, until } = stored.token;
  if (!desk.channels.page?.approvers.includes(approver)) return { stored, why: 'stranger' };
  if (stored.used !== null) return { stored, why: 'used' };
  return { stored, why: desk.deps.now().getTime() >= Date.parse(until) ? 'expired' : null };
}

/** Only shows: a mail program that follows links decides nothing. */
async function show(token: string | null, desk: Desk): Promise<Response> {
  if (token === null) return page(404, view.nothingHere());
  const { stored, why } = await opened(token, desk);
  if (!stored) {
    await refuse('forged', 'page', desk);
    return page(403, view.refused('forged', null));
  }
  if (why === 'stranger') return page(403, view.refused(why, null));
  const asking = askingOf(stored);
  const { incident, refused } = await answerable(asking, null, questionOf, desk.deps);
  // Over, used or closed: what came of it is the approver's to know.
  if (why) return page(410, view.refused(why, incident));
  if (refused === 'changed' && incident) return anew(incident, asking.approver, desk, 200);
  if (refused || !incident) return page(410, view.refused(refused ?? 'ended', incident));
  return page(200, view.asks(incident, desk.words, token, null));
}

const askingOf = ({ token: { incident, question, approver } }: Stored): Asking => ({
  incident,
  question,
  approver,
  known: false,
});

/** The plan as it is by now, with a token for it: nothing of the earlier one is decided. */
async function anew(incident: Incident, approver: string, desk: Desk, status: number): Promise<Response> {
  const token = await tokenFor(incident, approver, desk);
  return page(status, view.asks(incident, desk.words, token, 'changed'));
}

const tokenFor = (incident: Incident, approver: string, desk: Desk): Promise<string> =>
  mint(
    { incident: incident.id, question: questionOf(incident), approver, until: incident.until ?? '' },
    desk.decisions,
    desk.deps,
  );

async function take(form: URLSearchParams, desk: Desk): Promise<Response> {
  const token = form.get('t') ?? '';
  const { stored, why } = await opened(token, desk);
  const by = stored?.token.approver;
  const about = stored ? { incident: stored.token.incident, who: stored.token.approver } : {};
  const refused = async (because: Refusal, status: number, incident: Incident | null): Promise<Response> => {
    await refuse(because, 'page', desk, about);
    return page(status, view.refused(because, incident));
  };
  if (!stored || by === undefined) return refused('forged', 403, null);
  if (why === 'stranger') return refused(why, 403, null);
  const answerOf = formAnswer(form, desk.deps.now());
  const asking = askingOf(stored);
  const found = await answerable(asking, answerOf, questionOf, desk.deps);
  if (why) return refused(why, 410, found.incident);
  const { incident } = found;
  if (found.refused === 'changed' && incident) {
    await refuse('changed', 'page', desk, about);
    return anew(incident, by, desk, 409);
  }
  if (found.refused || !incident) return refused(found.refused ?? 'ended', 409, incident);
  if (!answerOf) {
    await refuse('unsound', 'page', desk, about);
    return page(400, view.asks(incident, desk.words, token, 'unsound'));
  }
  if (!(await desk.decisions.use(stored.token.id, desk.deps.now().toISOString())))
    return refused('used', 410, incident);
  const recorded = await recording(() => answer(incident.id, `${by} (page)`, answerOf, desk.deps), stored, desk);
  if (recorded) return refused(recorded, 409, incident);
  return carriedOut(incident, by, desk);
}

/** What was not recorded did not use the link up. */
async function recording(work: () => Promise<Refusal | null>, { token }: Stored, desk: Desk): Promise<Refusal | null> {
  try {
    const why = await work();
    if (why) await desk.decisions.free(token.id);
    return why;
  } catch (error) {
    await desk.decisions.free(token.id);
    throw error;
  }
}

async function carriedOut(incident: Incident, by: string, desk: Desk): Promise<Response> {
  const end = await desk.carryOut(incident, true);
  const now = (await desk.deps.incidents.get(incident.id)) ?? incident;
  if (end === 'lost') return page(503, view.lost(now));
  if (end?.outcome === 'replanned' && now.outcome === 'asked') {
    await refuse('changed', 'page', desk, { incident: incident.id, who: by });
    return anew(now, by, desk, 409);
  }
  return end ? page(200, view.answered(now, end.outcome, end.note)) : page(202, view.unproven(now));
}

/** What a form says; null for what ours never sends. */
function formAnswer(form: URLSearchParams, now: Date): Answer | null {
  switch (form.get('answer')) {
    case 'fix':
      return {};
    case 'leave':
      return { answer: 'leave' };
    case 'exempt':
      return exemptFor(Number(form.get('days')), form.get('reason') ?? '', now);
    default:
      return null;
  }
}

function exemptFor(days: number, why: string, now: Date): Answer | null {
  const reason = plain(why, 200);
  if (!Number.isInteger(days) || days < 1 || days > longestDays || reason === '') return null;
  return { answer: 'exempt', until: new Date(now.getTime() + days * 86_400_000).toISOString(), reason };
}

/** Each approver his own link, by a message of his own; not whoever did it. */
export async function askApprovers(id: string, address: string, desk: Desk): Promise<readonly string[]> {
  const incident = await desk.deps.incidents.get(id);
  if (!incident) return [];
  const { subject, text: words } = render(incident);
  const questions = await openOf(incident, desk);
  const asked: string[] = [];
  for (const approver of questions.length > 0 ? (desk.channels.page?.approvers ?? []) : []) {
    const all = await Promise.all(questions.map((question) => linkFor(question, approver, address, desk)));
    const [first, ...others] = all.filter((one) => one !== null);
    if (!first) continue;
    const yours = incident.flood
      ? `Your own links, for you alone: each decides one question, and works once. Opening them only shows.\n\n${[first, ...others].map(({ about, link }) => `${about}\n${link}`).join('\n\n')}`
      : `Your own link, for you alone: it decides, and works once, until ${incident.until ?? ''}. Opening it only shows.\n\n${first.link}`;
    await desk.write(approver, subject, `${yours}\n\n${words}`);
    asked.push(approver);
  }
  return asked;
}

/** The open questions that a message puts: its own, or, of a flood, those that it names. */
async function openOf(incident: Incident, { deps }: Desk): Promise<readonly Incident[]> {
  const named = incident.flood
    ? await Promise.all(incident.witnesses.map(({ id }) => deps.incidents.get(id)))
    : [incident];
  // It may have been answered before this came round.
  const open = named.filter((one) => one?.outcome === 'asked').filter((one) => one !== null);
  const known = await Promise.all(open.map((one) => genuine(one, deps)));
  return open.filter((_, index) => known[index]);
}

async function linkFor(
  incident: Incident,
  approver: string,
  address: string,
  desk: Desk,
): Promise<{ readonly about: string; readonly link: string } | null> {
  const asking = { incident: incident.id, question: questionOf(incident), approver, known: false };
  const { refused } = await answerable(asking, null, questionOf, desk.deps);
  if (refused) return null;
  const link = `${address}?t=${await tokenFor(incident, approver, desk)}`;
  return { about: `${incident.id}  ${inert(incident.resource, 160)}`, link };
}

/** How old a request of Slack's may be, in seconds: "Verifying requests from Slack" (Slack's documentation). */
const oldest = 300;

/** Slack's own, and new: "Verifying requests from Slack", version v0. */
async function fromSlack({ headers: given, body }: Request, reference: string, desk: Desk): Promise<Refusal | null> {
  const time = given['x-slack-request-timestamp'] ?? '';
  const signature = given['x-slack-signature'] ?? '';
  const secret = await desk.secret(reference);
  // Nobody's signature is right under no secret.
  if (secret === '') return 'forged';
  const right = createHmac('sha256', secret).update(`v0:${time}:${body}`).digest('hex');
  if (!alike(`v0=${right}`, signature)) return 'forged';
  const age = Math.abs(desk.deps.now().getTime() / 1000 - Number(time));
  if (!(age <= oldest)) return 'expired';
  return (await desk.decisions.once(sha256(signature))) ? null : 'used';
}

const sha256 = (words: string): string => createHash('sha256').update(words).digest('hex');

/** Digests have one length, whatever was sent: the time that this takes tells nothing. */
const alike = (a: string, b: string): boolean =>
  timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());

/**
 * A press of a button: payload `block_actions` ("Interaction payloads"). Slack wants an answer within three seconds, so
 * that nothing is waited for: the message itself tells what came of it.
 */
async function slack(request: Request, desk: Desk): Promise<Response> {
  const { signingSecret, approvers = {} } = desk.channels.slack ?? {};
  if (signingSecret === undefined) return said(404);
  const why = await fromSlack(request, signingSecret, desk);
  if (why) {
    await refuse(why, 'slack', desk);
    return said(401);
  }
  const payload = payloadOf(request.body);
  const [user = '', address = ''] = [text(payload, 'user', 'id'), text(payload, 'response_url')];
  const pressed = pressedIn(payload);
  if (text(payload, 'type') !== 'block_actions' || !pressed) return said(200);
  const asked = readValue(pressed.value);
  const who = /^[UW][A-Z0-9]{2,30}$/.test(user) ? { who: user } : {};
  const refused = async (because: Refusal, words: string = refusals[because]): Promise<Response> => {
    await refuse(because, 'slack', desk, { ...(asked && { incident: asked.incident }), ...who });
    await desk.whisper(address, `Nothing was decided: ${words}.`);
    return said(200);
  };
  const approver = Object.hasOwn(approvers, user) ? approvers[user] : undefined;
  if (approver === undefined) return refused('stranger');
  const by = `${approver} (Slack ${user})`;
  if (pressed.action === actions.undo) {
    if (!asked || asked.days !== null) return refused('unsound');
    const { incident, refused: because } = await undoable({ ...asked, approver }, questionOf, desk.deps);
    if (because === 'ended') return refused(because, 'it is no fix any more that this button could take back');
    if (because || !incident) return refused(because ?? 'ended');
    const recorded = await answerUndo(asked.incident, by, desk.deps);
    if (recorded) return refused(recorded);
    await pass(incident, address, desk);
    return said(200);
  }
  const days = asked?.days ?? 0;
  const says = saysOf(pressed.action, days, desk.deps.now());
  if (!asked || !says) return refused('unsound');
  const asking = { incident: asked.incident, question: asked.question, approver, known: true };
  const found = await answerable(asking, says, questionOf, desk.deps);
  if (found.refused === 'changed')
    return refused('changed', 'it changed since this message: look at the new plan in the thread, and answer that');
  if (found.refused || !found.incident) return refused(found.refused ?? 'ended');
  const recorded = await answer(asked.incident, by, says, desk.deps);
  if (recorded) return refused(recorded);
  await pass(found.incident, address, desk);
  return said(200);
}

/** What is recorded and reaches no room is done by nobody: whoever pressed can press again, once that counts as new. */
async function pass(incident: Incident, address: string, desk: Desk): Promise<void> {
  if ((await desk.carryOut(incident, false)) !== 'lost') return;
  const words = `It is recorded, and nothing is done yet: the function for it could not be reached. Press again in two minutes; or look with npx firebreak incidents ${incident.id}`;
  await desk.whisper(address, words);
}

function payloadOf(body: string): unknown {
  try {
    return JSON.parse(new URLSearchParams(body).get('payload') ?? 'null');
  } catch {
    return null;
  }
}

type Pressed = { readonly action: string; readonly value: string };

/** The first action that is one of ours; others, such as a button that only opens a link, say nothing to us. */
function pressedIn(payload: unknown): Pressed | null {
  const list = isObject(payload) ? payload['actions'] : undefined;
  const known: readonly string[] = Object.values(actions);
  for (const one of Array.isArray(list) ? list : []) {
    const action = text(one, 'action_id');
    const value = text(one, 'value') ?? text(one, 'selected_option', 'value');
    if (action !== undefined && known.includes(action)) return { action, value: value ?? '' };
  }
  return null;
}

function saysOf(action: string, days: number, now: Date): Answer | null {
  switch (action) {
    case actions.fix:
      return {};
    case actions.leave:
      return { answer: 'leave' };
    case actions.exempt:
      return exemptFor(days, 'by a button in Slack', now);
    default:
      return null;
  }
}

/** What a room's function answered; null where it did not say what came of it. */
export function resultOf(answered: unknown): Pick<Result, 'outcome' | 'note'> | null {
  const [first]: readonly unknown[] = Array.isArray(answered) ? answered : [];
  const outcome = text(first, 'outcome');
  return outcome === undefined ? null : { outcome: outcome as Outcome, note: text(first, 'note') ?? '' };
}
