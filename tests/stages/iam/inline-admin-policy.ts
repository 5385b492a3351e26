import {
  CreateGroupCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteGroupCommand,
  DeleteGroupPolicyCommand,
  DeletePolicyCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DeleteUserCommand,
  DeleteUserPolicyCommand,
  IAMClient,
  PutGroupPolicyCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { client, orNull } from '../../../shared/aws/client.ts';
import type { Json } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

const policy = (Statement: Json): string => JSON.stringify({ Version: '2012-10-17', Statement });
const everything = policy({ Effect: 'Allow', Action: '*', Resource: '*' });
const reports = policy([
  { Sid: 'Ümlaut', Effect: 'Allow', Action: ['s3:GetObject'], Resource: 'arn:aws:s3:::reports/*' },
]);
const trust = policy({ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' });
const PolicyName = 'maintenance+1';

/** A user, role or group with another inline policy, which must stay: `clear` throws where it is gone. */
const hands = (kind: 'user' | 'role' | 'group', name: string) => {
  const iam = client(IAMClient);
  switch (kind) {
    case 'user':
      return {
        make: () => iam.send(new CreateUserCommand({ UserName: name, Path: '/apps/' })),
        put: (n: string, d: string) =>
          iam.send(new PutUserPolicyCommand({ UserName: name, PolicyName: n, PolicyDocument: d })),
        take: (n: string) => iam.send(new DeleteUserPolicyCommand({ UserName: name, PolicyName: n })),
        drop: () => iam.send(new DeleteUserCommand({ UserName: name })),
      };
    case 'role':
      return {
        make: (PermissionsBoundary?: string) =>
          iam.send(
            new CreateRoleCommand({
              RoleName: name,
              AssumeRolePolicyDocument: trust,
              ...(PermissionsBoundary && { PermissionsBoundary }),
            }),
          ),
        put: (n: string, d: string) =>
          iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: n, PolicyDocument: d })),
        take: (n: string) => iam.send(new DeleteRolePolicyCommand({ RoleName: name, PolicyName: n })),
        drop: () => iam.send(new DeleteRoleCommand({ RoleName: name })),
      };
    case 'group':
      return {
        make: () => iam.send(new CreateGroupCommand({ GroupName: name })),
        put: (n: string, d: string) =>
          iam.send(new PutGroupPolicyCommand({ GroupName: name, PolicyName: n, PolicyDocument: d })),
        take: (n: string) => iam.send(new DeleteGroupPolicyCommand({ GroupName: name, PolicyName: n })),
        drop: () => iam.send(new DeleteGroupCommand({ GroupName: name })),
      };
  }
};

const stage = (
  what: string,
  kind: 'user' | 'role' | 'group',
  o: { document: string; bounded?: true; learned?: string; after: string | null },
): Stage => ({
  rule: 'iam/inline-admin-policy',
  name: what,
  ...(o.learned !== undefined && { learned: { document: o.learned, boundary: null } }),
  async set() {
    const iam = client(IAMClient);
    const name = `stage-inline-${kind}`;
    const { make, put, take, drop } = hands(kind, name);
    const boundary = o.bounded
      ? (await iam.send(new CreatePolicyCommand({ PolicyName: 'stage-inline-boundary', PolicyDocument: everything })))
          .Policy?.Arn
      : undefined;
    await make(boundary);
    await put('other', reports);
    await put(PolicyName, o.document);
    const { member, event } = {
      user: { member: 'userName', event: 'PutUserPolicy' },
      role: { member: 'roleName', event: 'PutRolePolicy' },
      group: { member: 'groupName', event: 'PutGroupPolicy' },
    }[kind];
    return {
      target: { kind, name, policy: PolicyName, region: 'us-east-1' },
      after: o.after === null ? null : { document: o.after, boundary: null },
      call: { name: event, request: { [member]: name, policyName: PolicyName, policyDocument: o.document } },
      async clear() {
        await take('other');
        await orNull(['NoSuchEntityException'], () => take(PolicyName));
        await drop();
        if (boundary) await iam.send(new DeletePolicyCommand({ PolicyArn: boundary }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('everything, for a user with a path whose policy said less before', 'user', {
    document: everything,
    learned: reports,
    after: reports,
  }),
  stage('all but a service, for a role whose boundary allows it', 'role', {
    document: policy([{ Effect: 'Allow', NotAction: 'aws-portal:*', Resource: '*' }]),
    bounded: true,
    after: null,
  }),
  stage('a right to give rights, for a group', 'group', {
    document: policy([{ Effect: 'Allow', Action: ['iam:*', 's3:ListBucket'], Resource: ['*'] }]),
    after: null,
  }),
  stage('what was learned makes an administrator, too: it is not put back', 'user', {
    document: everything,
    learned: policy({ Effect: 'Allow', NotAction: 's3:*', Resource: '*' }),
    after: null,
  }),
];
