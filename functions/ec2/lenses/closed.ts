import { around, isWorld, reached } from './doors.ts';
import { door, type GroupRule } from './group-rule.ts';

/** The rules without what lets the world in to these ports; of a port range the rest stays, with its words. */
export function closed(rules: readonly GroupRule[], ports: readonly number[]): readonly GroupRule[] {
  const risky = rules.filter((one) => isOpen(one) && reached(one, ports).length > 0);
  const kept = rules.filter((one) => !risky.includes(one));
  const taken = new Set(kept.map(door));
  // Each rest once: EC2 refuses a second rule of the same protocol, ports and source, whatever its description.
  const rests = risky
    .flatMap((one) => around(one, ports))
    .filter((rest) => !taken.has(door(rest)) && taken.add(door(rest)));
  return [...kept, ...rests];
}

const isOpen = ({ source }: GroupRule): boolean =>
  ('cidr4' in source && isWorld(source.cidr4)) || ('cidr6' in source && isWorld(source.cidr6));
