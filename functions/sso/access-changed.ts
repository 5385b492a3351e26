import * as v from 'valibot';
import { calls, rule, type Trigger } from '../../shared/core/rule.ts';
import { type Access, type Assignment, assignment } from './lenses/assignment.ts';
import { identities, made, widened } from './lenses/changes.ts';

const sets = 'arn:${AWS::Partition}:sso:::permissionSet/*' as const;
const instances = 'arn:${AWS::Partition}:sso:::instance/*' as const;
const accounts = 'arn:${AWS::Partition}:sso:::account/*' as const;

const baseline = v.strictObject({
  every: v.optional(v.pipe(v.boolean(), v.description('also assignments of sets that make no administrator'))),
});

const directory = [
  'AssociateDirectory',
  'DisassociateDirectory',
  'EnableExternalIdPConfigurationForDirectory',
  'DisableExternalIdPConfigurationForDirectory',
] as const;

export const accessChanged = rule<Access, Assignment, v.InferOutput<typeof baseline>>({
  id: 'sso/access-changed',
  title: 'Single sign-on gives somebody more rights',
  severity: 'high',
  why: 'Identity Center opens every account of the organisation. One assignment, or one policy more in a permission set, makes an administrator in all of them; another identity provider decides who everybody is.',
  class: 'C',
  breaks: 'access',
  risk: 'Whoever was given the rights loses them, within minutes, also somebody who needs them tonight. Sessions that were begun last until they end.',
  mends:
    'takes the assignment away again, where its permission set makes an administrator, or has policies of each account’s own that can’t be read from here. Of changed sets and identity providers it only tells. It works where Identity Center is administered.',
  undoes: 'assigns it again, with your own credentials: the role that takes access away may not give it.',
  proof: 'emulator',
  responsibility: 'platform, applications, identity and access management',
  controls: [
    {
      framework: 'MITRE ATT&CK',
      id: 'T1556',
      source: 'https://github.com/SigmaHQ/sigma/blob/master/rules/cloud/aws/cloudtrail/aws_sso_idp_change.yml',
    },
  ],
  unconfirmed:
    'all names are documented, and CreateAccountAssignment and CreatePermissionSet are recorded; no published record shows which of the two services the four calls about the directory carry, so that both are heard, and nothing of their members is needed.',
  // AWS IAM Identity Center User Guide, "IAM Identity Center information in CloudTrail", lists them. Events of
  // CreateAccountAssignment and CreatePermissionSet were published on GitHub, with others of April 2023.
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
  permissions: {
    read: [
      {
        actions: [
          'sso:GetInlinePolicyForPermissionSet',
          'sso:ListCustomerManagedPolicyReferencesInPermissionSet',
          'sso:ListManagedPoliciesInPermissionSet',
        ],
        resources: [sets, instances],
      },
      { actions: ['sso:DescribeAccountAssignmentCreationStatus'], resources: [instances] },
      { actions: ['sso:ListAccountAssignments'], resources: [sets, instances, accounts] },
    ],
    write: [{ actions: ['sso:DeleteAccountAssignment'], resources: [sets, instances, accounts] }],
    undo: ['sso:CreateAccountAssignment'],
  },
  baseline,
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const isDirectory = directory.some((name) => name === signal.name);
    return isDirectory ? identities(signal) : signal.name === 'CreatePermissionSet' ? made(signal) : widened(signal);
  },
  fix: {
    kind: 'state',
    lens: assignment,
    desire(state, { target: { set, assigned }, baseline: { every } }) {
      if (assigned === null) return { unknown: `look at ${set}: nothing is changed there by itself` };
      if (state === null || (state.rights === 'less' && !every)) return state;
      return { ...state, assigned: 'no' };
    },
  },
});
