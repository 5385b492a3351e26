/**
 * Conditions that hold a statement to fixed callers: which keys do, under which operators, and what a fixed value is.
 * "Fixed" is the word of Amazon S3's definition of public, see ./policy.ts.
 */
import { isObject, type Json } from '../core/json.ts';
import { many, type Principal, scalar } from './statement.ts';

/** Whether a value of a key is fixed; the operator is bare and in lower case, such as `stringlike`; so is the key. */
export type Fixed = (value: string, operator: string, key: string) => boolean;

// What counts as a fixed value of a key.

export const literal: Fixed = (value) => value !== '' && !/[*?]|\$\{/.test(value);

/**
 * Everyone may have an account at a public identity provider: the 2018 edition of S3's page listed
 * `{"Federated": "graph.facebook.com"}` among its public examples. A provider registered in one account has an ARN.
 */
export const fixedPrincipal = ({ type, name }: Principal): boolean =>
  type === 'Federated' ? ownedArn(name, 'arnlike', type) : literal(name, '', type);

/** `aws:userid` is a principal's id, or `AROAID:session` for a role's session: any session of one role is that role. */
const userId: Fixed = (value, ...rest) => literal(value.replace(/^([A-Z0-9]+:).*$/s, '$1'), ...rest);

/** `o-id/r-id/ou-id/*` stays inside the organisation that the path begins with. */
const orgPath: Fixed = (value) => /^o-[a-z0-9]+\/[^$]*$/.test(value);

/**
 * S3's page lets an access point's name be a wildcard "as long as the account ID is fixed". An account has an owner,
 * so the same is done for the other ARNs; and for buckets, whose ARN has a unique name instead of an account.
 * Arn operators compare part by part. With String operators a `*` runs over the colons, so that
 * `arn:*:iam::111122223333:role/x` also matches `arn:aws:iam::999999999999:role/z:iam::111122223333:role/x`: there all
 * up to the account must be fixed; except for access points, whose names hold no colon.
 */
const ownedArn: Fixed = (value, operator, key) => {
  if (literal(value, operator, key)) return value.startsWith('arn:');
  const [arn, partition = '', service = '', region = '', account = '', ...resource] = value.split(':');
  if (arn !== 'arn' || value.includes('${')) return false;
  const byPart = operator.startsWith('arn') || key === 's3:dataaccesspointarn';
  if (/^\d{12}$/.test(account)) return byPart || [partition, service, region].every((part) => !/[*?]/.test(part));
  return byPart && service === 's3' && /^[a-z0-9.-]+$/.test(resource.join(':'));
};

/** "Values broader than /8 for IPv4 and /32 for IPv6" are public; no private range of RFC 1918 is broader than /8. */
const narrowRange: Fixed = (value) => {
  const [, address = '', bits] = /^([0-9a-f.:]{2,45})(?:\/(\d{1,3}))?$/i.exec(value) ?? [];
  const v6 = address.includes(':');
  if (address === '' || (!v6 && !/^\d{1,3}(\.\d{1,3}){3}$/.test(address))) return false;
  return bits === undefined || Number(bits) >= (v6 ? 32 : 8);
};

const isTrue: Fixed = (value) => value.toLowerCase() === 'true';

/** Condition keys, in lower case, that hold a statement to fixed callers, and what a fixed value of each looks like. */
const narrowing: ReadonlyMap<string, Fixed> = new Map<string, Fixed>([
  // S3's page, as above. It names aws:PrincipalOrgID as an example of "an AWS principal, user, role, or service
  // principal". Earlier editions, and the SDKs, list s3:x-amz-server-side-encryption-aws-kms-key-id, which it dropped.
  ['aws:principalorgid', literal],
  ['aws:sourceip', narrowRange],
  ['aws:sourcearn', ownedArn],
  ['aws:sourcevpc', literal],
  ['aws:sourcevpce', literal],
  ['aws:sourceowner', literal],
  ['aws:sourceaccount', literal],
  ['aws:userid', userId],
  ['s3:dataaccesspointarn', ownedArn],
  ['s3:dataaccesspointaccount', literal],
  // The same kind of principal, and the same kind of source, by the page of DynamoDB:
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-bpa-rbp.html
  ['aws:principalaccount', literal],
  ['aws:principalarn', ownedArn],
  ['aws:principalorgpaths', orgPath],
  ['aws:principalisawsservice', isTrue],
  ['aws:principalservicename', literal],
  ['aws:principalservicenameslist', literal],
  ['aws:ec2instancesourcevpc', literal],
  ['aws:sourceorgid', literal],
  ['aws:sourceorgpaths', orgPath],
  // "You can use this condition key to allow or deny access to all identities (users and roles) in an AWS account":
  // https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-caller-account
  ['kms:calleraccount', literal],
]);

// Conditions: all must hold, so one that narrows is enough; of its values one need hold, so each must be fixed.

export type Condition = {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly (Json | undefined)[];
  /** `"Null": {"key": "false"}` stands beside it. */
  readonly demanded: boolean;
};

const positive = new Set(['stringequals', 'stringequalsignorecase', 'stringlike', 'arnequals', 'arnlike']);

/** Negated operators, dates, numbers and Null leave strangers in, and so does what holds when the key is absent. */
export function restricts(condition: Condition): boolean {
  const fixed = narrowing.get(condition.key.toLowerCase());
  return fixed !== undefined && holdsTo(condition, fixed);
}

/** Whether a condition is met only by callers whose key has one of its values, each of which is fixed. */
export function holdsTo({ operator, key, values, demanded }: Condition, fixed: Fixed): boolean {
  if (values.length === 0) return false;
  const { set, name, optional } = partsOf(operator);
  const known = fixed === isTrue ? name === 'bool' || positive.has(name) : positive.has(name);
  if (!known && !(name === 'ipaddress' && fixed === narrowRange)) return false;
  if (set !== undefined && set !== 'foranyvalue' && set !== 'forallvalues') return false;
  if ((set === 'forallvalues' || optional) && !demanded) return false;
  return values.every((value) => fixed(scalar(value), name, key.toLowerCase()));
}

/**
 * Whether a condition of a Deny is met by all callers but those whose key has one of its values, each of which is fixed:
 * a negated operator is met where the key is absent, too (IAM User Guide, "Condition operators").
 */
export function excepts({ operator, key, values }: Condition): boolean {
  const fixed = narrowing.get(key.toLowerCase());
  const { set, name } = partsOf(operator);
  const affirmed = name.replace('not', '');
  if (fixed === undefined || values.length === 0 || affirmed === name || !positive.has(affirmed)) return false;
  if (set !== undefined && set !== 'forallvalues') return false;
  return values.every((value) => fixed(scalar(value), affirmed, key.toLowerCase()));
}

/** An operator's parts in lower case: `ForAnyValue:StringLikeIfExists`. */
function partsOf(operator: string): { set: string | undefined; name: string; optional: boolean } {
  const [, set, name = '', optional] = /^(?:(for\w+):)?(.*?)(ifexists)?$/s.exec(operator.toLowerCase()) ?? [];
  return { set, name, optional: optional !== undefined };
}

/**
 * One entry for each operator and key. Names of keys are not case sensitive. Of operators that is not said; but a
 * stored policy was accepted by its service, so an odd spelling there can only mean the usual one.
 */
export function conditionsOf(block: Json | undefined): readonly Condition[] {
  const entries = Object.entries(isObject(block) ? block : {}).flatMap(([operator, keys]) =>
    Object.entries(isObject(keys) ? keys : {}).map(([key, value]) => ({ operator, key, values: many(value) })),
  );
  // `"Null": {"key": "false"}` demands the key, so that ForAllValues and …IfExists can't be satisfied without it.
  const isFalse = (value: Json | undefined) => scalar(value).toLowerCase() === 'false';
  const present = entries.filter(
    ({ operator, values }) => operator.toLowerCase() === 'null' && values.length === 1 && values.every(isFalse),
  );
  const demanded = new Set(present.map(({ key }) => key.toLowerCase()));
  return entries.map((entry) => ({ ...entry, demanded: demanded.has(entry.key.toLowerCase()) }));
}
