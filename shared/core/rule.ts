/** What rules, triggers, lenses and fixes are. Types, and the one place where their generics are erased. */
import type { GenericSchema } from 'valibot';
import type { Json, JsonObject } from './json.ts';
import type { Home } from './mode.ts';
import type { Signal } from './signal.ts';

export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'info';
export type Mode = 'off' | 'notify' | 'approve' | 'remediate';

/** G breaks nothing; A acts from `standard` on; C asks under `standard`; 1 is one-way and always asks; N only tells. */
export type RuleClass = 'G' | 'A' | 'C' | '1' | 'N';
export type RuleId = `${string}/${string}`;

/** What wakes a rule. */
export type Trigger =
  | {
      readonly kind: 'call';
      /** CloudTrail's `eventSource`, for instance `s3.amazonaws.com`. */
      readonly service: `${string}.amazonaws.com`;
      /** CloudTrail's `eventName`: not always the API's name. */
      readonly name: string;
      /** Failed calls wake the rule too; without it they are attempts. */
      readonly failures?: true;
      /** A read-only call: EventBridge delivers it only to rules that ask for all management events. */
      readonly readOnly?: true;
      /** A console sign-in, whose detail-type differs. */
      readonly signIn?: 'root' | 'any';
      /** An `AwsServiceEvent`: AWS did it, not a caller; its detail-type differs, too. */
      readonly serviceEvent?: true;
    }
  /** Every call of the root user, of all services, read-only and failed ones too; not what AWS does in root's name. */
  | { readonly kind: 'root' }
  /** GuardDuty's finding type; `*` for any. */
  | { readonly kind: 'finding'; readonly origin: 'guardduty'; readonly type: string }
  /**
   * A security control that Security Hub found failed (`S3.2`), or on which somebody pressed the custom action
   * "Firebreak: fix". `*` for any open finding of these severities, whichever product made it.
   */
  | {
      readonly kind: 'finding';
      readonly origin: 'securityhub';
      readonly type: string;
      readonly severities?: readonly ('CRITICAL' | 'HIGH' | 'MEDIUM' | 'LOW')[];
    }
  /** Any other event that an AWS service puts on the bus. */
  | {
      readonly kind: 'event';
      readonly source: `aws.${string}`;
      readonly detailType: string;
      /** What its `detail` must say, as an EventBridge pattern of exact values, `exists` and `prefix`. */
      readonly where?: JsonObject;
    };

export type Action = `${Lowercase<string>}:${Capitalize<string>}`;
/** Partition, account, region and stack by CloudFormation's pseudo-parameters. */
export type ArnPattern = `arn:\${AWS::Partition}:${string}:${string}:${string}:${string}`;

export type Permission = {
  readonly actions: readonly [Action, ...Action[]];
  /** `noArn` says, with its source, that the service has no resource-level permission for these actions. */
  readonly resources: readonly [ArnPattern, ...ArnPattern[]] | { readonly noArn: string };
  readonly conditions?: { readonly [operator: string]: { readonly [key: string]: string | readonly string[] } };
};

export type Control = {
  readonly framework:
    | 'CIS AWS Foundations v3.0.0'
    | 'NIST SP 800-53 Rev. 5'
    | 'PCI DSS v4.0.1'
    | 'AWS Security Hub CSPM'
    | 'AWS Well-Architected'
    | 'MITRE ATT&CK';
  readonly id: string;
  /** The page that maps the control to this trouble. */
  readonly source: string;
};

/** What a rule recognised. `possible` where only a read can tell. */
export type Finding<T extends Json = Json> = {
  readonly target: T;
  readonly resource: string;
  readonly reason: string;
  readonly certainty: 'certain' | 'possible';
  /**
   * An everyday call that is worth a read and no more: `classify` and `backtest` do not list it, and nobody is told where
   * the read shows nothing.
   */
  readonly aside?: true;
  /**
   * Minutes after which it is read, and asked about where it is still so: what was just made may be finished by whoever
   * makes it. Nobody is told before.
   */
  readonly after?: number;
  /** Said by one event alone: told at once even where the rule has a threshold. */
  readonly atOnce?: true;
};

/** The event does not say what it must say: what is missing. Nobody can tell whether it is harmless. */
export type Unreadable = { readonly unreadable: string };

/** `unreadable('requestParameters.bucketName')`: stored, told, and kept to be run again, never taken for harmless. */
export const unreadable = (missing: string): Unreadable => ({ unreadable: missing });

export const isUnreadable = (found: readonly Finding[] | Unreadable): found is Unreadable => 'unreadable' in found;

/** The safe state is not known: tell, don't guess. */
export type Unknown = { readonly unknown: string };

export const isUnknown = (state: Json | Unknown): state is Unknown =>
  typeof state === 'object' &&
  state !== null &&
  !Array.isArray(state) &&
  'unknown' in state &&
  typeof state.unknown === 'string';

export type Context<T extends Json = Json, B = unknown, S extends Json = Json> = {
  readonly target: T;
  /** The rule's own settings in firebreak.yml. */
  readonly baseline: B;
  /** The state that was learned before the trouble, and who had made it; null where none was. */
  readonly learned: Learned<S> | null;
  /** Who is no stranger to the resource. */
  readonly home: Home;
};

/** A state that no rule flagged and that stood unchanged for a day. */
export type Learned<S extends Json = Json> = { readonly state: S; readonly by: string; readonly at: string };

/** One piece of a resource's state. `Lens<T, S, true>` is one without a way back. */
export type Lens<T extends Json, S extends Json, W extends true = never> = {
  readonly id: string;
  /** What one target is called within its account and region: the lease and the incident hang on it. */
  key(target: T): string;
  /** The state, or null where the resource or the setting is absent. */
  read(target: T): Promise<S | null>;
  /** Drops generated ids and order, before states are compared. */
  canon?(state: S): Json;
  write(target: T, from: S | null, to: S | null): Promise<void>;
  /** `restore`: the role holds the way back; `operator`: the caller of `firebreak undo` must; `none`: there is no way back. */
  undo(before: S | null, after: S | null): 'restore' | 'operator' | 'none';
  /** The state that undo writes, where it is not simply the one before: evidence is kept, steps go back in reverse. */
  back?(before: S | null, now: S | null): S | null;
  /** Minutes within which a write that was accepted shows: the read-back is looked at again until then. */
  readonly settles?: number;
  /** Whether the state can be written now; where not, it is looked at again within `settles`. */
  ready?(state: S): boolean;
  /** Several steps: a fix that fails may have made some of them. */
  readonly many?: true;
  /** Of several steps: whether this is what is left where a write from one state to another breaks off. */
  between?(from: S | null, to: S | null, now: S | null): boolean;
  readonly oneWay?: W;
};

export type StateFix<T extends Json, S extends Json, B, W extends true = never> = {
  readonly kind: 'state';
  readonly lens: Lens<T, S, W>;
  /**
   * A property, not a method: one that forgets that the state may be absent does not compile. The lens alone says what
   * a state is: half of one does not compile either.
   */
  readonly desire: (state: NoInfer<S> | null, context: Context<T, B, NoInfer<S>>) => NoInfer<S> | null | Unknown;
  /**
   * Calls after which the state is worth learning, and of what: after one that no rule flags it is read, and read again a
   * day later; unchanged, it is what `desire` gets as `learned`.
   */
  readonly learns?: {
    readonly triggers: readonly [Trigger, ...Trigger[]];
    /** Rules of the same lens whose flag spoils nothing: what they want differently this fix does not put back. */
    readonly despite?: readonly RuleId[];
    target(signal: Signal, home?: Home): NoInfer<T> | null;
  };
  /** Why a person must say yes to a plan that could be carried out by itself, such as one that leads out of the account. */
  readonly asks?: (plan: NoInfer<S> | null, context: Context<T, B, NoInfer<S>>) => string | null;
  /** A hold: minutes after which the state before is put back by itself. */
  readonly until?: (context: Context<T, B>) => number;
};

type Words = {
  readonly id: RuleId;
  readonly title: string;
  readonly severity: Severity;
  /** Why it matters, in a sentence or two. */
  readonly why: string;
  readonly controls: readonly Control[];
  /** The customer's layer of AWS's shared responsibility model that this trouble belongs to. */
  readonly responsibility:
    | 'customer data'
    | 'platform, applications, identity and access management'
    | 'operating system, network and firewall configuration'
    | 'encryption and network traffic protection';
  /** No recorded event and no documentation names the event or shape: says what is missing. */
  readonly unconfirmed?: string;
  /**
   * The function that it runs in, where that is not its room's own: `iam-policies` for fixes that write identity policies,
   * which is as good as being administrator. Its rules tell until `rooms:` in firebreak.yml turns the function on.
   */
  readonly function?: `${string}-policies`;
  /** A trail, recorder or detector: the circuit breaker never stops its fix. */
  readonly watcher?: true;
  /** Its fix acts against somebody: a finding that wakes it is first fetched from the service that made it. */
  readonly contains?: true;
};

type Recognises<T extends Json, B> = {
  readonly triggers: readonly [Trigger, ...Trigger[]];
  /**
   * The rule's own settings under `baselines:` in firebreak.yml; its schema must accept `{}`. A rule that is quiet without
   * them carries an example (`v.examples`), with which its events are tried.
   */
  readonly baseline?: GenericSchema<unknown, B>;
  /**
   * What a signal that woke the rule tells. Nothing where it is harmless, `unreadable` where that can't be told.
   * @param home the account that the signal is about, and who else is no stranger there
   */
  detect(signal: Signal, baseline: B, home: Home): readonly Finding<T>[] | Unreadable;
};

type Tells = {
  readonly class: 'N';
  /** Minutes: what the rule recognises of one resource within them is one incident, told at its first event. */
  readonly folds?: number;
  /** Told only once so many events of one target came within so many minutes: what one alone does not say. */
  readonly threshold?: { readonly times: number; readonly minutes: number };
  readonly breaks: 'nothing';
  readonly fix?: never;
};

type Mends<T extends Json, S extends Json, B, W extends true = never> = {
  readonly class: 'G' | 'A' | 'C' | '1';
  readonly breaks: 'nothing' | 'access' | 'service';
  /** The risk of the fix to a running application, in a sentence. */
  readonly risk: string;
  /** What the fix does, in words that stand after "Fix:". */
  readonly mends: string;
  /** What undo does, in words that stand after "Undo:". */
  readonly undoes: string;
  readonly permissions: {
    readonly read: readonly [Permission, ...Permission[]];
    readonly write: readonly [Permission, ...Permission[]];
    /** Actions that only the way back needs: never given to a role. */
    readonly undo?: readonly [Action, ...Action[]];
  };
  /** Where the lens laws are shown: on an emulator, or on a stateful fake. */
  readonly proof: 'emulator' | 'fake';
  readonly fix: StateFix<T, S, B, W>;
};

/** A lens without a way back compiles only in a rule of class 1, which always asks. */
type OneWayAsks<T extends Json, S extends Json, B> =
  | (Mends<T, S, B> & { readonly class: 'G' | 'A' | 'C' | '1' })
  | (Mends<T, S, B, true> & { readonly class: '1' });

export type RuleOf<T extends Json, S extends Json, B> = Words & Recognises<T, B> & (Tells | OneWayAsks<T, S, B>);

/** A rule as the engine and the tools see it: its target, state and baseline are theirs alone. */
export type Rule = Words & Recognises<Json, unknown> & (Tells | Mends<Json, Json, unknown>);
export type FixRule = Rule & Mends<Json, Json, unknown>;

/** Checks a rule's parts against each other, then erases their types. */
export function rule<T extends Json, S extends Json = Json, B = unknown>(parts: RuleOf<T, S, B>): Rule {
  return parts as unknown as Rule;
}

export const hasFix = (candidate: Rule): candidate is FixRule => candidate.fix !== undefined;

/** The triggers of one service's calls. */
export const calls = (
  service: `${string}.amazonaws.com`,
  ...names: readonly [string, ...string[]]
): [Trigger, ...Trigger[]] =>
  names.map((name) => ({ kind: 'call', service, name })) as unknown as [Trigger, ...Trigger[]];
