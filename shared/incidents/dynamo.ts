/**
 * Incidents in DynamoDB. One table: `incident#ID` holds the record, `lens#LEASE` who works on a lens and what changed
 * it last, `request#ID` the request ids of our own writes. Index `byDay` (day, at) lists incidents; `ttl` ends them.
 */
import {
  type AttributeValue,
  BatchGetItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { client } from '../aws/client.ts';
import {
  begunKept,
  type Counted,
  type Counting,
  entryOf,
  standingAmong,
  surplus,
  type Threshold,
} from '../core/count.ts';
import { fault } from '../core/fault.ts';
import type {
  Claim,
  Counts,
  Fixed,
  Grants,
  Incident,
  Incidents,
  Lesson,
  Lessons,
  Look,
  Pause,
  Saving,
  Standing,
} from '../core/incident.ts';
import { type Outcome, settled } from '../core/outcome.ts';
import { isReverted } from '../core/record.ts';

type Item = Record<string, AttributeValue>;
export type Listing = {
  list(days: number, now: Date): Promise<readonly Incident[]>;
  /** Those of one outcome that were first stored from one time on and before another (ISO 8601), as the table pages them. */
  pages(outcome: Outcome, from: string, to: string): AsyncIterable<readonly Incident[]>;
  pauses(): Promise<readonly Pause[]>;
  /** Stores what is paused from now on; those that are over are dropped. */
  setPauses(pauses: readonly Pause[], now: Date): Promise<void>;
};

/** The store behind a table's name; items end `days` after they were last written. */
export function dynamoIncidents(table: string, days: number): Incidents & Listing {
  const db = (): DynamoDBClient => client(DynamoDBClient);
  const put = (incident: Incident, condition: Condition): Stored => stored(table, incident, days, condition);

  async function get(id: string): Promise<Incident | null> {
    const { Item } = await db().send(
      new GetItemCommand({ TableName: table, Key: key('incident', id), ConsistentRead: true }),
    );
    return Item ? fromItem(Item) : null;
  }

  async function claim(
    incident: Incident,
    lease: { holder: string; until: string } | null,
    resume?: Incident,
  ): Promise<Claim> {
    const Update = resume
      ? put({ ...resume, attempts: resume.attempts + 1, version: resume.version + 1 }, resume.version)
      : put(incident, null);
    const items: TransactWriteItem[] = [{ Update }];
    if (lease && incident.lease !== undefined)
      items.push({ Update: takeLease(table, incident.lease, lease.holder, lease.until) });
    const own = incident.event.requestId;
    const ownAt =
      own === undefined
        ? -1
        : items.push({
            ConditionCheck: {
              TableName: table,
              Key: key('request', own),
              ConditionExpression: 'attribute_not_exists(pk)',
            },
          }) - 1;
    try {
      await db().send(new TransactWriteItemsCommand({ TransactItems: items }));
      return resume
        ? { got: 'resumed', incident: { ...resume, attempts: resume.attempts + 1, version: resume.version + 1 } }
        : { got: 'new' };
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const failed = (error.CancellationReasons ?? []).map((reason) => reason.Code === 'ConditionalCheckFailed');
      const conflict = (error.CancellationReasons ?? []).some((reason) => reason.Code === 'TransactionConflict');
      if (!failed.includes(true) && !conflict) throw error;
      if (ownAt >= 0 && failed[ownAt] && own !== undefined)
        return { got: 'own', incident: (await ownerOf(own)) ?? 'unknown' };
      const existing = resume || failed[0] ? await get(incident.id) : null;
      if (existing && settled(existing.outcome)) return { got: 'duplicate', incident: existing };
      if (conflict || resume || (lease && failed[1])) return { got: 'busy', until: lease?.until ?? '' };
      if (existing) return claim(incident, lease, existing);
      throw error;
    }
  }

  async function ownerOf(requestId: string): Promise<string | null> {
    const { Item } = await db().send(
      new GetItemCommand({ TableName: table, Key: key('request', requestId), ConsistentRead: true }),
    );
    return Item?.['incident']?.S ?? null;
  }

  async function standing(lease: string, actorKey: string): Promise<Standing> {
    const keys = [pauseKey, key('lens', lease), key('actor', actorKey), grantsKey];
    const { Responses, UnprocessedKeys } = await db().send(
      new BatchGetItemCommand({ RequestItems: { [table]: { Keys: keys, ConsistentRead: true } } }),
    );
    if (UnprocessedKeys && Object.keys(UnprocessedKeys).length > 0)
      throw fault('Throttled', 'what stands against acting was not read whole');
    const found = Responses?.[table] ?? [];
    const item = (wanted: Item): Item | undefined => found.find((one) => one['pk']?.S === wanted['pk']?.S);
    return {
      pauses: pausesOf(item(pauseKey)),
      onLens: fixesOf(item(key('lens', lease))),
      byActor: fixesOf(item(key('actor', actorKey))),
      asked: item(key('lens', lease))?.['asked']?.S ?? null,
      grants: grantsOf(item(grantsKey)),
    };
  }

  async function lead(name: string, incident: string, now: string, until: string): Promise<string> {
    const Key = key('lead', name);
    try {
      await db().send(
        new UpdateItemCommand({
          TableName: table,
          Key,
          UpdateExpression: 'SET incident = :incident, #until = :until, #ttl = :ttl',
          ConditionExpression: 'attribute_not_exists(pk) OR #until <= :now',
          ExpressionAttributeNames: { '#until': 'until', '#ttl': 'ttl' },
          ExpressionAttributeValues: {
            ':incident': { S: incident },
            ':until': { S: until },
            ':now': { S: now },
            ':ttl': ends(8),
          },
        }),
      );
      return incident;
    } catch (error) {
      if (!isRefused(error)) throw error;
      const { Item } = await db().send(new GetItemCommand({ TableName: table, Key, ConsistentRead: true }));
      return Item?.['incident']?.S ?? incident;
    }
  }

  /** What the index holds under a word, at or between two times; of too many, the first. */
  async function between(word: string, from: string, to: string): Promise<readonly Item[]> {
    const { Items } = await db().send(
      new QueryCommand({
        TableName: table,
        IndexName: 'byDay',
        KeyConditionExpression: '#day = :day AND #at BETWEEN :from AND :to',
        ExpressionAttributeNames: { '#day': 'day', '#at': 'at' },
        ExpressionAttributeValues: { ':day': { S: word }, ':from': { S: from }, ':to': { S: to } },
        Limit: 25,
      }),
    );
    return Items ?? [];
  }

  async function begunBetween(room: string, from: string, to: string): Promise<readonly string[]> {
    return (await between(`begun ${room}`, from, to)).flatMap((item) => item['incident']?.S ?? []);
  }

  // What is left over is found by the next look.
  async function overdue(room: string, now: string): Promise<readonly Look[]> {
    return (await between(`due ${room}`, '0', now)).flatMap(({ incident, learned }): readonly Look[] =>
      incident?.S ? [{ incident: incident.S }] : learned?.S ? [{ learned: learned.S }] : [],
    );
  }

  /**
   * Sets take what is added by many at once, and the same only once. Where an incident begins is decided by one
   * conditional write: of two events that reach the threshold together, the second belongs to the first one's.
   */
  async function count(target: string, event: Counting, threshold: Threshold): Promise<Counted> {
    const Key = key('count', target);
    const ttl = ends(1 + threshold.minutes / 1440);
    let { Attributes: item } = await db().send(
      new UpdateItemCommand({
        TableName: table,
        Key,
        UpdateExpression: 'SET #ttl = :ttl ADD seen :event',
        ExpressionAttributeNames: { '#ttl': 'ttl' },
        ExpressionAttributeValues: { ':ttl': ttl, ':event': { SS: [entryOf(event)] } },
        ReturnValues: 'ALL_NEW',
      }),
    );
    const drop = surplus(item?.['seen']?.SS ?? [], threshold);
    if (drop)
      await db().send(
        new UpdateItemCommand({
          TableName: table,
          Key,
          UpdateExpression: 'DELETE seen :old',
          ExpressionAttributeValues: { ':old': { SS: [...drop] } },
        }),
      );
    for (let tries = 0; ; tries += 1) {
      const stored = item?.['begun']?.S;
      const begun = JSON.parse(stored ?? '[]') as readonly string[];
      const counted = standingAmong({ seen: item?.['seen']?.SS ?? [], begun }, event, threshold);
      if (counted.begun === null || begun.includes(counted.begun)) return counted;
      try {
        await db().send(
          new UpdateItemCommand({
            TableName: table,
            Key,
            UpdateExpression: 'SET begun = :begun',
            ConditionExpression: stored === undefined ? 'attribute_not_exists(begun)' : 'begun = :stored',
            ExpressionAttributeValues: {
              ':begun': { S: JSON.stringify([...begun, counted.begun].slice(-begunKept)) },
              ...(stored !== undefined && { ':stored': { S: stored } }),
            },
          }),
        );
        return counted;
      } catch (error) {
        if (!isRefused(error) || tries >= 5) throw error;
        item = (await db().send(new GetItemCommand({ TableName: table, Key, ConsistentRead: true }))).Item;
      }
    }
  }

  async function lessons(lease: string): Promise<Lessons> {
    const { Item } = await db().send(
      new GetItemCommand({ TableName: table, Key: key('learned', lease), ConsistentRead: true }),
    );
    const of = (name: string): Lesson | null => JSON.parse(Item?.[name]?.S ?? 'null') as Lesson | null;
    return { learned: of('learned'), candidate: of('candidate') };
  }

  async function suggest(candidate: Lesson, due: string): Promise<void> {
    const Update = {
      TableName: table,
      Key: key('learned', candidate.lease),
      UpdateExpression: 'SET candidate = :candidate, code = :code',
      ExpressionAttributeValues: { ':candidate': { S: JSON.stringify(candidate) }, ':code': { S: candidate.code } },
    };
    await transact([{ Update }, { Put: { TableName: table, Item: lessonDue(candidate, due) } }]);
  }

  async function conclude(candidate: Lesson, learned: Lesson | null): Promise<boolean> {
    const Update = {
      TableName: table,
      Key: key('learned', candidate.lease),
      UpdateExpression: `${learned ? 'SET learned = :learned ' : ''}REMOVE candidate, code`,
      ConditionExpression: 'code = :code',
      ExpressionAttributeValues: {
        ':code': { S: candidate.code },
        ...(learned && { ':learned': { S: JSON.stringify(learned) } }),
      },
    };
    try {
      await transact([{ Update }, { Put: { TableName: table, Item: lessonDue(candidate, null) } }]);
      return true;
    } catch (error) {
      if (isRefused(error)) return false;
      throw error;
    }
  }

  const pauses = async (): Promise<readonly Pause[]> =>
    pausesOf((await db().send(new GetItemCommand({ TableName: table, Key: pauseKey, ConsistentRead: true }))).Item);

  async function setPauses(all: readonly Pause[], now: Date): Promise<void> {
    const lasting = all.filter(({ until }) => Date.parse(until) > now.getTime());
    const Item = { ...pauseKey, pauses: { S: JSON.stringify(lasting) } };
    await db().send(new PutItemCommand({ TableName: table, Item }));
  }

  const grants = async (): Promise<Grants> =>
    grantsOf((await db().send(new GetItemCommand({ TableName: table, Key: grantsKey, ConsistentRead: true }))).Item);

  async function setGrants(all: Grants, before: Grants): Promise<boolean> {
    const Item = { ...grantsKey, grants: { S: JSON.stringify(all.grants) }, code: { S: all.code ?? '' } };
    const fresh = before.code === undefined;
    const condition = {
      ConditionExpression: fresh ? 'attribute_not_exists(pk)' : 'code = :code',
      ...(!fresh && { ExpressionAttributeValues: { ':code': { S: before.code } } }),
    };
    try {
      await db().send(new PutItemCommand({ TableName: table, Item, ...condition }));
      return true;
    } catch (error) {
      if (isRefused(error)) return false;
      throw error;
    }
  }

  async function save(incident: Incident, options: Parameters<Incidents['save']>[1] = {}): Promise<void> {
    const guarded = put(incident, incident.version - 1);
    const items: TransactWriteItem[] = [{ Update: guarded }];
    const { lease } = incident;
    if (options.release !== undefined && lease !== undefined)
      items.push({ Update: closeLease(table, { ...incident, lease }, options, days) });
    const { counts, due, begins } = options;
    if (counts) items.push({ Update: countFix(table, counts) });
    if (begins !== undefined) items.push({ Put: { TableName: table, Item: beginItem(incident, begins) } });
    if (due !== undefined) items.push({ Put: { TableName: table, Item: dueItem(incident, due, days) } });
    for (const write of options.writes ?? [])
      if (write.requestId !== 'unknown')
        items.push({
          Put: {
            TableName: table,
            Item: { ...key('request', write.requestId), incident: { S: incident.id }, ttl: ends(days) },
          },
        });
    try {
      if (items.length === 1) await db().send(new UpdateItemCommand(guarded));
      // A transaction takes 100 items (TransactWriteItems, API reference); a fix that writes more would be no fix.
      else await transact(items);
    } catch (error) {
      throw isRefused(error)
        ? fault('Stale', `incident ${incident.id} was written by another meanwhile; this delivery is tried again`)
        : error;
    }
  }

  /** Fixes of one actor all count on one item: two that end at once get into each other's way, and one tries again. */
  async function transact(TransactItems: TransactWriteItem[]): Promise<void> {
    for (const wait of [...conflictWaits, null]) {
      try {
        await db().send(new TransactWriteItemsCommand({ TransactItems }));
        return;
      } catch (error) {
        if (wait === null || !isConflict(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random())));
      }
    }
  }

  async function lock(lease: string, holder: string, until: string): Promise<boolean> {
    try {
      await db().send(new UpdateItemCommand(takeLease(table, lease, holder, until)));
      return true;
    } catch (error) {
      if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return false;
      throw error;
    }
  }

  async function unlock(lease: string, holder: string): Promise<void> {
    try {
      await db().send(
        new UpdateItemCommand({
          TableName: table,
          Key: key('lens', lease),
          UpdateExpression: 'REMOVE holder, #until',
          ConditionExpression: 'holder = :holder',
          ExpressionAttributeNames: { '#until': 'until' },
          ExpressionAttributeValues: { ':holder': { S: holder } },
        }),
      );
    } catch (error) {
      // Somebody else's by now, or nobody's: there is nothing of ours to free.
      if (!(error instanceof Error && error.name === 'ConditionalCheckFailedException')) throw error;
    }
  }

  async function lastOn(lease: string): Promise<Incident | null> {
    const { Item } = await db().send(
      new GetItemCommand({ TableName: table, Key: key('lens', lease), ConsistentRead: true }),
    );
    const id = Item?.['last']?.S;
    return id === undefined ? null : get(id);
  }

  async function note(
    id: string,
    entry: Incident['timeline'][number],
    witness?: Incident['witnesses'][number],
  ): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      const incident = await get(id);
      if (!incident || (witness && incident.witnesses.some(({ id: known }) => known === witness.id))) return;
      // A flood of repeats must not fill the record: the first ones tell the story, and of the rest there is a number.
      if ((witness ? incident.witnesses : incident.timeline).length >= 50) break;
      const noted = {
        ...incident,
        timeline: incident.timeline.length < 50 ? [...incident.timeline, entry] : incident.timeline,
        witnesses: witness ? [...incident.witnesses, witness] : incident.witnesses,
        version: incident.version + 1,
      };
      try {
        await save(noted);
        break;
      } catch (error) {
        if (!(error instanceof Error && error.name === 'Stale') || (tries >= 4 && !witness)) throw error;
        // Many witnesses at once: who comes too late each time is counted all the same.
        if (tries >= 4) break;
      }
    }
    if (!witness) return;
    try {
      await db().send(
        new UpdateItemCommand({
          TableName: table,
          Key: key('incident', id),
          UpdateExpression: 'ADD seen :one',
          ConditionExpression: 'attribute_exists(pk)',
          ExpressionAttributeValues: { ':one': { N: '1' } },
        }),
      );
    } catch (error) {
      if (!isRefused(error)) throw error;
    }
  }

  async function list(back: number, now: Date): Promise<readonly Incident[]> {
    const found: Incident[] = [];
    for (let day = 0; day < back; day += 1)
      for await (const page of ofDay(dayOf(now.getTime() - day * oneDay))) found.push(...page);
    return found;
  }

  async function* pages(outcome: Outcome, from: string, to: string): AsyncGenerator<readonly Incident[]> {
    for (let time = Date.parse(from); dayOf(time) <= to; time += oneDay)
      yield* ofDay(dayOf(time), { outcome, from, to });
  }

  /** A day's, the newest first; of those of one outcome, within a span, where one is given. */
  async function* ofDay(
    day: string,
    only?: { readonly outcome: Outcome; readonly from: string; readonly to: string },
  ): AsyncGenerator<readonly Incident[]> {
    let start: Item | undefined;
    do {
      const page = await db().send(
        new QueryCommand({
          TableName: table,
          IndexName: 'byDay',
          KeyConditionExpression: only ? '#day = :day AND #at BETWEEN :from AND :to' : '#day = :day',
          // No filter may name the index's own keys ("Filter expressions for the Query operation"): `to` itself is left out below.
          ...(only && { FilterExpression: '#outcome = :outcome' }),
          ExpressionAttributeNames: { '#day': 'day', ...(only && { '#at': 'at', '#outcome': 'outcome' }) },
          ExpressionAttributeValues: {
            ':day': { S: day },
            ...(only && { ':outcome': { S: only.outcome }, ':from': { S: only.from }, ':to': { S: only.to } }),
          },
          ScanIndexForward: false,
          ...(start && { ExclusiveStartKey: start }),
        }),
      );
      yield (page.Items ?? []).map(fromItem).filter(({ at }) => !only || at < only.to);
      start = page.LastEvaluatedKey;
    } while (start);
  }

  return {
    claim: (incident, lease) => claim(incident, lease),
    save,
    lock,
    unlock,
    get,
    lastOn,
    note,
    standing,
    ownerOf,
    begunBetween,
    overdue,
    count,
    lessons,
    suggest,
    conclude,
    list,
    pages,
    lead,
    pauses,
    setPauses,
    grants,
    setGrants,
  };
}

const oneDay = 86_400_000;
const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

/** Milliseconds, each more or less. */
const conflictWaits: readonly number[] = [25, 50, 100, 200, 400];
// A conflict and a failed condition may come together: then the condition decides.
const isConflict = (error: unknown): boolean => {
  const codes = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
  const has = (code: string): boolean => codes.some(({ Code }) => Code === code);
  return has('TransactionConflict') && !has('ConditionalCheckFailed');
};

/** A condition that did not hold, by itself or in a transaction. */
const isRefused = (error: unknown): boolean =>
  error instanceof TransactionCanceledException
    ? error.CancellationReasons?.some((reason) => reason.Code === 'ConditionalCheckFailed') === true
    : error instanceof Error && error.name === 'ConditionalCheckFailedException';

type Kind =
  | 'incident'
  | 'lens'
  | 'request'
  | 'actor'
  | 'due'
  | 'begun'
  | 'pause'
  | 'exempt'
  | 'learned'
  | 'count'
  | 'lead';
const key = (kind: Kind, id: string): Item => ({
  pk: { S: `${kind}#${id}` },
});
const ends = (days: number): AttributeValue => ({ N: String(Math.floor(Date.now() / 1000 + days * 86_400)) });

function takeLease(
  table: string,
  lease: string,
  holder: string,
  until: string,
): NonNullable<TransactWriteItem['Update']> & { UpdateExpression: string } {
  return {
    TableName: table,
    Key: key('lens', lease),
    UpdateExpression: 'SET holder = :holder, #until = :until',
    ConditionExpression: 'attribute_not_exists(holder) OR #until < :now',
    ExpressionAttributeNames: { '#until': 'until' },
    ExpressionAttributeValues: {
      ':holder': { S: holder },
      ':until': { S: until },
      ':now': { S: new Date().toISOString() },
    },
  };
}

const pauseKey = key('pause', 'all');

/** Throws where the item is not what `setPauses` stored: whoever asks must not take that for no pause. */
function pausesOf(item: Item | undefined): readonly Pause[] {
  const pauses: unknown = JSON.parse(item ? (item['pauses']?.S ?? 'null') : '[]');
  if (!Array.isArray(pauses)) throw fault('Unreadable', 'the item of pauses holds no list');
  return pauses as Pause[];
}

const grantsKey = key('exempt', 'all');

/** What is no list has no code that fits: whoever asks is told so by `trusted` of granted.ts. */
function grantsOf(item: Item | undefined): Grants {
  if (!item) return { grants: [] };
  const grants: unknown = JSON.parse(item['grants']?.S ?? '[]');
  return { grants: Array.isArray(grants) ? grants : [], code: item['code']?.S ?? '' };
}

const fixesOf = (item: Item | undefined): readonly Fixed[] =>
  (item?.['fixes']?.L ?? []).map(({ S }) => JSON.parse(S ?? 'null') as Fixed);

/** Adds a fix to the list, or puts the list in place of what is there. */
function counting(fixed: Fixed, all: readonly Fixed[] | undefined): { expression: string; values: Item } {
  const list = (fixes: readonly Fixed[]): AttributeValue => ({ L: fixes.map((one) => ({ S: JSON.stringify(one) })) });
  if (all) return { expression: 'fixes = :fixes', values: { ':fixes': list(all) } };
  return {
    expression: 'fixes = list_append(if_not_exists(fixes, :none), :fixes)',
    values: { ':none': list([]), ':fixes': list([fixed]) },
  };
}

/** Counts are needed for `breaker.hours`, a week at the most. */
function countFix(table: string, { actorKey, fixed, byActor }: Counts): NonNullable<TransactWriteItem['Update']> {
  const { expression, values } = counting(fixed, byActor);
  return {
    TableName: table,
    Key: key('actor', actorKey),
    UpdateExpression: `SET ${expression}, #ttl = :ttl`,
    ExpressionAttributeNames: { '#ttl': 'ttl' },
    ExpressionAttributeValues: { ...values, ':ttl': ends(8) },
  };
}

/** Each begin by itself: an interrupted one is looked for by its own time. Events come within days, if at all. */
const beginItem = (incident: Incident, begins: string): Item => ({
  ...key('begun', `${incident.id}#${begins}`),
  incident: { S: incident.id },
  day: { S: `begun ${incident.room}` },
  at: { S: begins },
  ttl: ends(8),
});

/** Without a day the item is in no index: nothing is due. */
const dueItem = (incident: Incident, due: string | null, days: number): Item => ({
  ...key('due', incident.id),
  incident: { S: incident.id },
  ...(due !== null && { day: { S: `due ${incident.room}` }, at: { S: due } }),
  ttl: ends(days),
});

/** One for a lens: a newer candidate's look takes the place of the older one's. */
const lessonDue = ({ lease, room }: Lesson, due: string | null): Item => ({
  ...key('due', `learned ${lease}`),
  learned: { S: lease },
  ...(due !== null && { day: { S: `due ${room}` }, at: { S: due } }),
  ttl: ends(8),
});

function closeLease(
  table: string,
  incident: Incident & { lease: string },
  { release = '', counts }: Saving,
  days: number,
): NonNullable<TransactWriteItem['Update']> {
  const asks = incident.outcome === 'asked';
  // Only what changed the lens can explain what is reported of it later.
  const changed = ['fixed', 'held', 'released', 'undone'].includes(incident.outcome) || isReverted(incident);
  const fixes = counts && counting(counts.fixed, counts.onLens);
  return {
    TableName: table,
    Key: key('lens', incident.lease),
    UpdateExpression: `SET ${changed ? '#last = :incident, ' : ''}${asks ? 'asked = :incident, ' : ''}${fixes ? `${fixes.expression}, ` : ''}#ttl = :ttl REMOVE holder, #until`,
    // A lease that ran out and was taken by another is not ours to free, nor is the incident ours to close.
    ConditionExpression: 'attribute_not_exists(holder) OR holder = :holder',
    ExpressionAttributeNames: { ...(changed && { '#last': 'last' }), '#until': 'until', '#ttl': 'ttl' },
    ExpressionAttributeValues: {
      ...((changed || asks) && { ':incident': { S: incident.id } }),
      ...fixes?.values,
      ':ttl': ends(days),
      ':holder': { S: release },
    },
  };
}

type Stored = NonNullable<TransactWriteItem['Update']> & { UpdateExpression: string };
/** The version that must be there; null: nothing may be. */
type Condition = number | null;

/**
 * The record travels as one JSON text: states are stored as they were, without DynamoDB's views on numbers and sets. What
 * lists and conditions need stands beside it; so does `seen`, which many may count up at once, and no save touches.
 */
function stored(table: string, { seen: _, ...incident }: Incident, days: number, condition: Condition): Stored {
  const values = {
    day: { S: incident.at.slice(0, 10) },
    at: { S: incident.at },
    outcome: { S: incident.outcome },
    version: { N: String(incident.version) },
    record: { S: JSON.stringify(incident) },
    ttl: ends(days),
  };
  const names = Object.keys(values);
  return {
    TableName: table,
    Key: key('incident', incident.id),
    UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
    ConditionExpression: condition === null ? 'attribute_not_exists(pk)' : '#version = :before',
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: {
      ...Object.fromEntries(Object.entries(values).map(([name, value]) => [`:${name}`, value])),
      ...(condition !== null && { ':before': { N: String(condition) } }),
    },
  };
}

function fromItem(item: Item): Incident {
  const incident = JSON.parse(item['record']?.S ?? 'null') as Incident;
  const seen = item['seen']?.N;
  return seen === undefined ? incident : { ...incident, seen: Number(seen) };
}
