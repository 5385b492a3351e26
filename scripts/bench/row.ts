/** What the benchmarks print, and write as JSON. */
export type Row = { name: string; value: number; unit: string; yardstick: string | null; ratio: number | null };

export const row = (
  name: string,
  value: number,
  unit: string,
  yardstick: string | null = null,
  against?: number,
): Row => ({
  name,
  value: Number(value.toFixed(3)),
  unit,
  yardstick,
  ratio: against === undefined ? null : Number((value / against).toFixed(2)),
});

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

export const line = ({ name, value, unit, yardstick, ratio }: Row): string =>
  `${name.padEnd(44)} ${String(value).padStart(9)} ${unit.padEnd(9)} ${ratio === null ? '' : `${ratio} × ${yardstick}`}`;
