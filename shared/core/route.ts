/** From triggers to EventBridge patterns, and from an event to the rules that it wakes. Pure. */
import { isObject, type Json, type JsonObject } from './json.ts';
import type { Rule, Trigger } from './rule.ts';
import type { Call, Signal } from './signal.ts';

/** EventBridge's limit for one pattern, in characters: AWS::Events::Rule, EventPattern. */
export const patternLimit = 2048;

const apiCall = ['AWS API Call via CloudTrail'] as const;
// Recorded events say "Sign In", AWS's documentation "Signin": both are matched.
const signIn = ['AWS Console Sign In via CloudTrail', 'AWS Console Signin via CloudTrail'] as const;

/** The EventBridge `source` of a service's CloudTrail calls: `aws.` and the first label of its eventSource. */
export const sourceOf = (service: string): string => `aws.${service.split('.')[0] ?? service}`;

/** A trigger as EventBridge names it. */
export function described(trigger: Trigger): { source: string; detailType: string; name: string } {
  if (trigger.kind === 'finding')
    return { source: 'aws.guardduty', detailType: 'GuardDuty Finding', name: trigger.type };
  if (trigger.kind === 'root') return { source: 'aws.*', detailType: apiCall[0], name: 'any call of the root user' };
  return { source: sourceOf(trigger.service), detailType: trigger.signIn ? signIn[0] : apiCall[0], name: trigger.name };
}

function group(trigger: Trigger): string {
  if (trigger.kind !== 'call') return trigger.kind;
  return [trigger.service, trigger.signIn ?? '', trigger.failures ?? '', trigger.readOnly ?? ''].join(' ');
}

/**
 * Only AWS's own sources: others' events may say what they like, and EventBridge refuses to take one with a source that
 * is not its sender's (API reference, PutEventsResultEntry: NotAuthorizedForSourceException). The console's own calls
 * carry its name as `invokedBy`; any other service's is AWS at work.
 */
const rootCalls: JsonObject = {
  source: [{ prefix: 'aws.' }],
  'detail-type': [...apiCall],
  detail: { userIdentity: { type: ['Root'], invokedBy: [{ exists: false }, 'signin.amazonaws.com'] } },
};

function patternOf(triggers: readonly Trigger[]): JsonObject {
  const first = triggers[0];
  if (first?.kind === 'root') return rootCalls;
  const names = [
    ...new Set(triggers.flatMap((t) => (t.kind === 'call' ? [t.name] : t.kind === 'finding' ? [t.type] : []))),
  ].sort();
  if (!first || first.kind === 'finding')
    return { source: ['aws.guardduty'], 'detail-type': ['GuardDuty Finding'], detail: { type: names } };
  return {
    source: [sourceOf(first.service)],
    'detail-type': first.signIn ? [...signIn] : [...apiCall],
    detail: {
      eventSource: [first.service],
      eventName: names,
      ...(first.signIn === 'root' && { userIdentity: { type: ['Root'] } }),
      // CloudTrail record contents: errorCode is there only when the request returned an error.
      ...(!first.failures && { errorCode: [{ exists: false }] }),
    },
  };
}

export type Pattern = { readonly pattern: JsonObject; readonly readOnly: boolean };

/** The patterns by which EventBridge wakes the function of these rules: one a service, split where too long. */
export function patternsOf(rules: readonly Rule[]): readonly Pattern[] {
  const groups = new Map<string, Trigger[]>();
  for (const trigger of rules.flatMap((rule) => rule.triggers)) {
    const key = group(trigger);
    groups.set(key, [...(groups.get(key) ?? []), trigger]);
  }
  return [...groups.keys()].sort().flatMap((key) => split(groups.get(key) ?? []));
}

function split(triggers: readonly Trigger[]): readonly Pattern[] {
  const pattern = patternOf(triggers);
  const first = triggers[0];
  if (JSON.stringify(pattern).length < patternLimit || triggers.length < 2)
    return [{ pattern, readOnly: first?.kind === 'root' || (first?.kind === 'call' && first.readOnly === true) }];
  const half = Math.ceil(triggers.length / 2);
  return [...split(triggers.slice(0, half)), ...split(triggers.slice(half))];
}

/** Whether the trigger is this signal's; a failed call is, too: whether it counts is `countsFailure`'s to say. */
export function wakes(trigger: Trigger, signal: Signal): boolean {
  if (trigger.kind === 'finding')
    return signal.kind === 'finding' && signal.origin === trigger.origin && signal.type === trigger.type;
  if (trigger.kind === 'root') return signal.kind === 'call' && isRootCall(signal);
  return (
    signal.kind === 'call' &&
    signal.service === trigger.service &&
    signal.name === trigger.name &&
    (trigger.signIn !== 'root' || signal.actor.type === 'Root')
  );
}

/** What `rootCalls` matches: a sign-in is no API call, and has a detail-type of its own. */
const isRootCall = ({ actor, eventType }: Call): boolean =>
  actor.type === 'Root' &&
  (actor.invokedBy === undefined || actor.invokedBy === 'signin.amazonaws.com') &&
  (eventType === null || eventType === 'AwsApiCall');

export const awakened = (rules: readonly Rule[], signal: Signal): readonly Rule[] =>
  rules.filter((rule) => rule.triggers.some((trigger) => wakes(trigger, signal)));

/** Whether a rule asks for failed calls of this kind. */
export const countsFailure = (rule: Rule, signal: Signal): boolean =>
  rule.triggers.some(
    (trigger) =>
      (trigger.kind === 'root' || (trigger.kind === 'call' && trigger.failures === true)) && wakes(trigger, signal),
  );

/**
 * Whether an event matches a pattern, for the operators that `patternsOf` writes: exact values, nested objects,
 * `exists`, `prefix`. Throws on any other, rather than guess. The deployed patterns are EventBridge's to match.
 */
export function matches(pattern: JsonObject, event: Json): boolean {
  return Object.entries(pattern).every(([key, want]) => {
    const found = isObject(event) && Object.hasOwn(event, key) ? event[key] : undefined;
    if (isObject(want)) return elements(found).some((element) => matches(want, element));
    if (!Array.isArray(want)) throw new Error(`pattern member ${key}: expected a list or an object`);
    return want.some((option) => matchesOne(option as Json, found));
  });
}

/** A list of objects matches where one of them does; what is absent is matched as nothing. */
const elements = (found: Json | undefined): readonly Json[] =>
  Array.isArray(found) ? (found.flat(Infinity) as Json[]) : [found ?? null];

/** Whether there is a value: EventBridge sees none in an object or in an empty list. */
const isLeaf = (found: Json | undefined): boolean =>
  found !== undefined && !isObject(found) && !(Array.isArray(found) && !found.some((member: Json) => isLeaf(member)));

function matchesOne(option: Json, found: Json | undefined): boolean {
  if (!isObject(option)) return Array.isArray(found) ? found.includes(option) : found === option;
  const operators = Object.keys(option);
  const { prefix } = option;
  if (operators.length === 1 && typeof prefix === 'string') return starts(found, prefix);
  if (operators.length !== 1 || operators[0] !== 'exists')
    throw new Error(`pattern operator ${operators.join(', ')} is not one that Firebreak writes`);
  return option['exists'] === isLeaf(found);
}

const starts = (found: Json | undefined, prefix: string): boolean =>
  Array.isArray(found)
    ? found.some((member: Json) => starts(member, prefix))
    : typeof found === 'string' && found.startsWith(prefix);

/**
 * Services whose calls CloudTrail records in one region of a partition (AWS CloudTrail user guide, "About global
 * service events"; IAM user guide, "Logging IAM and AWS STS API calls"; Sign-In guide for root; AWS Account Management
 * reference guide, "Logging AWS Account Management API calls", by its examples).
 */
const global = new Set([
  'account.amazonaws.com',
  'iam.amazonaws.com',
  'organizations.amazonaws.com',
  'cloudfront.amazonaws.com',
  'route53.amazonaws.com',
]);
const homes: { readonly [partition: string]: string } = {
  aws: 'us-east-1',
  'aws-cn': 'cn-north-1',
  'aws-us-gov': 'us-gov-west-1',
};

/** Where a trigger's events arrive: one region, or null for wherever they happen. */
export function arrivesIn(trigger: Trigger, partition: string): string | null {
  if (trigger.kind !== 'call') return null;
  const home = homes[partition] ?? null;
  return trigger.signIn === 'root' || global.has(trigger.service) ? home : null;
}
