/** `firebreak leave`: a person's no to a fix that asks; what was put right first is taken back. */
import type { Command } from 'commander';
import { loadConfig } from '../functions/deployment.ts';
import { decide } from '../shared/core/people.ts';
import { isReverted } from '../shared/core/record.ts';
import { difference } from '../shared/notify/diff.ts';
import { plain } from '../shared/notify/plain.ts';
import { byFunction, notAsked, report } from './approve.ts';
import { access, composed, known, namesOf, type StackOptions, withStack } from './deployment.ts';
import { say } from './output.ts';

type Options = StackOptions & { json?: true; config?: string };

export const define = (command: Command): Command =>
  withStack(
    command
      .description(
        'leave as it is what a question is about: ends the question; a fix that was made first is taken back by the room’s own role',
      )
      .argument('<id>', 'the incident that asks')
      .option('--json', 'print the result as JSON')
      .option('--config <file>', 'the firebreak.yml that counts (default: FIREBREAK_CONFIG, ./firebreak.yml)'),
  ).addHelpText('after', '\nExample:\n  $ npx firebreak leave fb-0123456789abcdef');

export async function run([id = '']: readonly string[], options: Options): Promise<number> {
  const names = namesOf(options);
  const config = loadConfig(options.config);
  const as = await access(names, options);
  const incident = known(id, await composed('', config, names, as).incidents.get(id));
  if (incident.outcome !== 'asked') throw notAsked(incident, 'only what is asked can be left');
  const { before, after } = incident;
  if (isReverted(incident) && before && after)
    say(
      `it was put right first; taken back on ${plain(incident.resource, 300)}:`,
      ...difference(after.state, before.state).map((line) => `  ${line}`),
    );
  await decide(id, as.who.arn, composed(incident.room, config, names, as), { answer: 'leave' });
  return report(await as.act(() => byFunction(names.lambda(incident.room), id)), options.json === true);
}
