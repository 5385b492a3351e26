/** Which mode a rule has: by preset, by line of firebreak.yml, by exemption. Pure; the time is passed in. */
import { type FixRule, hasFix, type Mode, type Rule, type RuleClass, type Severity } from './rule.ts';

export const presets = ['observe', 'guard', 'standard', 'strict'] as const;
export type Preset = (typeof presets)[number];

/** A rule's mode by its class, in the order of `presets`. */
const byClass: { readonly [c in RuleClass]: readonly [Mode, Mode, Mode, Mode] } = {
  G: ['notify', 'remediate', 'remediate', 'remediate'],
  A: ['notify', 'notify', 'remediate', 'remediate'],
  C: ['notify', 'notify', 'approve', 'remediate'],
  '1': ['notify', 'notify', 'approve', 'approve'],
  N: ['notify', 'notify', 'notify', 'notify'],
};

export const modesFor = (c: RuleClass): readonly Mode[] =>
  c === 'N' ? ['off', 'notify'] : c === '1' ? ['off', 'notify', 'approve'] : ['off', 'notify', 'approve', 'remediate'];

/** A line under `modes:`; all that it names must match, and the last line that matches wins. */
export type ModeLine = {
  /** A rule's id, or a room with a star: `s3/*`. */
  readonly rule: string;
  readonly account?: string;
  /** The caller's ARN; `*` stands for any text. */
  readonly actor?: string;
  readonly mode: Mode;
  /** With mode approve: the safe state first, then the question whether it stays. */
  readonly first?: 'revert';
};

export type Exemption = {
  readonly rule: string;
  readonly account?: string;
  /** The resource's ARN; `*` stands for any text. */
  readonly resource?: string;
  /** The caller's ARN. With an actor a rule that would remediate asks; it is never silenced. */
  readonly actor?: string;
  readonly owner: string;
  readonly reason: string;
  /** The last day on which it counts (UTC), `YYYY-MM-DD`. */
  readonly expires: string;
};

/** Where a secret is kept: `secretsmanager:NAME` or `ssm:/name`. The secret itself stands in no configuration. */
export type SecretRef = string;

/** Slack by a bot's token and a channel, or by an incoming webhook: the one or the other. */
export type SlackChannel = {
  readonly token?: SecretRef;
  readonly channel?: string;
  readonly webhook?: SecretRef;
  /** What Slack signs the clicks on buttons with. */
  readonly signingSecret?: SecretRef;
  /** Who may decide by button: Slack's id of the person, and by which name or ARN that is recorded. */
  readonly approvers?: { readonly [user: string]: string };
  /** Other channels by severity; of the lines that match, the first one wins. */
  readonly routes?: readonly { readonly severity: Severity; readonly channel: string }[];
};

export type Channels = {
  readonly email: readonly string[];
  readonly slack?: SlackChannel;
  readonly amazonQ?: boolean;
  readonly securityHub?: boolean;
  readonly eventBridge?: boolean;
  /** Who may decide on the page: each address has a link of its own. */
  readonly page?: { readonly approvers: readonly string[] };
  /** The hour (UTC) of the daily digest. */
  readonly digest?: { readonly hour: number };
};

export type Config = {
  readonly preset: Preset;
  readonly modes: readonly ModeLine[];
  readonly exemptions: readonly Exemption[];
  /** Functions that act only where they are turned on: those that write identity policies. */
  readonly rooms?: { readonly [name: string]: 'on' | 'off' };
  /** Settings by rule id, checked against the rule's own schema when the file is read. */
  readonly baselines: { readonly [rule: string]: unknown };
  /** Days. */
  readonly retention: { readonly incidents: number; readonly logs: number };
  /** Minutes: only a cause younger than this is remediated without asking. */
  readonly freshness: number;
  /** Fixes of one lens for one actor, and of one rule for one actor, within the hours; the next one asks. */
  readonly breaker: { readonly lens: number; readonly actor: number; readonly hours: number };
  /**
   * Hours after which a question that nobody answered expires; and what becomes then of what was put right first: it stays
   * so (`revert`, as without a word), or is taken back (`leave`).
   */
  readonly approvals: number | { readonly hours: number; readonly default?: 'leave' | 'revert' };
  /** ARNs of the principals that may assume the operator role; the whole account, by its own IAM, where none is named. */
  readonly operators: readonly string[];
  readonly channels: Channels;
  /** ARN patterns of IAM users and roles that no role of Firebreak's may change. */
  readonly protected: readonly string[];
  /** Ids of further accounts that are no strangers. */
  readonly trusted?: readonly string[];
  /** The organisation's id, `o-…`: its accounts are no strangers. */
  readonly organization?: string;
  /** The name of the stack that this runs in: known by whoever runs it, not by the file. */
  readonly stack?: string;
};

/**
 * Who is no stranger to a resource: its own account (null where an event does not tell it), organisation and friends; and
 * what Firebreak's own parts are called.
 */
export type Home = {
  readonly account: string | null;
  readonly stack?: string;
  readonly organization?: string;
  readonly trusted?: readonly string[];
};

export const homeOf = (
  { organization, stack, trusted = [] }: Pick<Config, 'organization' | 'stack' | 'trusted'>,
  account: string | null,
): Home => ({
  account,
  trusted,
  ...(organization !== undefined && { organization }),
  ...(stack !== undefined && { stack }),
});

/** Whether a pattern with `*` for any text covers the value; both are compared whole and in their own case. */
export function covers(pattern: string, value: string): boolean {
  const parts = pattern.split('*');
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (parts.length === 1) return pattern === value;
  if (!value.startsWith(first) || !value.endsWith(last) || value.length < first.length + last.length) return false;
  let from = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = value.indexOf(part, from);
    if (found < 0 || found + part.length > value.length - last.length) return false;
    from = found + part.length;
  }
  return true;
}

export type Scene = {
  readonly account: string | null;
  readonly actor: string | undefined;
};

export const hoursToAnswer = ({ approvals }: Pick<Config, 'approvals'>): number =>
  typeof approvals === 'number' ? approvals : approvals.hours;

/** Whether what was put right first is taken back where nobody says that it stays. */
export const leftUnanswered = ({ approvals }: Pick<Config, 'approvals'>): boolean =>
  typeof approvals !== 'number' && approvals.default === 'leave';

type Sets = Pick<Config, 'preset' | 'modes' | 'rooms'>;

/** Whether a rule's function has to be turned on, and is not: then the rule at most tells what it would do. */
export const isTurnedOff = ({ rooms }: Pick<Config, 'rooms'>, { function: named }: Pick<Rule, 'function'>): boolean =>
  named !== undefined && rooms?.[named] !== 'on';

/** The mode of a rule for this account and actor, before exemptions and freshness. */
export function modeOf(config: Sets, rule: Pick<Rule, 'id' | 'class' | 'function'>, scene?: Scene): Mode {
  const preset = byClass[rule.class][presets.indexOf(config.preset)] ?? 'notify';
  const mode = lineFor(config, rule, scene)?.mode ?? preset;
  return mode !== 'off' && isTurnedOff(config, rule) ? 'notify' : mode;
}

/** The line under `modes:` that counts. */
const lineFor = (
  config: Pick<Config, 'modes'>,
  rule: Pick<Rule, 'id' | 'class'>,
  scene: Scene | undefined,
): ModeLine | undefined =>
  config.modes.findLast(
    (candidate) =>
      covers(candidate.rule, rule.id) &&
      modesFor(rule.class).includes(candidate.mode) &&
      (candidate.account === undefined || candidate.account === scene?.account) &&
      (candidate.actor === undefined || (scene?.actor !== undefined && covers(candidate.actor, scene.actor))),
  );

/** Whether a question of the rule's is put with the safe state put first: not what has no way back, or ends by itself. */
export const putsRightFirst = (config: Pick<Config, 'modes'>, rule: Rule, scene: Scene): boolean =>
  rule.class !== '1' && rule.fix?.until === undefined && lineFor(config, rule, scene)?.first === 'revert';

/** Whether any account or actor could have the rule act or be approved: whether its role needs to write. */
export function mayWrite(config: Sets, rule: Rule): rule is FixRule {
  if (!hasFix(rule) || isTurnedOff(config, rule)) return false;
  const acts = (mode: Mode): boolean => mode === 'approve' || mode === 'remediate';
  return (
    acts(modeOf(config, rule)) ||
    config.modes.some(
      (line) => covers(line.rule, rule.id) && acts(line.mode) && modesFor(rule.class).includes(line.mode),
    )
  );
}

export type Exempted = { readonly exemption: Exemption; readonly effect: 'leave' | 'ask' };

/** Days before its end from which an exemption is warned of. */
export const lastDays = 7;

/** Days that are left of an exemption, its last one counted whole (UTC); 0 where it has expired. */
export function daysLeft({ expires }: Pick<Exemption, 'expires'>, now: Date): number {
  const today = Date.parse(now.toISOString().slice(0, 10));
  return Math.max(0, (Date.parse(expires) - today) / 86_400_000 + 1);
}

/** The exemption that would cover a finding, had it not expired: the one that ended last. */
export const lapsedFor = (
  config: Pick<Config, 'exemptions'>,
  ruleId: string,
  resource: string,
  scene: Scene,
  now: Date,
): Exemption | null =>
  config.exemptions
    .filter((one) => daysLeft(one, now) === 0 && coversFinding(one, ruleId, resource, scene))
    .sort((a, b) => (a.expires < b.expires ? 1 : -1))[0] ?? null;

const coversFinding = (one: Exemption, ruleId: string, resource: string, scene: Scene): boolean =>
  covers(one.rule, ruleId) &&
  (one.account === undefined || one.account === scene.account) &&
  (one.resource === undefined || covers(one.resource, resource)) &&
  (one.actor === undefined || (scene.actor !== undefined && covers(one.actor, scene.actor)));

/** The exemption that covers a finding, if one does and has not expired. */
export function exemptionFor(
  config: Pick<Config, 'exemptions'>,
  ruleId: string,
  resource: string,
  scene: Scene,
  now: Date,
): Exempted | null {
  const today = now.toISOString().slice(0, 10);
  const matching = config.exemptions.filter(
    (candidate) => candidate.expires >= today && coversFinding(candidate, ruleId, resource, scene),
  );
  const leaves = matching.find((candidate) => candidate.actor === undefined);
  if (leaves) return { exemption: leaves, effect: 'leave' };
  return matching[0] ? { exemption: matching[0], effect: 'ask' } : null;
}
