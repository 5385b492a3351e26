import { adminOf, adminPolicy } from '../../shared/aws/admin.ts';
import { arn } from '../../shared/aws/arn.ts';
import { parsed } from '../../shared/aws/statement.ts';
import { member, named } from '../../shared/aws/telling.ts';
import type { Json } from '../../shared/core/json.ts';
import { calls, type Finding, rule, type Trigger, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';

const directory = [
  'AssociateDirectory',
  'DisassociateDirectory',
  'EnableExternalIdPConfigurationForDirectory',
  'DisableExternalIdPConfigurationForDirectory',
] as const;

export const accessChanged = rule({
  id: 'sso/access-changed',
  title: 'Single sign-on gives somebody more rights',
  severity: 'high',
  why: 'Identity Center opens every account of the organisation. One assignment, or one policy more in a permission set, makes an administrator in all of them; another identity provider decides who everybody is.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [
    {
      framework: 'MITRE ATT&CK',
      id: 'T1556',
      source: 'https://github.com/SigmaHQ/sigma/blob/master/rules/cloud/aws/cloudtrail/aws_sso_idp_change.yml',
    },
  ],
  unconfirmed:
    'CreateAccountAssignment and CreatePermissionSet are recorded; the other calls of sso.amazonaws.com are those of its API, with members as these have them; of the four that change the directory only public detection rules tell, under either service, and nothing of their members is read.',
  // AWS IAM Identity Center User Guide, "Logging IAM Identity Center API calls with AWS CloudTrail"; recorded events of the
  // first two: github.com, "Identity Center", a collection of CloudTrail events of 2023.
  triggers: [
    ...calls(
      'sso.amazonaws.com',
      'CreateAccountAssignment',
      'CreatePermissionSet',
      'AttachManagedPolicyToPermissionSet',
      'AttachCustomerManagedPolicyReferenceToPermissionSet',
      'PutInlinePolicyToPermissionSet',
      ...directory,
    ),
    ...calls('sso-directory.amazonaws.com', ...directory),
  ] as [Trigger, ...Trigger[]],
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const isDirectory = directory.some((name) => name === signal.name);
    return isDirectory ? identities(signal) : signal.name === 'CreatePermissionSet' ? made(signal) : widened(signal);
  },
});

type Found = readonly Finding<{ set: string }>[] | Unreadable;

const found = (set: string, reason: string, certainty: Finding['certainty'] = 'certain'): Found => [
  { target: { set }, resource: set, reason, certainty },
];

function identities(call: Call): Found {
  const instance =
    named(call.request, 'instanceArn') ?? arn(call, 'sso', 'instance/*', { regional: false, owned: false });
  return found(instance, `where people’s identities come from was changed (${call.name})`);
}

/** A set by itself gives nobody anything: what is in it, and who has it, are other calls. */
function made(call: Call): Found {
  const set = named(member(call.response, 'permissionSet') as Json, 'permissionSetArn');
  const name = named(call.request, 'name');
  if (set === undefined && name === undefined) return unreadable('responseElements.permissionSet.permissionSetArn');
  const resource = set ?? arn(call, 'sso', 'permissionSet/*', { regional: false, owned: false });
  return found(resource, `the permission set ${name ?? set} was made, which nobody has yet`, 'possible');
}

function widened(call: Call): Found {
  const set = named(call.request, 'permissionSetArn');
  if (set === undefined) return unreadable('requestParameters.permissionSetArn');
  const short = set.split('/').at(-1);
  if (call.name === 'CreateAccountAssignment') {
    const [who, where] = [named(call.request, 'principalId'), named(call.request, 'targetId')];
    if (who === undefined) return unreadable('requestParameters.principalId');
    if (where === undefined) return unreadable('requestParameters.targetId');
    const kind = named(call.request, 'principalType')?.toLowerCase() ?? 'principal';
    const reason = `the ${kind} ${who} was given the permission set ${short} in the account ${where}; what that allows, the event does not tell`;
    return found(set, reason, 'possible');
  }
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
