/**
 * What the decisions' function keeps in the incidents' table: `token#ID` the personal links, `once#DIGEST` the requests
 * that may come once, `refused#DAY` how many were refused, and the last of each kind.
 */
import {
  type AttributeValue,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { client } from '../aws/client.ts';
import type { Refusal } from '../core/answer.ts';
import type { Token, Tokens } from '../core/token.ts';

/** One that was refused; nothing of what it said is kept but what is known to be ours. */
export type Refused = {
  readonly why: Refusal;
  readonly way: 'page' | 'slack';
  readonly at: string;
  readonly incident?: string;
  /** An approver of the configuration, or Slack's id of the person. */
  readonly who?: string;
};

export type Decisions = Tokens & {
  /** Whether a name was never seen before; it is remembered for an hour. */
  once(name: string): Promise<boolean>;
  refused(one: Refused): Promise<void>;
};

const key = (kind: 'token' | 'once' | 'refused', id: string): Record<string, AttributeValue> => ({
  pk: { S: `${kind}#${id}` },
});
const ends = (at: number, days: number): AttributeValue => ({ N: String(Math.floor(at / 1000 + days * 86_400)) });

/** Days that a link is known after its end: to say that it is over, not that it is wrong. */
const known = 30;

export function dynamoDecisions(table: string, days: number): Decisions {
  const db = (): DynamoDBClient => client(DynamoDBClient);

  /** False where the condition does not hold. */
  async function conditionally(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return false;
      throw error;
    }
  }
  const create = (Item: Record<string, AttributeValue>): Promise<boolean> =>
    conditionally(() =>
      db().send(new PutItemCommand({ TableName: table, Item, ConditionExpression: 'attribute_not_exists(pk)' })),
    );
  const update = (id: string, change: Omit<UpdateItemCommandInput, 'TableName' | 'Key'>): Promise<boolean> =>
    conditionally(() => db().send(new UpdateItemCommand({ TableName: table, Key: key('token', id), ...change })));

  return {
    async put(token) {
      const ttl = ends(Date.parse(token.until), known);
      await create({ ...key('token', token.id), token: { S: JSON.stringify(token) }, ttl });
    },
    async get(id) {
      const { Item } = await db().send(
        new GetItemCommand({ TableName: table, Key: key('token', id), ConsistentRead: true }),
      );
      const token = Item?.['token']?.S;
      return token === undefined ? null : { token: JSON.parse(token) as Token, used: Item?.['used']?.S ?? null };
    },
    use: (id, at) =>
      update(id, {
        UpdateExpression: 'SET used = :at',
        ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(used)',
        ExpressionAttributeValues: { ':at': { S: at } },
      }),
    async free(id) {
      await update(id, { UpdateExpression: 'REMOVE used', ConditionExpression: 'attribute_exists(pk)' });
    },
    once: (name) => create({ ...key('once', name), ttl: ends(Date.now(), 1 / 24) }),
    async refused({ at, ...one }) {
      const day = at.slice(0, 10);
      await db().send(
        new UpdateItemCommand({
          TableName: table,
          Key: key('refused', day),
          // The index lists the days under one word.
          UpdateExpression: 'SET #last = :last, #day = :day, #at = :at, #ttl = :ttl ADD #why :one',
          ExpressionAttributeNames: {
            '#why': `${one.way}-${one.why}`,
            '#last': `last-${one.way}-${one.why}`,
            '#day': 'day',
            '#at': 'at',
            '#ttl': 'ttl',
          },
          ExpressionAttributeValues: {
            ':one': { N: '1' },
            ':last': { S: JSON.stringify({ at, ...one }) },
            ':day': { S: 'refused' },
            ':at': { S: day },
            ':ttl': ends(Date.parse(at), days),
          },
        }),
      );
    },
  };
}
