/** What rules that only tell have in common. */
import { isObject, type Json, text } from '../core/json.ts';
import type { Finding } from '../core/rule.ts';

/** A finding that nothing will be done about: its resource is all that it has to be known by. */
export const told = (
  resource: string,
  reason: string,
  certainty: Finding['certainty'] = 'certain',
): readonly Finding<{ resource: string }>[] => [{ target: { resource }, resource, reason, certainty }];

/**
 * The text of an object's member whose name is this one but for its casing: CloudTrail writes `sAMLProviderArn` for
 * SAMLProviderArn, and services differ.
 */
export function named(value: Json, name: string): string | undefined {
  if (!isObject(value)) return undefined;
  const key = Object.keys(value).find((one) => one.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : text(value, key);
}

/** The same for a member that is no text; of an object's members with one spelling, the first. */
export function member(value: unknown, name: string): unknown {
  if (!isObject(value)) return undefined;
  const key = Object.keys(value).find((one) => one.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : value[key];
}

/** The texts of a list, or one text; never more than so many of them. */
export const listed = (value: unknown, most = 20): readonly string[] =>
  (Array.isArray(value) ? value : [value])
    .filter((one): one is string => typeof one === 'string' && one !== '')
    .slice(0, most);
