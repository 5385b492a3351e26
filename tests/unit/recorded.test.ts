/** The rules over what Stratus Red Team's attacks did, where the records are at hand: docs/recorded.md. */
import { describe, expect, it } from 'vitest';
import { classify } from '../../cli/classify.ts';
import { allRules } from '../../functions/deployment.ts';
import { at, type Json, text } from '../../shared/core/json.ts';
import { recorded } from '../support/recorded.ts';
import { standard } from '../support/toys.ts';

/** An attack's own calls that no rule takes, in docs/recorded.md with the reason. */
const passed = ['GetParameters', 'StopInstances', 'InvokeModel', 'DescribeInstanceAttribute'];
/** Calls that set the scene and are trouble by themselves. */
const doors = ['EnableSerialConsoleAccess', 'CreateProfile'];

type Stratus = { readonly name: string; readonly key: boolean; readonly event: Json };

const stratus = recorded.flatMap((one): readonly Stratus[] =>
  one.line.startsWith('stratus-red-team.jsonl') ? [{ ...one, key: at(one, 'is_key_call') === true }] : [],
);
const rules = allRules();
const seen = (event: Json) => classify({ value: event, source: 'stratus' }, 0, rules, standard, new Date());

const callOf = ({ event }: Stratus): string => text(event, 'eventName') ?? '';
const succeeded = ({ event }: Stratus): boolean => text(event, 'errorCode') === undefined;
const each = (some: readonly Stratus[]) => [
  ...new Map(some.map((one) => [`${one.name} ${callOf(one)}`, { what: `${one.name}: ${callOf(one)}`, one }])).values(),
];

describe.runIf(stratus.length > 0)('recorded attacks', () => {
  const own = stratus.filter((one) => one.key && succeeded(one) && !passed.includes(callOf(one)));

  it('are there in number', () => {
    expect(own.length).toBeGreaterThan(40);
  });

  it.each(each(own))('are recognised in $what', ({ one }) => {
    const line = seen(one.event);
    // What only a number of calls tells is counted from the first on.
    expect(line.findings.length > 0 || / counts it: 1 of /.test(line.ignored ?? '')).toBe(true);
  });

  it.each(each(stratus.filter((one) => !one.key && !doors.includes(callOf(one)))))(
    'are not seen in what sets their scene, $what',
    ({ one }) => {
      const line = seen(one.event);
      expect([line.error, line.findings]).toEqual([undefined, []]);
    },
  );
});

it.runIf(stratus.length === 0)('no recorded attacks are at hand: nothing was run', () => {
  expect(stratus).toEqual([]);
});
