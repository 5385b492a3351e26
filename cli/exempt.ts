/** `firebreak exempt`: leaves alone for days what a question is about. */
import type { Command } from 'commander';
import { loadConfig } from '../functions/deployment.ts';
import { fault } from '../shared/core/fault.ts';
import { decide } from '../shared/core/people.ts';
import { plain } from '../shared/notify/plain.ts';
import { byFunction, notAsked, report } from './approve.ts';
import { access, composed, known, namesOf, type StackOptions, withStack } from './deployment.ts';
import { say } from './output.ts';
import { minutesOf } from './pause.ts';

type Options = StackOptions & { for: string; reason: string; json?: true; config?: string };

export const define = (command: Command): Command =>
  withStack(
    command
      .description(
        'leave alone, for at most seven days, what a question is about; longer is firebreak.yml’s, by review',
      )
      .argument('<id>', 'the incident that asks')
      .requiredOption('--for <time>', 'how long: minutes, hours or days, at most 7d, such as 3d')
      .requiredOption('--reason <text>', 'why: it is stored and told')
      .option('--json', 'print the result as JSON')
      .option('--config <file>', 'the firebreak.yml that counts (default: FIREBREAK_CONFIG, ./firebreak.yml)'),
  ).addHelpText(
    'after',
    '\nExample:\n  $ npx firebreak exempt fb-0123456789abcdef --for 3d --reason "the fair ends on Friday"',
  );

export async function run([id = '']: readonly string[], options: Options): Promise<number> {
  const minutes = minutesOf(options.for);
  const reason = plain(options.reason, 200);
  if (reason === '') throw fault('UsageError', '--reason: expected why it is left alone');
  const names = namesOf(options);
  const config = loadConfig(options.config);
  const as = await access(names, options);
  const incident = known(id, await composed('', config, names, as).incidents.get(id));
  if (incident.outcome !== 'asked') throw notAsked(incident, 'only what is asked can be exempted');
  const deps = composed(incident.room, config, names, as);
  const until = new Date(deps.now().getTime() + minutes * 60_000).toISOString();
  await decide(id, as.who.arn, deps, { answer: 'exempt', until, reason });
  say(
    `${plain(incident.resource, 300)} is left alone until ${until} by ${incident.rules.join(', ')}, and looked at again then`,
  );
  return report(await as.act(() => byFunction(names.lambda(incident.room), id)), options.json === true);
}
