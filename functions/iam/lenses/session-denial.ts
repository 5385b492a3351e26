import {
  DeleteRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { client, orNull } from '../../../shared/aws/client.ts';
import { samePolicy } from '../../../shared/aws/closing.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import { documentOf } from './document.ts';

/**
 * `principal`: what aws:userid is in the session, `AROA…:name`; `seen`: when it was last misused; `leave`: why it stays
 * as it is, or null.
 */
export type Session = {
  readonly role: string;
  readonly principal: string;
  readonly seen: string | null;
  readonly leave: string | null;
};

/** The role's path, and the inline policy that denies the session: null where there is none. */
export type SessionDenial = { readonly path: string; readonly policy: string | null };

/** The session's name is one of 2 to 64 of the characters that names of policies may have: API_AssumeRole, RoleSessionName. */
const nameFor = ({ principal }: Session): string => `FirebreakDenies-${principal.split(':')[1] ?? ''}`;

// NoSuchEntityException: the documented error of all commands used here.
const missing = ['NoSuchEntityException'];

/** An inline policy of our own that denies one session of a role everything. Null where the role is gone. */
export const sessionDenial: Lens<Session, SessionDenial> = {
  id: 'iam/session-denial',
  key: ({ role, principal }) => `${role} ${principal}`,
  async read(target) {
    if (target.leave !== null) return null;
    const iam = client(IAMClient);
    const found = await orNull(missing, () => iam.send(new GetRoleCommand({ RoleName: target.role })));
    if (!found?.Role) return null;
    const asked = new GetRolePolicyCommand({ RoleName: target.role, PolicyName: nameFor(target) });
    const policy = await orNull(missing, () => iam.send(asked));
    return { path: found.Role.Path ?? '/', policy: policy && documentOf(policy.PolicyDocument) };
  },
  canon: ({ policy }) => policy && samePolicy(policy),
  async write(target, _from, to) {
    const named = { RoleName: target.role, PolicyName: nameFor(target) };
    const iam = client(IAMClient);
    if (to?.policy) await iam.send(new PutRolePolicyCommand({ ...named, PolicyDocument: to.policy }));
    else await orNull(missing, () => iam.send(new DeleteRolePolicyCommand(named)));
  },
  undo: (before) => (before === null ? 'none' : 'restore'),
};

/**
 * Denies the session by aws:userid, as condition keys have it for a session of a role, `role-id:session-name` ("IAM JSON
 * policy elements: Variables and tags", IAM User Guide). With `older`, every session that began before it was last seen, by
 * aws:TokenIssueTime, as AWS's own AWSRevokeOlderSessions does ("Revoking IAM role temporary security credentials").
 */
export function denying({ principal, seen }: Session, older: boolean): string {
  const deny = (Sid: string, Condition: object) => ({ Sid, Effect: 'Deny', Action: '*', Resource: '*', Condition });
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      deny('TheSession', { StringEquals: { 'aws:userid': principal } }),
      ...(older && seen !== null ? [deny('OlderSessions', { DateLessThan: { 'aws:TokenIssueTime': seen } })] : []),
    ],
  });
}
