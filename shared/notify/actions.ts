/**
 * What a button under a message says, and which question it was. Slack's messages carry it, and so do the links of the
 * page: whoever answers has seen this plan, and no other.
 */
import { createHash } from 'node:crypto';
import type { Incident } from '../core/incident.ts';
import { canonical, type JsonObject } from '../core/json.ts';
import { isRestorable } from '../core/record.ts';

/** Block Kit's `action_id` of the buttons, and of the menu of days ("Block elements": at most 255 characters). */
export const actions = {
  fix: 'firebreak_fix',
  exempt: 'firebreak_exempt',
  leave: 'firebreak_leave',
  undo: 'firebreak_undo',
} as const;

/** Days for which a person may exempt by a message, a page or the command line; more is firebreak.yml's, by review. */
export const exemptDays = [1, 3, 7] as const;

/**
 * The question that an incident puts now: another as soon as its rules, what was found or the plan is another. That of a fix
 * is whether it is taken back: another with what it left; no answer to the one is an answer to the other.
 */
export function questionOf(incident: Incident): string {
  const { id, room, rules, account, lease, before, plan, after } = incident;
  const asks = { id, room, rules, account, lease, before, plan };
  const parts = isRestorable(incident) ? { ...asks, after, takesBack: true } : asks;
  return createHash('sha256')
    .update(canonical(parts as JsonObject))
    .digest('hex')
    .slice(0, 32);
}

/**
 * A button's `value`, or, with days, that of an option of the menu: incident, question, days. Less than 75 letters, which
 * an option takes ("Option object").
 */
export const buttonValue = (incident: Incident, days?: (typeof exemptDays)[number]): string =>
  [incident.id, questionOf(incident), ...(days === undefined ? [] : [String(days)])].join('.');

export type Asked = { readonly incident: string; readonly question: string; readonly days: number | null };

/** Null for what `buttonValue` never wrote. */
export function readValue(value: string): Asked | null {
  const [, incident, question, days] = /^(fb-[0-9a-f]{16})\.([0-9a-f]{32})(?:\.([1-7]))?$/.exec(value) ?? [];
  return incident === undefined || question === undefined
    ? null
    : { incident, question, days: days === undefined ? null : Number(days) };
}
