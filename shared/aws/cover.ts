/** Which actions and resources a statement's patterns reach, as far as that is sure. */
import { many, type Statement, scalar } from './statement.ts';

/**
 * Whether all texts that `narrow` matches, `wide` matches too; in both `*` stands for any text and `?` for any one
 * character. False where that is not sure.
 */
export function within(narrow: string, wide: string): boolean {
  if (tooLong(narrow, wide)) return false;
  let [at, from] = [0, 0];
  let [star, retry] = [-1, 0];
  while (at < narrow.length) {
    const letter = narrow[at];
    if (wide[from] === '*') [star, retry, from] = [from, at, from + 1];
    else if (letter !== '*' && (wide[from] === letter || wide[from] === '?')) [at, from] = [at + 1, from + 1];
    else if (star >= 0) [from, retry, at] = [star + 1, retry + 1, retry + 1];
    else return false;
  }
  return /^\**$/.test(wide.slice(from));
}

/** Whether surely no text matches both: what stands before their first wildcards differs. */
export function apart(one: string, other: string): boolean {
  if (tooLong(one, other)) return false;
  const [a, b] = [fixedStart(one), fixedStart(other)];
  if (a === one && b === other) return a !== b;
  if (a === one) return !within(a, other);
  if (b === other) return !within(b, one);
  return !a.startsWith(b) && !b.startsWith(a);
}

/** Patterns that no service would store: comparing them takes their lengths' product. */
const tooLong = (one: string, other: string): boolean => one.length * other.length > 4_000_000;

const fixedStart = (pattern: string): string => /^[^*?]*/.exec(pattern)?.[0] ?? '';

/**
 * The same for the six fields of ARNs, each by itself: a `*` in one of the first five does not run over a colon (IAM User
 * Guide, "IAM JSON policy elements: Resource"). A bare `*` is everything.
 */
export function arnWithin(narrow: string, wide: string): boolean {
  if (wide === '*') return true;
  const [a, b] = [fieldsOf(narrow), fieldsOf(wide)];
  return a.length === b.length && a.every((field, index) => within(field, b[index] ?? ''));
}

/** Whether surely no ARN matches both: one of their fields differs. */
export function arnApart(one: string, other: string): boolean {
  const [a, b] = [fieldsOf(one), fieldsOf(other)];
  if (one === '*' || other === '*') return false;
  return a.length !== b.length || a.some((field, index) => apart(field, b[index] ?? ''));
}

function fieldsOf(arn: string): readonly string[] {
  const fields = arn.split(':');
  return [...fields.slice(0, 5), ...(fields.length > 5 ? [fields.slice(5).join(':')] : [])];
}

const texts = (value: Statement[string]): readonly string[] => many(value).map(scalar);

/** Names of actions are not case sensitive. Nothing named is nothing reached; all but some is everything. */
export const actionsOf = ({ Action, NotAction }: Statement): readonly string[] =>
  NotAction !== undefined ? ['*'] : Action === undefined ? [] : texts(Action).map((one) => one.toLowerCase());

/** A trust policy has no resources: it is about the role that it belongs to. */
export const resourcesOf = ({ Resource, NotResource }: Statement): readonly string[] =>
  NotResource !== undefined || Resource === undefined ? ['*'] : texts(Resource);

/** Whether a statement surely reaches everything that an action's pattern (in lower case) stands for. */
export function reachesAction({ Action, NotAction }: Statement, action: string): boolean {
  if (NotAction !== undefined) return texts(NotAction).every((one) => apart(action, one.toLowerCase()));
  return Action !== undefined && texts(Action).some((one) => within(action, one.toLowerCase()));
}

/** The same of a resource's pattern. `place` readies a pattern of the statement for the comparison. */
export function reachesResource(
  { Resource, NotResource }: Statement,
  resource: string,
  place: (pattern: string) => string = (pattern) => pattern,
): boolean {
  if (NotResource !== undefined) return texts(NotResource).every((one) => arnApart(resource, place(one)));
  return Resource === undefined || texts(Resource).some((one) => arnWithin(resource, place(one)));
}
