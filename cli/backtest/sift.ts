/**
 * Of what is told only from some number on, the records that reach it: as `classify` counts, in the order of the input.
 * Done where the logs' results are put together, whoever read them and in however many runs. Pure.
 */
import { counter, thresholdOf } from '../../shared/core/count.ts';
import type { Rule } from '../../shared/core/rule.ts';
import type { Row } from './judge.ts';

/** To be given the rows of one log after the other, in the logs' order. */
export function sifter(rules: readonly Rule[]): (rows: readonly Row[]) => readonly Row[] {
  const count = counter();
  const thresholds = new Map(rules.map((rule) => [rule.id as string, thresholdOf(rule)]));
  return (rows) =>
    rows.flatMap(({ counted, ...row }) => {
      const threshold = thresholds.get(row.rule);
      if (counted === undefined || !threshold) return [row];
      return count(counted, { id: row.id ?? row.source, at: row.time ?? '' }, threshold).reached
        ? [{ ...row, way: 'tell' as const }]
        : [];
    });
}
