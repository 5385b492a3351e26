/**
 * One delivery by a process of its own, as Lambda would start one: the real engine with a room's rules, composed as when
 * deployed. Input: JSON on standard input; output: the results, or the fault's name, as JSON.
 */
import { text } from 'node:stream/consumers';
import { rooms } from '../../functions/rooms.ts';
import { confirmFinding } from '../../shared/aws/findings.ts';
import { handle } from '../../shared/core/engine.ts';
import type { Config } from '../../shared/core/mode.ts';
import { compose, type Parts } from '../../shared/lambda/compose.ts';

export type Delivery = Pick<Parts, 'room' | 'stack' | 'table' | 'topicArn' | 'macKey' | 'waker' | 'holder'> & {
  readonly event: unknown;
  /** Ids of the room's rules that are there at all. */
  readonly rules: readonly string[];
  readonly config: Config;
  readonly leaseSeconds: number;
  /** How far the clock is ahead, in milliseconds: Lambda's retries come minutes later. */
  readonly ahead: number;
};

const { event, rules, leaseSeconds, ahead, ...parts } = JSON.parse(await text(process.stdin)) as Delivery;
const deps = {
  ...compose({
    ...parts,
    confirm: confirmFinding,
    rules: (rooms[parts.room] ?? []).filter(({ id }) => rules.includes(id)),
  }),
  leaseSeconds,
  now: () => new Date(Date.now() + ahead),
};
try {
  process.stdout.write(JSON.stringify({ results: await handle(event, deps) }));
} catch (error) {
  process.stdout.write(JSON.stringify({ fault: String(error) }));
  process.exitCode = 1;
}
