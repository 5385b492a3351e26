import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Incident } from '../../shared/core/incident.ts';
import { dynamoIncidents } from '../../shared/incidents/dynamo.ts';
import { anIncident, incidentsContract } from '../support/incidents-contract.ts';
import { makeTable } from '../support/table.ts';

const table = `incidents-${randomUUID()}`;
let drop: () => Promise<void>;
beforeAll(async () => {
  drop = await makeTable(table);
});
afterAll(() => drop());

incidentsContract(
  'DynamoDB',
  () => dynamoIncidents(table, 30),
  (store, pauses) => store.setPauses(pauses, new Date()),
);

describe('pauses', () => {
  const store = dynamoIncidents(table, 30);
  const pause = (until: string) => ({ until, by: 'bob', reason: 'a migration' });

  it('are kept as long as they last: those that are over are dropped with the next', async () => {
    const now = new Date('2031-05-02T12:00:00Z');
    const [over, lasting] = [pause('2031-05-02T11:59:59.000Z'), pause('2031-05-02T12:30:00.000Z')];
    await store.setPauses([over, lasting], now);
    expect(await store.pauses()).toEqual([lasting]);
    await store.setPauses([], now);
    expect(await store.pauses()).toEqual([]);
  });
});

describe('the listing', () => {
  const store = dynamoIncidents(table, 30);
  const now = new Date('2031-05-02T12:00:00Z');
  const on = (at: string) => anIncident({ at, times: { received: at } });
  async function all(...of: Parameters<typeof store.pages>): Promise<readonly (readonly Incident[])[]> {
    const pages: (readonly Incident[])[] = [];
    for await (const page of store.pages(...of)) pages.push(page);
    return pages;
  }

  it('gives the newest first, of the last days only, and nothing but incidents', async () => {
    const times = [
      '2031-05-02T10:00:00.000Z',
      '2031-05-02T11:00:00.000Z',
      '2031-05-01T00:00:00.000Z',
      '2031-04-29T23:00:00.000Z',
    ];
    const [first, second, yesterday, old] = await Promise.all(
      times.map(async (at) => {
        const incident = on(at);
        await store.claim(incident, { holder: 'one', until: now.toISOString() });
        return incident;
      }),
    );
    expect(await store.list(2, now)).toEqual([second, first, yesterday]);
    expect(await store.list(4, now)).toEqual([second, first, yesterday, old]);
  });

  it('pages through a day that does not fit in one answer', async () => {
    // A page is one megabyte (DynamoDB developer guide, "Query"): these are 1.5.
    const day = new Date('2032-01-01T12:00:00Z');
    const reasons = ['x'.repeat(100_000)];
    for (let n = 0; n < 15; n += 1) await store.claim(anIncident({ at: day.toISOString(), reasons }), null);
    expect(await store.list(1, day)).toHaveLength(15);
    const pages = await all('open', '2031-12-31T23:00:00.000Z', '2032-01-02T00:00:00.000Z');
    expect(pages.length).toBeGreaterThan(2);
    expect(pages.flat()).toHaveLength(15);
  });

  it('pages those of one outcome, from one time on and before another', async () => {
    const times = ['2033-01-01T23:59:00.000Z', '2033-01-02T00:00:00.000Z', '2033-01-02T12:00:00.000Z'];
    for (const at of times) await store.claim(anIncident({ at, outcome: 'rehearsed' }), null);
    await store.claim(anIncident({ at: times[1] ?? '', outcome: 'fixed' }), null);
    const found = async (from: string, to: string): Promise<readonly string[]> =>
      (await all('rehearsed', from, to))
        .flat()
        .map(({ at }) => at)
        .toSorted();
    expect(await found('2033-01-01T12:00:00.000Z', '2033-01-02T12:00:00.000Z')).toEqual(times.slice(0, 2));
    expect(await found('2033-01-02T00:00:00.000Z', '2033-01-02T12:00:00.001Z')).toEqual(times.slice(1));
    expect(await found('2033-01-03T00:00:00.000Z', '2033-01-04T00:00:00.000Z')).toEqual([]);
  });
});
