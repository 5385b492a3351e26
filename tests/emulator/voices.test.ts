/** What was said and what waits, in a DynamoDB that nobody here wrote. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Voices } from '../../shared/core/voice.ts';
import { dynamoVoices } from '../../shared/incidents/voices.ts';
import { makeTable } from '../support/table.ts';

const table = `voices-${randomUUID().slice(0, 8)}`;
let drop: () => Promise<void>;
let voices: Voices;
beforeAll(async () => {
  drop = await makeTable(table);
  voices = dynamoVoices(table, 30);
});
afterAll(() => drop());

const at = (second: number): string => new Date(Date.parse('2026-10-03T21:00:00Z') + second * 1000).toISOString();

test('what waits keeps its first time, however many and however often; what was said waits no longer', async () => {
  const many = Array.from({ length: 120 }, (_, index) => ({ incident: `fb-${index}`, at: at(index) }));
  await Promise.all([voices.wait('many', many), voices.wait('many', many.slice(50))]);
  await voices.wait('many', [{ incident: 'fb-7', at: at(900) }]);
  const turn = await voices.take('many', 'me', at(30), at(0));
  expect(turn?.waiting.toSorted((a, b) => (a.at < b.at ? -1 : 1))).toEqual(many);
  await voices.said('many', 'fb-7', { step: 'fixed 1', place: { channel: 'C1', thread: '1.2' } });
  await voices.drop('many', 'fb-8');
  await voices.leave('many', 'me', { posted: [] });
  expect(await voices.spoken('many', 'fb-7')).toEqual({ step: 'fixed 1', place: { channel: 'C1', thread: '1.2' } });
  expect(await voices.spoken('many', 'fb-8')).toBeNull();
  expect(await voices.spoken('another', 'fb-7')).toBeNull();
  const left = await voices.take('many', 'me', at(30), at(0));
  expect(left?.waiting.map(({ incident }) => incident)).not.toContain('fb-7');
  expect(left?.waiting).toHaveLength(118);
});

test('a channel is one’s at a time, until it is given back or the time is over', async () => {
  const takers = await Promise.all(['a', 'b', 'c'].map((holder) => voices.take('one', holder, at(30), at(0))));
  expect(takers.filter(Boolean)).toHaveLength(1);
  const holder = ['a', 'b', 'c'][takers.findIndex(Boolean)] ?? '';
  // Another's hand gives nothing back.
  await voices.leave('one', 'somebody', { posted: [], rests: at(99) });
  expect(await voices.take('one', 'd', at(30), at(1))).toBeNull();
  await voices.leave('one', holder, { posted: [{ key: 'k', at: at(1), many: false }], rests: at(60) });
  expect(await voices.take('one', 'd', at(30), at(1))).toEqual({
    waiting: [],
    posted: [{ key: 'k', at: at(1), many: false }],
    rests: at(60),
  });
  // The one who has it died: after its time it is free.
  expect(await voices.take('one', 'e', at(90), at(30))).toBeNull();
  expect(await voices.take('one', 'e', at(90), at(31))).not.toBeNull();
  await voices.leave('one', 'e', { posted: [] });
  expect(await voices.take('one', 'f', at(120), at(32))).toEqual({ waiting: [], posted: [] });
});
