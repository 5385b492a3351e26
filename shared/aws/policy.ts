/**
 * The policy reader: which statements of a resource policy let strangers in, and the policy without them.
 *
 * "Public" is Amazon S3's word for it: the policy is assumed public until it is seen to grant access only to fixed
 * values, without wildcard or policy variable, of a principal or of certain condition keys. So what is not understood
 * here leaves a statement public. Actions and resources play no part in it (an unknown action counts as public too),
 * nor do other statements: a Deny that guards a public Allow does not make that Allow private.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
 *
 * Not for the trust policies of roles: who may assume a role is another question. Nor for access point policies, in
 * which S3 judges `s3:DataAccessPointArn` the other way round.
 */
import { isObject, type Json, type JsonObject } from '../core/json.ts';

/** One statement, as it was written; an entry that is not an object reads as `{}`, so that indexes stay true. */
export type Statement = JsonObject;

/** Index in the policy's list of statements (0 for a single one), and why that statement is public. */
export type PublicStatement = { readonly index: number; readonly reason: string };

type Fixed = (value: string, operator: string, key: string) => boolean;

/** `Statement` may be one statement or a list. Null for text that is no JSON, and for anything without statements. */
export function statementsOf(policy: Json | string): readonly Statement[] | null {
  const document = typeof policy === 'string' ? parsed(policy) : policy;
  if (!isObject(document)) return null;
  const found = document.Statement;
  if (isObject(found)) return [found];
  return Array.isArray(found) ? found.map((one: Json) => (isObject(one) ? one : {})) : null;
}

/**
 * The Allow statements that make the resource public, in order. The policy is text or a parsed document; what is no
 * policy has none. A reason may quote an attacker's condition keys, cut short: render it as text.
 */
export function publicStatements(policy: Json): PublicStatement[] {
  return (statementsOf(policy) ?? []).flatMap((statement, index) => {
    const reason = whyPublic(statement);
    return reason === undefined ? [] : [{ index, reason }];
  });
}

/**
 * The policy's text without the statements at these indexes; everything else keeps its value and order, and indented
 * text stays indented. Null when no statement remains. Text that is no policy, or has none of them, comes back as is:
 * null would tell the caller to delete it.
 */
export function withoutStatements(policyText: string, drop: readonly number[]): string | null {
  const document = parsed(policyText);
  const statements = statementsOf(policyText);
  if (!isObject(document) || statements === null) return policyText;
  const kept = statements.map((_, index) => index).filter((index) => !drop.includes(index));
  if (kept.length === statements.length) return policyText;
  if (kept.length === 0) return null;
  const list = document.Statement as readonly Json[];
  const indent = /^\s*\{\r?\n([ \t]{1,10})/.exec(policyText)?.[1];
  return JSON.stringify({ ...document, Statement: kept.map((index) => list[index]) }, null, indent);
}

function parsed(policyText: string): Json {
  try {
    return JSON.parse(policyText) as Json;
  } catch {
    return null;
  }
}

/** The value of Effect is case sensitive in IAM, and nothing but Allow grants. */
function whyPublic(statement: Statement): string | undefined {
  if (statement.Effect !== 'Allow') return undefined;
  const who = wideness(statement);
  if (who === undefined) return undefined;
  const conditions = conditionsOf(statement.Condition);
  if (conditions.some(restricts)) return undefined;
  if (conditions.length === 0) return `${who}, without a condition`;
  const looked = conditions.map(({ operator, key }) => `${operator} ${key}`).join(', ');
  return `${who}, and no condition holds them to fixed callers: ${short(looked)}`;
}

/**
 * Whom the statement names beyond fixed principals, or undefined. A service principal is fixed even where no source
 * condition protects it from being the confused deputy; a statement without any principal grants nobody anything.
 */
function wideness(statement: Statement): string | undefined {
  if (statement.NotPrincipal !== undefined) return 'everyone except a few (NotPrincipal)';
  const principal = statement.Principal;
  if (principal === undefined) return undefined;
  const named = isObject(principal) ? Object.entries(principal) : [['AWS', principal] as const];
  for (const [type, value] of named) {
    const wide = many(value).find((one) => !principalIsFixed(type, one));
    if (wide === '*') return 'everyone (principal *)';
    if (wide !== undefined) return `callers that no fixed principal names (${short(`${type} ${scalar(wide)}`)})`;
  }
  return undefined;
}

/**
 * Everyone may have an account at a public identity provider: the 2018 edition of S3's page listed
 * `{"Federated": "graph.facebook.com"}` among its public examples. A provider registered in one account has an ARN.
 */
function principalIsFixed(type: string, value: Json | undefined): boolean {
  const name = scalar(value);
  return type === 'Federated' ? ownedArn(name, 'arnlike', type) : literal(name);
}

// What counts as a fixed value of a key.

const literal = (value: string): boolean => value !== '' && !/[*?]|\$\{/.test(value);

/** `aws:userid` is a principal's id, or `AROAID:session` for a role's session: any session of one role is that role. */
const userId: Fixed = (value) => literal(value.replace(/^([A-Z0-9]+:).*$/s, '$1'));

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
  if (literal(value)) return value.startsWith('arn:');
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
  // The caller's account, by the guide of KMS:
  // https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-caller-account
  ['kms:calleraccount', literal],
]);

// Conditions: all must hold, so one that narrows is enough; of its values one need hold, so each must be fixed.

type Condition = { operator: string; key: string; values: readonly (Json | undefined)[]; demanded: boolean };

const positive = new Set(['stringequals', 'stringequalsignorecase', 'stringlike', 'arnequals', 'arnlike']);

/** Negated operators, dates, numbers and Null leave strangers in, and so does what holds when the key is absent. */
function restricts({ operator, key, values, demanded }: Condition): boolean {
  const fixed = narrowing.get(key.toLowerCase());
  if (fixed === undefined || values.length === 0) return false;
  const [, set, name = '', optional] = /^(?:(for\w+):)?(.*?)(ifexists)?$/s.exec(operator.toLowerCase()) ?? [];
  const known = fixed === isTrue ? name === 'bool' || positive.has(name) : positive.has(name);
  if (!known && !(name === 'ipaddress' && fixed === narrowRange)) return false;
  if (set !== undefined && set !== 'foranyvalue' && set !== 'forallvalues') return false;
  if ((set === 'forallvalues' || optional !== undefined) && !demanded) return false;
  return values.every((value) => fixed(scalar(value), name, key.toLowerCase()));
}

/**
 * One entry for each operator and key. Names of keys are not case sensitive. Of operators that is not said; but a
 * stored policy was accepted by its service, so an odd spelling there can only mean the usual one.
 */
function conditionsOf(block: Json | undefined): readonly Condition[] {
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

const many = (value: Json | undefined): readonly (Json | undefined)[] => (Array.isArray(value) ? value : [value]);

/** Account ids and booleans may lack their quotes. What is no scalar becomes the empty text, which is never fixed. */
const scalar = (value: Json | undefined): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? `${value}` : '';

const short = (text: string): string => (text.length > 120 ? `${text.slice(0, 119)}…` : text);
