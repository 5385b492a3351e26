/** What the rules that GuardDuty wakes do not do, and the addresses that they tell apart. */
import { describe, expect, it } from 'vitest';
import { bruteForcedInstance } from '../../functions/ec2/brute-forced-instance.ts';
import { compromisedInstance } from '../../functions/ec2/compromised-instance.ts';
import { isAddress, isCidr, isPrivate, sameRange, within } from '../../functions/ec2/lenses/addresses.ts';
import type { Denial } from '../../functions/ec2/lenses/denial.ts';
import { compromisedCredentials } from '../../functions/iam/compromised-credentials.ts';
import type { Json } from '../../shared/core/json.ts';
import { hasFix, type Rule } from '../../shared/core/rule.ts';
import { context } from '../support/detecting.ts';

function desire(rule: Rule, state: Json, target: Json, baseline: unknown = {}): unknown {
  if (!hasFix(rule)) throw new Error(`${rule.id} has no fix`);
  return rule.fix.desire(state, context(target, baseline));
}
const unknown = (words: RegExp): unknown => ({ unknown: expect.stringMatching(words) });

describe('addresses', () => {
  it.each([
    ['203.0.113.9', '203.0.113.0/24', true],
    ['203.0.114.9', '203.0.113.0/24', false],
    ['203.0.113.9', '0.0.0.0/0', true],
    ['203.0.113.9', '::/0', false],
    ['2001:db8:0:1::9', '2001:db8::/32', true],
    ['2001:DB8::9', '2001:db8::8/128', false],
    ['::ffff', '::/112', true],
    ['203.0.113.9', '203.0.113.0/33', false],
    ['203.0.113.256', '203.0.113.0/24', false],
    ['1:2:3:4:5:6:7:8:9', '::/0', false],
    ['1::2::3', '::/0', false],
    ['', '0.0.0.0/0', false],
  ])('%s in %s: %s', (address, cidr, inside) => {
    expect(within(address, cidr)).toBe(inside);
  });

  it('are private, or are none', () => {
    for (const own of ['10.1.2.3', '172.31.0.1', '192.168.9.9', '100.64.1.1', 'fd12::1', 'fe80::1', '::1'])
      expect(isPrivate(own), own).toBe(true);
    for (const other of ['172.32.0.1', '11.0.0.1', '2001:db8::1']) expect(isPrivate(other), other).toBe(false);
    expect(isAddress('203.0.113.9')).toBe(true);
    expect(isAddress('203.0.113.9/32')).toBe(false);
    expect(isCidr('203.0.113.9')).toBe(false);
    expect(sameRange('2001:db8:0::9/128', '2001:0db8::9/128')).toBe(true);
    expect(sameRange('203.0.113.8/31', '203.0.113.9/32')).toBe(false);
  });
});

describe('ec2/brute-forced-instance', () => {
  const target = { subnet: 'subnet-1', address: '203.0.113.9' };
  const state: Denial = { acl: 'acl-1', entry: null, allows: 100, free: 99, entries: 4, vpc: ['198.18.0.0/16'] };
  const wants = (change: Partial<Denial>, at: Json = target, baseline: unknown = {}): unknown =>
    desire(bruteForcedInstance, { ...state, ...change }, at, baseline);

  it('denies a stranger', () => {
    expect(wants({})).toEqual({ ...state, entry: 99 });
    expect(wants({ entry: 3 })).toEqual({ ...state, entry: 3 });
  });

  it('never denies an own address', () => {
    expect(wants({}, target, { own: ['203.0.113.0/24'] })).toEqual(unknown(/own addresses/));
    expect(wants({}, { ...target, address: '10.20.4.18' })).toEqual(unknown(/own addresses/));
    expect(wants({}, { ...target, address: '198.18.4.18' })).toEqual(unknown(/own addresses/));
  });

  it('tells what it can’t do', () => {
    expect(wants({ entries: 20 })).toEqual(unknown(/20 inbound entries of 20/));
    expect(wants({ entries: 20 }, target, { entries: 40 })).toEqual({ ...state, entries: 20, entry: 99 });
    expect(wants({ free: null, allows: 1 })).toEqual(unknown(/no rule number is left/));
    expect(wants({ entry: 120 })).toEqual(unknown(/entry 100 decides first/));
    expect(wants({}, { ...target, address: null })).toEqual(unknown(/from which address/));
    expect(wants({}, { ...target, subnet: null })).toEqual(unknown(/in which subnet/));
    expect(desire(bruteForcedInstance, null, target)).toEqual(unknown(/no network ACL/));
  });

  it('ends after a day unless configured', () => {
    if (!hasFix(bruteForcedInstance)) throw new Error('no fix');
    const { until } = bruteForcedInstance.fix;
    expect(until?.(context(target, {}))).toBe(1440);
    expect(until?.(context(target, { minutes: 60 }))).toBe(60);
  });
});

describe('findings that are only told', () => {
  it('an instance below the severity, or gone', () => {
    const target = { instance: 'i-1', since: null, leave: 'severity 2' };
    const states = { tag: null, snapshots: null, isolation: null, protection: null };
    expect(desire(compromisedInstance, states, target)).toEqual(unknown(/severity 2/));
    expect(desire(compromisedInstance, states, { ...target, leave: null })).toEqual(unknown(/does not exist/));
  });

  it('credentials that are no active key of a user', () => {
    const target = { user: 'web', key: 'ASIAIOSFODNN7EXAMPLE', leave: 'a session of role web' };
    expect(desire(compromisedCredentials, null, target)).toEqual(unknown(/session of role web/));
    expect(desire(compromisedCredentials, 'Active', { ...target, leave: null })).toBe('Inactive');
    expect(desire(compromisedCredentials, 'Expired', { ...target, leave: null })).toBe('Expired');
  });
});
