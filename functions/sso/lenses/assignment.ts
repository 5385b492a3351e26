import {
  CreateAccountAssignmentCommand,
  DeleteAccountAssignmentCommand,
  DescribeAccountAssignmentCreationStatusCommand,
  GetInlinePolicyForPermissionSetCommand,
  ListAccountAssignmentsCommand,
  ListCustomerManagedPolicyReferencesInPermissionSetCommand,
  ListManagedPoliciesInPermissionSetCommand,
  type PrincipalType,
  SSOAdminClient,
} from '@aws-sdk/client-sso-admin';
import { adminOf, adminPolicy } from '../../../shared/aws/admin.ts';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** Who was given a permission set where. `request`: the call's own, by which Identity Center tells whether it is done. */
export type Assigned = {
  readonly instance: string;
  readonly account: string;
  readonly kind: string;
  readonly principal: string;
  readonly request: string | null;
};

/** `set`: a permission set's ARN, or what else was changed; `assigned` is null where the set itself was. */
export type Access = { readonly set: string; readonly assigned: Assigned | null };

/** `coming`: Identity Center is still at it. `rights`: what the set makes of whoever has it, as far as can be read here. */
export type Assignment = {
  readonly assigned: 'yes' | 'no' | 'coming';
  readonly rights: 'admin' | 'unknown' | 'less';
};

const sso = (): SSOAdminClient => client(SSOAdminClient);
const gone = 'ResourceNotFoundException';

/** An assignment of a permission set. Null where there is no such set, and for what is no assignment. */
export const assignment: Lens<Access, Assignment> = {
  id: 'sso/assignment',
  key: ({ set, assigned }) =>
    [set, ...(assigned ? [assigned.account, assigned.kind, assigned.principal] : [])].join(' '),
  // "If a successful response is returned, … creation is asynchronous": API_CreateAccountAssignment; some take minutes.
  settles: 10,
  ready: ({ assigned }) => assigned !== 'coming',
  read: async ({ set, assigned }) =>
    assigned === null
      ? null
      : orNull([gone], async () => ({ assigned: await stands(set, assigned), rights: await rightsOf(set, assigned) })),
  // What the set allows is another's to change.
  canon: ({ assigned }) => assigned,
  async write({ set, assigned }, _from, to) {
    if (assigned === null || to === null || to.assigned === 'coming')
      throw fault('NotWritable', `${set}: only an assignment is made or taken away here`);
    const asked = {
      InstanceArn: assigned.instance,
      PermissionSetArn: set,
      TargetType: 'AWS_ACCOUNT' as const,
      TargetId: assigned.account,
      PrincipalType: assigned.kind as PrincipalType,
      PrincipalId: assigned.principal,
    };
    const status =
      to.assigned === 'yes'
        ? (await sso().send(new CreateAccountAssignmentCommand(asked))).AccountAssignmentCreationStatus
        : (await sso().send(new DeleteAccountAssignmentCommand(asked))).AccountAssignmentDeletionStatus;
    if (status?.Status === 'FAILED')
      throw fault('Refused', `${set}: ${status.FailureReason ?? 'Identity Center failed'}`);
  },
  // The role that takes access away must not be able to give it.
  undo: (before) => (before === null ? 'none' : 'operator'),
};

async function stands(
  set: string,
  { instance, account, kind, principal, request }: Assigned,
): Promise<Assignment['assigned']> {
  const asked = { InstanceArn: instance, AccountAssignmentCreationRequestId: request ?? '' };
  const made =
    request && (await orNull([gone], () => sso().send(new DescribeAccountAssignmentCreationStatusCommand(asked))));
  if (made && made.AccountAssignmentCreationStatus?.Status === 'IN_PROGRESS') return 'coming';
  let NextToken: string | undefined;
  do {
    const page = { InstanceArn: instance, AccountId: account, PermissionSetArn: set, ...(NextToken && { NextToken }) };
    const found = await sso().send(new ListAccountAssignmentsCommand(page));
    if (found.AccountAssignments?.some((one) => one.PrincipalType === kind && one.PrincipalId === principal))
      return 'yes';
    NextToken = found.NextToken;
  } while (NextToken);
  return 'no';
}

/** Each account's own policies can't be read from here; AWS's own beyond those known make no administrator. */
async function rightsOf(set: string, { instance, account }: Assigned): Promise<Assignment['rights']> {
  const asked = { InstanceArn: instance, PermissionSetArn: set };
  const { InlinePolicy } = await sso().send(new GetInlinePolicyForPermissionSetCommand(asked));
  if (InlinePolicy && adminOf([InlinePolicy], { account, region: null }) !== null) return 'admin';
  // No more than 20 policies fit in a set (Identity Center quotas): one page.
  const { AttachedManagedPolicies } = await sso().send(
    new ListManagedPoliciesInPermissionSetCommand({ ...asked, MaxResults: 100 }),
  );
  if (AttachedManagedPolicies?.some(({ Arn = '' }) => adminPolicy(Arn) !== null)) return 'admin';
  const { CustomerManagedPolicyReferences } = await sso().send(
    new ListCustomerManagedPolicyReferencesInPermissionSetCommand({ ...asked, MaxResults: 100 }),
  );
  return CustomerManagedPolicyReferences?.length ? 'unknown' : 'less';
}
