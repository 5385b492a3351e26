/** The decisions' own items, in a real table: links that work once, requests that count once, refusals that are counted. */
import { randomUUID } from 'node:crypto';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dynamoDecisions } from '../../shared/incidents/decisions.ts';
import { makeTable } from '../support/table.ts';

const table = `decisions-${randomUUID()}`;
const store = dynamoDecisions(table, 30);
let drop: () => Promise<void>;
beforeAll(async () => {
  drop = await makeTable(table);
});
afterAll(() => drop());

const token = (id: string) => ({
  ...{ id, incident: 'fb-0123456789abcdef', question: 'q', approver: 'jo@example.com' },
  until: '2031-05-02T12:00:00.000Z',
});

it('a link is there once it was made, works once of many at once, and again only where its use was taken back', async () => {
  expect(await store.get('a')).toBeNull();
  await store.put(token('a'));
  expect(await store.get('a')).toEqual({ token: token('a'), used: null });
  const uses = await Promise.all(Array.from({ length: 5 }, () => store.use('a', 'now')));
  expect(uses.filter(Boolean)).toHaveLength(1);
  // Made anew, as for a message that is sent again, it stays used.
  await store.put(token('a'));
  expect(await store.get('a')).toEqual({ token: token('a'), used: 'now' });
  await store.free('a');
  expect(await store.use('a', 'later')).toBe(true);
});

it('a link that was never made can be neither used nor freed into being', async () => {
  expect(await store.use('b', 'now')).toBe(false);
  await store.free('b');
  expect(await store.get('b')).toBeNull();
});

it('a name is new once', async () => {
  const times = await Promise.all(Array.from({ length: 5 }, () => store.once('signature')));
  expect(times.filter(Boolean)).toHaveLength(1);
  expect(await store.once('another')).toBe(true);
});

it('refusals are counted by day and kind, with the last of each', async () => {
  const refused = (minute: string, who: string) =>
    store.refused({ why: 'own', way: 'slack', at: `2031-05-02T12:${minute}:00.000Z`, who });
  await refused('01', 'U1');
  await refused('02', 'U2');
  await store.refused({ why: 'forged', way: 'page', at: '2031-05-02T12:03:00.000Z' });
  const { Item = {} } = await new DynamoDBClient({}).send(
    new GetItemCommand({ TableName: table, Key: { pk: { S: 'refused#2031-05-02' } } }),
  );
  expect(Item).toMatchObject({ 'slack-own': { N: '2' }, 'page-forged': { N: '1' }, day: { S: 'refused' } });
  expect(JSON.parse(Item['last-slack-own']?.S ?? '')).toMatchObject({ who: 'U2', at: '2031-05-02T12:02:00.000Z' });
});
