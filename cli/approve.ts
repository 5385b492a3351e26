/** `firebreak approve`: a person's yes to a fix that asked. */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { Command } from 'commander';
import { loadConfig } from '../functions/deployment.ts';
import { client } from '../shared/aws/client.ts';
import type { Result } from '../shared/core/deps.ts';
import { fault } from '../shared/core/fault.ts';
import type { Incident } from '../shared/core/incident.ts';
import { text } from '../shared/core/json.ts';
import { approve, decide } from '../shared/core/people.ts';
import { difference } from '../shared/notify/diff.ts';
import { plain } from '../shared/notify/plain.ts';
import { access, composed, known, namesOf, type StackOptions, withStack } from './deployment.ts';
import { print, say, toJson } from './output.ts';

type Options = StackOptions & { here?: true; json?: true; config?: string };

export const define = (command: Command): Command =>
  withStack(
    command
      .description('approve a fix that asks: records who decided, then has it carried out and read back')
      .argument('<id>', 'the incident')
      .option('--here', 'carry it out in this process, under your own credentials, not by the room’s function')
      .option('--json', 'print the result as JSON')
      .option('--config <file>', 'the firebreak.yml that counts (default: FIREBREAK_CONFIG, ./firebreak.yml)'),
  ).addHelpText('after', '\nExample:\n  $ npx firebreak approve fb-0123456789abcdef');

export async function run([id = '']: readonly string[], options: Options): Promise<number> {
  const names = namesOf(options);
  const config = loadConfig(options.config);
  const as = await access(names, options);
  const { who, act } = as;
  const store = composed('', config, names, as).incidents;
  const incident = known(id, await store.get(id));
  // One that was carried out and of which nobody was told yet goes to the engine again, which tells.
  const untold = incident.decision !== undefined && incident.told !== incident.outcome;
  if (incident.outcome !== 'asked' && !untold) throw notAsked(incident, 'only one that is asked can be approved');
  if (incident.outcome === 'asked' && incident.before && incident.plan)
    say(
      `approving for ${plain(incident.resource, 300)}:`,
      ...difference(incident.before.state, incident.plan.state).map((line) => `  ${line}`),
    );
  if (incident.outcome === 'asked') await decide(id, who.arn, composed(incident.room, config, names, as));
  if (incident.outcome === 'open') say('its approval broke off when it had begun to write: it is gone on with');
  try {
    const result = options.here
      ? await approve(id, composed(incident.room, config, names, as))
      : await act(() => byFunction(names.lambda(incident.room), id));
    return await report(result, options.json === true);
  } catch (error) {
    say(`the decision is recorded, the fix is not proven; once the cause below is mended: npx firebreak approve ${id}`);
    throw error;
  }
}

/** @param rule what may be answered, in words */
export const notAsked = ({ id, outcome }: Pick<Incident, 'id' | 'outcome'>, rule: string): Error =>
  fault('NotAsked', `incident ${id} is ${outcome}: ${rule}; next: npx firebreak incidents ${id}`);

/** Prints what came of a decision; only a state that was read back and found as wanted, or is about to be, is a success. */
export async function report(result: Result, json: boolean): Promise<number> {
  await print(
    json ? toJson(result, 2) : `${result.outcome}: ${plain(result.resource ?? '', 300)}: ${plain(result.note, 500)}`,
  );
  return (['fixed', 'held', 'settling', 'safe', 'undone', 'exempt', 'left'] as const).some(
    (good) => good === result.outcome,
  )
    ? 0
    : 1;
}

/** Has the room's function carry out what is recorded. */
export async function byFunction(name: string, id: string): Promise<Result> {
  const { FunctionError, Payload } = await client(LambdaClient).send(
    new InvokeCommand({
      FunctionName: name,
      InvocationType: 'RequestResponse',
      Payload: JSON.stringify({ firebreak: 'approve', incident: id }),
    }),
  );
  const said = Payload ? new TextDecoder().decode(Payload) : '';
  const answer: unknown = parsed(said);
  // A function that throws answers with errorType and errorMessage (Lambda developer guide, "function error handling").
  if (FunctionError !== undefined)
    throw fault(
      'Refused',
      `function ${name} failed: ${text(answer, 'errorType') ?? FunctionError}: ${text(answer, 'errorMessage') ?? 'no message'}; next: npx firebreak incidents ${id}`,
    );
  const [first]: readonly unknown[] = Array.isArray(answer) ? answer : [answer];
  const outcome = text(first, 'outcome');
  if (outcome === undefined)
    throw fault(
      'Refused',
      `function ${name} did not say what came of it: ${said.slice(0, 200)}; next: npx firebreak incidents ${id}`,
    );
  return first as Result;
}

function parsed(said: string): unknown {
  try {
    return JSON.parse(said);
  } catch {
    return null;
  }
}
