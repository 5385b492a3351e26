/** Lambda functions for stages: they are never called. */
import { randomUUID } from 'node:crypto';
import { CreateRoleCommand, DeleteRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateFunctionCommand, DeleteFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';

/** An archive without a file: the record that ends one (PKZIP application note, 4.3.16). */
const empty = Buffer.from(`504b0506${'00'.repeat(18)}`, 'hex');
const trust = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
};

export type Made = { readonly name: string; readonly arn: string; drop(): Promise<void> };

export async function makeFunction(): Promise<Made> {
  const [lambda, iam] = [new LambdaClient({}), new IAMClient({})];
  const name = `stage-${randomUUID()}`;
  await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust) }));
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: `arn:aws:iam::123456789012:role/${name}`,
      Code: { ZipFile: empty },
    }),
  );
  return {
    name,
    arn: `arn:aws:lambda:us-east-1:123456789012:function:${name}`,
    async drop() {
      await lambda.send(new DeleteFunctionCommand({ FunctionName: name }));
      await iam.send(new DeleteRoleCommand({ RoleName: name }));
    },
  };
}
