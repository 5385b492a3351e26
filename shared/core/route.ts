/** From triggers to EventBridge patterns, and from an event to the rules that it wakes. Pure. */
import { isObject, type Json, type JsonObject, text } from './json.ts';
import { type FixRule, hasFix, type Rule, type Trigger } from './rule.ts';
import type { Call, Found, Signal } from './signal.ts';

/** EventBridge's limit for one pattern, in characters: AWS::Events::Rule, EventPattern. */
export const patternLimit = 2048;

const apiCall = ['AWS API Call via CloudTrail'] as const;
const serviceEvent = ['AWS Service Event via CloudTrail'] as const;
// Recorded events say "Sign In", AWS's documentation "Signin": both are matched.
const signIn = ['AWS Console Sign In via CloudTrail', 'AWS Console Signin via CloudTrail'] as const;

/** The EventBridge `source` of a service's CloudTrail calls: `aws.` and the first label of its eventSource. */
export const sourceOf = (service: string): string => `aws.${service.split('.')[0] ?? service}`;

/** A trigger as EventBridge names it. */
export function described(trigger: Trigger): { source: string; detailType: string; name: string } {
  if (trigger.kind === 'finding') {
    const name = trigger.type === '*' ? 'any finding' : trigger.type;
    return trigger.origin === 'guardduty'
      ? { source: 'aws.guardduty', detailType: 'GuardDuty Finding', name }
      : { source: 'aws.securityhub', detailType: imported, name };
  }
  if (trigger.kind === 'event')
    return { source: trigger.source, detailType: trigger.detailType, name: trigger.detailType };
  if (trigger.kind === 'root') return { source: 'aws.*', detailType: apiCall[0], name: 'any call of the root user' };
  const [detailType] = trigger.signIn ? signIn : trigger.serviceEvent ? serviceEvent : apiCall;
  return { source: sourceOf(trigger.service), detailType, name: trigger.name };
}

/** What goes into one pattern: what differs in its names alone. */
function group(trigger: Trigger): string {
  if (trigger.kind === 'root') return trigger.kind;
  if (trigger.kind === 'event')
    return [trigger.source, trigger.detailType, JSON.stringify(trigger.where ?? {})].join(' ');
  if (trigger.kind === 'finding') return [trigger.origin, trigger.type === '*' ? '*' : 'types'].join(' ');
  const { service, signIn: who, failures, readOnly, serviceEvent: byAws } = trigger;
  return [service, who ?? '', failures ?? '', readOnly ?? '', byAws ?? ''].join(' ');
}

type SecurityHub = Extract<Trigger, { readonly origin: 'securityhub' }>;

const imported = 'Security Hub Findings - Imported';
const pressed = 'Security Hub Findings - Custom Action';
/** The custom action's name: the account's owner makes it in Security Hub. */
const fixAction = 'Firebreak: fix';

/**
 * Security Hub's finding events: EventBridge formats, AWS Security Hub User Guide, "EventBridge event formats for Security
 * Hub CSPM". Closed and suppressed findings are nobody's trouble; findings of before SecurityControlId tell their control
 * among the product's fields (AWS Security Finding Format, Compliance and ProductFields).
 */
function securityHubPatterns(triggers: readonly SecurityHub[]): readonly JsonObject[] {
  const event = (detailType: string, detail: JsonObject): JsonObject => ({
    source: ['aws.securityhub'],
    'detail-type': [detailType],
    detail,
  });
  const open = { RecordState: ['ACTIVE'], Workflow: { Status: ['NEW', 'NOTIFIED'] } };
  if (triggers[0]?.type === '*') {
    const labels = [...new Set(triggers.flatMap(({ severities = [] }) => severities))];
    const Severity = labels.length > 0 && { Severity: { Label: labels } };
    return [event(imported, { findings: { ...open, ...Severity } })];
  }
  const names = [...new Set(triggers.map(({ type }) => type))].sort();
  const failed = { Status: ['FAILED'] };
  return [
    event(imported, { findings: { ...open, Compliance: { ...failed, SecurityControlId: names } } }),
    event(imported, {
      findings: {
        ...open,
        Compliance: { ...failed, SecurityControlId: [{ exists: false }] },
        ProductFields: { ControlId: names },
      },
    }),
    event(pressed, { actionName: [fixAction] }),
  ];
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

/** The patterns of one group: one, but for Security Hub's. */
function patternsFor(triggers: readonly Trigger[]): readonly JsonObject[] {
  const [first] = triggers;
  if (first?.kind !== 'finding' || first.origin !== 'securityhub') return [patternOf(triggers)];
  return securityHubPatterns(triggers as readonly SecurityHub[]);
}

function patternOf(triggers: readonly Trigger[]): JsonObject {
  const first = triggers[0];
  if (first?.kind === 'root') return rootCalls;
  if (first?.kind === 'event')
    return {
      source: [first.source],
      'detail-type': [first.detailType],
      ...(first.where && { detail: first.where }),
    };
  const names = [
    ...new Set(triggers.flatMap((t) => (t.kind === 'call' ? [t.name] : t.kind === 'finding' ? [t.type] : []))),
  ].sort();
  if (!first || first.kind === 'finding')
    return {
      source: ['aws.guardduty'],
      'detail-type': ['GuardDuty Finding'],
      ...(first?.type !== '*' && { detail: { type: names } }),
    };
  return {
    source: [sourceOf(first.service)],
    'detail-type': [...(first.signIn ? signIn : first.serviceEvent ? serviceEvent : apiCall)],
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
  for (const trigger of rules.flatMap((rule) => [...rule.triggers, ...(rule.fix?.learns?.triggers ?? [])])) {
    const key = group(trigger);
    groups.set(key, [...(groups.get(key) ?? []), trigger]);
  }
  return [...groups.keys()].sort().flatMap((key) => split(groups.get(key) ?? []));
}

function split(triggers: readonly Trigger[]): readonly Pattern[] {
  const patterns = patternsFor(triggers);
  const first = triggers[0];
  const readOnly = first?.kind === 'root' || (first?.kind === 'call' && first.readOnly === true);
  if (triggers.length < 2 || patterns.every((pattern) => JSON.stringify(pattern).length < patternLimit))
    return patterns.map((pattern) => ({ pattern, readOnly }));
  const half = Math.ceil(triggers.length / 2);
  return [...split(triggers.slice(0, half)), ...split(triggers.slice(half))];
}

/** Whether the trigger is this signal's; a failed call is, too: whether it counts is `countsFailure`'s to say. */
export function wakes(trigger: Trigger, signal: Signal): boolean {
  if (trigger.kind === 'finding') {
    if (signal.kind !== 'finding' || signal.origin !== trigger.origin) return false;
    if (trigger.type !== '*' && signal.type !== trigger.type) return false;
    return trigger.origin === 'guardduty' || isOpen(signal, trigger);
  }
  if (trigger.kind === 'event')
    return (
      signal.kind === 'other' &&
      signal.source === trigger.source &&
      signal.detailType === trigger.detailType &&
      (trigger.where === undefined || matches(trigger.where, signal.detail))
    );
  if (trigger.kind === 'root') return signal.kind === 'call' && isRootCall(signal);
  return (
    signal.kind === 'call' &&
    signal.service === trigger.service &&
    signal.name === trigger.name &&
    (trigger.signIn !== 'root' || signal.actor.type === 'Root') &&
    // An insight names a call that was made too often, not one that was made (CloudTrail user guide, "CloudTrail record
    // contents": eventType).
    signal.eventType !== 'AwsCloudTrailInsight' &&
    (signal.eventType === null || (signal.eventType === 'AwsServiceEvent') === (trigger.serviceEvent === true))
  );
}

/** What `securityHubPatterns` matches. */
function isOpen({ body, action }: Found, { type, severities }: SecurityHub): boolean {
  if (action !== undefined) return type !== '*' && action === fixAction;
  const status = text(body, 'workflow', 'status') ?? '';
  if (text(body, 'recordState') !== 'ACTIVE' || !['NEW', 'NOTIFIED'].includes(status)) return false;
  if (type !== '*') return text(body, 'compliance', 'status') === 'FAILED';
  const label = text(body, 'severity', 'label');
  return severities === undefined || severities.some((one) => one === label);
}

/** What `rootCalls` matches: a sign-in is no API call, and has a detail-type of its own. */
const isRootCall = ({ actor, eventType }: Call): boolean =>
  actor.type === 'Root' &&
  (actor.invokedBy === undefined || actor.invokedBy === 'signin.amazonaws.com') &&
  (eventType === null || eventType === 'AwsApiCall');

export const awakened = (rules: readonly Rule[], signal: Signal): readonly Rule[] =>
  rules.filter((rule) => rule.triggers.some((trigger) => wakes(trigger, signal)));

/** Rules whose fix learns from a call like this: to be asked only where no rule recognised anything in it. */
export const learners = (rules: readonly Rule[], signal: Signal): readonly FixRule[] =>
  signal.kind !== 'call' || signal.failure !== null
    ? []
    : rules.filter(hasFix).filter(({ fix }) => fix.learns?.triggers.some((trigger) => wakes(trigger, signal)));

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

/** By partition: where a service without regions is, as most of them have it, and as some have it in China. */
type Home = { readonly [partition: string]: string };
const homes: Home = { aws: 'us-east-1', 'aws-cn': 'cn-north-1', 'aws-us-gov': 'us-gov-west-1' };
// The SDK's own rules: `implicitGlobalRegion` of aws-cn, @aws-sdk/util-endpoints, partitions.
const ningxia: Home = { ...homes, 'aws-cn': 'cn-northwest-1' };

/**
 * Services whose calls CloudTrail records in one region of a partition: AWS CloudTrail User Guide, "About global service
 * events", and where more is to be said:
 * - account: AWS Account Management Reference Guide, "Logging AWS Account Management API calls", by its examples.
 * - iam: IAM User Guide, "Logging IAM and AWS STS API calls".
 * - organizations: the SDK's endpoint rules sign for the partition's one region, whatever region the client is in.
 * - route53, route53domains: Amazon Route 53 Developer Guide, "Logging Amazon Route 53 API calls with AWS CloudTrail": "you
 *   must choose US East (N. Virginia)". Its example of a domain's event says us-west-2, and is years older.
 * - cloudfront, shield: the SDK's endpoint rules sign for us-east-1. waf is AWS WAF Classic for CloudFront: AWS General
 *   Reference, "AWS WAF Classic endpoints and quotas": waf.amazonaws.com, us-east-1.
 * - budgets, ce, cur, bcm-data-exports: recorded calls say us-east-1; their only endpoints (AWS General Reference, "AWS
 *   Billing and Cost Management endpoints and quotas") are there and, of budgets and ce, in cn-northwest-1.
 * - artifact: AWS Artifact User Guide, "Logging AWS Artifact API calls with AWS CloudTrail", by its examples.
 * - support, trustedadvisor: AWS General Reference, "AWS Support endpoints and quotas"; Trusted Advisor's part of that API
 *   is in us-east-1 alone (AWS Support API Reference, DescribeTrustedAdvisorCheckResult).
 */
const global: { readonly [service: string]: Home } = {
  'account.amazonaws.com': homes,
  'artifact.amazonaws.com': homes,
  'bcm-data-exports.amazonaws.com': homes,
  'budgets.amazonaws.com': ningxia,
  'ce.amazonaws.com': ningxia,
  'cloudfront.amazonaws.com': ningxia,
  'cur.amazonaws.com': ningxia,
  'iam.amazonaws.com': homes,
  'organizations.amazonaws.com': ningxia,
  'route53.amazonaws.com': ningxia,
  'route53domains.amazonaws.com': ningxia,
  'shield.amazonaws.com': homes,
  'support.amazonaws.com': homes,
  'trustedadvisor.amazonaws.com': homes,
  'waf.amazonaws.com': homes,
};

/**
 * Sources of other events that arrive in one region:
 * - aws.account: AWS Account Management Reference Guide, "Monitoring Account Management events with EventBridge", example.
 * - aws.artifact: as its calls.
 * - aws.trustedadvisor: AWS Support User Guide, "Monitoring Trusted Advisor check results": choose US East (N. Virginia).
 */
const globalSources: { readonly [source: string]: Home } = {
  'aws.account': homes,
  'aws.artifact': homes,
  'aws.trustedadvisor': homes,
};

/**
 * Services of AWS Health whose events have no region: IAM by its user guide; ABUSE and SECURITY by their ARNs there, which
 * say `global`; RISK by github.com/aws/aws-health-tools, whose rule for exposed keys is in us-east-1 alone.
 */
const globalHealth = ['ABUSE', 'IAM', 'RISK', 'SECURITY'];

/**
 * AWS Health's events come where they happen; global ones to one region, with a copy in another (`backupEvent`; in the
 * commercial partition us-west-2): AWS Health User Guide, "Creating EventBridge rules for AWS Region coverage". Which one in
 * China: AWS Security Hub User Guide, "AWS Health (Sends findings)".
 */
function healthHome({ detailType, where }: Extract<Trigger, { readonly kind: 'event' }>): Home | undefined {
  const asked = (member: string): readonly Json[] => {
    const options = where?.[member];
    return Array.isArray(options) ? (options as readonly Json[]) : [];
  };
  // A code names its service: AWS_RISK_CREDENTIALS_EXPOSED.
  const services = [
    ...asked('service'),
    ...asked('eventTypeCode').map((code) => (typeof code === 'string' ? (code.split('_')[1] ?? '') : code)),
  ];
  const all = services.length > 0 && services.every((one) => typeof one === 'string' && globalHealth.includes(one));
  return all || detailType === 'AWS Health Abuse Event' ? ningxia : undefined;
}

/** Where a trigger's events arrive: one region, or null for wherever they happen. */
export function arrivesIn(trigger: Trigger, partition: string): string | null {
  if (trigger.kind === 'event') {
    const home = trigger.source === 'aws.health' ? healthHome(trigger) : globalSources[trigger.source];
    return home?.[partition] ?? null;
  }
  if (trigger.kind !== 'call') return null;
  const home = trigger.signIn === 'root' ? homes : global[trigger.service];
  return home?.[partition] ?? null;
}
