import { GetKeyPolicyCommand, KMSClient, PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { keyPolicy } from '../../functions/kms/lenses/key-policy.ts';
import { publicPolicy } from '../../functions/kms/public-policy.ts';
import { fault } from '../../shared/core/fault.ts';
import type { Json } from '../../shared/core/json.ts';
import { context } from '../support/detecting.ts';

const key = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const kms = mockClient(KMSClient);

beforeEach(() => {
  kms.reset();
});

describe('the lens', () => {
  it('takes a key that is gone for absent', async () => {
    kms.on(GetKeyPolicyCommand).rejects(fault('NotFoundException', 'no such key'));
    expect(await keyPolicy.read({ key, named: false })).toBe(null);
  });

  it('never goes past the check that somebody can still manage the key', async () => {
    await keyPolicy.write({ key, named: false }, 'before', 'after');
    const [call] = kms.commandCalls(PutKeyPolicyCommand);
    expect(call?.args[0].input).toEqual({ KeyId: key, PolicyName: 'default', Policy: 'after' });
  });

  it('does not leave a key without a policy', async () => {
    await expect(keyPolicy.write({ key, named: false }, 'before', null)).rejects.toMatchObject({ name: 'NotWritable' });
    expect(kms.calls()).toEqual([]);
  });
});

describe('the policy that is left', () => {
  const account = {
    Effect: 'Allow',
    Principal: { AWS: 'arn:aws:iam::111122223333:root' },
    Action: 'kms:*',
    Resource: '*',
  };
  const everyone = { ...account, Principal: '*' };
  const admin = { ...account, Principal: { AWS: 'arn:aws:iam::111122223333:role/admin' } };
  const policy = (...statements: readonly Json[]): string =>
    JSON.stringify({ Version: '2012-10-17', Statement: statements });
  const desired = (state: string | null, o: { of?: string; named?: boolean } = {}): unknown => {
    const target = { key: o.of ?? key, named: o.named === true };
    const wanted = publicPolicy.fix?.desire(state, context(target as never, {}));
    return typeof wanted === 'string' ? JSON.parse(wanted) : wanted;
  };
  const left = (state: string, o?: { of?: string }): readonly Json[] =>
    (desired(state, o) as { Statement: readonly Json[] }).Statement;

  it('is that of the account where the account could manage its key by it', () => {
    expect(left(policy(everyone, account))).toEqual([account]);
    expect(left(policy(everyone, { ...account, Principal: { AWS: ['111122223333'] } }))).toHaveLength(1);
    expect(left(policy(everyone, { ...account, Action: ['kms:Put*', 'kms:Get*'] }))).toHaveLength(1);
  });

  it.each([
    ['none', []],
    ['one that only uses the key', [{ ...admin, Action: 'kms:Decrypt' }]],
    ['one of another account, which is no stranger’s for certain', [{ ...account, Action: 'kms:Describe*' }]],
    ['a denial', [{ ...everyone, Effect: 'Deny', Action: 'kms:ScheduleKeyDeletion' }]],
  ])('begins with AWS’s own statement where nobody could manage the key by the rest: %s', (_, rest) => {
    const [first, ...others] = left(policy(everyone, ...rest));
    expect(first).toEqual({ Sid: 'Enable IAM User Permissions', ...account });
    expect(others).toEqual(rest);
  });

  it('names the account in its own partition', () => {
    const of = key.replace('arn:aws:', 'arn:aws-cn:').replace('eu-west-1', 'cn-north-1');
    expect(left(policy(everyone), { of })).toMatchObject([{ Principal: { AWS: 'arn:aws-cn:iam::111122223333:root' } }]);
  });

  it.each([
    ['only a role could manage the key', policy(everyone, admin), {}],
    [
      'the account could only from an address',
      policy(everyone, { ...account, Condition: { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } } }),
      {},
    ],
    ['strangers are named', policy(account, { ...admin, Principal: { AWS: '777788889999' } }), { named: true }],
  ])('is not known where %s', (_, state, o) => {
    expect(desired(state, o)).toHaveProperty('unknown');
  });

  it('is as it was where nothing is public, and null where the key is gone', () => {
    expect(desired(policy(admin))).toEqual({ Version: '2012-10-17', Statement: [admin] });
    expect(desired(null)).toBe(null);
  });
});
