/**
 * Rules that share a lens, each with every other and all together: whatever state they find, they have one plan that none
 * of them wants changed, whichever comes first, and but for what was learned it is the same; and the engine makes it one
 * incident and one write.
 */
import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rooms } from '../../functions/rooms.ts';
import type { Decided } from '../../shared/core/decide.ts';
import { handle } from '../../shared/core/engine.ts';
import { canonical, type Json, type JsonObject } from '../../shared/core/json.ts';
import { compose, type Group, safeFor } from '../../shared/core/plan.ts';
import { type FixRule, hasFix, isUnknown, type Learned, type Rule } from '../../shared/core/rule.ts';
import { home } from '../support/detecting.ts';
import { canon } from '../support/staging.ts';
import { call, toyWorld } from '../support/toys.ts';

/** What a lens may hold, what may have been learned of it, and the target that all its rules name. */
type Ground = {
  readonly target: JsonObject;
  readonly states: Arbitrary<Json>;
  readonly learned?: Arbitrary<Json>;
  /** An answer where the setting's bearer is gone: nothing to mend. */
  readonly gone?: Json;
};

const stranger = '444455556666';
const some = <T>(...pool: readonly T[]): Arbitrary<T[]> => fc.shuffledSubarray([...pool]);

const shares = (...more: readonly string[]): Arbitrary<Json> =>
  fc.oneof({ weight: 9, arbitrary: some('all', '111122223333', stranger, '777788889999', ...more) }, fc.constant(null));

const trail = 'arn:aws:cloudtrail:eu-central-1:111122223333:trail/all';
const key = (account: string): string => `arn:aws:kms:eu-central-1:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const basic = (ReadWriteType: string, IncludeManagementEvents: boolean): Json => ({
  basic: [{ ReadWriteType, IncludeManagementEvents, DataResources: [], ExcludeManagementEventSources: [] }],
  advanced: [],
});
const settings: Arbitrary<Json> = fc.record({
  bucket: fc.constantFrom('logs', 'somebody-elses'),
  prefix: fc.constantFrom(null, 'all'),
  topic: fc.constantFrom(null, 'arn:aws:sns:eu-central-1:111122223333:trail'),
  key: fc.constantFrom(null, key('111122223333'), key(stranger)),
  logGroup: fc.constantFrom(null, 'arn:aws:logs:eu-central-1:111122223333:log-group:trail:*'),
  logRole: fc.constantFrom(null, 'arn:aws:iam::111122223333:role/logs'),
  globalEvents: fc.boolean(),
  multiRegion: fc.boolean(),
  validation: fc.boolean(),
  organization: fc.boolean(),
  selectors: fc.constantFrom(basic('All', true), basic('WriteOnly', true), basic('ReadOnly', false)),
  logging: fc.boolean(),
});

const grants = (Principal: Json, Action: string, more: JsonObject = {}): JsonObject => ({
  Effect: 'Allow',
  Principal,
  Action,
  Resource: Action === 's3:GetBucketAcl' ? 'arn:aws:s3:::logs' : 'arn:aws:s3:::logs/*',
  ...more,
});
const service = { Service: 'cloudtrail.amazonaws.com' };
const policies: Arbitrary<Json> = fc
  .tuple(
    some<Json>(
      grants('*', 's3:GetObject'),
      grants({ AWS: '*' }, 's3:PutObject', { Sid: 'Drop' }),
      grants({ AWS: `arn:aws:iam::${stranger}:root` }, 's3:GetObject'),
      grants({ AWS: 'arn:aws:iam::111122223333:role/reports' }, 's3:GetObject'),
      grants('*', 's3:GetObject', { Condition: { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } } }),
      grants(service, 's3:GetBucketAcl'),
      grants(service, 's3:PutObject', { Condition: { StringEquals: { 's3:x-amz-acl': 'bucket-owner-full-control' } } }),
      { ...grants('*', 's3:*', { Condition: { Bool: { 'aws:SecureTransport': 'false' } } }), Effect: 'Deny' },
    ),
    fc.constantFrom(0, 2),
  )
  .map(([Statement, indent]) => JSON.stringify({ Version: '2012-10-17', Statement }, null, indent));

const grounds: { readonly [lens: string]: Ground } = {
  'cloudtrail/trail': {
    target: { trail, ours: true },
    states: fc.oneof({ weight: 8, arbitrary: settings }, fc.constantFrom<Json>(null, 'unreachable')),
    learned: settings,
  },
  'ec2/image-shares': {
    target: { id: 'ami-0a1b2c3d4e5f60718' },
    states: shares('arn:aws:organizations::444455556666:organization/o-abcdefghij'),
  },
  'ec2/snapshot-shares': { target: { id: 'snap-0a1b2c3d4e5f60718' }, states: shares() },
  'iam/access-key': {
    target: { user: 'maria', key: 'AKIAEXAMPLE000000001', leave: null },
    states: fc.constantFrom<Json>('Active', 'Inactive', 'Expired', null),
  },
  'rds/snapshot-shares': { target: { snapshot: 'orders', cluster: false }, states: shares() },
  's3/bucket-policy': {
    target: { bucket: 'logs', partition: 'aws' },
    states: fc.oneof({ weight: 8, arbitrary: policies }, fc.constantFrom<Json>(null, 'not a policy')),
    learned: policies,
  },
};

const fixes = Object.values(rooms).flat().filter(hasFix);
const shared = [...Map.groupBy(fixes, ({ fix }) => fix.lens.id)].filter(([, rules]) => rules.length > 1);

/** Every two of them, and all where there are more. */
const groups = shared.flatMap(([lens, rules]) => [
  ...rules.flatMap((one, index) => rules.slice(index + 1).map((other) => ({ lens, rules: [one, other] }))),
  ...(rules.length > 2 ? [{ lens, rules }] : []),
]);

const learnedOf = (state: Json | undefined): Learned | null =>
  state === undefined ? null : { state, by: 'casey', at: '2026-02-01T00:00:00Z' };

function decided(rules: readonly FixRule[], target: JsonObject, learned: Learned | null): Group {
  const [first, ...others] = rules.map(
    (rule): Decided => ({
      rule,
      finding: { target, resource: 'r', reason: 'r', certainty: 'certain' },
      way: 'remediate',
      mode: 'remediate',
      note: '',
      fix: rule.fix,
      baseline: {},
      home,
      learned: rule.fix.learns ? learned : null,
    }),
  );
  if (!first) throw new Error('no rules');
  return [first, ...others];
}

it('every lens that rules share has states to be tried here', () => {
  expect(shared.map(([lens]) => lens).sort()).toEqual(Object.keys(grounds).sort());
});

describe.each(groups.map(({ lens, rules }) => ({ lens, rules, ids: rules.map(({ id }) => id).join(', ') })))(
  '$lens: $ids',
  ({ lens, rules }) => {
    const {
      target,
      states,
      learned = fc.constant(undefined),
    } = grounds[lens] ?? { target: {}, states: fc.constant(null) };
    const [first] = rules;
    if (!first) throw new Error(`no rules of ${lens}`);
    const found = fc.tuple(states, fc.option(learned, { nil: undefined }));

    it('have one plan, which none of them wants changed, whichever comes first', () => {
      fc.assert(
        fc.property(found, ([state, before]) => {
          const group = decided(rules, target, learnedOf(before));
          const plan = compose(group, state);
          const turned = compose(decided(rules.toReversed(), target, learnedOf(before)), state);
          expect(isUnknown(turned)).toBe(isUnknown(plan));
          if (isUnknown(plan) || isUnknown(turned)) return;
          // A rule that puts a learned whole back has less to do where another mended its trouble first: the engine takes
          // the rules by name, so that the same event has the same plan.
          if (!rules.some(({ fix }) => fix.learns)) expect(canon(first, turned)).toBe(canon(first, plan));
          for (const safe of [plan, turned])
            for (const one of group) {
              const wanted =
                one.fix?.desire(safe, { target, baseline: {}, home, learned: one.learned ?? null }) ?? null;
              if (!isUnknown(wanted)) expect(canon(first, wanted)).toBe(canon(first, safe));
            }
          const again = compose(group, plan);
          if (!isUnknown(again)) expect(canonical(again)).toBe(canonical(plan));
        }),
        { numRuns: 200 },
      );
    });

    it('are one incident and one write, after which nothing is left to do', async () => {
      await fc.assert(
        fc.asyncProperty(found, async ([state, before]) => {
          const wanted = compose(decided(rules, target, learnedOf(before)), state);
          const world = toyWorld();
          let stored = state;
          const writes: Json[] = [];
          const read = async (): Promise<Json> => stored;
          const write = async (_target: Json, _from: Json, to: Json): Promise<void> => {
            writes.push(to);
            stored = to;
          };
          const woken = rules.map((rule) => {
            // Whether a person is asked is not what is tried here.
            const { asks: _, learns, ...fix } = rule.fix;
            const known = (context: Parameters<typeof fix.desire>[1]) => ({
              ...context,
              home,
              learned: learns ? learnedOf(before) : null,
            });
            return {
              ...rule,
              triggers: [{ kind: 'call', service: 'toy.amazonaws.com', name: 'LightLamp' }],
              detect: () => [{ target, resource: 'r', reason: rule.id, certainty: 'certain' }],
              fix: {
                ...fix,
                lens: { ...fix.lens, read, write },
                desire: (now, context) => fix.desire(now, known(context)),
              },
            } as const satisfies Rule;
          });
          const deps = world.deps(woken, { modes: rules.map(({ id }) => ({ rule: id, mode: 'remediate' })) });
          const results = await handle(call(), deps);
          expect(world.store.all()).toHaveLength(1);
          expect(results).toHaveLength(1);
          const idle = isUnknown(wanted) || canon(first, wanted) === canon(first, state);
          expect(writes.map((one) => canon(first, one))).toEqual(idle ? [] : [canon(first, wanted as Json)]);
          expect(results[0]?.outcome === 'fixed').toBe(!idle);
          if (!idle) expect(safeFor(decided(rules, target, learnedOf(before)), first.fix)(stored)).toBe(true);
          await handle(call(), world.deps(woken, { modes: rules.map(({ id }) => ({ rule: id, mode: 'remediate' })) }));
          expect(writes).toHaveLength(idle ? 0 : 1);
        }),
        { numRuns: 30 },
      );
    });
  },
);
