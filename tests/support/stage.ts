/** An awkward starting state for a rule's fix, made by real API calls. */
import type { Json } from '../../shared/core/json.ts';
import type { RuleId } from '../../shared/core/rule.ts';

export type Staged = {
  /** The rule's target, as its `detect` would name it. */
  readonly target: Json;
  /** The state that the fix must leave, written out by hand: what was not the trouble is untouched. */
  readonly after: Json;
  /** Takes away what was made. */
  clear(): Promise<void>;
};

export type Stage = {
  readonly rule: RuleId;
  readonly name: string;
  /** The rule's settings in firebreak.yml; none where it is left out. */
  readonly baseline?: Json;
  set(): Promise<Staged>;
};
