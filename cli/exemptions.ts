/** `firebreak exemptions`: what is left alone, by whose word, and until when. Makes no AWS call. */
import type { Command } from 'commander';
import { loadConfig } from '../functions/deployment.ts';
import { daysLeft, type Exemption } from '../shared/core/mode.ts';
import { print, table, toJson } from './output.ts';

type Options = { json?: true; config?: string };

export const define = (command: Command): Command =>
  command
    .description('list the exemptions of firebreak.yml, with their last day, and those that count no more')
    .option('--json', 'print a JSON list')
    .option('--config <file>', 'the firebreak.yml that counts (default: FIREBREAK_CONFIG, ./firebreak.yml)')
    .addHelpText('after', '\nExample:\n  $ npx firebreak exemptions --json | jq \'.[] | select(.state == "expired")\'');

/** Days before its end from which an exemption is said to end soon. */
const soon = 14;

export async function run(_args: readonly string[], options: Options): Promise<number> {
  const listed = loadConfig(options.config)
    .exemptions.map((one) => ({ ...one, ...standing(one, new Date()) }))
    .toSorted((a, b) => (a.expires < b.expires ? -1 : a.expires > b.expires ? 1 : 0));
  if (options.json) await print(toJson(listed, 2));
  else if (listed.length === 0) await print('no exemptions');
  else
    await print(
      ...table(
        ['STATE', 'LAST DAY', 'DAYS LEFT', 'RULE', 'ACCOUNT', 'WHAT', 'OWNER', 'REASON'],
        listed.map(({ state, expires, daysLeft, rule, account = 'all', resource, actor, owner, reason }) => [
          state,
          expires,
          String(daysLeft),
          rule,
          account,
          [resource, actor && `asks for ${actor}`].filter(Boolean).join(', '),
          owner,
          reason,
        ]),
      ),
    );
  return 0;
}

/** Its last day counts whole (UTC), so that there is at least one day left on it. */
export function standing(
  exemption: Pick<Exemption, 'expires'>,
  now: Date,
): { readonly state: 'active' | 'ends soon' | 'expired'; readonly daysLeft: number } {
  const left = daysLeft(exemption, now);
  return { state: left === 0 ? 'expired' : left <= soon ? 'ends soon' : 'active', daysLeft: left };
}
