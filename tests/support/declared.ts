/** What rules that know their trouble from firebreak.yml alone are tried with: the example that their settings carry. */
import * as v from 'valibot';
import type { Rule } from '../../shared/core/rule.ts';

export const declared = (rules: readonly Rule[]): { readonly [rule: string]: unknown } =>
  Object.fromEntries(
    rules.flatMap(({ id, baseline }) => (baseline ? v.getExamples(baseline).slice(0, 1) : []).map((one) => [id, one])),
  );
