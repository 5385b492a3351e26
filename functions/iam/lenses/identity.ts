/** Users, roles and groups, as the calls of IAM that write their policies name them. Pure. */
import { arn, type Where } from '../../../shared/aws/arn.ts';
import { text } from '../../../shared/core/json.ts';
import type { Call } from '../../../shared/core/signal.ts';

/** By the name, without its path: IAM's names are unique within an account and kind, whatever their case. */
export type Identity = { readonly kind: 'user' | 'role' | 'group'; readonly name: string };

/** AttachUserPolicy is about a user, PutRolePolicy about a role, AddUserToGroup about a group. */
export function kindOf(call: Call): Identity['kind'] {
  if (/Role(Policy)?$/.test(call.name)) return 'role';
  return /Group(Policy)?$/.test(call.name) ? 'group' : 'user';
}

/** Whom the call is about; null where it does not say. Recorded: Stratus Red Team, `userName` and `roleName`. */
export function identityOf(call: Call): Identity | null {
  const kind = kindOf(call);
  const name = text(call.request, `${kind}Name`);
  return name === undefined ? null : { kind, name };
}

/** Events do not tell an identity's path: the ARN is that of one without. */
export const identityArn = (where: Where, { kind, name }: Identity): string =>
  arn(where, 'iam', `${kind}/${name}`, { regional: false, owned: true });

/**
 * IAM Identity Center at work on a role of its own, which nobody else may change: its service-linked role's policy,
 * AWSSSOServiceRolePolicy, allows roles under the path aws-reserved alone. What is assigned there is room sso's to tell.
 */
export const bySingleSignOn = ({ actor }: Call, { kind, name }: Identity): boolean =>
  kind === 'role' &&
  name.startsWith('AWSReservedSSO_') &&
  (actor.invokedBy === 'sso.amazonaws.com' || /:assumed-role\/AWSServiceRoleForSSO\//.test(actor.arn ?? ''));
