/** Whose hand a call was: a person's, or an AWS service's. */
import type { Actor } from '../core/signal.ts';

/**
 * Root, an IAM user, a federated user, a person of IAM Identity Center, or somebody in the console. Other sessions of roles
 * may be anybody's: pipelines and applications assume roles, too, and CloudTrail does not tell which.
 * Identity Center's roles begin with AWSReservedSSO_: IAM Identity Center user guide, "Referencing permission sets in resource
 * policies". User agents: "Console sign-in" and API events in the CloudTrail user guide; browsers as recorded.
 */
export const isPerson = (actor: Actor): boolean =>
  !isService(actor) &&
  (['Root', 'IAMUser', 'FederatedUser', 'IdentityCenterUser'].includes(actor.type) ||
    /:assumed-role\/AWSReservedSSO_/.test(actor.arn ?? '') ||
    /^(Mozilla\/|console\.|signin\.)/.test(actor.userAgent ?? ''));

/** An AWS service at work, by itself or for somebody; the console says signin.amazonaws.com, and is a person. */
export const isService = ({ type, invokedBy }: Actor): boolean =>
  type === 'AWSService' || (invokedBy !== undefined && invokedBy !== 'signin.amazonaws.com');
