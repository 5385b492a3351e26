/** Redshift, DynamoDB and OpenSearch, where an emulator does not go. */
import { DescribeContinuousBackupsCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeDomainCommand, OpenSearchClient } from '@aws-sdk/client-opensearch';
import { DescribeClustersCommand, RedshiftClient } from '@aws-sdk/client-redshift';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { recovery } from '../../functions/dynamodb/lenses/recovery.ts';
import { recoveryOff } from '../../functions/dynamodb/recovery-off.ts';
import { accessPolicy } from '../../functions/opensearch/lenses/access-policy.ts';
import { publicPolicy } from '../../functions/opensearch/public-policy.ts';
import { exposure } from '../../functions/redshift/lenses/exposure.ts';
import { publicCluster } from '../../functions/redshift/public-cluster.ts';
import { fault } from '../../shared/core/fault.ts';
import type { Json } from '../../shared/core/json.ts';
import type { Rule } from '../../shared/core/rule.ts';
import { context } from '../support/detecting.ts';

const desire = (rule: Rule, target: Json, state: Json): unknown => rule.fix?.desire(state, context(target, {}));

describe('a cluster', () => {
  const redshift = mockClient(RedshiftClient);
  beforeEach(() => redshift.reset());
  const target = { cluster: 'warehouse' };
  const wanted = (status: string, publiclyAccessible = true) =>
    desire(publicCluster, target, { publiclyAccessible, status });

  it('is made private once it is available, and told of where it can’t be', () => {
    expect(wanted('modifying')).toEqual({ publiclyAccessible: false, status: 'available' });
    expect(exposure.ready?.({ publiclyAccessible: true, status: 'available, resize-cleanup' })).toBe(true);
    expect(exposure.ready?.({ publiclyAccessible: true, status: 'resizing' })).toBe(false);
    expect(wanted('paused')).toMatchObject({ unknown: expect.stringContaining('--no-publicly-accessible') });
    expect(wanted('paused', false)).toEqual({ publiclyAccessible: false, status: 'paused' });
    expect(desire(publicCluster, target, null)).toBeNull();
  });

  it('that is to become private is public until it is', async () => {
    const found = (PubliclyAccessible: boolean, pending?: boolean) =>
      redshift.on(DescribeClustersCommand).resolves({
        Clusters: [
          {
            PubliclyAccessible,
            ClusterStatus: 'available',
            PendingModifiedValues: { ...(pending !== undefined && { PubliclyAccessible: pending }) },
          },
        ],
      });
    found(true, false);
    expect(await exposure.read(target)).toEqual({ publiclyAccessible: true, status: 'available' });
    found(false, true);
    expect(await exposure.read(target)).toEqual({ publiclyAccessible: true, status: 'available' });
    found(false);
    expect(await exposure.read(target)).toEqual({ publiclyAccessible: false, status: 'available' });
    redshift.on(DescribeClustersCommand).rejects(fault('ClusterNotFoundFault', ''));
    expect(await exposure.read(target)).toBeNull();
  });

  it('is not written where only its status differs', async () => {
    const safe = { publiclyAccessible: false, status: 'available' };
    await exposure.write(target, { publiclyAccessible: false, status: 'modifying' }, safe);
    await expect(exposure.write(target, safe, null)).rejects.toMatchObject({ name: 'NotWritable' });
    expect(redshift.calls()).toEqual([]);
    expect(exposure.back?.({ publiclyAccessible: true, status: 'creating' }, safe)).toEqual({
      publiclyAccessible: true,
      status: 'available',
    });
  });
});

describe('a table', () => {
  const dynamo = mockClient(DynamoDBClient);
  beforeEach(() => dynamo.reset());
  const target = { table: 'orders' };

  it('that is kept stays as it is, for as many days as it was', () => {
    const kept = { on: true, days: 7 };
    expect(desire(recoveryOff, target, kept)).toBe(kept);
    expect(desire(recoveryOff, target, { on: false, days: null })).toEqual({ on: true, days: null });
    expect(desire(recoveryOff, target, null)).toBeNull();
    expect(recovery.canon?.({ on: true, days: null })).toEqual(recovery.canon?.({ on: true, days: 35 }));
    expect(recovery.canon?.(kept)).not.toEqual(recovery.canon?.({ on: true, days: 35 }));
  });

  it('that is gone is nothing, and one without a word is off', async () => {
    dynamo.on(DescribeContinuousBackupsCommand).resolvesOnce({}).rejects(fault('TableNotFoundException', ''));
    expect(await recovery.read(target)).toEqual({ on: false, days: null });
    expect(await recovery.read(target)).toBeNull();
    await expect(recovery.write(target, null, null)).rejects.toMatchObject({ name: 'NotWritable' });
  });
});

describe('a search domain', () => {
  const search = mockClient(OpenSearchClient);
  beforeEach(() => search.reset());
  const target = { domain: 'search' };
  const open = { Effect: 'Allow', Principal: '*', Action: 'es:*', Resource: '*' };
  const named = { ...open, Principal: { AWS: 'arn:aws:iam::111122223333:role/search' } };
  const policy = (...statements: readonly Json[]): string => JSON.stringify({ Statement: statements });

  it('loses its public statements, and is waited for while it is changed', () => {
    const state = (text: string, processing = false) => ({ policy: text, processing });
    expect(desire(publicPolicy, target, state(policy(named, open)))).toEqual(state(policy(named)));
    expect(desire(publicPolicy, target, state(policy(open)))).toEqual(state(''));
    expect(desire(publicPolicy, target, state(policy(named), true))).toEqual(state(policy(named)));
    for (const text of [policy(named), '', 'no JSON'])
      expect(desire(publicPolicy, target, state(text))).toEqual(state(text));
    expect(desire(publicPolicy, target, null)).toBeNull();
    expect(accessPolicy.ready?.(state('', true))).toBe(false);
    expect(accessPolicy.canon?.(state('{ "a": 1 }'))).toEqual(accessPolicy.canon?.(state('{"a":1}')));
  });

  it('that is being deleted is nothing', async () => {
    search
      .on(DescribeDomainCommand)
      .resolvesOnce({
        DomainStatus: { DomainId: 'd', DomainName: 'search', ARN: 'a', ClusterConfig: {}, Deleted: true },
      })
      .rejects(fault('ResourceNotFoundException', ''));
    expect(await accessPolicy.read(target)).toBeNull();
    expect(await accessPolicy.read(target)).toBeNull();
    await accessPolicy.write(target, { policy: '', processing: true }, { policy: '', processing: false });
    await expect(accessPolicy.write(target, null, null)).rejects.toMatchObject({ name: 'NotWritable' });
    expect(search.commandCalls(DescribeDomainCommand)).toHaveLength(2);
    expect(search.calls()).toHaveLength(2);
  });
});
