/**
 * Who may answer which question from outside, by a link or a button, and who may have a fix taken back: everything is loaded
 * anew, nothing is believed.
 */
import type { Deps } from './deps.ts';
import type { Answer, Incident } from './incident.ts';
import { decide, wantBack } from './people.ts';
import { genuine, isNamed, isRestorable, isStale, leaseSeconds, wantsBack } from './record.ts';
import { forged } from './tell.ts';

/** Why an answer is not taken: the one closed list. Each is stored and counted. */
export const refusals = {
  forged: 'it was not made by this Firebreak, or somebody altered it',
  expired: 'it came too late',
  used: 'it worked once, and it was used',
  stranger: 'whoever sent it is none of the approvers',
  own: 'who did it may not decide about it',
  'one-way': 'a fix without a way back needs Slack’s identity or the command line’s',
  changed: 'it changed since the question: here is the new plan',
  ended: 'the question is not open any more',
  answered: 'it was answered a moment ago, and is being carried out',
  unsound: 'it does not say what a decision has to say',
} as const satisfies Record<string, string>;

export type Refusal = keyof typeof refusals;

export type Asking = {
  readonly incident: string;
  /** The question that whoever answers was shown. */
  readonly question: string;
  /** As the configuration names who answers: mail address, ARN or name. */
  readonly approver: string;
  /** Fixes without a way back are decided by who is known by more than a link. */
  readonly known: boolean;
};

/** An incident that this approver may answer now; or why not, with the incident where there is one that may be shown. */
export async function answerable(
  { incident: id, question, approver, known }: Asking,
  answer: Answer | null,
  questionOf: (incident: Incident) => string,
  deps: Deps,
): Promise<{ readonly incident: Incident | null; readonly refused: Refusal | null }> {
  const incident = await deps.incidents.get(id);
  if (!incident) return { incident, refused: 'ended' };
  const refused = (why: Refusal) => ({ incident, refused: why });
  if (incident.outcome !== 'asked') return refused('ended');
  if (!(await genuine(incident, deps))) return forged(incident, deps);
  if (Date.parse(incident.until ?? '') <= deps.now().getTime()) return refused('ended');
  if (isOwn(approver, incident)) return refused('own');
  if (questionOf(incident) !== question) return refused('changed');
  if (isRecent(incident.decision?.at, deps)) return refused('answered');
  if (answer && answer.answer === undefined && incident.undo === 'none' && !known) return refused('one-way');
  return { incident, refused: null };
}

const isRecent = (time: string | undefined, deps: Deps): boolean =>
  deps.now().getTime() - Date.parse(time ?? '') < leaseSeconds * 1000;

/** A fix that this approver may have taken back now, by the room's own role; or why not. Not by whoever it was put right after. */
export async function undoable(
  { incident: id, question, approver }: Omit<Asking, 'known'>,
  questionOf: (incident: Incident) => string,
  deps: Deps,
): Promise<{ readonly incident: Incident | null; readonly refused: Refusal | null }> {
  const incident = await deps.incidents.get(id);
  const refused = (why: Refusal) => ({ incident, refused: why });
  if (!incident || !isRestorable(incident)) return refused('ended');
  if (!(await genuine(incident, deps))) return forged(incident, deps);
  if (isOwn(approver, incident)) return refused('own');
  if (questionOf(incident) !== question) return refused('changed');
  if (wantsBack(incident) && isRecent(incident.undoing?.at, deps)) return refused('answered');
  return { incident, refused: null };
}

/** Records the answer. Where another came first, that one counts. */
export const answer = (id: string, by: string, said: Answer, deps: Deps): Promise<Refusal | null> =>
  recording(() => decide(id, by, deps, said));

/** Records that a fix is to be taken back. */
export const answerUndo = (id: string, by: string, deps: Deps): Promise<Refusal | null> =>
  recording(() => wantBack(id, by, deps));

async function recording(work: () => Promise<void>): Promise<Refusal | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (isStale(error)) return 'answered';
    if (isNamed(error, 'NotAsked') || isNamed(error, 'NothingToUndo')) return 'ended';
    throw error;
  }
}

/**
 * Whether an approver is one of those who did it, as far as names tell. Roughly, and rather too often than too seldom:
 * `jo@example.com`, the user `jo` and a session called `jo` are taken for one person, a role for all who take it up.
 */
export function isOwn(approver: string, { actor, witnesses }: Pick<Incident, 'actor' | 'witnesses'>): boolean {
  const others = witnesses.flatMap(({ by, person }) => [by, person]);
  const did = [actor.arn, actor.name, actor.person, ...others].flatMap((who) => namesOf(who));
  return namesOf(approver).some((name) => did.includes(name));
}

/** `arn:aws:sts::1:assumed-role/Admin/jo@example.com` has the names of the session, its owner, and the role's ARN. */
function namesOf(who: string | undefined): readonly string[] {
  if (who === undefined || who === 'unknown') return [];
  const whole = who.trim().toLowerCase();
  const session = /^arn:([^:]+):sts::(\d*):assumed-role\/([^/]+)\/(.+)$/.exec(whole);
  const role = /^arn:([^:]+):iam::(\d*):role\/(?:.+\/)?([^/]+)$/.exec(whole);
  const roles = session ?? role;
  const last = whole.slice(whole.lastIndexOf('/') + 1);
  const names = [whole, ...(roles ? [`role ${roles[2]} ${roles[3]}`] : []), ...(role ? [] : [last])];
  return [...names, ...(!role && last.includes('@') ? [last.slice(0, last.indexOf('@'))] : [])];
}
