/** Deletion protection and shares of databases, where an emulator does not go. */
import {
  DescribeDBClusterSnapshotAttributesCommand,
  DescribeDBInstancesCommand,
  DescribeDBSnapshotAttributesCommand,
  ModifyDBInstanceCommand,
  ModifyDBSnapshotAttributeCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { deletionProtection } from '../../functions/rds/deletion-protection.ts';
import { type Protection, protection } from '../../functions/rds/lenses/protection.ts';
import { snapshotShares } from '../../functions/rds/lenses/snapshot-shares.ts';
import { snapshotForeign } from '../../functions/rds/snapshot-foreign.ts';
import { snapshotPublic } from '../../functions/rds/snapshot-public.ts';
import { fault } from '../../shared/core/fault.ts';
import { canonical, type Json } from '../../shared/core/json.ts';
import { normalise } from '../../shared/core/signal.ts';
import { context, detected, home } from '../support/detecting.ts';

const rds = mockClient(RDSClient);
beforeEach(() => rds.reset());

const put = (eventName: string, requestParameters: Json, responseElements: Json = null) => {
  const normalised = normalise({
    eventSource: 'rds.amazonaws.com',
    eventName,
    awsRegion: 'eu-west-1',
    recipientAccountId: '111122223333',
    requestParameters,
    responseElements,
  });
  if ('unparsed' in normalised) throw new Error(normalised.unparsed);
  return normalised.signals[0];
};

describe('deletion protection', () => {
  const target = { database: 'orders', cluster: false };
  const wanted = (state: Protection) => deletionProtection.fix?.desire(state, context(target, {}));
  const isSafe = (state: Protection): boolean =>
    canonical(protection.canon?.(wanted(state) as Protection)) === canonical(protection.canon?.(state));

  it('is put on where it is off, also while the database is changed', () => {
    expect(wanted({ protected: false, status: 'available' })).toEqual({ protected: true, status: 'available' });
    expect(wanted({ protected: false, status: 'modifying' })).toEqual({ protected: true, status: 'available' });
    expect(protection.ready?.({ protected: false, status: 'modifying' })).toBe(false);
    expect(protection.ready?.({ protected: false, status: 'available' })).toBe(true);
    expect(isSafe({ protected: true, status: 'available' })).toBe(true);
    expect(isSafe({ protected: true, status: 'modifying' })).toBe(false);
  });

  it('can’t be put on for what is stopped, and needs not for what is being deleted protected', () => {
    expect(wanted({ protected: false, status: 'stopped' })).toMatchObject({
      unknown: expect.stringContaining('modify-db-instance --db-instance-identifier orders --deletion-protection'),
    });
    expect(wanted({ protected: true, status: 'stopped' })).toEqual({ protected: true, status: 'stopped' });
  });

  it('is sent without ApplyImmediately, and not at all where only the status differs', async () => {
    rds.on(ModifyDBInstanceCommand).resolves({});
    await protection.write(target, { protected: true, status: 'modifying' }, { protected: true, status: 'available' });
    await protection.write(target, { protected: false, status: 'available' }, { protected: true, status: 'available' });
    expect(rds.calls().map(({ args: [{ input }] }) => input)).toEqual([
      { DBInstanceIdentifier: 'orders', DeletionProtection: true },
    ]);
    await expect(protection.write(target, null, null)).rejects.toMatchObject({ name: 'NotWritable' });
  });

  it('of what is gone is nothing', async () => {
    rds.on(DescribeDBInstancesCommand).rejects(fault('DBInstanceNotFoundFault', ''));
    expect(await protection.read(target)).toBeNull();
    expect(deletionProtection.fix?.desire(null, context(target, {}))).toBeNull();
  });

  it('that was not spoken of was not changed; a request that is hidden can’t be told', () => {
    expect(detected(deletionProtection, put('ModifyDBInstance', { dBInstanceIdentifier: 'Orders' }))).toEqual([]);
    expect(() => detected(deletionProtection, put('ModifyDBInstance', null))).toThrow('dBInstanceIdentifier');
    const off = put('ModifyDBCluster', { dBClusterIdentifier: 'Orders', deletionProtection: 'false' });
    expect(detected(deletionProtection, off)).toMatchObject([{ target: { database: 'orders', cluster: true } }]);
  });
});

describe('shares of a snapshot', () => {
  const target = { snapshot: 's', cluster: false };
  const left = (rule: typeof snapshotPublic, shares: readonly string[] | null, more: object = {}) =>
    rule.fix?.desire(shares as Json, { ...context(target, {}), ...more });

  it('with everyone go, all others stay', () => {
    expect(left(snapshotPublic, ['444455556666', 'all'])).toEqual(['444455556666']);
    expect(left(snapshotPublic, null)).toBeNull();
  });

  it('with strangers go; with everyone is another rule’s', () => {
    expect(left(snapshotForeign, ['444455556666', 'all', '111122223333'])).toEqual(['all', '111122223333']);
    expect(left(snapshotForeign, null)).toBeNull();
    const trusting = { home: { ...home, trusted: ['444455556666'] } };
    expect(left(snapshotForeign, ['444455556666'], trusting)).toEqual(['444455556666']);
  });

  it('with accounts that may be the organisation’s go, too: firebreak.yml names those that stay', () => {
    const organized = { home: { ...home, organization: 'o-a1b2c3d4e5' } };
    expect(left(snapshotForeign, ['444455556666'], organized)).toEqual([]);
    expect(left(snapshotForeign, ['111122223333', 'all'], organized)).toEqual(['111122223333', 'all']);
  });

  it('are the same in any order, and changed by what differs alone', async () => {
    expect(snapshotShares.canon?.(['b', 'a'])).toEqual(snapshotShares.canon?.(['a', 'b']));
    rds.on(ModifyDBSnapshotAttributeCommand).resolves({});
    await snapshotShares.write(target, ['a', 'all'], ['b', 'a']);
    await snapshotShares.write(target, ['a', 'b'], ['b', 'a']);
    expect(rds.calls().map(({ args: [{ input }] }) => input)).toEqual([
      { DBSnapshotIdentifier: 's', AttributeName: 'restore', ValuesToAdd: ['b'], ValuesToRemove: ['all'] },
    ]);
  });

  it('of what is gone, or was never shared, are read', async () => {
    rds.on(DescribeDBSnapshotAttributesCommand).rejects(fault('DBSnapshotNotFoundFault', ''));
    rds.on(DescribeDBClusterSnapshotAttributesCommand).resolves({ DBClusterSnapshotAttributesResult: {} });
    expect(await snapshotShares.read(target)).toBeNull();
    expect(await snapshotShares.read({ snapshot: 's', cluster: true })).toEqual([]);
  });

  it('are named by ARN, too; one text is a list; a hidden request can’t be told', () => {
    const named = {
      dBSnapshotIdentifier: 'arn:aws:rds:eu-west-1:111122223333:snapshot:orders',
      attributeName: 'restore',
    };
    const shared = put('ModifyDBSnapshotAttribute', { ...named, valuesToAdd: 'all' });
    expect(detected(snapshotPublic, shared)).toMatchObject([
      {
        target: { snapshot: 'orders', cluster: false },
        resource: 'arn:aws:rds:eu-west-1:111122223333:snapshot:orders',
      },
    ]);
    expect(detected(snapshotForeign, shared)).toEqual([]);
    expect(detected(snapshotPublic, put('ModifyDBSnapshotAttribute', { ...named, valuesToAdd: {} }))).toEqual([]);
    expect(() => detected(snapshotPublic, put('ModifyDBSnapshotAttribute', null))).toThrow('dBSnapshotIdentifier');
  });
});
