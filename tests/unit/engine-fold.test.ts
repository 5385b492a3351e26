/** A rule that folds: one incident and one message for what belongs together, and nothing forgotten. */
import { expect, test } from 'vitest';
import { finding as anyFinding } from '../../functions/guardduty/finding.ts';
import { apiActivity } from '../../functions/root/api-activity.ts';
import { handle } from '../../shared/core/engine.ts';
import { toyWorld } from '../support/toys.ts';

const call = (id: string, time: string) => ({
  eventID: id,
  requestID: `request of ${id}`,
  eventTime: time,
  eventSource: 'ec2.amazonaws.com',
  eventName: 'DescribeInstances',
  awsRegion: 'us-east-1',
  recipientAccountId: '111122223333',
  userIdentity: { type: 'Root', arn: 'arn:aws:iam::111122223333:root', accountId: '111122223333' },
});

test('calls of one hour are one incident, told once, with every call noted; the next hour is another', async () => {
  const world = toyWorld();
  const deps = world.deps([apiActivity]);
  const [first] = await handle(call('a', '2026-03-01T10:01:00Z'), deps);
  const [second] = await handle(call('b', '2026-03-01T10:59:00Z'), deps);
  const [again] = await handle(call('a', '2026-03-01T10:01:00Z'), deps);
  const [later] = await handle(call('c', '2026-03-01T11:00:00Z'), deps);
  expect([first?.outcome, second?.outcome, again?.outcome, later?.outcome]).toEqual([
    'told',
    'witness',
    'duplicate',
    'told',
  ]);
  expect(second?.incident).toBe(first?.incident);
  expect(later?.incident).not.toBe(first?.incident);
  expect(world.told.map(({ id }) => id)).toEqual([first?.incident, later?.incident]);
  const stored = world.store.all().find(({ id }) => id === first?.incident);
  expect(stored?.witnesses.map(({ id }) => id)).toEqual(['b']);
});

test('a finding that comes again the same day is the same one; opened anew on another it is told anew', async () => {
  const world = toyWorld();
  const deps = world.deps([anyFinding]);
  const found = (eventLastSeen: string) => ({
    schemaVersion: '2.0',
    accountId: '111122223333',
    region: 'us-east-1',
    id: 'f1',
    type: 'Toy:Nothing/Known',
    title: 'a toy',
    severity: 8,
    service: { detectorId: 'd1', eventLastSeen },
  });
  const outcomes: unknown[] = [];
  for (const time of ['2026-03-01T10:01:00Z', '2026-03-01T16:01:00Z', '2026-03-04T08:00:00Z'])
    outcomes.push(...(await handle(found(time), deps)).map(({ outcome }) => outcome));
  expect(outcomes).toEqual(['told', 'duplicate', 'told']);
});
