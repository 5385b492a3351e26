/** The statements of a policy document, in the shapes that services send and accept: one or many of everything. */
import { isObject, type Json, type JsonObject } from '../core/json.ts';

/** One statement, as it was written; an entry that is not an object reads as `{}`, so that indexes stay true. */
export type Statement = JsonObject;

/** A principal that a statement names: its kind (`AWS`, `Service`, `Federated`, `CanonicalUser`) and its name. */
export type Principal = { readonly type: string; readonly name: string };

/**
 * `Statement` may be one statement or a list; text may be URL-encoded, as IAM answers (IAM API reference, GetRolePolicy).
 * Null for text that is no JSON, and for anything without statements.
 */
export function statementsOf(policy: Json | string): readonly Statement[] | null {
  const document = typeof policy === 'string' ? parsed(policy.startsWith('%') ? decoded(policy) : policy) : policy;
  if (!isObject(document)) return null;
  const found = document.Statement;
  if (isObject(found)) return [found];
  return Array.isArray(found) ? found.map((one: Json) => (isObject(one) ? one : {})) : null;
}

/** The JSON value of a text; null where it has none. */
export function parsed(policyText: string): Json {
  try {
    return JSON.parse(policyText) as Json;
  } catch {
    return null;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The principals that a statement names; a bare text or list counts as `AWS`. */
export function principalsOf({ Principal: principal }: Statement): readonly Principal[] {
  if (principal === undefined) return [];
  const named = isObject(principal) ? Object.entries(principal) : [['AWS', principal] as const];
  return named.flatMap(([type, value]) => many(value).map((one) => ({ type, name: scalar(one) })));
}

export const many = (value: Json | undefined): readonly (Json | undefined)[] =>
  Array.isArray(value) ? value : [value];

/** Account ids and booleans may lack their quotes. What is no scalar becomes the empty text, which is never fixed. */
export const scalar = (value: Json | undefined): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? `${value}` : '';

/** Names that strangers chose, cut short. */
export const short = (text: string): string => (text.length > 120 ? `${text.slice(0, 119)}…` : text);
