/**
 * Stateful stand-ins for services that no emulator has, in this process. A fake is written from the SDK's models and AWS's
 * documentation, shares no code with the lens that is tried on it, and throws errors by the names that AWS gives them.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach } from 'vitest';
import { rooms } from '../../functions/rooms.ts';
import type { Write } from '../../shared/core/incident.ts';
import type { Hands } from './hands.ts';
import type { Called } from './laws.ts';

/** Answers one command of an account that is as `fresh` made it and as the commands before left it. */
export type Answer = (command: string, input: Readonly<Record<string, never>>) => unknown;

/** What a file of tests/fakes/<service>.ts exports as `fake`. */
export type Fake = {
  /** The SDK's client class. */
  readonly client: Parameters<typeof mockClient>[0];
  /** The prefix of the service's IAM actions. */
  readonly prefix: string;
  /** IAM actions of commands whose names differ: service authorization reference. */
  readonly actions?: Readonly<Record<string, readonly string[]>>;
  fresh(): Answer;
};

/** An error as the SDK throws it for an answer of AWS's. */
export function awsError(name: string, message = name, status = 400): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
}

const isRead = (command: string): boolean => /^(Get|List|Describe|Head|BatchGet)/.test(command);

const folder = join(import.meta.dirname, '../fakes');

export type Fakes = {
  readonly hands: Hands;
  calls(): readonly Called[];
  /** IAM actions of all commands so far. */
  actions(): readonly string[];
};

/** Puts every fake of tests/fakes behind its client, anew before each test of the file. */
export async function fakes(): Promise<Fakes> {
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts'));
  const all = await Promise.all(
    files.sort().map(async (file) => ((await import(pathToFileURL(join(folder, file)).href)) as { fake: Fake }).fake),
  );
  const calls: Called[] = [];
  const actions: string[] = [];
  // In the place of the journal in shared/aws/client.ts, which a mocked `send` never reaches.
  const journal = new AsyncLocalStorage<Write[]>();
  let mocks: readonly ReturnType<typeof mockClient>[] = [];

  async function answered(fake: Fake, answer: Answer, command: { input: unknown; constructor: { name: string } }) {
    const name = command.constructor.name.replace(/Command$/, '');
    actions.push(...(fake.actions?.[name] ?? [`${fake.prefix}:${name}`]));
    const called = { reads: isRead(name), requests: 1 };
    try {
      const output = (await answer(name, structuredClone(command.input) as never)) ?? {};
      calls.push({ ...called, answered: true });
      const requestId = `fake-${calls.length}`;
      if (!called.reads) journal.getStore()?.push({ call: name, requestId });
      return { ...structuredClone(output), $metadata: { httpStatusCode: 200, requestId } };
    } catch (error) {
      calls.push({ ...called, answered: false });
      throw error;
    }
  }

  beforeEach(() => {
    mocks = all.map((fake) => {
      const mock = mockClient(fake.client);
      const answer = fake.fresh();
      mock.send.callsFake((command) => answered(fake, answer, command as never));
      return mock;
    });
  });
  afterEach(() => {
    for (const mock of mocks) mock.restore();
  });

  const hands: Hands = {
    rules: Object.values(rooms).flat(),
    record: (sink, work) => journal.run(sink as Write[], work),
    compose: () => {
      throw new Error('fakes are tried on the engine in process');
    },
    confirm: async (finding) => finding,
    as: (work) => work(),
  };
  return { hands, calls: () => [...calls], actions: () => [...actions] };
}
