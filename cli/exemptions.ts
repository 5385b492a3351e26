/** `firebreak exemptions`: what is left alone, by whose word, until when, and whether there is still anything to leave alone. */
import type { Command } from 'commander';
import { loadConfig } from '../functions/deployment.ts';
import { trusted } from '../shared/core/granted.ts';
import type { Grant, Incident } from '../shared/core/incident.ts';
import { daysLeft, type Exemption, exemptionFor } from '../shared/core/mode.ts';
import { access, composed, namesOf, type StackOptions, withStack } from './deployment.ts';
import { whole } from './incidents.ts';
import { print, say, table, toJson } from './output.ts';

type Options = StackOptions & { json?: true; config?: string; days: number; offline?: true };

export const define = (command: Command): Command =>
  withStack(
    command
      .description(
        'list exemptions: of firebreak.yml and those granted for days; and those that match nothing any more',
      )
      .option('--days <n>', 'how many days of incidents are looked at for a match', whole(1, 3650), 30)
      .option('--offline', 'only firebreak.yml: no AWS call, and nothing about what was granted or matched')
      .option('--json', 'print a JSON list')
      .option('--config <file>', 'the firebreak.yml that counts (default: FIREBREAK_CONFIG, ./firebreak.yml)'),
  ).addHelpText(
    'after',
    '\nExample:\n  $ npx firebreak exemptions --offline --json | jq \'.[] | select(.state == "expired")\'',
  );

/** Days before its end from which an exemption is said to end soon. */
const soon = 14;

type Listed = Omit<Exemption, 'rule'> & {
  readonly rule: string;
  readonly state: 'active' | 'ends soon' | 'expired';
  readonly daysLeft: number;
  /** `firebreak.yml`, or the incident by whose question it was granted. */
  readonly from: string;
  /** When it was last needed: ISO 8601; null where it was not, as far back as was looked; left out where nobody looked. */
  readonly matched?: string | null;
};

export async function run(_args: readonly string[], options: Options): Promise<number> {
  const config = loadConfig(options.config);
  const now = new Date();
  const file = config.exemptions.map((one): Listed => ({ ...one, ...standing(one, now), from: 'firebreak.yml' }));
  const all = options.offline ? file : await live(file, options, now);
  const listed = all.toSorted((a, b) => (a.expires < b.expires ? -1 : a.expires > b.expires ? 1 : 0));
  if (options.json) await print(toJson(listed, 2));
  else if (listed.length === 0) await print('no exemptions');
  else
    await print(
      ...table(
        ['STATE', 'LAST DAY', 'DAYS LEFT', 'NEEDED', 'RULE', 'ACCOUNT', 'WHAT', 'OWNER', 'FROM', 'REASON'],
        listed.map(
          ({ state, expires, daysLeft, matched, rule, account = 'all', resource, actor, owner, from, reason }) => [
            state,
            expires,
            String(daysLeft),
            matched === undefined ? '-' : (matched?.slice(0, 10) ?? `not in ${options.days} days`),
            rule,
            account,
            [resource, actor && `asks for ${actor}`].filter(Boolean).join(', '),
            owner,
            from,
            reason,
          ],
        ),
      ),
    );
  return 0;
}

/** The same with what the deployed stack knows: when each was needed last, and what people granted. */
async function live(file: readonly Listed[], options: Options, now: Date): Promise<readonly Listed[]> {
  const names = namesOf(options);
  const deps = composed('', loadConfig(options.config), names, await access(names, options));
  const grants = await trusted(await deps.incidents.grants(), deps);
  if (grants === null)
    say(
      'what people granted was changed by somebody else: nothing of it counts; look in CloudTrail who wrote to the table',
    );
  const incidents = await deps.incidents.list(options.days, now);
  return [
    ...file.map((one) => ({ ...one, matched: lastMatch(one, incidents) })),
    ...(grants ?? []).map((one) => ({ ...ofGrant(one, now), matched: lastNeeded(one, incidents) })),
  ];
}

const ofGrant = ({ rule, account, resource, owner, reason, expires, until, incident }: Grant, now: Date): Listed => ({
  ...{ rule, account, resource, owner, reason, expires, from: incident },
  ...(until > now.toISOString() ? standing({ expires }, now) : { state: 'expired', daysLeft: 0 }),
});

const latest = (incidents: readonly Incident[]): string | null =>
  incidents.reduce<string | null>((last, { at }) => (last === null || at > last ? at : last), null);

/** An exemption leaves alone, or, with an actor, has a rule ask: either is an incident. */
const lastMatch = (one: Exemption, incidents: readonly Incident[]): string | null =>
  latest(
    incidents.filter(({ rules, resource, account, actor }) =>
      rules.some((rule) => {
        const lasting = { exemptions: [{ ...one, expires: '9999-12-31' }] };
        return exemptionFor(lasting, rule, resource, { account, actor: actor.arn }, new Date(0)) !== null;
      }),
    ),
  );

const lastNeeded = ({ lease, rule }: Grant, incidents: readonly Incident[]): string | null =>
  latest(incidents.filter((one) => one.lease === lease && one.rules.includes(rule)));

/** Its last day counts whole (UTC), so that there is at least one day left on it. */
export function standing(
  exemption: Pick<Exemption, 'expires'>,
  now: Date,
): { readonly state: 'active' | 'ends soon' | 'expired'; readonly daysLeft: number } {
  const left = daysLeft(exemption, now);
  return { state: left === 0 ? 'expired' : left <= soon ? 'ends soon' : 'active', daysLeft: left };
}
