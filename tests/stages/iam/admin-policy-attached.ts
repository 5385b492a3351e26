import {
  AttachGroupPolicyCommand,
  AttachRolePolicyCommand,
  AttachUserPolicyCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteGroupCommand,
  DeletePolicyCommand,
  DeleteRoleCommand,
  DeleteUserCommand,
  DetachGroupPolicyCommand,
  DetachRolePolicyCommand,
  DetachUserPolicyCommand,
  IAMClient,
} from '@aws-sdk/client-iam';
import { client, orNull } from '../../../shared/aws/client.ts';
import type { Json } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

type Kind = 'user' | 'role' | 'group';

const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

/** The calls by which each kind is made, given a policy, and taken away again. */
const hands = (kind: Kind, name: string) => {
  const iam = client(IAMClient);
  switch (kind) {
    case 'user':
      return {
        make: (b?: string) =>
          iam.send(new CreateUserCommand({ UserName: name, Path: '/apps/', ...(b && { PermissionsBoundary: b }) })),
        give: (PolicyArn: string) => iam.send(new AttachUserPolicyCommand({ UserName: name, PolicyArn })),
        take: (PolicyArn: string) => iam.send(new DetachUserPolicyCommand({ UserName: name, PolicyArn })),
        drop: () => iam.send(new DeleteUserCommand({ UserName: name })),
      };
    case 'role':
      return {
        make: (b?: string) =>
          iam.send(
            new CreateRoleCommand({
              RoleName: name,
              AssumeRolePolicyDocument: trust,
              ...(b && { PermissionsBoundary: b }),
            }),
          ),
        give: (PolicyArn: string) => iam.send(new AttachRolePolicyCommand({ RoleName: name, PolicyArn })),
        take: (PolicyArn: string) => iam.send(new DetachRolePolicyCommand({ RoleName: name, PolicyArn })),
        drop: () => iam.send(new DeleteRoleCommand({ RoleName: name })),
      };
    case 'group':
      return {
        make: () => iam.send(new CreateGroupCommand({ GroupName: name })),
        give: (PolicyArn: string) => iam.send(new AttachGroupPolicyCommand({ GroupName: name, PolicyArn })),
        take: (PolicyArn: string) => iam.send(new DetachGroupPolicyCommand({ GroupName: name, PolicyArn })),
        drop: () => iam.send(new DeleteGroupCommand({ GroupName: name })),
      };
  }
};

/** Beside the administrator's policy the identity has another, which must stay: `clear` throws where it is gone. */
const stage = (what: string, kind: Kind, name: string, policy: string | Json, boundary?: Json): Stage => ({
  rule: 'iam/admin-policy-attached',
  name: what,
  async set() {
    const iam = client(IAMClient);
    const own: string[] = [];
    const made = async (suffix: string, document: Json): Promise<string> => {
      const asked = { PolicyName: `${name}-${suffix}`, Path: '/teams/', PolicyDocument: JSON.stringify(document) };
      const arn = (await iam.send(new CreatePolicyCommand(asked))).Policy?.Arn ?? '';
      own.push(arn);
      return arn;
    };
    const { make, give, take, drop } = hands(kind, name);
    await make(boundary === undefined ? undefined : await made('boundary', boundary));
    const other = await made('other', statement({ Action: 's3:GetObject', Resource: 'arn:aws:s3:::reports/*' }));
    const admin = typeof policy === 'string' ? `arn:aws:iam::aws:policy/${policy}` : await made('admin', policy);
    for (const arn of [other, admin]) await give(arn);
    const member = { user: 'userName', role: 'roleName', group: 'groupName' }[kind];
    const event = { user: 'AttachUserPolicy', role: 'AttachRolePolicy', group: 'AttachGroupPolicy' }[kind];
    return {
      target: { kind, name, policy: admin, region: 'us-east-1' },
      after: null,
      call: { name: event, request: { [member]: name, policyArn: admin } },
      async clear() {
        await take(other);
        await orNull(['NoSuchEntityException'], () => take(admin));
        await drop();
        for (const PolicyArn of own) await iam.send(new DeletePolicyCommand({ PolicyArn }));
      },
    };
  },
});

const statement = (what: object): Json =>
  ({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...what }] }) as Json;

export const stages: readonly Stage[] = [
  stage('AWS’s own policy on a user with a path', 'user', 'stage+admin@example.com', 'AdministratorAccess'),
  stage(
    'a policy of one’s own that leaves out a service, on a role with a boundary that allows it',
    'role',
    'stage-admin',
    statement({ NotAction: ['aws-portal:*'], Resource: '*' }),
    statement({ Action: '*', Resource: '*' }),
  ),
  stage(
    'a policy that gives rights, on a group',
    'group',
    'stage-admins',
    statement({ Action: 'iam:*', Resource: '*' }),
  ),
];
