/** Days as a calendar has them: a column a week, Monday on top; the darker, the more. Pure. */
import type { Counted } from './answer.ts';

export type Cell = { readonly date: string; readonly week: number; readonly weekday: number; readonly count: number };

const day = 86_400_000;

/** The days of some history, at the most so many weeks of them, the last ones; none where nothing has a date. */
export function cellsOf(days: Counted, from: string | null, to: string | null, mostWeeks: number): readonly Cell[] {
  const known = Object.keys(days).sort();
  const last = Date.parse((to ?? known.at(-1) ?? '').slice(0, 10));
  const earliest = Date.parse((from ?? known[0] ?? '').slice(0, 10));
  if (Number.isNaN(earliest) || Number.isNaN(last)) return [];
  const first = Math.max(earliest, mondayOf(last) - (mostWeeks - 1) * 7 * day);
  const monday = mondayOf(first);
  const cells: Cell[] = [];
  for (let at = first; at <= last; at += day) {
    const date = new Date(at).toISOString().slice(0, 10);
    cells.push({ date, week: Math.floor((at - monday) / (7 * day)), weekday: weekdayOf(at), count: days[date] ?? 0 });
  }
  return cells;
}

const weekdayOf = (at: number): number => (new Date(at).getUTCDay() + 6) % 7;
const mondayOf = (at: number): number => at - weekdayOf(at) * day;

/** From 0, nothing, to 4, near the most; by the logarithm, so that one noisy day does not make all others pale. */
export const shadeOf = (count: number, most: number): number =>
  count === 0 ? 0 : Math.max(1, Math.ceil((Math.log(count + 1) / Math.log(most + 1)) * 4));

/** What several rules found, day by day. */
export function summed(all: readonly { readonly days: Counted }[]): Counted {
  const days: Record<string, number> = {};
  for (const one of all) for (const [date, count] of Object.entries(one.days)) days[date] = (days[date] ?? 0) + count;
  return days;
}
