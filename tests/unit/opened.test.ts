import { describe, expect, it } from 'vitest';
import { closed, samePolicy } from '../../shared/aws/closing.ts';
import { addedFor, openedBy } from '../../shared/aws/opened.ts';
import type { Json } from '../../shared/core/json.ts';

const home = { account: '111122223333' };
const member = { ...home, organization: 'o-a1b2c3d4e5', trusted: ['444455556666'] };

const own = { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:role/app' }, Action: 'sqs:*' };
const everyone = { Effect: 'Allow', Principal: '*', Action: 'sqs:SendMessage' };
const partner = { ...own, Principal: { AWS: 'arn:aws:iam::777788889999:root' } };
const bucket = { ...everyone, Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::uploads' } } };
const policy = (...statements: readonly Json[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });

describe('what a policy opens', () => {
  it('is nothing for our own, for a service and for what holds to a place', () => {
    const service = { ...everyone, Principal: { Service: 'sns.amazonaws.com' } };
    expect(openedBy(policy(own, service, bucket), home)).toBeNull();
    expect(openedBy(policy({ ...everyone, Effect: 'Deny' }), home)).toBeNull();
    expect(openedBy(policy(), home)).toBeNull();
  });

  it('tells everybody from strangers who are named, and names both', () => {
    expect(openedBy(policy(own, everyone), home)).toMatchObject({ certainty: 'certain', named: false });
    expect(openedBy(policy(own, partner), home)).toMatchObject({ certainty: 'certain', named: true });
    const both = openedBy(policy(everyone, own, partner), home);
    expect(both?.reason).toMatch(
      /^statement 1 is open to everyone.*; statement 3 lets in AWS arn:aws:iam::777788889999/,
    );
    expect(both?.named).toBe(false);
  });

  it('does not know a member of the organisation from a stranger, but whom it trusts', () => {
    expect(openedBy(policy(partner), member)).toMatchObject({ certainty: 'possible', named: true });
    expect(openedBy(policy({ ...own, Principal: { AWS: '444455556666' } }), member)).toBeNull();
  });

  it.each([undefined, null, 7, '', '{', 'HIDDEN_DUE_TO_SECURITY_REASONS', {}, []])('is not shown by %j', (shown) => {
    expect(openedBy(shown, home)).toMatchObject({ certainty: 'possible', named: false });
  });

  it('is said of five statements, and how many more', () => {
    const many = policy(...Array.from({ length: 400 }, () => everyone));
    expect(openedBy(many, home)?.reason).toMatch(/; and 395 more$/);
  });
});

describe('a permission that is added', () => {
  it.each([
    ['our own account', ['111122223333'], null],
    ['nobody', [], { certainty: 'possible', named: true }],
    ['no list', {}, { certainty: 'possible', named: true }],
    ['a stranger, as a text', '777788889999', { certainty: 'certain', named: true }],
    ['a stranger after a hundred of our own', [...Array(100).fill('111122223333'), '777788889999'], { named: true }],
    ['everybody', ['*'], { certainty: 'certain', named: false }],
  ])('for %s', (_, accounts, opened) => {
    if (opened === null) expect(addedFor(accounts, home)).toBeNull();
    else expect(addedFor(accounts, home)).toMatchObject(opened);
  });
});

describe('what is left of a policy', () => {
  it('is all but the public statements', () => {
    expect(closed(policy(own, everyone, bucket), false, home)).toBe(policy(own, bucket));
    expect(closed(policy(everyone), false, home)).toBeNull();
    expect(closed(policy(own), false, home)).toBe(policy(own));
    expect(closed('no policy', false, home)).toBe('no policy');
  });

  it('stays as it is where strangers are named: a person must say', () => {
    expect(closed(policy(partner), true, home)).toHaveProperty('unknown');
    expect(closed(policy(own), true, home)).toBe(policy(own));
    // Somebody opened it to everybody meanwhile: that is no question of partners.
    expect(closed(policy(partner, everyone), true, home)).toBe(policy(partner));
    expect(closed(policy(partner), false, home)).toBe(policy(partner));
  });
});

describe('the same policy', () => {
  it('has its lists in any order, and its statements in theirs', () => {
    const [a, b] = [
      { ...own, Action: ['a', 'b'], Principal: { AWS: ['1', '2'] } },
      { ...own, Action: ['b', 'a'], Principal: { AWS: ['2', '1'] } },
    ];
    expect(samePolicy(policy(a))).toEqual(samePolicy(policy(b)));
    expect(samePolicy(JSON.stringify({ Version: '2012-10-17', Statement: own }, null, 2))).toEqual(
      samePolicy(policy(own)),
    );
    expect(samePolicy(policy(own, a))).not.toEqual(samePolicy(policy(a, own)));
    expect(samePolicy('no policy')).toBe('no policy');
  });
});
