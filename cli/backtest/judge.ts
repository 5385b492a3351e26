/** One record's findings, with all that the answer needs of it. Recognises what `classify` recognises. Pure. */
import { countedBy } from '../../shared/core/count.ts';
import { decide, type Way } from '../../shared/core/decide.ts';
import { canonical } from '../../shared/core/json.ts';
import { type Config, modeOf } from '../../shared/core/mode.ts';
import { awakened } from '../../shared/core/route.ts';
import { hasFix, type Mode, type Rule } from '../../shared/core/rule.ts';
import { type Actor, normalise, type Signal } from '../../shared/core/signal.ts';
import { plain } from '../../shared/notify/plain.ts';
import { type Would, wouldOf } from './would.ts';

export const kinds = ['person', 'pipeline', 'service', 'unclear'] as const;
export type Kind = (typeof kinds)[number];

export type Row = {
  /** `file#index` or `file:line`, as `classify` counts them. */
  readonly source: string;
  readonly id: string | null;
  readonly time: string | null;
  readonly account: string | null;
  readonly region: string | null;
  readonly event: string;
  readonly rule: string;
  readonly certainty: 'certain' | 'possible';
  readonly resource: string;
  readonly reason: string;
  readonly mode: Mode;
  /** What Firebreak would have set out to do at the time, by the firebreak.yml of now. */
  readonly way: Exclude<Way, 'attempt' | 'unparsed'>;
  /** What is counted together, where the rule tells only from some number on: sift.ts counts, and takes it away. */
  readonly counted?: string;
  readonly would: Would;
  readonly actor: {
    readonly kind: Kind;
    readonly name: string;
    readonly arn: string | null;
    readonly agent: string | null;
  };
};

export type Judged = {
  readonly rows: readonly Row[];
  readonly times: readonly string[];
  /** Why the record could not be read. */
  readonly error?: string;
};

/** What the rules recognise in one record. Never throws. */
export function judge(value: unknown, source: string, rules: readonly Rule[], config: Config, now: Date): Judged {
  try {
    const normalised = normalise(value);
    if ('unparsed' in normalised) return { rows: [], times: [], error: normalised.unparsed };
    const judged = normalised.signals.map((signal) => rowsOf(signal, normalised.id, source, rules, config, now));
    const rows = judged.flatMap((one) => one.rows);
    const error = judged.flatMap((one) => one.unread).join('; ');
    const times = normalised.signals.flatMap(({ time }) => (isTime(time) ? [time] : []));
    return { rows, times, ...(error !== '' && rows.length === 0 && { error }) };
  } catch (error) {
    return {
      rows: [],
      times: [],
      error: `a rule failed on it: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

/** A moment as CloudTrail writes it; what else an event says is no time. */
export const isTime = (time: string | null): time is string =>
  time !== null && /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(time) && !Number.isNaN(Date.parse(time));

function rowsOf(
  signal: Signal,
  id: string | null,
  source: string,
  rules: readonly Rule[],
  config: Config,
  now: Date,
): { readonly rows: readonly Row[]; readonly unread: readonly string[] } {
  // As at the time of the event: whether an exemption counted then, and as fresh as events are.
  const then = isTime(signal.time) ? new Date(signal.time) : now;
  const scene = { account: signal.account, actor: signal.actor.arn };
  const decided = awakened(rules, signal).flatMap((rule) => decide(rule, signal, config, then));
  const unread = decided.filter(({ way }) => way === 'unparsed').map(({ finding }) => finding.reason);
  const rows = decided.flatMap(({ rule, finding, way, baseline, home }) => {
    if (way === 'attempt' || way === 'unparsed' || finding.aside) return [];
    const { certainty, resource, reason } = finding;
    return [
      {
        source,
        id,
        time: signal.time,
        account: signal.account,
        region: signal.region,
        event: nameOf(signal),
        rule: rule.id,
        certainty,
        resource,
        reason,
        mode: modeOf(config, rule, scene),
        way,
        ...(way === 'count' && { counted: countedBy(rule.id, signal.account, canonical(finding.target)) }),
        would: hasFix(rule) ? wouldOf(rule, signal, finding, baseline, home) : { kind: 'tell' as const },
        actor: {
          kind: kindOf(signal.actor),
          name: plain(signal.actor.name, 120),
          arn: signal.actor.arn ?? null,
          agent: signal.actor.userAgent ? plain(signal.actor.userAgent, 120) : null,
        },
      },
    ];
  });
  return { rows, unread };
}

const nameOf = (signal: Signal): string =>
  signal.kind === 'call' ? signal.name : signal.kind === 'finding' ? signal.type : signal.detailType;

const consoles = /^(signin|console)\.amazonaws\.com$|^Mozilla\/|S3Console|AWSCloudShell/i;
const machines =
  /terraform|opentofu|pulumi|cloudformation|github|gitlab|jenkins|circleci|atlantis|spacelift|argo|ansible|\bcdk\b|botocore-session|\bci\b|pipeline|deploy/i;

/**
 * A person, a pipeline or a service, by userIdentity, the names of role and session, and the user agent, which callers
 * choose; `unclear` where none of them tells.
 */
export function kindOf(actor: Actor): Kind {
  const { type, arn = '', userAgent = '', invokedBy = '' } = actor;
  if (invokedBy === 'cloudformation.amazonaws.com') return 'pipeline';
  const role = /:assumed-role\/([^/]+)(?:\/(.*))?$/.exec(arn);
  if (type === 'AWSService' || role?.[1]?.startsWith('AWSServiceRoleFor')) return 'service';
  if (invokedBy !== '' && !consoles.test(invokedBy)) return 'service';
  if (type === 'Root' || type === 'IdentityCenterUser' || type === 'SAMLUser') return 'person';
  if (role?.[1]?.startsWith('AWSReservedSSO_')) return 'person';
  if (machines.test(userAgent) || type === 'WebIdentityUser') return 'pipeline';
  if (consoles.test(userAgent) || consoles.test(invokedBy)) return 'person';
  if (role) {
    if (machines.test(role[1] ?? '') || machines.test(role[2] ?? '')) return 'pipeline';
    if ((role[2] ?? '').includes('@')) return 'person';
    // An instance's or a function's own credentials.
    if (/^i-[0-9a-f]{8,17}$/.test(role[2] ?? '')) return 'service';
    return 'unclear';
  }
  if (type === 'IAMUser')
    return machines.test(actor.name) ? 'pipeline' : /^aws-cli\//.test(userAgent) ? 'person' : 'unclear';
  return 'unclear';
}
