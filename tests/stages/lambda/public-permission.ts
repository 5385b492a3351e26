import {
  AddPermissionCommand,
  type AddPermissionCommandInput,
  CreateAliasCommand,
  LambdaClient,
  PublishVersionCommand,
} from '@aws-sdk/client-lambda';
import type { Json } from '../../../shared/core/json.ts';
import { makeFunction } from '../../support/functions.ts';
import type { Stage } from '../../support/stage.ts';

type Permission = Omit<AddPermissionCommandInput, 'FunctionName' | 'Qualifier'>;

/** A function whose policy was built up so; the last permission is the trouble's. */
const stage = (
  name: string,
  added: readonly [Permission, ...Permission[]],
  after: (arn: string) => readonly Json[] | null,
  alias?: string,
): Stage => ({
  rule: 'lambda/public-permission',
  name,
  async set() {
    const lambda = new LambdaClient({});
    const made = await makeFunction();
    if (alias !== undefined) {
      const { Version } = await lambda.send(new PublishVersionCommand({ FunctionName: made.name }));
      await lambda.send(new CreateAliasCommand({ FunctionName: made.name, Name: alias, FunctionVersion: Version }));
    }
    const where = { FunctionName: made.name, ...(alias !== undefined && { Qualifier: alias }) };
    for (const one of added) await lambda.send(new AddPermissionCommand({ ...where, ...one }));
    const arn = alias === undefined ? made.arn : `${made.arn}:${alias}`;
    const { StatementId = '', Action = '', Principal = '' } = added.at(-1) ?? {};
    return {
      target: { function: arn },
      after: after(arn),
      call: {
        name: 'AddPermission20150331v2',
        request: {
          functionName: made.name,
          statementId: StatementId,
          action: Action,
          principal: Principal,
          ...(alias !== undefined && { qualifier: alias }),
        },
      },
      clear: made.drop,
    };
  },
});

const invoke = 'lambda:InvokeFunction';
const open: Permission = { StatementId: 'open', Action: invoke, Principal: '*' };
const gateway = 'arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/*/GET/';

export const stages: readonly Stage[] = [
  stage('the only statement: no policy is left', [open], () => null),
  stage(
    'among statements that only look open, and those of a function URL',
    [
      { StatementId: 'gateway', Action: invoke, Principal: 'apigateway.amazonaws.com', SourceArn: gateway },
      { StatementId: 'any-of-us', Action: invoke, Principal: '*', PrincipalOrgID: 'o-a1b2c3d4e5' },
      { StatementId: 'one-account', Action: invoke, Principal: '*', SourceAccount: '444455556666' },
      { StatementId: 'url', Action: 'lambda:InvokeFunctionUrl', Principal: '*', FunctionUrlAuthType: 'NONE' },
      { StatementId: 'through-url', Action: invoke, Principal: '*', InvokedViaFunctionUrl: true },
      {
        StatementId: 'any-gateway',
        Action: invoke,
        Principal: '*',
        SourceArn: 'arn:aws:execute-api:us-east-1:*:a1b2c3d4e5/*',
      },
      open,
    ],
    (arn) => [
      {
        Sid: 'gateway',
        Effect: 'Allow',
        Principal: { Service: 'apigateway.amazonaws.com' },
        Action: invoke,
        Resource: arn,
        Condition: { ArnLike: { 'AWS:SourceArn': gateway } },
      },
      {
        Sid: 'any-of-us',
        Effect: 'Allow',
        Principal: '*',
        Action: invoke,
        Resource: arn,
        Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } },
      },
      {
        Sid: 'one-account',
        Effect: 'Allow',
        Principal: '*',
        Action: invoke,
        Resource: arn,
        Condition: { StringEquals: { 'AWS:SourceAccount': '444455556666' } },
      },
      {
        Sid: 'url',
        Effect: 'Allow',
        Principal: '*',
        Action: 'lambda:InvokeFunctionUrl',
        Resource: arn,
        Condition: { StringEquals: { 'lambda:FunctionUrlAuthType': 'NONE' } },
      },
      {
        Sid: 'through-url',
        Effect: 'Allow',
        Principal: '*',
        Action: invoke,
        Resource: arn,
        Condition: { Bool: { 'lambda:InvokedViaFunctionUrl': 'true' } },
      },
    ],
  ),
  stage(
    'of an alias, whose policy is its own',
    [{ StatementId: 'partner', Action: invoke, Principal: '444455556666' }, open],
    (arn) => [{ Sid: 'partner', Effect: 'Allow', Principal: { AWS: '444455556666' }, Action: invoke, Resource: arn }],
    'live',
  ),
];
