/** How many came close together: against the plainest way to count, whatever the order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Counted, type Counting, counter, kept } from '../../shared/core/count.ts';

const threshold = { times: 3, minutes: 10 };
const start = Date.parse('2026-03-01T10:00:00Z');
const at = (second: number): string => new Date(start + second * 1000).toISOString();
const window = threshold.minutes * 60;

const arbitrary = fc.uniqueArray(fc.integer({ min: 0, max: 6000 }), { minLength: 1, maxLength: 40 });

describe('a count', () => {
  it('is of the fullest window around an event, whatever comes late', () => {
    fc.assert(
      fc.property(arbitrary, (seconds) => {
        const count = counter();
        const seen: number[] = [];
        for (const second of seconds) {
          seen.push(second);
          const windows = seen
            .filter((from) => from <= second && second - from <= window)
            .map((from) => seen.filter((one) => one >= from && one - from <= window).length);
          expect(count('x', { id: `${second}`, at: at(second) }, threshold).count).toBe(Math.max(...windows));
        }
      }),
    );
  });

  it('in order counts back from each event; it begins anew where the last beginning is too long ago', () => {
    fc.assert(
      fc.property(arbitrary, (unsorted) => {
        const seconds = unsorted.toSorted((a, b) => a - b);
        const count = counter();
        let begun: number | null = null;
        for (const [index, second] of seconds.entries()) {
          const near = seconds.slice(0, index + 1).filter((one) => second - one <= window);
          const full = near.length >= threshold.times;
          const opens: boolean = full && (begun === null || second - begun > window);
          if (opens) begun = second;
          const found = count('x', { id: `${second}`, at: at(second) }, threshold);
          expect(found).toEqual({
            count: near.length,
            begun: full && begun !== null ? at(begun) : null,
            reached: opens,
          });
        }
      }),
    );
  });

  it('reaches its threshold once for as many as come together, in any order', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: window }), { minLength: 3, maxLength: 30 }), (seconds) => {
        const count = counter();
        const found = seconds.map((second) => count('x', { id: `${second}`, at: at(second) }, threshold));
        expect(found.filter(({ reached }) => reached)).toHaveLength(1);
        expect(found.findIndex(({ reached }) => reached)).toBe(2);
      }),
    );
  });

  it('is of each target by itself, and of each event once: a second copy carries nothing', () => {
    const count = counter();
    const ring = (target: string, id: string, second: number) =>
      count(target, { id, at: at(second) } satisfies Counting, threshold) satisfies Counted;
    for (const target of ['x', 'y']) for (const id of ['a', 'b']) ring(target, id, 1);
    expect(ring('x', 'b', 1)).toMatchObject({ count: 2, reached: false });
    expect(ring('x', 'c', 2)).toMatchObject({ count: 3, reached: true, begun: at(2) });
    expect(ring('x', 'c', 2)).toMatchObject({ count: 3, reached: false, begun: at(2) });
    expect(ring('y', 'd', window + 2)).toMatchObject({ count: 1, begun: null });
  });

  it('takes what has no time for one moment, and does not grow with a flood', () => {
    const count = counter();
    const ends = Array.from({ length: 5000 }, (_, n) => count('x', { id: `${n}`, at: 'yesterday' }, threshold));
    expect(ends.filter(({ reached }) => reached)).toHaveLength(1);
    expect(ends.at(-1)?.count).toBeLessThanOrEqual(kept(threshold) * 1.25 + 1);
  });
});
