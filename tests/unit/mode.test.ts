import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../shared/core/decide.ts';
import {
  type Config,
  covers,
  type Exemption,
  exemptionFor,
  type ModeLine,
  mayWrite,
  modeOf,
  modesFor,
  type Preset,
  presets,
} from '../../shared/core/mode.ts';
import type { Mode, Rule, RuleClass } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { standard } from '../support/toys.ts';

const ruleOf = (c: RuleClass): Rule =>
  ({
    id: 's3/sample',
    class: c,
    triggers: [{ kind: 'call', service: 's3.amazonaws.com', name: 'PutBucketPolicy' }],
    detect: () => [{ target: 'a', resource: 'arn:aws:s3:::a', reason: 'open', certainty: 'certain' }],
    ...(c !== 'N' && { fix: { kind: 'state', lens: {}, desire: () => null } }),
  }) as unknown as Rule;
const classes = ['G', 'A', 'C', '1', 'N'] as const;

const config = (change: Partial<Config> = {}): Config => ({
  ...standard,
  ...change,
});
const scene = { account: '111122223333', actor: 'arn:aws:iam::111122223333:user/maria' };
const line = (mode: Mode, change: Partial<ModeLine> = {}): ModeLine => ({ rule: 's3/sample', mode, ...change });

describe('a preset', () => {
  // DESIGN, "Trust, earned": under observe, guard, standard, strict.
  it.each<[RuleClass, readonly Mode[]]>([
    ['G', ['notify', 'remediate', 'remediate', 'remediate']],
    ['A', ['notify', 'notify', 'remediate', 'remediate']],
    ['C', ['notify', 'notify', 'approve', 'remediate']],
    ['1', ['notify', 'notify', 'approve', 'approve']],
    ['N', ['notify', 'notify', 'notify', 'notify']],
  ])('gives class %s its modes', (c, modes) => {
    expect(presets).toEqual(['observe', 'guard', 'standard', 'strict']);
    expect(presets.map((preset) => modeOf(config({ preset }), ruleOf(c), scene))).toEqual(modes);
  });

  it('never remediates what is one-way, nor acts for what only tells, whatever the lines say', () => {
    expect(modesFor('1')).toEqual(['off', 'notify', 'approve']);
    expect(modesFor('N')).toEqual(['off', 'notify']);
    for (const preset of presets) {
      const modes = [line('remediate'), line('remediate', { rule: '*' })];
      expect(modeOf(config({ preset, modes }), ruleOf('1'), scene)).not.toBe('remediate');
      expect(modeOf(config({ preset, modes }), ruleOf('N'), scene)).toBe('notify');
    }
  });
});

describe('a line of modes', () => {
  const mode = (...modes: ModeLine[]): Mode => modeOf(config({ modes }), ruleOf('A'), scene);

  it('counts for its rule, or its room', () => {
    expect(mode(line('off'))).toBe('off');
    expect(mode(line('off', { rule: 's3/*' }))).toBe('off');
    expect(mode(line('off', { rule: 's3/other' }))).toBe('remediate');
    expect(mode(line('off', { rule: 's3' }))).toBe('remediate');
  });

  it('counts where everything that it names matches', () => {
    expect(mode(line('off', { account: '111122223333' }))).toBe('off');
    expect(mode(line('off', { account: '444455556666' }))).toBe('remediate');
    expect(mode(line('notify', { actor: 'arn:aws:iam::*:user/maria' }))).toBe('notify');
    expect(mode(line('notify', { actor: 'arn:aws:iam::*:user/lee' }))).toBe('remediate');
    expect(mode(line('notify', { account: '111122223333', actor: '*lee' }))).toBe('remediate');
  });

  it('for an account or an actor does not count where none is known', () => {
    const modes = [line('notify', { account: '111122223333' }), line('off', { actor: '*' })];
    expect(modeOf(config({ modes }), ruleOf('A'), { account: null, actor: undefined })).toBe('remediate');
    expect(modeOf(config({ modes }), ruleOf('A'))).toBe('remediate');
  });

  it('wins over those before it', () => {
    expect(mode(line('off'), line('approve'))).toBe('approve');
    expect(mode(line('approve', { account: '111122223333' }), line('off', { rule: 's3/*' }))).toBe('off');
  });
});

describe('mayWrite', () => {
  const acts = (preset: Preset, c: RuleClass, ...modes: ModeLine[]): boolean =>
    mayWrite(config({ preset, modes }), ruleOf(c));

  it('is so exactly where some mode acts or asks', () => {
    const table = presets.map((preset) => classes.filter((c) => acts(preset, c)));
    expect(table).toEqual([[], ['G'], ['G', 'A', 'C', '1'], ['G', 'A', 'C', '1']]);
  });

  it('follows lines, also those for one account or actor alone', () => {
    expect(acts('observe', 'A', line('approve', { account: '111122223333' }))).toBe(true);
    expect(acts('observe', 'A', line('remediate', { rule: 's3/*', actor: '*' }))).toBe(true);
    expect(acts('observe', 'A', line('remediate', { rule: 'ec2/*' }))).toBe(false);
    expect(acts('observe', 'A', line('notify'))).toBe(false);
    expect(acts('observe', '1', line('remediate'))).toBe(false);
    expect(acts('standard', 'A', line('off'))).toBe(false);
    expect(acts('strict', 'N', line('remediate'))).toBe(false);
  });
});

describe('an exemption', () => {
  const base: Exemption = { rule: 's3/sample', owner: 'web team', reason: 'public by design', expires: '2026-03-31' };
  const effect = (change: Partial<Exemption>, today = '2026-03-02T00:00:00Z'): 'leave' | 'ask' | null =>
    exemptionFor(
      config({ exemptions: [{ ...base, ...change }] }),
      's3/sample',
      'arn:aws:s3:::www-a',
      scene,
      new Date(today),
    )?.effect ?? null;

  it('leaves the resources that it covers alone', () => {
    expect(effect({ resource: 'arn:aws:s3:::www-*' })).toBe('leave');
    expect(effect({ resource: 'arn:aws:s3:::www' })).toBe(null);
    expect(effect({ rule: 's3/*', resource: '*' })).toBe('leave');
    expect(effect({ rule: 'ec2/*', resource: '*' })).toBe(null);
    expect(effect({ account: '444455556666', resource: '*' })).toBe(null);
  });

  it('of an actor has the rule ask, and silences nothing', () => {
    expect(effect({ actor: '*maria' })).toBe('ask');
    expect(effect({ actor: '*lee' })).toBe(null);
    expect(effect({ actor: '*maria', resource: 'arn:aws:s3:::www-*' })).toBe('ask');
  });

  it('counts to the end of its last day (UTC), and no longer', () => {
    expect(effect({}, '2026-03-31T23:59:59.999Z')).toBe('leave');
    expect(effect({}, '2026-04-01T00:00:00Z')).toBe(null);
  });

  it('of a resource wins over one of an actor, whatever their order', () => {
    for (const exemptions of [
      [{ ...base, actor: '*' }, base],
      [base, { ...base, actor: '*' }],
    ])
      expect(
        exemptionFor(config({ exemptions }), 's3/sample', 'arn:aws:s3:::a', scene, new Date('2026-03-02'))?.effect,
      ).toBe('leave');
  });
});

describe('decide', () => {
  const time = '2026-03-02T08:00:00.000Z';
  const call: Call = {
    kind: 'call',
    id: 'e-1',
    time,
    account: '111122223333',
    region: 'us-east-1',
    actor: { type: 'IAMUser', name: 'maria', arn: scene.actor },
    service: 's3.amazonaws.com',
    name: 'PutBucketPolicy',
    eventType: 'AwsApiCall',
    requestId: 'r-1',
    request: null,
    response: null,
    additional: null,
    failure: null,
  };
  const way = (c: RuleClass, change: Partial<Config> = {}, event: Partial<Call> = {}, later = 0): string | undefined =>
    decide(ruleOf(c), { ...call, ...event }, config(change), new Date(Date.parse(time) + later))[0]?.way;

  it.each<[RuleClass, readonly string[]]>([
    ['G', ['rehearse', 'remediate', 'remediate', 'remediate']],
    ['A', ['rehearse', 'rehearse', 'remediate', 'remediate']],
    ['C', ['rehearse', 'rehearse', 'approve', 'remediate']],
    ['1', ['rehearse', 'rehearse', 'approve', 'approve']],
    ['N', ['tell', 'tell', 'tell', 'tell']],
  ])('gives class %s its ways', (c, ways) => {
    expect(presets.map((preset) => way(c, { preset }))).toEqual(ways);
  });

  it('acts on what is young enough, to the millisecond, and asks about the rest', () => {
    const minutes = 60_000;
    expect(way('A', {}, {}, 15 * minutes)).toBe('remediate');
    expect(way('A', {}, {}, 15 * minutes + 1)).toBe('approve');
    expect(way('A', { freshness: 60 }, {}, 60 * minutes)).toBe('remediate');
    expect(way('A', { freshness: 0 }, {}, 1)).toBe('approve');
    expect(way('A', {}, { time: null })).toBe('approve');
    expect(way('A', {}, { time: 'yesterday' })).toBe('approve');
  });

  it('is not kept from rehearsing or telling by an old event', () => {
    expect(way('A', { preset: 'guard' }, {}, 86_400_000)).toBe('rehearse');
    expect(way('N', {}, { time: null })).toBe('tell');
  });

  it('takes a failed call for an attempt before all else', () => {
    expect(way('A', { modes: [line('off')] }, { failure: 'AccessDenied' })).toBe('attempt');
  });

  it('looks for exemptions before modes', () => {
    const exempt: Exemption = { rule: '*', resource: '*', owner: 'a', reason: 'b', expires: '2026-12-31' };
    expect(way('A', { exemptions: [exempt], modes: [line('off')] })).toBe('exempt');
    const { resource: _, ...anyone } = exempt;
    const actor = { ...anyone, actor: '*maria' };
    expect(way('A', { exemptions: [actor] })).toBe('approve');
    expect(way('A', { exemptions: [actor], modes: [line('off')] })).toBe('off');
    expect(way('A', { exemptions: [actor], preset: 'guard' })).toBe('rehearse');
    expect(way('N', { exemptions: [actor] })).toBe('tell');
  });
});

describe('covers', () => {
  it.each([
    ['', '', true],
    ['', 'a', false],
    ['a', 'A', false],
    ['*', '', true],
    ['a*', 'a', true],
    ['a*a', 'a', false],
    ['a*b*c', 'a-b-c', true],
    ['a*bc*c', 'abc', false],
    ['*ab*ab', 'abab', true],
    ['*ab*ab', 'ab', false],
    ['a.c', 'abc', false],
    ['arn:aws:s3:::www-*', 'arn:aws:s3:::www-a/b', true],
  ])('%j over %j: %j', (pattern, value, expected) => {
    expect(covers(pattern, value)).toBe(expected);
  });

  it('is what a regular expression says, for all texts', () => {
    const few = fc.array(fc.constantFrom('a', 'b', '*', '.', '\n', '('), { maxLength: 12 }).map((all) => all.join(''));
    fc.assert(
      fc.property(few, few, (pattern, value) => {
        const parts = pattern.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
        expect(covers(pattern, value)).toBe(new RegExp(`^${parts.join('[^]*')}$`).test(value));
      }),
      { numRuns: 2000 },
    );
  });

  it('takes no longer on a pattern made to take long', () => {
    expect(covers('*a'.repeat(2000), `${'a'.repeat(1999)}b`)).toBe(false);
  });
});
