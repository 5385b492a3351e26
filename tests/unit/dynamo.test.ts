/** What an emulator does not show of the store: which calls it makes, and what it does with AWS's rarer answers. */
import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { dynamoIncidents } from '../../shared/incidents/dynamo.ts';
import { anIncident } from '../support/incidents-contract.ts';

const db = mockClient(DynamoDBClient);
beforeEach(() => void db.reset());

const store = dynamoIncidents('table', 30);
const lease = { holder: 'one', until: '2026-03-01T10:01:30.000Z' };
const cancelled = (...codes: readonly string[]): TransactionCanceledException =>
  new TransactionCanceledException({
    message: 'cancelled',
    $metadata: {},
    CancellationReasons: codes.map((Code) => ({ Code })),
  });
const refused = (): ConditionalCheckFailedException =>
  new ConditionalCheckFailedException({ message: 'no', $metadata: {} });
const throttled = (): Error =>
  Object.assign(new Error('slow down'), { name: 'ProvisionedThroughputExceededException' });
const stored = (incident: object): object => ({ Item: { record: { S: JSON.stringify(incident) } } });

describe('claim', () => {
  it('is one transaction: incident, lens and own request', async () => {
    db.on(TransactWriteItemsCommand).resolves({});
    const incident = anIncident({ event: { id: 'e', name: 'LightLamp', requestId: 'r' } });
    await store.claim(incident, lease);
    const items = db.commandCalls(TransactWriteItemsCommand)[0]?.args[0].input.TransactItems ?? [];
    expect(items.map((item) => Object.keys(item)[0])).toEqual(['Update', 'Update', 'ConditionCheck']);
    expect(items[0]?.Update?.ExpressionAttributeValues?.[':record']?.S).toBe(JSON.stringify(incident));
    expect(items[0]?.Update?.ConditionExpression).toBe('attribute_not_exists(pk)');
    const keys = [items[0]?.Update?.Key?.['pk'], items[1]?.Update?.Key?.['pk'], items[2]?.ConditionCheck?.Key?.['pk']];
    expect(keys.map((key) => key?.S)).toEqual([`incident#${incident.id}`, `lens#${incident.lease}`, 'request#r']);
    expect(db.calls()).toHaveLength(1);
  });

  it('that meets another transaction on the same items is busy', async () => {
    db.on(TransactWriteItemsCommand).rejects(cancelled('TransactionConflict', 'None'));
    expect((await store.claim(anIncident(), lease)).got).toBe('busy');
    expect((await store.claim(anIncident(), null)).got).toBe('busy');
  });

  it('is busy, too, where another took up the same incident first', async () => {
    const incident = anIncident();
    db.on(TransactWriteItemsCommand).rejects(cancelled('ConditionalCheckFailed', 'None'));
    db.on(GetItemCommand).resolves(stored(incident));
    expect((await store.claim(incident, lease)).got).toBe('busy');
  });

  it('hands on what is no condition: throttling, a transaction refused for another reason', async () => {
    db.on(TransactWriteItemsCommand)
      .rejectsOnce(throttled())
      .rejects(cancelled('ItemCollectionSizeLimitExceeded', 'None'));
    await expect(store.claim(anIncident(), lease)).rejects.toThrow('slow down');
    await expect(store.claim(anIncident(), lease)).rejects.toThrow(TransactionCanceledException);
  });
});

describe('save', () => {
  it('is one write where it frees nothing, and one transaction where it does', async () => {
    db.on(UpdateItemCommand).resolves({}).on(TransactWriteItemsCommand).resolves({});
    await store.save(anIncident({ version: 1 }));
    const writes = [
      { call: 'A', requestId: 'a' },
      { call: 'B', requestId: 'unknown' },
    ];
    await store.save(anIncident({ version: 1 }), { release: 'one', writes });
    const items = db.commandCalls(TransactWriteItemsCommand)[0]?.args[0].input.TransactItems ?? [];
    expect(items.map((item) => Object.keys(item)[0])).toEqual(['Update', 'Update', 'Put']);
    expect(items[2]?.Put?.Item?.['pk']).toEqual({ S: 'request#a' });
    expect(db.calls()).toHaveLength(2);
  });

  it('lets every item end: the record, the lens, the request', async () => {
    db.on(TransactWriteItemsCommand).resolves({});
    const before = Math.floor(Date.now() / 1000);
    await store.save(anIncident({ version: 1 }), { release: 'one', writes: [{ call: 'A', requestId: 'a' }] });
    const [record, lens, request] = db.commandCalls(TransactWriteItemsCommand)[0]?.args[0].input.TransactItems ?? [];
    for (const ttl of [
      record?.Update?.ExpressionAttributeValues?.[':ttl'],
      lens?.Update?.ExpressionAttributeValues?.[':ttl'],
      request?.Put?.Item?.['ttl'],
    ])
      expect(Number(ttl?.N)).toBeGreaterThanOrEqual(before + 30 * 86_400);
  });

  it('gets out of the way of another transaction, and tries again', async () => {
    db.on(TransactWriteItemsCommand).rejectsOnce(cancelled('None', 'TransactionConflict')).resolves({});
    await store.save(anIncident(), { release: 'one' });
    expect(db.calls()).toHaveLength(2);
  });

  it('is stale where it met both another transaction and another version', async () => {
    db.on(TransactWriteItemsCommand).rejects(cancelled('ConditionalCheckFailed', 'TransactionConflict'));
    await expect(store.save(anIncident(), { release: 'one' })).rejects.toMatchObject({ name: 'Stale' });
    expect(db.calls()).toHaveLength(1);
  });

  it('hands on what is not stale', async () => {
    db.on(UpdateItemCommand)
      .rejects(throttled())
      .on(TransactWriteItemsCommand)
      .rejects(cancelled('TransactionConflict'));
    await expect(store.save(anIncident())).rejects.toThrow('slow down');
    await expect(store.save(anIncident(), { release: 'one' })).rejects.toThrow(TransactionCanceledException);
  });
});

describe('a save with everything to it', () => {
  it('is still one request: record, lens, actor, due, begin, requests', async () => {
    db.on(TransactWriteItemsCommand).resolves({});
    const fixed = { actor: 'alice', at: 'then', incident: 'fb-1' };
    const incident = anIncident({ version: 1, outcome: 'held' });
    await store.save(incident, {
      release: 'one',
      counts: { actorKey: 'toy/lamp|alice', fixed },
      due: '2026-03-01T11:00:00.000Z',
      begins: '2026-03-01T10:00:00.000Z',
      writes: [{ call: 'A', requestId: 'a' }],
    });
    const items = db.commandCalls(TransactWriteItemsCommand)[0]?.args[0].input.TransactItems ?? [];
    const keys = items.map(({ Put, Update }) => (Put?.Item?.['pk'] ?? Update?.Key?.['pk'])?.S);
    expect(keys).toEqual([
      `incident#${incident.id}`,
      `lens#${incident.lease}`,
      'actor#toy/lamp|alice',
      `begun#${incident.id}#2026-03-01T10:00:00.000Z`,
      `due#${incident.id}`,
      'request#a',
    ]);
    expect(db.calls()).toHaveLength(1);
  });
});

describe('standing', () => {
  it('is one consistent read of four items', async () => {
    db.on(BatchGetItemCommand).resolves({});
    await store.standing('lens', 'actor');
    const wanted = db.commandCalls(BatchGetItemCommand)[0]?.args[0].input.RequestItems?.['table'];
    expect(wanted?.ConsistentRead).toBe(true);
    expect(wanted?.Keys?.map(({ pk }) => pk?.S)).toEqual(['pause#all', 'lens#lens', 'actor#actor', 'exempt#all']);
    expect(db.calls()).toHaveLength(1);
  });

  it.each<[string, object]>([
    ['only in part', { UnprocessedKeys: { table: { Keys: [{ pk: { S: 'pause#all' } }] } } }],
    ['as something else', { Responses: { table: [{ pk: { S: 'pause#all' }, pauses: { S: 'not JSON' } }] } }],
    ['as no list', { Responses: { table: [{ pk: { S: 'pause#all' }, pauses: { S: '{}' } }] } }],
    ['without its pauses', { Responses: { table: [{ pk: { S: 'pause#all' } }] } }],
  ])('that is read %s is no answer', async (_, answer) => {
    db.on(BatchGetItemCommand).resolves(answer);
    await expect(store.standing('lens', 'actor')).rejects.toThrow();
  });
});

describe('lock and unlock', () => {
  it('hand on what is no condition', async () => {
    db.on(UpdateItemCommand).rejects(throttled());
    await expect(store.lock('lens', 'one', lease.until)).rejects.toThrow('slow down');
    await expect(store.unlock('lens', 'one')).rejects.toThrow('slow down');
  });
});

describe('note', () => {
  it('is tried four times against others, then handed on', async () => {
    db.on(GetItemCommand).resolves(stored(anIncident())).on(UpdateItemCommand).rejects(refused());
    await expect(store.note('fb-x', { at: 'now', what: 'again' })).rejects.toMatchObject({ name: 'Stale' });
    expect(db.commandCalls(UpdateItemCommand)).toHaveLength(4);
  });

  it('of a witness is counted where others were always faster; a fault is handed on', async () => {
    const witness = { id: 'a', name: 'b', at: 'now' };
    db.on(GetItemCommand).resolves(stored(anIncident())).on(UpdateItemCommand).rejects(refused());
    await store.note('fb-x', { at: 'now', what: 'again' }, witness);
    expect(db.commandCalls(UpdateItemCommand).at(-1)?.args[0].input.UpdateExpression).toBe('ADD seen :one');
    db.on(UpdateItemCommand).rejects(throttled());
    await expect(store.note('fb-x', { at: 'now', what: 'again' }, witness)).rejects.toThrow('slow down');
  });
});

describe('count', () => {
  it('cuts a set that has grown too large, and hands on what is no condition', async () => {
    const threshold = { times: 1, minutes: 1 };
    const event = { id: 'last', at: '2026-03-01T11:00:00.000Z' };
    const seen = Array.from({ length: 70 }, (_, n) => `2026-03-01T10:00:00.${String(n).padStart(3, '0')}Z ${n}`);
    db.on(UpdateItemCommand).resolves({ Attributes: { seen: { SS: [...seen, `${event.at} last`] } } });
    expect(await store.count('x', event, threshold)).toEqual({ count: 1, begun: event.at });
    const cut = db.commandCalls(UpdateItemCommand)[1]?.args[0].input;
    expect(cut?.UpdateExpression).toBe('DELETE seen :old');
    expect(cut?.ExpressionAttributeValues?.[':old']?.SS).toEqual(seen.slice(0, 19));
    db.on(UpdateItemCommand).rejects(throttled());
    await expect(store.count('x', event, threshold)).rejects.toThrow('slow down');
  });

  it('asks again where another began an incident first', async () => {
    const event = { id: 'b', at: '2026-03-01T10:00:30.000Z' };
    const item = { seen: { SS: ['2026-03-01T10:00:00.000Z a', `${event.at} b`] } };
    db.on(UpdateItemCommand)
      .resolvesOnce({ Attributes: item })
      .rejectsOnce(refused())
      .on(GetItemCommand)
      .resolves({ Item: { ...item, begun: { S: '["2026-03-01T10:00:00.000Z"]' } } });
    expect(await store.count('x', event, { times: 1, minutes: 1 })).toEqual({
      count: 2,
      begun: '2026-03-01T10:00:00.000Z',
    });
  });
});

it('reads records as they are now, not as they were a moment ago', async () => {
  db.on(GetItemCommand).resolves({});
  await store.get('fb-x');
  await store.lastOn('lens');
  expect(db.commandCalls(GetItemCommand).map((call) => call.args[0].input.ConsistentRead)).toEqual([true, true]);
});
