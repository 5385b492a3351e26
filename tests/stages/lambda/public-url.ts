import {
  AddPermissionCommand,
  type AddPermissionCommandInput,
  CreateAliasCommand,
  CreateFunctionUrlConfigCommand,
  LambdaClient,
  PublishVersionCommand,
} from '@aws-sdk/client-lambda';
import type { Json } from '../../../shared/core/json.ts';
import { makeFunction } from '../../support/functions.ts';
import type { Stage } from '../../support/stage.ts';

type Permission = Omit<AddPermissionCommandInput, 'FunctionName' | 'Qualifier'>;
type Trouble = { readonly auth: 'NONE' | 'AWS_IAM'; readonly alias?: string; readonly added: readonly Permission[] };

/** A function with a URL, and a policy that lets callers reach it. */
const stage = (name: string, { auth, alias, added }: Trouble, policy: (arn: string) => Json): Stage => ({
  rule: 'lambda/public-url',
  name,
  async set() {
    const lambda = new LambdaClient({});
    const made = await makeFunction();
    if (alias !== undefined) {
      const { Version } = await lambda.send(new PublishVersionCommand({ FunctionName: made.name }));
      await lambda.send(new CreateAliasCommand({ FunctionName: made.name, Name: alias, FunctionVersion: Version }));
    }
    const where = { FunctionName: made.name, ...(alias !== undefined && { Qualifier: alias }) };
    await lambda.send(new CreateFunctionUrlConfigCommand({ ...where, AuthType: auth, InvokeMode: 'RESPONSE_STREAM' }));
    for (const one of added) await lambda.send(new AddPermissionCommand({ ...where, ...one }));
    const arn = alias === undefined ? made.arn : `${made.arn}:${alias}`;
    return {
      target: { function: arn },
      after: { auth: 'AWS_IAM', policy: policy(arn) },
      ...(auth === 'NONE' && {
        call: {
          name: 'CreateFunctionUrlConfig',
          request: { functionName: made.name, authType: auth, ...(alias !== undefined && { qualifier: alias }) },
        },
      }),
      clear: made.drop,
    };
  },
});

const url = 'lambda:InvokeFunctionUrl';
const forNone: Permission = { StatementId: 'url', Action: url, Principal: '*', FunctionUrlAuthType: 'NONE' };
const kept = (arn: string, Sid: string, Action: string, Condition: Json): Json => ({
  Sid,
  Effect: 'Allow',
  Principal: '*',
  Action,
  Resource: arn,
  Condition,
});

export const stages: readonly Stage[] = [
  stage(
    'as the console makes it: two permissions that stay, as they count without sign-in alone',
    {
      auth: 'NONE',
      added: [
        forNone,
        {
          StatementId: 'through-url',
          Action: 'lambda:InvokeFunction',
          Principal: '*',
          InvokedViaFunctionUrl: true,
        },
      ],
    },
    (arn) => [
      kept(arn, 'url', url, { StringEquals: { 'lambda:FunctionUrlAuthType': 'NONE' } }),
      kept(arn, 'through-url', 'lambda:InvokeFunction', { Bool: { 'lambda:InvokedViaFunctionUrl': 'true' } }),
    ],
  ),
  stage(
    'of an alias, with a permission that would let every AWS account in',
    {
      auth: 'NONE',
      alias: 'live',
      added: [
        { StatementId: 'partner', Action: url, Principal: '444455556666', FunctionUrlAuthType: 'AWS_IAM' },
        { StatementId: 'all', Action: url, Principal: '*' },
      ],
    },
    (arn) => [
      {
        Sid: 'partner',
        Effect: 'Allow',
        Principal: { AWS: '444455556666' },
        Action: url,
        Resource: arn,
        Condition: { StringEquals: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' } },
      },
    ],
  ),
  stage(
    'every AWS account may sign in',
    {
      auth: 'AWS_IAM',
      added: [{ StatementId: 'all', Action: url, Principal: '*', FunctionUrlAuthType: 'AWS_IAM' }],
    },
    () => null,
  ),
];
