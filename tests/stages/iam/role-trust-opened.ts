import { CreateRoleCommand, DeleteRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { client } from '../../../shared/aws/client.ts';
import type { Json } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

const policy = (Statement: Json, indent?: number): string =>
  JSON.stringify({ Version: '2012-10-17', Statement }, null, indent);
const lets = (Principal: Json, more: object = {}): Json => ({
  Effect: 'Allow',
  Principal,
  Action: 'sts:AssumeRole',
  ...more,
});

const lambda = lets({ Service: 'lambda.amazonaws.com' });
const ours = lets({ AWS: 'arn:aws:iam::123456789012:root' }, { Sid: 'Ours' });
const stranger = lets({ AWS: 'arn:aws:iam::444455556666:root' }, { Sid: 'Theirs' });

const stage = (name: string, role: string, path: string, trust: string, after: string): Stage => ({
  rule: 'iam/role-trust-opened',
  name,
  async set() {
    const iam = client(IAMClient);
    await iam.send(new CreateRoleCommand({ RoleName: role, Path: path, AssumeRolePolicyDocument: trust }));
    return {
      target: { role, doubt: 'none' },
      after,
      call: { name: 'UpdateAssumeRolePolicy', request: { roleName: role, policyDocument: trust } },
      async clear() {
        await iam.send(new DeleteRoleCommand({ RoleName: role }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage(
    'a service, an account of ours and one of a stranger, in indented text',
    'stage-trust',
    '/apps/',
    policy([lambda, stranger, ours], 2),
    policy([lambda, ours], 2),
  ),
  stage(
    'everybody, and everybody whom a public provider signs in',
    'stage-trust-everybody',
    '/',
    policy([
      lets('*'),
      lambda,
      lets({ Federated: 'accounts.google.com' }, { Action: 'sts:AssumeRoleWithWebIdentity' }),
    ]),
    policy([lambda]),
  ),
  stage(
    'a stranger alone, not in a list: a trust policy can’t be empty',
    'stage-trust-nobody',
    '/',
    policy(stranger),
    policy([{ Sid: 'NobodyByFirebreak', Effect: 'Deny', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' }]),
  ),
];
