/**
 * What was said on which channel, in the incidents' table: `voice#CHANNEL` holds what waits there, who has the channel
 * and until when, how long it rests, and its last messages; `voice#CHANNEL#INCIDENT` what was said last, and where.
 */
import {
  type AttributeValue,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { client } from '../aws/client.ts';
import { isNamed } from '../core/record.ts';
import type { Place, Posted, Spoken, Turn, Voices, Waiting } from '../core/voice.ts';

/** An expression may have 4 KB ("Quotas in Amazon DynamoDB", expression parameters): so many names fit. */
const atOnce = 50;

/** The store behind a table's name; what was said is kept for so many days. */
export function dynamoVoices(table: string, days: number): Voices {
  const db = (): DynamoDBClient => client(DynamoDBClient);
  const keyOf = (channel: string, incident?: string): Record<string, AttributeValue> => ({
    pk: { S: incident === undefined ? `voice#${channel}` : `voice#${channel}#${incident}` },
  });

  async function spoken(channel: string, incident: string): Promise<Spoken | null> {
    const { Item } = await db().send(
      new GetItemCommand({ TableName: table, Key: keyOf(channel, incident), ConsistentRead: true }),
    );
    return Item?.['step']?.S === undefined
      ? null
      : { step: Item['step'].S, place: JSON.parse(Item['place']?.S ?? '{}') as Place };
  }

  async function wait(channel: string, entries: readonly Waiting[]): Promise<void> {
    if (entries.length === 0) return;
    await db().send(
      new UpdateItemCommand({
        TableName: table,
        Key: keyOf(channel),
        UpdateExpression: 'SET waiting = if_not_exists(waiting, :none)',
        ExpressionAttributeValues: { ':none': { M: {} } },
      }),
    );
    for (let from = 0; from < entries.length; from += atOnce) {
      const some = entries.slice(from, from + atOnce);
      await db().send(
        new UpdateItemCommand({
          TableName: table,
          Key: keyOf(channel),
          UpdateExpression: `SET ${some.map((_, i) => `waiting.#i${i} = if_not_exists(waiting.#i${i}, :t${i})`).join(', ')}`,
          ExpressionAttributeNames: Object.fromEntries(some.map(({ incident }, i) => [`#i${i}`, incident])),
          ExpressionAttributeValues: Object.fromEntries(some.map(({ at }, i) => [`:t${i}`, { S: at }])),
        }),
      );
    }
  }

  async function take(channel: string, holder: string, until: string, now: string): Promise<Turn | null> {
    try {
      const { Attributes } = await db().send(
        new UpdateItemCommand({
          TableName: table,
          Key: keyOf(channel),
          UpdateExpression: 'SET holder = :holder, #until = :until',
          ConditionExpression: 'attribute_not_exists(holder) OR #until < :now',
          ExpressionAttributeNames: { '#until': 'until' },
          ExpressionAttributeValues: { ':holder': { S: holder }, ':until': { S: until }, ':now': { S: now } },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return turnOf(Attributes ?? {});
    } catch (error) {
      if (isNamed(error, 'ConditionalCheckFailedException')) return null;
      throw error;
    }
  }

  async function drop(channel: string, incident: string): Promise<void> {
    await db().send(
      new UpdateItemCommand({
        TableName: table,
        Key: keyOf(channel),
        UpdateExpression: 'REMOVE waiting.#incident',
        ExpressionAttributeNames: { '#incident': incident },
      }),
    );
  }

  // In this order: should this die in between, the next turn finds it said, and drops it.
  async function said(channel: string, incident: string, { step, place }: Spoken): Promise<void> {
    const ttl = { N: String(Math.floor(Date.now() / 1000 + days * 86_400)) };
    const Item = {
      ...keyOf(channel, incident),
      step: { S: step },
      place: { S: JSON.stringify(place) },
      ttl,
    };
    await db().send(new PutItemCommand({ TableName: table, Item }));
    await drop(channel, incident);
  }

  async function leave(channel: string, holder: string, { rests, posted }: Pick<Turn, 'rests' | 'posted'>) {
    try {
      await db().send(
        new UpdateItemCommand({
          TableName: table,
          Key: keyOf(channel),
          UpdateExpression: `SET posted = :posted${rests === undefined ? '' : ', rests = :rests'} REMOVE holder, #until${rests === undefined ? ', rests' : ''}`,
          ConditionExpression: 'holder = :holder',
          ExpressionAttributeNames: { '#until': 'until' },
          ExpressionAttributeValues: {
            ':holder': { S: holder },
            ':posted': { S: JSON.stringify(posted.slice(-postedKept)) },
            ...(rests !== undefined && { ':rests': { S: rests } }),
          },
        }),
      );
    } catch (error) {
      // Its time was over, and another has the channel: there is nothing of ours to give back.
      if (!isNamed(error, 'ConditionalCheckFailedException')) throw error;
    }
  }

  return { spoken, wait, take, said, drop, leave };
}

const postedKept = 100;

function turnOf(item: Record<string, AttributeValue>): Turn {
  const waiting = Object.entries(item['waiting']?.M ?? {}).map(([incident, at]) => ({ incident, at: at.S ?? '' }));
  const rests = item['rests']?.S;
  return {
    waiting,
    posted: JSON.parse(item['posted']?.S ?? '[]') as readonly Posted[],
    ...(rests !== undefined && { rests }),
  };
}
