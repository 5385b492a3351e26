/**
 * Events as the rules see them: whatever envelope they came in, whatever its casing.
 * Shapes: CloudTrail record contents, EventBridge events, GuardDuty findings (the API capitalises, events do not),
 * the AWS Security Finding Format. Anything may be missing, null or of another type: nothing here throws.
 */
import { at, isObject, type Json, type JsonObject, text } from './json.ts';

/** Who did it, as CloudTrail's userIdentity tells. Every text in it may be an attacker's. */
export type Actor = {
  readonly type: string;
  readonly arn?: string;
  readonly name: string;
  /** The person, where the session tells. */
  readonly person?: string;
  readonly account?: string;
  readonly accessKeyId?: string;
  readonly ip?: string;
  readonly userAgent?: string;
  /** The AWS service that made the call for somebody; a person's console says signin.amazonaws.com. */
  readonly invokedBy?: string;
  /** The stack of CloudFormation's whose tags the request carries. */
  readonly stack?: string;
};

type Common = {
  /** eventID, else the finding's id, else the envelope's; null where none is given. */
  readonly id: string | null;
  /** ISO 8601, or null where the event does not tell. */
  readonly time: string | null;
  readonly account: string | null;
  readonly region: string | null;
  readonly actor: Actor;
};

export type Call = Common & {
  readonly kind: 'call';
  readonly service: string;
  readonly name: string;
  readonly eventType: string | null;
  readonly requestId: string | null;
  readonly request: Json;
  readonly response: Json;
  readonly additional: Json;
  /** What an `AwsServiceEvent` tells, where it has serviceEventDetails (CloudTrail record contents). */
  readonly details?: Json;
  /** Set where the call or the sign-in failed: the error's code. */
  readonly failure: string | null;
};

export type Found = Common & {
  readonly kind: 'finding';
  readonly origin: 'guardduty' | 'securityhub';
  readonly type: string;
  readonly title: string;
  /** The finding, members in camel case. */
  readonly body: JsonObject;
  /** The Security Hub custom action that somebody sent it by. */
  readonly action?: string;
  /** The id of the event by which somebody sent it: another each time. */
  readonly sent?: string;
};

/** Any other event on the bus: its rules read `detail` as its service documents it. */
export type Other = Common & {
  readonly kind: 'other';
  readonly source: string;
  readonly detailType: string;
  readonly detail: JsonObject;
  /** The ARNs that the envelope names. */
  readonly resources: readonly string[];
};

export type Signal = Call | Found | Other;
export type Normalised =
  | { readonly signals: readonly [Signal, ...Signal[]]; readonly id: string | null }
  | { readonly unparsed: string };

/** Turns an EventBridge event, a CloudTrail record, a GuardDuty or a Security Hub finding into signals. */
export function normalise(raw: unknown): Normalised {
  if (!isObject(raw))
    return {
      unparsed: `expected a JSON object, found ${raw === null ? 'null' : Array.isArray(raw) ? 'a list' : typeof raw}`,
    };
  if ('detail-type' in raw) return fromEnvelope(raw);
  const signals = fromDetail(raw);
  if (signals) return done(signals, {});
  return { unparsed: 'not a CloudTrail record, a GuardDuty or Security Hub finding, or an EventBridge event' };
}

function fromEnvelope(envelope: JsonObject): Normalised {
  const detail = envelope['detail'];
  if (!isObject(detail)) return { unparsed: 'an EventBridge event whose detail is not an object' };
  const detailType = text(envelope, 'detail-type');
  const source = text(envelope, 'source');
  if (!detailType) return { unparsed: 'an EventBridge event without a detail-type' };
  const findings = detail['findings'];
  if (source === 'aws.securityhub' && Array.isArray(findings)) {
    const action = text(detail, 'actionName');
    const sent = text(envelope, 'id');
    const signals = findings.flatMap((finding) =>
      isObject(finding)
        ? [
            {
              ...fromSecurityHub(finding),
              ...(action !== undefined && { action, ...(sent !== undefined && { sent }) }),
            },
          ]
        : [],
    );
    if (signals.length < findings.length || signals.length === 0)
      return { unparsed: 'a Security Hub event whose findings are not all objects' };
    return done(signals as unknown as readonly Signal[], envelope);
  }
  if (detailType.endsWith('via CloudTrail') && !isCloudTrail(detail))
    return { unparsed: 'a CloudTrail event without eventName or eventSource' };
  // Recorded elsewhere with the envelope cut down to detail-type and detail: the detail tells what it is.
  const signals =
    isCloudTrail(detail) || source === undefined || source === 'aws.guardduty' ? fromDetail(detail) : null;
  if (signals) return done(signals, envelope);
  if (source === 'aws.guardduty' && detailType === 'GuardDuty Finding')
    return { unparsed: 'a GuardDuty event whose finding has no type' };
  if (source === undefined) return { unparsed: 'an EventBridge event without a source' };
  const empty = { id: null, time: null, account: null, region: null, actor: nobody };
  const named = envelope['resources'];
  const resources = (Array.isArray(named) ? named : []).filter((one) => typeof one === 'string');
  return done([{ kind: 'other', ...empty, source, detailType, detail, resources }], envelope);
}

/** What a signal does not tell by itself its envelope may. */
function done(signals: readonly Signal[], envelope: JsonObject): Normalised {
  const filled = signals.map((signal) => ({
    ...signal,
    id: signal.id ?? text(envelope, 'id') ?? null,
    time: signal.time ?? text(envelope, 'time') ?? null,
    // The account that the event came to; only failing that, the caller's.
    account: signal.account ?? text(envelope, 'account') ?? signal.actor.account ?? null,
    region: signal.region ?? text(envelope, 'region') ?? null,
  }));
  return { signals: filled as unknown as [Signal, ...Signal[]], id: filled[0]?.id ?? null };
}

const isCloudTrail = (value: JsonObject): boolean =>
  text(value, 'eventName') !== undefined && text(value, 'eventSource') !== undefined;

function fromDetail(detail: JsonObject): readonly Signal[] | null {
  if (isCloudTrail(detail)) return [fromCloudTrail(detail)];
  if (text(detail, 'AwsAccountId') && text(detail, 'ProductArn')) return [fromSecurityHub(detail)];
  const finding = decapitalise(detail) as JsonObject;
  if (text(finding, 'type') && text(finding, 'accountId') && isObject(finding['service']))
    return [fromGuardDuty(finding)];
  return null;
}

function fromCloudTrail(record: JsonObject): Call {
  const response = jsonOrNull(record['responseElements']);
  const name = text(record, 'eventName') ?? '';
  const service = (text(record, 'eventSource') ?? '').toLowerCase();
  return {
    kind: 'call',
    id: text(record, 'eventID') ?? null,
    time: text(record, 'eventTime') ?? null,
    account: text(record, 'recipientAccountId') ?? null,
    region: text(record, 'awsRegion') ?? null,
    actor: actorOf(record),
    service,
    name,
    eventType: text(record, 'eventType') ?? null,
    requestId: text(record, 'requestID') ?? null,
    request: jsonOrNull(record['requestParameters']),
    response,
    additional: jsonOrNull(record['additionalEventData']),
    ...(record['serviceEventDetails'] !== undefined && { details: record['serviceEventDetails'] }),
    failure: service === 'signin.amazonaws.com' ? refusal(record, name) : failureOf(record),
  };
}

/** The error's code; one that is no text is a failure all the same. */
function failureOf(record: JsonObject): string | null {
  const code = record['errorCode'];
  return code === undefined || code === null || code === '' ? null : typeof code === 'string' ? code : 'unreadable';
}

/**
 * Why a sign-in was refused: it carries errorMessage and no errorCode, and `{"ConsoleLogin": "Failure"}`
 * (CloudTrail user guide, "AWS Management Console sign-in events", examples of unsuccessful ones).
 */
function refusal(record: JsonObject, name: string): string | null {
  const message = text(record, 'errorMessage');
  const failed = message !== undefined || text(record, 'responseElements', name) === 'Failure';
  return failureOf(record) ?? (failed ? (message ?? 'Failure') : null);
}

function fromGuardDuty(finding: JsonObject): Found {
  return {
    kind: 'finding',
    origin: 'guardduty',
    id: text(finding, 'id') ?? null,
    // When it happened last, not when GuardDuty wrote about it: how fresh the cause is decides what may be done.
    time: text(finding, 'service', 'eventLastSeen') ?? text(finding, 'updatedAt') ?? text(finding, 'createdAt') ?? null,
    account: text(finding, 'accountId') ?? null,
    region: text(finding, 'region') ?? null,
    actor: nobody,
    type: text(finding, 'type') ?? '',
    title: text(finding, 'title') ?? '',
    body: finding,
  };
}

function fromSecurityHub(finding: JsonObject): Found {
  const types = at(finding, 'Types');
  return {
    kind: 'finding',
    origin: 'securityhub',
    id: text(finding, 'Id') ?? null,
    time: text(finding, 'UpdatedAt') ?? text(finding, 'CreatedAt') ?? null,
    account: text(finding, 'AwsAccountId') ?? null,
    region: text(finding, 'Region') ?? null,
    actor: nobody,
    // The control, which old standards' findings hold among the product's own fields; other products have types alone.
    type:
      text(finding, 'Compliance', 'SecurityControlId') ??
      text(finding, 'ProductFields', 'ControlId') ??
      ((Array.isArray(types) && typeof types[0] === 'string' ? types[0] : '') || (text(finding, 'GeneratorId') ?? '')),
    title: text(finding, 'Title') ?? '',
    body: decapitalise(finding) as JsonObject,
  };
}

const nobody: Actor = { type: 'Unknown', name: 'unknown' };

function actorOf(record: JsonObject): Actor {
  const identity = record['userIdentity'];
  const type = text(identity, 'type') ?? 'Unknown';
  const arn = text(identity, 'arn');
  const user = text(identity, 'userName');
  const fallback = text(identity, 'invokedBy') ?? text(identity, 'principalId') ?? 'unknown';
  const optional = {
    person: personOf(identity),
    stack: stackOf(record['requestParameters']),
    arn,
    account: text(identity, 'accountId'),
    accessKeyId: text(identity, 'accessKeyId'),
    ip: text(record, 'sourceIPAddress'),
    userAgent: text(record, 'userAgent'),
    invokedBy: text(identity, 'invokedBy'),
  };
  const known = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  const name = type === 'Root' ? 'root' : (user ?? (arn ? arn.slice(arn.indexOf('/') + 1) : fallback));
  return { type, name, ...known };
}

/**
 * The person behind a session. A source identity is set once, where a role's trust policy lets it be set, and stays through
 * every role that is taken up from there (IAM user guide, "Monitor and control actions taken with assumed roles").
 * Identity Center names its sessions after its users; its roles lie under a path that is AWS's own (its user guide,
 * "Referencing permission sets in resource policies"). SAMLUser and WebIdentityUser bring their provider's name for the
 * user; IdentityCenterUser, and sessions in a user's name, the user's id alone (CloudTrail user guide, "userIdentity
 * element"). The name of any other session is its caller's to choose, and names nobody.
 */
function personOf(identity: Json | undefined): string | undefined {
  const [type, name] = [text(identity, 'type'), text(identity, 'userName')];
  if (type === 'SAMLUser' || type === 'WebIdentityUser') return name;
  const issuer = text(identity, 'sessionContext', 'sessionIssuer', 'arn') ?? '';
  const bySingleSignOn = /^arn:[^:]+:iam::\d*:role\/aws-reserved\/sso\.amazonaws\.com\//.test(issuer);
  const session = /:assumed-role\/AWSReservedSSO_[^/]+\/(.+)$/s.exec(text(identity, 'arn') ?? '')?.[1];
  const user = text(identity, 'onBehalfOf', 'userId');
  return (
    text(identity, 'sessionContext', 'sourceIdentity') ??
    (bySingleSignOn ? session : undefined) ??
    (user === undefined ? undefined : (name ?? `Identity Center user ${user}`))
  );
}

/** Far more than a request with tags has; what a stranger puts in more is not looked through. */
const members = 500;

/**
 * The tag that CloudFormation puts on what a stack makes; "aws:" is reserved for AWS ("CloudFormation resource tagging",
 * CloudFormation template reference). Tags are sent as `{key, value}`, `{Key, Value}`, `{tagKey, tagValue}` or one object.
 */
function stackOf(request: Json | undefined): string | undefined {
  const open: (Json | undefined)[] = [request];
  for (let seen = 0; open.length > 0 && seen < members; seen += 1) {
    const value = open.shift();
    if (isObject(value)) {
      const key = text(value, 'key') ?? text(value, 'Key') ?? text(value, 'tagKey');
      const named = text(value, 'value') ?? text(value, 'Value') ?? text(value, 'tagValue');
      const stack = key === stackTag ? named : text(value, stackTag);
      if (stack !== undefined) return stack;
      open.push(...Object.values(value).slice(0, members));
    } else if (Array.isArray(value)) open.push(...value.slice(0, members));
  }
  return undefined;
}

const stackTag = 'aws:cloudformation:stack-name';

const jsonOrNull = (value: Json | undefined): Json => value ?? null;

/** Far deeper than any finding; what a stranger nests deeper stays as it is. */
const deepest = 64;

/** `AccountId` becomes `accountId`; keys that are not plain capitalised words stay. */
function decapitalise(value: Json | undefined, depth = 0): Json {
  if (depth === deepest) return value ?? null;
  if (Array.isArray(value)) return value.map((member) => decapitalise(member, depth + 1));
  if (!isObject(value)) return value ?? null;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      /^[A-Z][A-Za-z0-9]*$/.test(key) ? key.charAt(0).toLowerCase() + key.slice(1) : key,
      decapitalise(member, depth + 1),
    ]),
  );
}
