/** A password policy is replaced whole, as AWS does it: on moto, because MiniStack keeps what a request leaves out. */
import { afterEach, expect, inject, it } from 'vitest';
import { passwordPolicy } from '../../functions/iam/lenses/password-policy.ts';
import { none, raised, usual } from '../../functions/iam/lenses/strength.ts';

process.env['AWS_ENDPOINT_URL_IAM'] = inject('sandbox').moto;
const target = { account: '123456789012' };

afterEach(() => passwordPolicy.write(target, null, null));

it.each([
  ['one that is weak, remembers nothing and never expires', none],
  ['one with everything', { ...raised(none, usual), maxAge: 90, hardExpiry: true, ownChange: true }],
])('puts back %s, after any other', async (_, policy) => {
  const other = { ...raised(none, usual), length: 32, maxAge: 30, reuse: 7, ownChange: !policy.ownChange };
  await passwordPolicy.write(target, null, other);
  expect(await passwordPolicy.read(target)).toEqual(other);
  await passwordPolicy.write(target, other, policy);
  expect(await passwordPolicy.read(target)).toEqual(policy);
});

it('deletes a policy, and again', async () => {
  await passwordPolicy.write(target, null, none);
  await passwordPolicy.write(target, none, null);
  expect(await passwordPolicy.read(target)).toBe(null);
  await passwordPolicy.write(target, none, null);
});
