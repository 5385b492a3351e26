import { randomUUID } from 'node:crypto';
import {
  AttachCustomerManagedPolicyReferenceToPermissionSetCommand,
  AttachManagedPolicyToPermissionSetCommand,
  CreateAccountAssignmentCommand,
  CreatePermissionSetCommand,
  DeleteAccountAssignmentCommand,
  DeletePermissionSetCommand,
  ListAccountAssignmentsCommand,
  ListInstancesCommand,
  PutInlinePolicyToPermissionSetCommand,
  SSOAdminClient,
} from '@aws-sdk/client-sso-admin';
import type { Stage } from '../../support/stage.ts';

type Set = { readonly InstanceArn: string; readonly PermissionSetArn: string };
const everything = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
});

/** A permission set that was given to somebody; somebody else has it, too, and keeps it. */
const stage = (
  name: string,
  fill: (sso: SSOAdminClient, set: Set) => Promise<unknown>,
  kind: 'USER' | 'GROUP',
  rights: 'admin' | 'unknown' | 'less',
  baseline?: { every: true },
): Stage => ({
  rule: 'sso/access-changed',
  name,
  ...(baseline && { baseline }),
  async set() {
    const sso = new SSOAdminClient({});
    const { Instances } = await sso.send(new ListInstancesCommand({}));
    const InstanceArn = Instances?.[0]?.InstanceArn ?? '';
    const { PermissionSet } = await sso.send(
      new CreatePermissionSetCommand({ InstanceArn, Name: `stage-${randomUUID().slice(0, 8)}` }),
    );
    const PermissionSetArn = PermissionSet?.PermissionSetArn ?? '';
    const set = { InstanceArn, PermissionSetArn };
    await fill(sso, set);
    const [PrincipalId, other] = [randomUUID(), randomUUID()];
    const assigned = (principal: string) => ({
      ...set,
      TargetId: '444455556666',
      TargetType: 'AWS_ACCOUNT' as const,
      PrincipalType: kind,
      PrincipalId: principal,
    });
    await sso.send(new CreateAccountAssignmentCommand(assigned(other)));
    const made = await sso.send(new CreateAccountAssignmentCommand(assigned(PrincipalId)));
    const request = made.AccountAssignmentCreationStatus?.RequestId ?? '';
    return {
      target: {
        set: PermissionSetArn,
        assigned: { instance: InstanceArn, account: '444455556666', kind, principal: PrincipalId, request },
      },
      after: { assigned: 'no', rights },
      call: {
        name: 'CreateAccountAssignment',
        request: {
          instanceArn: InstanceArn,
          targetId: '444455556666',
          targetType: 'AWS_ACCOUNT',
          permissionSetArn: PermissionSetArn,
          principalType: kind,
          principalId: PrincipalId,
        },
        response: { accountAssignmentCreationStatus: { status: 'IN_PROGRESS', requestId: request } },
      },
      async clear() {
        const asked = { ...set, AccountId: '444455556666' };
        const { AccountAssignments = [] } = await sso.send(new ListAccountAssignmentsCommand(asked));
        if (!AccountAssignments.some((one) => one.PrincipalId === other))
          throw new Error('another one lost its access');
        for (const one of AccountAssignments)
          await sso.send(new DeleteAccountAssignmentCommand(assigned(one.PrincipalId ?? '')));
        await sso.send(new DeletePermissionSetCommand(set));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage(
    'AWS’s own administrator, for a group',
    (sso, set) => {
      const ManagedPolicyArn = 'arn:aws:iam::aws:policy/AdministratorAccess';
      return sso.send(new AttachManagedPolicyToPermissionSetCommand({ ...set, ManagedPolicyArn }));
    },
    'GROUP',
    'admin',
  ),
  stage(
    'an inline policy that allows everything, for a user',
    (sso, set) => sso.send(new PutInlinePolicyToPermissionSetCommand({ ...set, InlinePolicy: everything })),
    'USER',
    'admin',
  ),
  stage(
    'each account’s own policy',
    (sso, set) =>
      sso.send(
        new AttachCustomerManagedPolicyReferenceToPermissionSetCommand({
          ...set,
          CustomerManagedPolicyReference: { Name: 'Operators' },
        }),
      ),
    'GROUP',
    'unknown',
  ),
  stage('a set without rights, where every assignment is asked about', async () => {}, 'USER', 'less', { every: true }),
];
