/** What the engine is handed: everything that is not pure. And what it answers. */
import type { Due, Incident, Incidents, Write } from './incident.ts';
import type { Config } from './mode.ts';
import type { Outcome } from './outcome.ts';
import type { Rule } from './rule.ts';
import type { Found } from './signal.ts';

export type Deps = {
  readonly room: string;
  /** The account that this runs in: what happened in another is told only. Where it is not known, nothing is another's. */
  readonly account?: string;
  /** The region that this runs in, by the same rule: of another one come what Security Hub gathers, and Trusted Advisor's. */
  readonly region?: string;
  readonly rules: readonly Rule[];
  readonly config: Config;
  readonly incidents: Incidents;
  /** Publishes the one message of an incident's outcome. */
  tell(incident: Incident): Promise<void>;
  /**
   * Has the channels beside e-mail look at an incident (voice.ts), and sends no mail: what is one of many there, or is over
   * without a word and was asked with buttons.
   */
  revise(incident: Incident): Promise<void>;
  now(): Date;
  sleep(milliseconds: number): Promise<void>;
  /** A short, stable text for a text: an incident's id is made of it. */
  digest(text: string): string;
  /** Runs the work and adds every mutating AWS call that it made to `sink`, even when it throws. */
  record<T>(sink: Write[], work: () => Promise<T>): Promise<T>;
  /** Who holds a lease: unique to this invocation. */
  readonly holder: string;
  /** How long a lease lasts; `leaseSeconds` of work.ts where none is given. Tests that kill have shorter ones. */
  readonly leaseSeconds?: number;
  /** Whether a caller's ARN is a session of one of this deployment's own roles. */
  isOurs(arn: string): boolean;
  /** The finding as the service that is said to have made it knows it; `unknown` where it can't be asked. */
  confirm(finding: Found): Promise<Found | 'absent' | 'unknown'>;
  /** Has this room's function look again at an incident, or at a state that may be learned: once, at a time. */
  later(due: Due): Promise<void>;
  /** A code over what would be written from a record, by a key that only this deployment's roles may use. */
  sign(text: string): Promise<string>;
  verify(text: string, code: string): Promise<boolean>;
};

export type Result = {
  readonly outcome: Outcome;
  readonly incident: string | null;
  readonly rules: readonly string[];
  readonly resource: string | null;
  readonly note: string;
};

/** A delivery under way: whether it holds the lease of its lens. */
export type Run = Deps & {
  readonly held: boolean;
  /** What the code covers that is on the incident in hand, where it is known. */
  readonly signed?: string;
};
