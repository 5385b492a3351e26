import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it, test } from 'vitest';
import type { PasswordPolicy } from '../../functions/iam/lenses/password-policy.ts';
import { type Baseline, below, none, raised, usual } from '../../functions/iam/lenses/strength.ts';
import { accountPasswordPolicy } from '../../functions/iam/password-policy.ts';
import type { Json } from '../../shared/core/json.ts';
import type { Call } from '../../shared/core/signal.ts';
import { context, detected } from '../support/detecting.ts';

const policies: fc.Arbitrary<PasswordPolicy> = fc.record({
  length: fc.integer({ min: 6, max: 128 }),
  symbols: fc.boolean(),
  numbers: fc.boolean(),
  uppercase: fc.boolean(),
  lowercase: fc.boolean(),
  ownChange: fc.boolean(),
  maxAge: fc.option(fc.integer({ min: 1, max: 1095 })),
  reuse: fc.option(fc.integer({ min: 1, max: 24 })),
  hardExpiry: fc.boolean(),
});
const baselines: fc.Arbitrary<Baseline> = fc.record({
  minimumLength: fc.integer({ min: 6, max: 128 }),
  reusePrevention: fc.option(fc.integer({ min: 1, max: 24 })),
  symbols: fc.boolean(),
  numbers: fc.boolean(),
  uppercase: fc.boolean(),
  lowercase: fc.boolean(),
  maxAge: fc.option(fc.integer({ min: 1, max: 1095 })),
});
const kinds = ['symbols', 'numbers', 'uppercase', 'lowercase'] as const;
const any = fc.tuple(policies, baselines);

describe('a policy raised to a baseline', () => {
  test('meets it in everything', () => {
    fc.assert(
      fc.property(any, ([policy, least]) => {
        const now = raised(policy, least);
        expect(now.length).toBeGreaterThanOrEqual(least.minimumLength);
        expect(now.reuse ?? 0).toBeGreaterThanOrEqual(least.reusePrevention ?? 0);
        expect(now.maxAge ?? Infinity).toBeLessThanOrEqual(least.maxAge ?? Infinity);
        for (const kind of kinds) expect(now[kind] || !least[kind]).toBe(true);
        expect(below(now, least)).toEqual([]);
      }),
    );
  });

  test('is nowhere weaker than it was', () => {
    fc.assert(
      fc.property(any, ([policy, least]) => {
        const now = raised(policy, least);
        expect(now.length).toBeGreaterThanOrEqual(policy.length);
        expect(now.reuse ?? 0).toBeGreaterThanOrEqual(policy.reuse ?? 0);
        expect(now.maxAge ?? Infinity).toBeLessThanOrEqual(policy.maxAge ?? Infinity);
        for (const kind of kinds) expect(now[kind] || !policy[kind]).toBe(true);
      }),
    );
  });

  test('keeps every setting that met it, what no baseline asks for, and raised again is the same', () => {
    fc.assert(
      fc.property(any, ([policy, least]) => {
        const now = raised(policy, least);
        expect({ ownChange: now.ownChange, hardExpiry: now.hardExpiry }).toEqual({
          ownChange: policy.ownChange,
          hardExpiry: policy.hardExpiry,
        });
        if (below(policy, least).length === 0) expect(now).toEqual(policy);
        expect(raised(now, least)).toEqual(now);
      }),
    );
  });
});

describe('the rule', () => {
  const desire = (policy: PasswordPolicy | null, baseline: Partial<Baseline> = {}) =>
    accountPasswordPolicy.fix?.desire(policy, context({ account: '111122223333' }, baseline));
  const strong = raised(none, usual);

  it('has the usual baseline by default', () => {
    expect(v.parse(accountPasswordPolicy.baseline ?? v.never(), {})).toEqual(usual);
    expect(desire(null)).toEqual(strong);
  });

  it('takes no baseline that IAM would refuse', () => {
    for (const wrong of [{ minimumLength: 5 }, { reusePrevention: 25 }, { maxAge: 0 }, { length: 14 }])
      expect(v.is(accountPasswordPolicy.baseline ?? v.any(), wrong)).toBe(false);
  });

  it('where there is no policy does not make one that is weaker than AWS’s default', () => {
    expect(desire(null, { minimumLength: 6 })).toMatchObject({ length: 8 });
  });

  it('locks nobody out: an age under hard expiry is a person’s decision', () => {
    const hard = { ...strong, hardExpiry: true };
    expect(desire(hard, { maxAge: 90 })).toMatchObject({ unknown: expect.stringContaining('locked out') });
    expect(desire({ ...hard, maxAge: 60 }, { maxAge: 90 })).toEqual({ ...hard, maxAge: 60 });
    expect(desire({ ...hard, length: 8 })).toEqual(hard);
    expect(desire({ ...strong, maxAge: 365 }, { maxAge: 90 })).toEqual({ ...strong, maxAge: 90 });
  });

  const call = (request: Json): Call => ({
    kind: 'call',
    id: null,
    time: null,
    account: '111122223333',
    region: 'us-east-1',
    actor: { type: 'IAMUser', name: 'maria' },
    service: 'iam.amazonaws.com',
    name: 'UpdateAccountPasswordPolicy',
    eventType: null,
    requestId: null,
    request,
    response: null,
    additional: null,
    failure: null,
  });

  it.each([null, 'text', {}, []])('reads where the request is %j', (request) => {
    const [found] = detected(accountPasswordPolicy, call(request));
    expect(found).toMatchObject({ certainty: 'possible', resource: 'arn:aws:iam::111122223333:root' });
  });

  it('takes what the request leaves out for reset, and says what is below', () => {
    const [found] = detected(accountPasswordPolicy, call({ requireSymbols: true, minimumPasswordLength: 'x' }));
    expect(found).toMatchObject({ certainty: 'certain' });
    expect(found?.reason).toContain('minimum length 6, not 14; numbers required no, not yes');
    expect(found?.reason).toContain('passwords remembered none, not 24');
    expect(found?.reason).not.toContain('symbols');
  });
});
