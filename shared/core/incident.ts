/** The stored record of one trouble on one lens of one resource, and the port behind which it is stored. */
import type { Counted, Counting, Threshold } from './count.ts';
import type { Json } from './json.ts';
import type { Exemption } from './mode.ts';
import type { Outcome } from './outcome.ts';
import type { Learned, Mode, Severity } from './rule.ts';
import type { Actor } from './signal.ts';

/** ISO 8601 times of an incident's stages; `verified` minus `event` is the time that counts. */
export type Times = {
  readonly event?: string;
  readonly received: string;
  readonly read?: string;
  readonly recorded?: string;
  readonly written?: string;
  readonly verified?: string;
};

/** A write that was made: CloudTrail's requestID of it, by which its own event is known again. */
export type Write = { readonly call: string; readonly requestId: string };

/** An event that told of the same trouble later; `by`: who made it, `person`: on whose behalf, where that matters. */
export type Witness = {
  readonly id: string;
  readonly name: string;
  readonly at: string;
  readonly by?: string;
  readonly person?: string;
};

/** A person's answer to a question: yes, carry it out, or another. */
export type Decision = { readonly by: string; readonly at: string } & (
  | { readonly answer?: never }
  | { readonly answer: 'leave' }
  /** Leave it alone until a time (ISO 8601), and ask again then. */
  | { readonly answer: 'exempt'; readonly until: string; readonly reason: string }
);
export type Answer = Decision extends infer D ? (D extends unknown ? Omit<D, 'by' | 'at'> : never) : never;

/** What the daily digest says: ISO 8601 times, rules with the noisiest first, exemptions that end. */
export type Digest = {
  readonly from: string;
  readonly to: string;
  readonly rules: readonly { readonly rule: string; readonly times: number; readonly resources: number }[];
  readonly ending: readonly {
    readonly rule: string;
    readonly of: string;
    readonly owner: string;
    readonly expires: string;
  }[];
};

/** Who is fought with, the last fixes after them, and what likely makes the change. */
export type Fight = {
  readonly actor: string;
  readonly fixes: readonly Pick<Fixed, 'incident' | 'at'>[];
  readonly source?: string;
};

export type Entry = { readonly at: string; readonly what: string; readonly by?: string; readonly outcome?: Outcome };

/** State as stored: JSON, with absence said outright. */
export type Snapshot = { readonly state: Json };

export type Incident = {
  readonly id: string;
  readonly room: string;
  readonly rules: readonly string[];
  readonly title: string;
  readonly severity: Severity;
  readonly account: string;
  readonly region: string;
  /** The resource's ARN, or what names it where it has none. */
  readonly resource: string;
  /** What was done, by CloudTrail's name, and by whom. */
  readonly event: { readonly id: string; readonly name: string; readonly requestId?: string };
  readonly actor: Actor;
  readonly reasons: readonly string[];
  /** Set where only a read can tell whether it is trouble. */
  readonly certainty?: 'possible';
  readonly mode: Mode;
  readonly outcome: Outcome;
  /** Why this outcome. */
  readonly note: string;
  /** Set where the rules have a lens: what it is looked up and locked by. */
  readonly lens?: string;
  readonly lease?: string;
  readonly target?: Json;
  readonly before?: Snapshot;
  readonly plan?: Snapshot;
  readonly after?: Snapshot;
  readonly undo?: 'restore' | 'operator' | 'none';
  /** Why the circuit breaker asks: somebody breaks it again after each fix. */
  readonly fight?: Fight;
  /** Set on an incident that stands for many, its witnesses: which outcome they have, and how many of them people were told. */
  readonly flood?: { readonly of: Outcome; readonly told: number };
  /** Set on the incident that is the daily digest. */
  readonly digest?: Digest;
  /** The learned state that the plan was made with: the same one for as long as the incident lasts. */
  readonly learned?: Learned;
  readonly writes: readonly Write[];
  /** How often something else told of it, beyond what `witnesses` can hold. */
  readonly seen?: number;
  readonly witnesses: readonly Witness[];
  readonly timeline: readonly Entry[];
  readonly times: Times;
  readonly attempts: number;
  /** The code over what would be written from this record: `deps.sign`. */
  readonly code?: string;
  /** Until when a state that settles is waited for, a question is open, or a hold holds. */
  readonly until?: string;
  readonly decision?: Decision;
  /** Somebody wants the fix taken back by the room's own role; `refused`: that was not done, and the note says why. */
  readonly undoing?: { readonly by: string; readonly at: string; readonly refused?: true };
  /** To be put right first, and asked about then; `reverted`: it was, and the question is whether it stays. */
  readonly first?: 'revert' | 'reverted';
  /** The outcome that people were told last. */
  readonly told?: Outcome;
  /** When it was first stored. */
  readonly at: string;
  /** Counts the writes of the record: each is conditional on the one before. */
  readonly version: number;
};

export type Claim =
  | { readonly got: 'new' }
  /** Begun before and not ended: go on from what was stored. */
  | { readonly got: 'resumed'; readonly incident: Incident }
  | { readonly got: 'duplicate'; readonly incident: Incident }
  /** The event's request id is one of our own writes'. */
  | { readonly got: 'own'; readonly incident: string }
  /** Somebody else holds the lens's lease. */
  | { readonly got: 'busy'; readonly until: string };

/** What is looked at again: an incident, or the state of the lens with this lease, whether it has stood. */
export type Look = { readonly incident: string } | { readonly learned: string };
export type Due = Look & { readonly at: string };

/** A lens's state as it was read after a change that no rule flagged. */
export type Lesson = {
  readonly room: string;
  readonly rule: string;
  readonly lease: string;
  readonly target: Json;
  readonly state: Json;
  readonly by: string;
  /** When it was read: ISO 8601. */
  readonly at: string;
  /** Whether it was the same a day later: only then is anything written from it. */
  readonly stood: boolean;
  /** The code over all of it: `deps.sign`. */
  readonly code: string;
};

/** What is known of a lens: the state that stood, and a newer one that has to yet. */
export type Lessons = { readonly learned: Lesson | null; readonly candidate: Lesson | null };

/** `firebreak pause`: while it lasts, what would be changed by itself is asked. */
export type Pause = {
  readonly rule?: string;
  readonly account?: string;
  readonly until: string;
  readonly by: string;
  readonly reason: string;
};

/** A fix that counts for the circuit breaker; `actor` as standing.ts names who is counted. */
export type Fixed = { readonly actor: string; readonly at: string; readonly incident: string };

/** A fix to count on its lens and under a key of its actor; added to what is there, or, where a list is given, put in its place. */
export type Counts = {
  readonly actorKey: string;
  readonly fixed: Fixed;
  readonly onLens?: readonly Fixed[];
  readonly byActor?: readonly Fixed[];
};

/** An exemption that a person granted for days: one rule, one lens of one resource. */
export type Grant = Pick<Exemption, 'rule' | 'owner' | 'reason' | 'expires'> & {
  readonly account: string;
  readonly resource: string;
  readonly lease: string;
  /** When it ends: ISO 8601. */
  readonly until: string;
  /** The question that it answered. */
  readonly incident: string;
};

/** All of them, and the code over them (`deps.sign`); there is none where there never was one. */
export type Grants = { readonly grants: readonly Grant[]; readonly code?: string };

/** What stands against acting: read at once, before every write. */
export type Standing = {
  readonly pauses: readonly Pause[];
  /** Earlier fixes of the lens, whoever broke it. */
  readonly onLens: readonly Fixed[];
  /** Earlier fixes of what the actor broke under the rule. */
  readonly byActor: readonly Fixed[];
  /** The incident that asked last about the lens, whether its question is still open or not. */
  readonly asked: string | null;
  /** What people exempted for days. */
  readonly grants?: Grants;
};

export type Saving = {
  /** Frees the lens that this holder has. */
  readonly release?: string;
  /** Their request ids are our own from then on. */
  readonly writes?: readonly Write[];
  /** Counts a fix for the circuit breaker; on the lens only with `release`. */
  readonly counts?: Counts;
  /** Notes that a write of the incident's begins now: ISO 8601. */
  readonly begins?: string;
  /** Notes that the incident is due; null: no longer. */
  readonly due?: string | null;
};

export type Incidents = {
  /**
   * In one transaction: the incident is not stored yet, its event's request is not our own, and, where `lease` is
   * given, nobody holds the lens. Stores the incident and the lease.
   */
  claim(incident: Incident, lease: { readonly holder: string; readonly until: string } | null): Promise<Claim>;
  /** Stores the incident, if the stored one is the version before, and what `Saving` says, at once. Throws `Stale` where
   * another has written meanwhile, or holds the lens. */
  save(incident: Incident, options?: Saving): Promise<void>;
  standing(lease: string, actorKey: string): Promise<Standing>;
  /** The incident that made the request of this id, if it was ours. */
  ownerOf(requestId: string): Promise<string | null>;
  /** Incidents of a room of which a write began at or between two times. */
  begunBetween(room: string, from: string, to: string): Promise<readonly string[]>;
  /** What of a room is due and was looked at by nobody: the oldest first. */
  overdue(room: string, now: string): Promise<readonly Look[]>;
  /**
   * Counts an event of a target once, whatever is counted at the same time, and says where it stands (count.ts). Kept for
   * a day and the threshold's minutes after the last one.
   */
  count(target: string, event: Counting, threshold: Threshold): Promise<Counted>;
  lessons(lease: string): Promise<Lessons>;
  /** Stores a candidate in place of the one that is there, and that it is due: ISO 8601. */
  suggest(candidate: Lesson, due: string): Promise<void>;
  /** Ends a candidate, if it is still the one: by what was learned from it, or by nothing. Not due any more. */
  conclude(candidate: Lesson, learned: Lesson | null): Promise<boolean>;
  grants(): Promise<Grants>;
  /** Stores all that are granted from now on; false where somebody changed them since `before` was read. */
  setGrants(all: Grants, before: Grants): Promise<boolean>;
  /** Takes the lens's lease for an incident that is stored already; false where somebody holds it. */
  lock(lease: string, holder: string, until: string): Promise<boolean>;
  unlock(lease: string, holder: string): Promise<void>;
  get(id: string): Promise<Incident | null>;
  /** The last incident that closed on the lens with a change of it (`fixed`, `undone`), if any. */
  lastOn(lease: string): Promise<Incident | null>;
  /** Who leads under a key until a time: who was first, or, if that one's time is over, this incident. ISO 8601. */
  lead(key: string, incident: string, now: string, until: string): Promise<string>;
  /** Notes a delivery that changed nothing; of a witness that is noted already, nothing. However many come at once. */
  note(id: string, entry: Entry, witness?: Incident['witnesses'][number]): Promise<void>;
};
