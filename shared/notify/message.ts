/** One incident as one message: a subject and a text for e-mail, and attributes that subscriptions filter by. */
import type { Digest, Incident } from '../core/incident.ts';
import type { Outcome } from '../core/outcome.ts';
import { isRestorable, isReverted } from '../core/record.ts';
import type { Actor } from '../core/signal.ts';
import { alarmed } from '../core/voice.ts';
import { difference } from './diff.ts';
import { linksOf } from './links.ts';
import { ascii, inert } from './plain.ts';

export type Message = {
  /** Less than 100 printable ASCII characters: Amazon SNS API reference, Publish, Subject. */
  readonly subject: string;
  /**
   * Far below the 262,144 bytes that a topic takes (Amazon SNS API reference, Publish, Message): each part has its
   * bound, and the incident, whose command stands at the end, has the rest.
   */
  readonly text: string;
  readonly attributes: {
    readonly severity: string;
    readonly rule: string;
    readonly outcome: Outcome;
    readonly account: string;
  };
};

const headlines = {
  open: 'Working on it',
  fixed: 'Fixed',
  settling: 'Takes its time',
  waiting: 'Looked at later',
  held: 'Held for a time',
  released: 'Hold ended',
  partly: 'PARTLY FIXED',
  refused: 'REFUSED',
  expired: 'Nobody answered',
  left: 'Left as it is',
  safe: 'Safe already',
  rehearsed: 'Would fix',
  asked: 'Asks you',
  told: 'Look at this',
  exempt: 'Exempt',
  off: 'Off',
  attempt: 'Attempt',
  failed: 'FIX FAILED',
  undone: 'Fix undone',
  unparsed: 'Not understood',
  own: 'Own action',
  duplicate: 'Duplicate',
  witness: 'Also seen',
  drifted: 'Drifted',
  paused: 'Paused',
  counted: 'Counted',
  learning: 'Learning',
  replanned: 'Asks you again',
} as const satisfies Record<Outcome, string>;

/** Renders an incident; everything that an event brought along is made harmless on the way. */
export function render(incident: Incident): Message {
  const rule = incident.rules[0] ?? 'firebreak/unparsed';
  return {
    subject: subject(incident),
    text: textOf(partsOf(incident)),
    attributes: {
      severity: incident.severity,
      rule,
      // Who wants questions alone wants many of them, too.
      outcome: incident.flood?.of ?? incident.outcome,
      account: ascii(incident.account, 12) || 'unknown',
    },
  };
}

/** A word for it, and what is to be said. */
export type Fact = readonly [what: string, said: string];

/** An incident in parts, each of them harmless and bounded: what every channel makes its own message of. */
export type Parts = {
  readonly headline: string;
  readonly facts: readonly Fact[];
  readonly change: { readonly title: string; readonly lines: readonly string[] } | null;
  readonly commands: readonly Fact[];
  /** Pages of the AWS console: the only addresses in a message. */
  readonly links: readonly Fact[];
  readonly foot: string;
};

export const partsOf = (incident: Incident): Parts => ({
  headline: `${headOf(incident)}: ${inert(incident.title, 120)}`,
  facts: incident.digest ? digestFacts(incident.digest) : facts(incident),
  change: incident.digest ? noisiest(incident.digest) : incident.flood ? together(incident) : changed(incident),
  // An alarm is no incident that a command could show.
  commands: incident.id.startsWith(alarmed) ? [] : commands(incident),
  links: links(incident),
  foot: foot(incident),
});

function textOf({ headline, facts, change, commands, links, foot }: Parts): string {
  const lines = facts.map(([what, said]) => `${what}:`.padEnd(8) + said.replaceAll('\n', `\n${' '.repeat(8)}`));
  const shown = change ? ['', change.title, ...change.lines.map((line) => `  ${line}`)] : [];
  const next = [...commands, ...links].map(([what, command]) => `${what}:`.padEnd(16) + command);
  return `${[headline, '', ...lines, ...shown, '', ...next, '', foot].join('\n')}\n`;
}

/** The account always shows; where there is too much for one line, the title and the resource share what is left. */
function subject(incident: Incident): string {
  const { outcome, title, resource, account } = incident;
  const name = resource.slice(resource.lastIndexOf(':') + 1);
  const where = outcome === 'unparsed' ? '' : ` - ${ascii(name, 40)} (${ascii(account, 12)})`;
  return ascii(`[Firebreak] ${headOf(incident)}: ${title}`, 99 - where.length) + where;
}

function headOf(incident: Incident): string {
  if (incident.digest) return 'Daily digest';
  if (isReverted(incident)) return 'Fixed first, asks you';
  if (incident.undoing?.refused && isRestorable(incident)) return 'Not taken back';
  if (incident.undoing && incident.outcome === 'failed') return 'UNDO FAILED';
  // It was asked, and ended without a word of its own: only where that can be changed, it is said.
  if (incident.outcome === 'witness' && incident.told === 'asked') return 'Nothing left to ask';
  // Without somebody's answer it is told only where the exemption ends.
  if (incident.outcome === 'exempt' && !incident.decision) return 'Exemption ends soon';
  return headlines[incident.outcome];
}

/** Rules and exemptions that a digest lists; the command has the rest. */
const listed = 40;

function digestFacts({ from, to, ending }: Digest): readonly Fact[] {
  const ends = ending
    .slice(0, listed)
    .map(({ rule, of, owner, expires }) => `${inert(rule, 80)} of ${inert(of, 160)}, ${inert(owner, 80)}: ${expires}`);
  const more = ending.length > ends.length ? [`and ${ending.length - ends.length} more`] : [];
  return [
    ['What', 'what rules that only rehearse would have changed'],
    ['When', `from ${moment(from)} to ${moment(to)}`],
    ['Done', 'nothing was changed'],
    ...(ends.length > 0 ? [['Ends', ['exemptions that end soon:', ...ends, ...more].join('\n')] as const] : []),
  ];
}

function noisiest({ rules }: Digest): Parts['change'] {
  const width = String(rules[0]?.times ?? 0).length;
  const lines = rules
    .slice(0, listed)
    .map(
      ({ rule, times, resources }) =>
        `${String(times).padStart(width)} ${times === 1 ? 'time ' : 'times'} on ${resources} ${resources === 1 ? 'resource' : 'resources'}: ${rule}`,
    );
  const more = rules.length > lines.length ? [`… and ${rules.length - lines.length} rules more`] : [];
  return lines.length > 0 ? { title: 'By rule, the noisiest first:', lines: [...lines, ...more] } : null;
}

/** Which incidents a flood stands for: as many as its record holds, and the number of all. */
function together({ witnesses, seen = 0 }: Incident): Parts['change'] {
  const lines = witnesses.map(({ id, name: resource }) => `${inert(id, 30)}  ${inert(resource, 160)}`);
  const more = seen > witnesses.length ? [`… and ${seen - witnesses.length} more`] : [];
  return lines.length > 0 ? { title: 'Not told one by one:', lines: [...lines, ...more] } : null;
}

function facts(incident: Incident): readonly Fact[] {
  const { reasons, outcome, times, event } = incident;
  const why = reasons.slice(0, 5).map((reason) => inert(reason, 300));
  const more = reasons.length > why.length ? `; and ${reasons.length - why.length} more` : '';
  return [
    ['What', `${why.join('; ')}${more}`],
    ...(outcome === 'unparsed' ? [] : whoWhere(incident)),
    [
      'When',
      `${moment(times.event ?? times.received)}${event.name === 'unknown' ? '' : ` (${inert(event.name, 80)})`}`,
    ],
    ['Done', done(incident)],
    ...(incident.seen && !incident.flood
      ? [['Again', `${incident.seen} more ${incident.seen === 1 ? 'event tells' : 'events tell'} of it`] as const]
      : []),
    ...foughtWith(incident),
    ...learnedFrom(incident),
  ];
}

/** Who breaks it again and again, when it was fixed, and what likely does it: where it has to be changed. */
function foughtWith({ fight }: Incident): readonly Fact[] {
  if (!fight) return [];
  const fixes = fight.fixes.map(({ incident, at }) => `${moment(at)} (${inert(incident, 30)})`);
  const source = fight.source === undefined ? '' : `, likely ${inert(fight.source, 160)}`;
  const said = `${inert(fight.actor, 200)}${source}, breaks it again after each fix:`;
  return [['Fight', [said, ...fixes, 'change it where it is made, or exempt it in firebreak.yml'].join('\n')]];
}

/** Whose state the plan goes by, where it is one that was learned. */
const learnedFrom = ({ learned }: Incident): readonly Fact[] =>
  learned
    ? [['Learned', `the state that ${inert(learned.by, 200)} left; it stood unchanged from ${moment(learned.at)} on`]]
    : [];

function whoWhere({ actor, resource, account, region }: Incident): readonly Fact[] {
  const from = [
    actor.ip && `from ${inert(actor.ip, 60)}`,
    actor.invokedBy && `through ${inert(actor.invokedBy, 60)}`,
    actor.userAgent && `with ${inert(actor.userAgent, 100)}`,
  ].filter(Boolean);
  const who = actor.type === 'Unknown' ? whoOf(actor) : [whoOf(actor), ...from].join(', ');
  return [
    ['Who', who],
    ['Where', `${inert(resource, 300)}\nin account ${inert(account, 20)}, ${inert(region, 30)}`],
  ];
}

/** `jo@example.com as AWSReservedSSO_Admin_0123456789abcdef (AssumedRole)`: the person first, where the session tells. */
export function whoOf({ type, name, person }: Actor): string {
  if (type === 'Unknown') return 'not named in the event';
  // A session that is called like the person says it twice.
  const role = person !== undefined && name.endsWith(`/${person}`) ? name.slice(0, -person.length - 1) : name;
  const as = person === undefined || person === name ? '' : `${inert(person, 120)} as `;
  return `${as}${inert(role, 120)} (${inert(type, 30)})`;
}

/** `2026-10-03T20:54:12Z` as `2026-10-03 20:54:12 UTC`. */
const moment = (time: string): string => inert(time, 40).replace(/^([\d-]+)T([\d:]+)(\.\d+)?Z$/, '$1 $2 UTC');

function done(incident: Incident): string {
  const { outcome, times, decision } = incident;
  const note = inert(incident.note, 400);
  switch (outcome) {
    case 'fixed':
      // An answer to what was put right first.
      if (incident.first === 'reverted' || incident.undoing) return `changed to the safe state and read back; ${note}`;
      return `changed to the safe state and read back${decision ? `, approved by ${inert(decision.by, 200)}` : seconds(times.event, times.verified)}`;
    case 'told':
      if (incident.flood?.of === 'fixed') return `each was changed to the safe state and read back; ${note}`;
      return `nothing was changed; ${note}`;
    case 'safe':
    case 'rehearsed':
      return `nothing was changed; ${note}`;
    case 'asked':
      return isReverted(incident) ? `changed to the safe state and read back; ${note}` : `nothing yet; ${note}`;
    case 'replanned':
      return `nothing yet; ${note}`;
    case 'failed':
      return `the ${incident.undoing ? 'undo' : 'fix'} did not succeed; look at the resource yourself. ${note}`;
    case 'undone':
      return `${note}; it is again as it was before the fix`;
    case 'unparsed':
      return 'nothing; the event itself waits in the dead-letter queue';
    case 'held':
      return `changed and read back, for a time; ${note}`;
    case 'refused':
    case 'expired':
    case 'left':
      return `nothing was changed; ${note}`;
    case 'partly':
      return `some steps of the fix were made, others not; look at the resource yourself. ${note}`;
    case 'settling':
    case 'waiting':
    case 'released':
    case 'open':
    case 'exempt':
    case 'off':
    case 'attempt':
    case 'own':
    case 'duplicate':
    case 'witness':
    case 'drifted':
    case 'paused':
    case 'counted':
    case 'learning':
      return note;
    default:
      return outcome satisfies never;
  }
}

function seconds(from: string | undefined, to: string | undefined): string {
  const took = from && to ? (Date.parse(to) - Date.parse(from)) / 1000 : Number.NaN;
  return took >= 0 ? `, ${took.toFixed(1)} seconds after it happened` : '';
}

/** Which of an incident's states are compared, under which words. */
const comparisons: {
  readonly [outcome in Outcome]?: readonly [title: string, from: 'before' | 'plan', to: 'plan' | 'after'];
} = {
  fixed: ['Changed', 'before', 'after'],
  held: ['Changed', 'before', 'after'],
  released: ['Changed back', 'plan', 'after'],
  undone: ['Changed back', 'plan', 'after'],
  asked: ['It would change', 'before', 'plan'],
  rehearsed: ['It would have changed', 'before', 'plan'],
  failed: ['It was to change', 'before', 'plan'],
};

function changed(incident: Incident): Parts['change'] {
  const [title, from, to] =
    incident.undoing && incident.outcome === 'failed'
      ? (['It was to change back', 'after', 'before'] as const)
      : (comparisons[isReverted(incident) ? 'fixed' : incident.outcome] ?? []);
  const before = from && incident[from];
  const after = to && incident[to];
  if (!before || !after) return null;
  const lines = difference(before.state, after.state, 40);
  const lens = incident.lens ? ` ${incident.lens}` : '';
  return lines.length > 0 ? { title: `${title}${lens} (- before, + after):`, lines } : null;
}

function commands(incident: Incident): readonly Fact[] {
  const { id, outcome, undo, digest, flood } = incident;
  if (digest) {
    const [first] = digest.rules;
    return [
      ['To see them', 'npx firebreak incidents --days 2'],
      ...(first ? [['To let one act', `npx firebreak promote ${first.rule}`] as const] : []),
      ...(digest.ending.length > 0 ? [['Exemptions', 'npx firebreak exemptions'] as const] : []),
    ];
  }
  if (flood)
    return [
      ...(flood.of === 'asked' ? [['To fix one', 'npx firebreak approve ID'] as const] : []),
      ...(flood.of === 'fixed' ? [['To undo one', 'npx firebreak undo ID'] as const] : []),
      ['To see all', 'npx firebreak incidents --days 2'],
    ];
  const back = undo === 'none' ? 'there is no way back from this fix' : `npx firebreak undo ${id}`;
  const mine: readonly Fact[] =
    undo === 'operator' ? [['It needs', 'your own credentials: no role of Firebreak’s may take it back']] : [];
  const steps: { readonly [key in Outcome]?: readonly (readonly [string, string])[] } = {
    asked: isReverted(incident)
      ? [['To keep it', `npx firebreak approve ${id}`], ['To undo', back], ...mine]
      : [
          ['To fix it', `npx firebreak approve ${id}`],
          ['To leave it', `npx firebreak leave ${id}`],
        ],
    fixed: [['To undo', back], ...mine],
    held: [['To end it now', back], ...mine],
    partly: [['To try again', 'npx firebreak redrive, once the cause is mended']],
    rehearsed: [['To let it act', 'raise the mode of its rule in firebreak.yml']],
    failed: [['To try again', 'npx firebreak redrive, once the cause is mended']],
    unparsed: [['To try again', 'npx firebreak redrive']],
    exempt: [['Exemptions', 'npx firebreak exemptions']],
  };
  return [...(steps[outcome] ?? []), ['Details', `npx firebreak incidents ${id}`] as const];
}

function links(incident: Incident): readonly Fact[] {
  const { event, resource } = linksOf(incident);
  return [
    ...(resource === null ? [] : [['Resource', resource] as const]),
    ...(event === null ? [] : [['CloudTrail', event] as const]),
  ];
}

const foot = ({ rules, severity, id }: Incident): string =>
  [...(rules.length > 0 ? [`rule ${rules.join(', ')}`] : []), `severity ${severity}`, `incident ${id}`].join(' · ');
