/**
 * What fixes of public resource policies have in common: when two texts are the same policy, and what is left of one
 * without its public statements.
 */
import { isObject, type Json } from '../core/json.ts';
import type { Home } from '../core/mode.ts';
import type { Unknown } from '../core/rule.ts';
import { openedBy } from './opened.ts';
import { publicStatements, withoutStatements } from './policy.ts';
import { parsed } from './statement.ts';

/**
 * The policy without its public statements, text for text where it has none; null where none remains. Strangers whom a
 * policy names may be partners.
 * @param named the event found strangers by name: to be told, not changed
 */
export function closed(policyText: string, named: boolean, home: Home): string | null | Unknown {
  const opened = named ? openedBy(policyText, home) : null;
  if (opened?.named) return { unknown: `${opened.reason}: whether these are partners a person must say` };
  const open = publicStatements(policyText).map(({ index }) => index);
  return open.length === 0 ? policyText : withoutStatements(policyText, open);
}

/** A policy for comparison; text that is none stays as it is. */
export function samePolicy(policyText: string): Json {
  const document = parsed(policyText);
  if (!isObject(document)) return policyText;
  const statements = Array.isArray(document.Statement) ? document.Statement : [document.Statement ?? null];
  return { ...document, Statement: statements.map(withoutOrder) };
}

/** Members whose value is one text or a list of them in any order: IAM user guide, "Grammar of the IAM JSON policy language". */
const unordered = ['Action', 'NotAction', 'Resource', 'NotResource'];

function withoutOrder(statement: Json): Json {
  if (!isObject(statement)) return statement;
  return Object.fromEntries(
    Object.entries(statement).map(([name, value]) => {
      if (unordered.includes(name)) return [name, sorted(value)];
      if (name === 'Principal' || name === 'NotPrincipal') return [name, each(value, sorted)];
      return [name, name === 'Condition' ? each(value, (keys) => each(keys, sorted)) : value];
    }),
  );
}

const each = (value: Json | undefined, change: (member: Json | undefined) => Json): Json =>
  isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, change(member)]))
    : (value ?? null);

const sorted = (value: Json | undefined): Json => (Array.isArray(value) ? [...value] : [value ?? null]).sort();
