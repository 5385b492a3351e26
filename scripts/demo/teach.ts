/**
 * What Firebreak learns in a day, in a demo that has minutes: a function's own code, under its role and with the deployed
 * stack's table and key, by a clock set back when it looks first. No state, no signature and no answer is made up.
 */
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { rooms } from '../../functions/rooms.ts';
import { actingAs } from '../../shared/aws/client.ts';
import type { Json } from '../../shared/core/json.ts';
import { learn, stand } from '../../shared/core/learn.ts';
import type { Config } from '../../shared/core/mode.ts';
import { leaseOf } from '../../shared/core/record.ts';
import type { FixRule, Learned } from '../../shared/core/rule.ts';
import { normalise } from '../../shared/core/signal.ts';
import { compose } from '../../shared/lambda/compose.ts';
import { credentialsOf } from '../sandbox/sandbox.ts';
import { detail } from './fires.ts';

/** A state has to stand for 24 hours. */
const aDayAgo = (): Date => new Date(Date.now() - 25 * 3_600_000);

/** Has the state that a target has now learned, as if it had stood for a day; gives what was learned. */
export async function teach(rule: FixRule, target: Json, config: Config): Promise<Learned> {
  const { lens, learns } = rule.fix;
  const [trigger] = learns?.triggers ?? [];
  if (!learns || trigger?.kind !== 'call') throw new Error(`${rule.id} learns nothing`);
  const said = normalise(detail(trigger.service, trigger.name, null, null, undefined));
  if ('unparsed' in said) throw new Error(said.unparsed);
  const [signal] = said.signals;
  const lease = leaseOf(signal.account ?? '', signal.region ?? '', lens, target);
  const { deps, act } = await functionOf(rule, config);
  const then = { ...deps, now: aDayAgo, later: async () => {} };
  const seen = await act(() =>
    learn([{ ...rule, fix: { ...rule.fix, learns: { ...learns, target: () => target } } }], signal, then),
  );
  const looked = await act(() => stand(lease, deps));
  const { learned } = await deps.incidents.lessons(lease);
  if (!learned?.stood) throw new Error([...seen, looked].map(({ note }) => note).join('; '));
  const { state, by, at } = learned;
  return { state, by, at };
}

/** The engine of the function that a rule runs in, as it is deployed, and its role's credentials. */
async function functionOf(rule: FixRule, config: Config) {
  const room = rule.function ?? rule.id.slice(0, rule.id.indexOf('/'));
  const asked = new GetFunctionConfigurationCommand({ FunctionName: `firebreak-${room}` });
  const { FunctionArn = '', Role = '', Environment } = await new LambdaClient({}).send(asked);
  const { FIREBREAK_STACK: stack = '', ...names } = Environment?.Variables ?? {};
  const keys = credentialsOf({ FunctionArn, Role });
  const deps = compose({
    room,
    rules: rooms[room] ?? [],
    config,
    stack,
    table: names['FIREBREAK_TABLE'] ?? '',
    topicArn: names['FIREBREAK_TOPIC'] ?? '',
    macKey: names['FIREBREAK_MAC_KEY'] ?? '',
    waker: {
      functionArn: FunctionArn,
      roleArn: names['FIREBREAK_WAKER_ROLE'] ?? '',
      group: stack,
      deadLetterArn: names['FIREBREAK_DEAD_LETTERS'] ?? '',
    },
    holder: 'demo',
  });
  return { deps, act: actingAs(async () => ({ ...keys, expiration: new Date(Date.now() + 3_600_000) })) };
}
