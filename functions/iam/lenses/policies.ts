/** What managed policies and boundaries say, and the actions that reading them takes. */
import {
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetUserCommand,
  IAMClient,
} from '@aws-sdk/client-iam';
import { client } from '../../../shared/aws/client.ts';
import type { ArnPattern, Permission } from '../../../shared/core/rule.ts';
import { documentOf } from './document.ts';
import type { Identity } from './identity.ts';

export const users: ArnPattern = 'arn:${AWS::Partition}:iam::${AWS::AccountId}:user/*';
export const roles: ArnPattern = 'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/*';
export const groups: ArnPattern = 'arn:${AWS::Partition}:iam::${AWS::AccountId}:group/*';
export const policies: ArnPattern = 'arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/*';

/** For `documentIn`: of the account's own policies and of AWS's. */
export const readsPolicies: Permission = {
  actions: ['iam:GetPolicy', 'iam:GetPolicyVersion'],
  resources: [policies, 'arn:${AWS::Partition}:iam::aws:policy/*'],
};

/** For `boundaryOf`. */
export const readsUsers: Permission = { actions: ['iam:GetUser'], resources: [users] };
export const readsRoles: Permission = { actions: ['iam:GetRole'], resources: [roles] };

/** The document that is in force: the policy's default version. Throws where there is no such policy. */
export async function documentIn(policy: string): Promise<string> {
  const iam = client(IAMClient);
  const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn: policy }));
  return documentAt(policy, Policy?.DefaultVersionId ?? '');
}

/** The document of one version. */
export async function documentAt(policy: string, version: string): Promise<string> {
  const asked = new GetPolicyVersionCommand({ PolicyArn: policy, VersionId: version });
  return documentOf((await client(IAMClient).send(asked)).PolicyVersion?.Document);
}

/** The document of a user's or role's permissions boundary; null where it has none, and for groups. */
export async function boundaryOf({ kind, name }: Identity): Promise<string | null> {
  if (kind === 'group') return null;
  const iam = client(IAMClient);
  const boundary =
    kind === 'user'
      ? (await iam.send(new GetUserCommand({ UserName: name }))).User?.PermissionsBoundary
      : (await iam.send(new GetRoleCommand({ RoleName: name }))).Role?.PermissionsBoundary;
  const arn = boundary?.PermissionsBoundaryArn;
  return arn === undefined ? null : documentIn(arn);
}
