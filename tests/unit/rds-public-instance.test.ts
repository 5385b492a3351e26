import { RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, describe, expect, it } from 'vitest';
import { type Exposure, exposure } from '../../functions/rds/lenses/exposure.ts';
import { publicInstance } from '../../functions/rds/public-instance.ts';
import { canonical } from '../../shared/core/json.ts';
import { context } from '../support/detecting.ts';

const target = { instance: 'orders', id: null };
const state = (status: string, publiclyAccessible = true): Exposure => ({
  instance: 'orders',
  publiclyAccessible,
  status,
});
const wanted = (before: Exposure) => publicInstance.fix?.desire(before, context(target, {}));
const isSafe = (one: Exposure): boolean =>
  canonical(exposure.canon?.(wanted(one) as Exposure)) === canonical(exposure.canon?.(one));

describe('an instance that RDS is still changing', () => {
  it.each(['creating', 'modifying', 'renaming'])('is not believed to be private while it is %s', (status) => {
    expect(isSafe(state(status, false))).toBe(false);
  });

  it.each(['available', 'backing-up', 'storage-optimization', 'stopped', 'deleting'])(
    'is private where it says so while it is %s',
    (status) => {
      expect(isSafe(state(status, false))).toBe(true);
    },
  );

  it.each(['creating', 'modifying', 'backing-up', 'rebooting', 'upgrading', 'unknown'])(
    'is waited for while it is %s',
    (status) => {
      expect(exposure.ready?.(state(status))).toBe(false);
      expect(wanted(state(status))).toEqual(state('available', false));
    },
  );

  it.each(['available', 'storage-optimization'])('is written while it is %s', (status) => {
    expect(exposure.ready?.(state(status))).toBe(true);
  });

  it.each(['stopped', 'failed', 'deleting', 'incompatible-network', 'inaccessible-encryption-credentials'])(
    'is told of, with the next command, where it is %s and public',
    (status) => {
      expect(wanted(state(status))).toMatchObject({ unknown: expect.stringContaining('modify-db-instance') });
    },
  );

  it('is taken back to what it was when it is available: undo does not wait for it to be made again', () => {
    expect(exposure.back?.(state('creating'), state('available', false))).toEqual(state('available'));
  });
});

describe('what is sent', () => {
  const rds = mockClient(RDSClient);
  afterEach(() => rds.reset());

  it('never asks for ApplyImmediately, which would apply what else is pending', async () => {
    await exposure.write(target, { ...state('available'), instance: 'renamed' }, state('available', false));
    expect(rds.calls().map(({ args: [{ input }] }) => input)).toEqual([
      { DBInstanceIdentifier: 'renamed', PubliclyAccessible: false },
    ]);
  });

  it('is nothing where only the status differs, as in a second attempt', async () => {
    await exposure.write(target, state('modifying', false), state('available', false));
    expect(rds.calls()).toHaveLength(0);
  });

  it('is nothing for an instance that is gone', async () => {
    await expect(exposure.write(target, state('available'), null)).rejects.toMatchObject({ name: 'NotWritable' });
  });
});
