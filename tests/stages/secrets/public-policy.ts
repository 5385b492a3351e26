import { randomUUID } from 'node:crypto';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutResourcePolicyCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { Stage } from '../../support/stage.ts';

type Policy = { readonly [member: string]: unknown };

const open = (more: Policy = {}) => ({
  Effect: 'Allow',
  Principal: '*',
  Action: 'secretsmanager:GetSecretValue',
  Resource: '*',
  ...more,
});

const app = open({ Sid: 'TheApp', Principal: { AWS: 'arn:aws:iam::123456789012:user/sandbox-admin' } });
const fromVpc = open({ Condition: { StringEquals: { 'aws:SourceVpc': ['vpc-0a1b2c3d', 'vpc-0d3c2b1a'] } } });
const latest = open({
  Effect: 'Deny',
  Condition: { StringNotEquals: { 'secretsmanager:VersionStage': 'AWSCURRENT' } },
});

/** A secret with this policy. */
const stage = (name: string, policy: Policy, after: Policy | null, indent?: number): Stage => ({
  rule: 'secrets/public-policy',
  name,
  async set() {
    const manager = new SecretsManagerClient({});
    const { ARN = '' } = await manager.send(
      new CreateSecretCommand({ Name: `stage/${randomUUID()}`, SecretString: 'not a secret' }),
    );
    const text = JSON.stringify(policy, null, indent);
    await manager.send(new PutResourcePolicyCommand({ SecretId: ARN, ResourcePolicy: text }));
    return {
      target: { secret: ARN, named: false },
      after: after === null ? null : JSON.stringify(after),
      call: { name: 'PutResourcePolicy', request: { secretId: ARN, resourcePolicy: text }, response: { arn: ARN } },
      async clear() {
        await manager.send(new DeleteSecretCommand({ SecretId: ARN, ForceDeleteWithoutRecovery: true }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage(
    'a public statement between one for a caller, one for two VPCs and a denial',
    { Version: '2012-10-17', Id: 'by-hand', Statement: [app, open({ Sid: 'Everyone' }), fromVpc, latest] },
    { Version: '2012-10-17', Id: 'by-hand', Statement: [app, fromVpc, latest] },
    2,
  ),
  stage(
    'held to any account’s roles of a name, which holds nobody',
    {
      Version: '2012-10-17',
      Statement: [open({ Condition: { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/app' } } }), app],
    },
    { Version: '2012-10-17', Statement: [app] },
  ),
  stage(
    'nothing but a public statement, not in a list',
    { Version: '2012-10-17', Statement: open({ Action: ['secretsmanager:*'] }) },
    null,
  ),
];
