/** How many requests one remediation makes, everything counted: what a fire costs, and how long it burns. */
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { handle } from '../../shared/core/engine.ts';
import { type Deployment, deployment } from '../support/deployment.ts';
import { openBucket } from '../support/fires.ts';
import { type Hands, hands } from '../support/hands.ts';
import { standard } from '../support/toys.ts';
import { since, type Tapped, tap } from '../support/wire.ts';

let place: Deployment;
let wire: Tapped;
let own: Hands;
beforeAll(async () => {
  place = await deployment();
  wire = await tap(inject('sandbox').env);
  own = await hands(wire.env);
});
afterAll(async () => {
  await wire.stop();
  await place.drop();
});

it('one whole remediation of s3/public-policy is ten requests, six of them until the fire is out', async () => {
  const { event } = await openBucket();
  const rules = own.rules.filter(({ id }) => id === 's3/public-policy');
  const deps = own.compose({ ...place, room: 's3', rules, config: standard, holder: 'budget' });
  const mark = wire.log.length;
  expect(await own.as(() => handle(event(), deps))).toMatchObject([{ outcome: 'fixed' }]);
  const made = since(wire.log, mark).map(({ service, operation }) => `${service} ${operation}`);
  expect(made, made.join('\n')).toEqual([
    'dynamodb TransactWriteItems',
    's3 GetBucketPolicy',
    'dynamodb BatchGetItem',
    'kms GenerateMac',
    'dynamodb TransactWriteItems',
    's3 PutBucketPolicy',
    's3 GetBucketPolicy',
    'dynamodb TransactWriteItems',
    'sns Publish',
    'dynamodb UpdateItem',
  ]);
  expect(await place.told()).toHaveLength(1);
});
