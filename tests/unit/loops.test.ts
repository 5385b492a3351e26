/** No fix wakes another without end: by the graph of their calls, and by the events that their writes would make. */
import { describe, expect, it, vi } from 'vitest';
import { rooms } from '../../functions/rooms.ts';
import { canonical, isObject, type Json, type JsonObject } from '../../shared/core/json.ts';
import { awakened } from '../../shared/core/route.ts';
import { type FixRule, hasFix, isUnknown, isUnreadable, type Rule } from '../../shared/core/rule.ts';
import { type Call, normalise, type Signal } from '../../shared/core/signal.ts';

type Sent = { readonly name: string; readonly input: JsonObject };
const sent = vi.hoisted((): { calls: { name: string; input: unknown }[]; answers: { [name: string]: unknown } } => ({
  calls: [],
  answers: {},
}));

/** The lenses' writes go nowhere: what they send is noted, and answered with what a test says, or nothing. */
vi.mock('../../shared/aws/client.ts', async (original) => ({
  ...(await original<object>()),
  client: () => ({
    send: async (command: { input: unknown }) => {
      const name = command.constructor.name.replace(/Command$/, '');
      sent.calls.push({ name, input: command.input });
      return sent.answers[name] ?? {};
    },
  }),
}));

const { whole } = await import('../../cli/backtest/would.ts');
const { callsOf, counted, edgesOf, openCircles, quiet, unnamed } = await import('../../scripts/loops.ts');
const { context } = await import('../support/detecting.ts');
const { registered } = await import('../support/registry.ts');

const rules = Object.values(rooms).flat();
const edges = edgesOf(rules);
const all = await registered();

describe('the graph', () => {
  it('has no circle that nothing brings to rest', () => {
    expect(openCircles(edges)).toEqual([]);
  });

  it('names every call as the SDK has it', () => {
    expect(unnamed(rules)).toEqual([]);
    const invented = { ...rules.find(hasFix), permissions: { write: [{ actions: ['s3:PutSomething'] }] } };
    expect(unnamed([invented as unknown as Rule])).toEqual(['s3:PutSomething']);
  });

  it('excuses no pair that does not wake each other', () => {
    for (const { call, rules: pair } of quiet)
      for (const one of pair)
        expect(
          edges.some(
            ({ from, to, names, rests }) =>
              from === one && pair.includes(to) && to !== one && rests === 'quiet' && names.includes(call),
          ),
          `${one} by ${call}`,
        ).toBe(true);
  });

  it('knows what is no call, and what CloudTrail calls otherwise', () => {
    expect([...callsOf('iam:PassRole')]).toEqual([]);
    expect([...callsOf('s3:PutAccountPublicAccessBlock').values()].map(({ name }) => name)).toEqual([
      'PutAccountPublicAccessBlock',
      'DeleteAccountPublicAccessBlock',
    ]);
    expect(callsOf('cloudwatch:EnableAlarmActions').get('EnableAlarmActions')).toEqual({
      service: 'monitoring.amazonaws.com',
      name: 'EnableAlarmActions',
    });
  });
});

describe('a circle', () => {
  const fix = (id: string, lens: string, action: string, hears: string): Rule =>
    ({
      id,
      triggers: [{ kind: 'call', service: 'kms.amazonaws.com', name: hears }],
      permissions: { read: [], write: [{ actions: [action], resources: [] }] },
      fix: { kind: 'state', lens: { id: lens } },
    }) as unknown as Rule;
  const on = fix('a/on', 'a/on', 'kms:EnableKey', 'DisableKey');
  const off = fix('a/off', 'a/off', 'kms:DisableKey', 'EnableKey');

  it('of two lenses is open', () => {
    expect(openCircles(edgesOf([on, off]))).toEqual([['a/off', 'a/on']]);
  });

  it('of one lens comes to rest, and so does a way that does not come back', () => {
    const same = fix('a/off', 'a/on', 'kms:DisableKey', 'EnableKey');
    expect(openCircles(edgesOf([on, same]))).toEqual([]);
    expect(openCircles(edgesOf([on, fix('a/more', 'a/more', 'kms:PutKeyPolicy', 'EnableKey')]))).toEqual([]);
  });

  it('that leaves a lens and comes back is open, and a rule that only tells ends it', () => {
    const back = fix('a/back', 'b/other', 'kms:DisableKey', 'EnableKeyRotation');
    const turn = fix('a/turn', 'a/on', 'kms:EnableKeyRotation', 'EnableKey');
    expect(openCircles(edgesOf([on, turn, back]))).toEqual([['a/back', 'a/on', 'a/turn']]);
    const telling = { id: back.id, triggers: back.triggers } as unknown as Rule;
    expect(openCircles(edgesOf([on, turn, telling]))).toEqual([]);
  });
});

/** How CloudTrail shows the requests of services that do not just write their members in camel case. */
const shown: { readonly [name: string]: (input: JsonObject) => JsonObject } = {
  PutBucketPolicy: ({ Bucket, Policy }) => ({
    bucketName: Bucket,
    bucketPolicy: JSON.parse(String(Policy)) as Json,
    policy: '',
  }),
  DeleteBucketPolicy: ({ Bucket }) => ({ bucketName: Bucket, policy: '' }),
  PutPublicAccessBlock: ({ Bucket, PublicAccessBlockConfiguration }) => ({
    bucketName: Bucket,
    publicAccessBlock: '',
    PublicAccessBlockConfiguration,
  }),
  DeletePublicAccessBlock: ({ Bucket }) => ({ bucketName: Bucket, publicAccessBlock: '' }),
};

/** The event that a write would make, in the words of the event that led to it. */
function eventOf(event: Json, rule: FixRule, { name, input }: Sent): JsonObject {
  const actions = rule.permissions.write.flatMap((one) => [...one.actions]);
  const called = actions.flatMap((action) => callsOf(action).get(name) ?? [])[0];
  if (!called || !isObject(event) || !isObject(event['detail'])) throw new Error(`${rule.id}: ${name} is not granted`);
  const requestParameters = shown[name]?.(input) ?? lowered(input);
  const own = { eventSource: called.service, eventName: called.name, requestParameters, responseElements: null };
  return { ...event, detail: { ...event['detail'], ...own } };
}

const lowered = (value: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key.charAt(0).toLowerCase() + key.slice(1),
      isObject(one) ? lowered(one) : one,
    ]),
  );

function signalOf(event: Json): Signal {
  const normalised = normalise(event);
  if ('unparsed' in normalised) throw new Error(normalised.unparsed);
  return normalised.signals[0];
}

const canon = (rule: FixRule, state: Json): string =>
  canonical(state !== null && rule.fix.lens.canon ? rule.fix.lens.canon(state) : state);

type Case = { readonly name: string; readonly rule: FixRule; readonly event: Json; readonly state: Json };

/** The firing events that show the whole state after their call. */
const cases: readonly Case[] = all.flatMap(({ rule, files }) =>
  hasFix(rule)
    ? files.fires.flatMap(({ name, event }) => {
        const signal = signalOf(event);
        const state = signal.kind === 'call' ? whole[rule.id]?.(signal as Call) : undefined;
        return state === undefined ? [] : [{ name, rule, event, state }];
      })
    : [],
);

/** What the lens sends to get from one state to another. */
async function written({ fix }: FixRule, target: Json, from: Json, to: Json): Promise<readonly Sent[]> {
  sent.calls.length = 0;
  await fix.lens.write(target, from, to);
  return sent.calls.filter(({ name }) => !/^(Get|List|Describe|Head|BatchGet)/.test(name)) as readonly Sent[];
}

type Woken = { readonly rule: FixRule; readonly target: Json };

/** The rules of the lens that recognise something in the event of one of these writes. */
function woken(rule: FixRule, event: Json, writes: readonly Sent[]): readonly Woken[] {
  return writes.flatMap((write) => {
    const own = signalOf(eventOf(event, rule, write));
    return awakened(rules, own).flatMap((other) => {
      if (!hasFix(other) || other.fix.lens.id !== rule.fix.lens.id) return [];
      const found = other.detect(own, {}, { account: own.account });
      return isUnreadable(found) ? [] : found.map(({ target }) => ({ rule: other, target }));
    });
  });
}

describe('the event of a fix’s own write', () => {
  it.each(cases)('after $name soon wakes nobody who wants more', async ({ rule, event, state }) => {
    const signal = signalOf(event);
    const found = rule.detect(signal, {}, { account: signal.account });
    const [finding] = isUnreadable(found) ? [] : found;
    if (!finding) throw new Error('nothing found');
    const circle = rules.filter(({ fix }) => fix?.lens.id === rule.fix.lens.id).length;
    let here = state;
    let next: readonly Woken[] = [{ rule, target: finding.target }];
    for (let round = 0; ; round += 1) {
      let wanted = here;
      for (const one of next) {
        const desired = one.rule.fix.desire(wanted, context(one.target, {}));
        if (!isUnknown(desired as Json)) wanted = desired as Json;
      }
      if (canon(rule, wanted) === canon(rule, here)) return;
      expect(round, 'rounds').toBeLessThan(circle);
      const writes = await written(rule, finding.target, here, wanted);
      expect(writes.length).toBeGreaterThan(0);
      next = woken(rule, event, writes);
      here = wanted;
    }
  });

  it('is made in some rooms at least', () => {
    expect(new Set(cases.map(({ rule }) => rule.id)).size).toBeGreaterThan(4);
  });
});

type Write = {
  readonly target: Json;
  readonly from: Json;
  readonly to: Json;
  /** What the lens reads while it writes, by the call. */
  readonly answers?: { readonly [name: string]: unknown };
};

const queue = 'arn:aws:sqs:us-east-1:111122223333:a';
const topic = 'arn:aws:sns:us-east-1:111122223333:a';
const policy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: '*', Resource: '*' }],
});
const queueUrl = { GetQueueUrl: { QueueUrl: 'https://sqs.us-east-1.amazonaws.com/111122223333/a' } };

/** A write of each rule that `quiet` names: its lens's target, and states before and after. */
const writes: { readonly [rule: string]: Write } = {
  'sns/public-policy': { target: { topic, named: false }, from: '{}', to: policy },
  'sns/unencrypted': { target: { topic }, from: '', to: 'alias/aws/sns' },
  'sqs/public-policy': { target: { queue, named: false }, from: '{}', to: policy, answers: queueUrl },
  'sqs/unencrypted': {
    target: { queue },
    from: { key: null, managed: false },
    to: { key: null, managed: true },
    answers: queueUrl,
  },
  'rds/deletion-protection': {
    target: { database: 'a', cluster: false },
    from: { protected: false, status: 'available' },
    to: { protected: true, status: 'available' },
  },
  'rds/public-instance': {
    target: { instance: 'a', id: null },
    from: { instance: 'a', publiclyAccessible: true, status: 'available' },
    to: { instance: 'a', publiclyAccessible: false, status: 'available' },
  },
};

describe('a write that is another rule’s call', () => {
  const pairs = quiet.flatMap(({ call, rules: some }) =>
    some.flatMap((from) => some.filter((to) => to !== from).map((to) => ({ call, from, to }))),
  );
  const acting = (id: string): FixRule => {
    const found = rules.find((one) => one.id === id);
    if (!found || !hasFix(found)) throw new Error(`no fix ${id}`);
    return found;
  };

  it.each(pairs)('$call by $from tells $to nothing', async ({ call, from, to }) => {
    const [writer, listener] = [acting(from), acting(to)];
    const write = writes[from];
    if (!write) throw new Error(`${from}: say in \`writes\` what a write of its lens is`);
    sent.answers = write.answers ?? {};
    const own = await written(writer, write.target, write.from, write.to);
    sent.answers = {};
    const file = all.find(({ rule }) => rule.id === from)?.files.fires[0]?.event;
    const signals = own.map((one) => signalOf(eventOf(file ?? null, writer, one)));
    expect(signals.map((signal) => (signal as Call).name)).toContain(call);
    for (const signal of signals.filter((one) => awakened([listener], one).length > 0))
      expect(listener.detect(signal, {}, { account: signal.account })).toEqual([]);
  });
});

it('counts one pair, one end and one circle as one', () => {
  expect(counted(1, 1, 1)).toBe(
    '1 pair, of which 1 ends at a rule that only tells. 1 circle that nothing brings to rest.',
  );
  expect(counted(2, 0, 2)).toContain('2 pairs, of which 0 end at a rule that only tells. 2 circles that');
  expect(counted(2, 2, 0)).toContain('No circle that nothing brings to rest.');
});
