/** What the lens of a domain makes of answers that the fake does not give: an operation under way, a domain of others. */
import {
  GetDomainDetailCommand,
  GetOperationDetailCommand,
  Route53DomainsClient,
} from '@aws-sdk/client-route-53-domains';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, expect, it } from 'vitest';
import { domainUnlocked } from '../../functions/route53/domain-unlocked.ts';
import { hold } from '../../functions/route53/lenses/domain.ts';
import { hasFix } from '../../shared/core/rule.ts';
import { context } from '../support/detecting.ts';
import { awsError } from '../support/fakes.ts';

const domains = mockClient(Route53DomainsClient);
afterEach(() => domains.reset());

const target = { domain: 'example.com', lost: 'lock', operation: 'operation-1' } as const;
const locked = { StatusList: ['clientTransferProhibited'], AutoRenew: true };

it.each(['SUBMITTED', 'IN_PROGRESS'] as const)(
  'a lock that is being taken off (%s) is not yet safe',
  async (Status) => {
    domains.on(GetDomainDetailCommand).resolves(locked);
    domains.on(GetOperationDetailCommand).resolves({ Status });
    const state = await hold.read(target);
    expect(state).toEqual({ locked: 'changing', renews: true });
    expect(state && hold.ready?.(state)).toBe(false);
    expect(hasFix(domainUnlocked) && domainUnlocked.fix.desire(state, context(target, {}))).toEqual({
      locked: 'yes',
      renews: true,
    });
  },
);

it('an operation that failed, or that is not known, says nothing', async () => {
  domains.on(GetDomainDetailCommand).resolves(locked);
  domains.on(GetOperationDetailCommand).resolves({ Status: 'FAILED' });
  expect(await hold.read(target)).toEqual({ locked: 'yes', renews: true });
  domains.on(GetOperationDetailCommand).rejects(awsError('InvalidInput'));
  expect(await hold.read(target)).toEqual({ locked: 'yes', renews: true });
});

it('of a domain that is gone, and of one that is handed over, it only tells', async () => {
  domains.on(GetDomainDetailCommand).rejects(awsError('InvalidInput'));
  expect(await hold.read(target)).toBe(null);
  if (!hasFix(domainUnlocked)) throw new Error('no fix');
  const { desire } = domainUnlocked.fix;
  expect(desire(null, context(target, {}))).toEqual({
    unknown: expect.stringContaining('not this account’s any more'),
  });
  const given = context({ ...target, lost: 'domain' }, {});
  expect(desire({ locked: 'yes', renews: true }, given)).toEqual({
    unknown: expect.stringContaining('cancel-domain-transfer-to-another-aws-account'),
  });
});

it('is neither unmade nor left half locked', async () => {
  await expect(hold.write(target, null, null)).rejects.toMatchObject({ name: 'NotWritable' });
  await expect(hold.write(target, null, { locked: 'changing', renews: true })).rejects.toThrow(/locked or it is not/);
  expect(hold.undo(null, null)).toBe('none');
});
