/**
 * What the calls that change access say. Recorded: CreateAccountAssignment, CreatePermissionSet; the others by the API
 * reference of IAM Identity Center.
 */
import { adminOf, adminPolicy } from '../../../shared/aws/admin.ts';
import { arn } from '../../../shared/aws/arn.ts';
import { parsed } from '../../../shared/aws/statement.ts';
import { member, named } from '../../../shared/aws/telling.ts';
import type { Json } from '../../../shared/core/json.ts';
import { type Finding, type Unreadable, unreadable } from '../../../shared/core/rule.ts';
import type { Call } from '../../../shared/core/signal.ts';
import type { Access, Assigned } from './assignment.ts';

type Found = readonly Finding<Access>[] | Unreadable;

const found = (
  set: string,
  reason: string,
  certainty: Finding['certainty'] = 'certain',
  assigned: Assigned | null = null,
): Found => [{ target: { set, assigned }, resource: set, reason, certainty }];

export function identities(call: Call): Found {
  const instance =
    named(call.request, 'instanceArn') ?? arn(call, 'sso', 'instance/*', { regional: false, owned: false });
  return found(instance, `where people’s identities come from was changed (${call.name})`);
}

/** A set by itself gives nobody anything: what is in it, and who has it, are other calls. */
export function made(call: Call): Found {
  const set = named(member(call.response, 'permissionSet') as Json, 'permissionSetArn');
  const name = named(call.request, 'name');
  if (set === undefined && name === undefined) return unreadable('responseElements.permissionSet.permissionSetArn');
  const resource = set ?? arn(call, 'sso', 'permissionSet/*', { regional: false, owned: false });
  return found(resource, `the permission set ${name ?? set} was made, which nobody has yet`, 'possible');
}

export function widened(call: Call): Found {
  const set = named(call.request, 'permissionSetArn');
  if (set === undefined) return unreadable('requestParameters.permissionSetArn');
  const short = set.split('/').at(-1);
  if (call.name === 'CreateAccountAssignment') return given(call, set);
  if (call.name === 'AttachManagedPolicyToPermissionSet') {
    const policy = named(call.request, 'managedPolicyArn');
    if (policy === undefined) return unreadable('requestParameters.managedPolicyArn');
    const admin = adminPolicy(policy);
    return admin === null ? [] : found(set, `the permission set ${short} has AWS’s policy ${admin} now`);
  }
  if (call.name === 'PutInlinePolicyToPermissionSet') return inlined(call, set);
  const name =
    named(member(call.request, 'customerManagedPolicyReference') as Json, 'name') ?? 'that the event does not name';
  const reason = `the permission set ${short} has each account’s own policy ${name} now, which the event does not show`;
  return found(set, reason, 'possible');
}

/** CloudTrail may hide the text. */
function inlined(call: Call, set: string): Found {
  const policy = named(call.request, 'inlinePolicy');
  if (policy === undefined || parsed(policy) === null)
    return found(
      set,
      `the inline policy of ${set.split('/').at(-1)} was put, and the event does not show it`,
      'possible',
    );
  const admin = adminOf([policy], { account: null, region: call.region });
  return admin === null ? [] : found(set, `the permission set’s inline policy ${admin.reason}`, admin.certainty);
}

function given(call: Call, set: string): Found {
  const asked = (name: string): string | undefined => named(call.request, name);
  const [instance, principal, account] = [asked('instanceArn'), asked('principalId'), asked('targetId')];
  if (principal === undefined) return unreadable('requestParameters.principalId');
  if (account === undefined) return unreadable('requestParameters.targetId');
  if (instance === undefined) return unreadable('requestParameters.instanceArn');
  const kind = asked('principalType') ?? 'USER';
  const request = named(member(call.response, 'accountAssignmentCreationStatus') as Json, 'requestId') ?? null;
  const reason = `the ${kind.toLowerCase()} ${principal} was given the permission set ${set.split('/').at(-1)} in the account ${account}; what that allows, the event does not tell`;
  return found(set, reason, 'possible', { instance, account, kind, principal, request });
}
