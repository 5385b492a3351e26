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
import { isObject, type Json } from '../core/json.ts';
import { conditionsOf, fixedPrincipal, restricts } from './condition.ts';
import { parsed, principalsOf, type Statement, short, statementsOf } from './statement.ts';

export { type Statement, statementsOf };

/** Index in the policy's list of statements (0 for a single one), and why that statement is public. */
export type PublicStatement = { readonly index: number; readonly reason: string };

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
  const wide = principalsOf(statement).find((one) => !fixedPrincipal(one));
  if (wide === undefined) return undefined;
  if (wide.name === '*') return 'everyone (principal *)';
  return `callers that no fixed principal names (${short(`${wide.type} ${wide.name}`)})`;
}
