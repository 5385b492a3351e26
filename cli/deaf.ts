/** Which rules cannot fire in a region, because their events arrive in another. */
import { partitionOf } from '../shared/aws/arn.ts';
import { arrivesIn, described } from '../shared/core/route.ts';
import type { Rule } from '../shared/core/rule.ts';

export type Deaf = {
  readonly rule: string;
  /** The region where the events arrive. */
  readonly arrivesIn: string;
  /** The events that are not heard. */
  readonly names: readonly string[];
  /** No trigger of the rule is heard: it cannot fire at all. */
  readonly wholly: boolean;
};

/** The rules of a deployment in this region that hear none or only some of their triggers. */
export function deafRules(rules: readonly Rule[], region: string): readonly Deaf[] {
  const partition = partitionOf(region);
  return rules.flatMap((rule) => {
    const unheard = rule.triggers.flatMap((trigger) => {
      const home = arrivesIn(trigger, partition);
      return home === null || home === region ? [] : [{ home, name: described(trigger).name }];
    });
    const first = unheard[0];
    if (!first) return [];
    return [
      {
        rule: rule.id,
        arrivesIn: first.home,
        names: unheard.map(({ name }) => name),
        wholly: unheard.length === rule.triggers.length,
      },
    ];
  });
}

/** The same, as warnings. */
export const deafWarnings = (rules: readonly Rule[], region: string): readonly string[] =>
  deafRules(rules, region).map(
    ({ rule, arrivesIn: home, names, wholly }) =>
      `warning: in ${region} ${rule} ${wholly ? 'cannot fire' : 'does not hear all'}: ${names.join(', ')} ${names.length === 1 ? 'arrives' : 'arrive'} in ${home} alone; deploy there too`,
  );
