/** What the template holds for channels: nothing where none is asked for, and for voice no more than it says. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { beforeAll, expect, test } from 'vitest';
import { ensureVenv } from '../../scripts/sandbox/venv.ts';
import { filled, packaged, statementsOf, type Template } from '../support/packaged.ts';

const channels = `channels:
  slack: {token: secretsmanager:firebreak/slack, channel: C0123456789, signingSecret: ssm:/firebreak/signing, approvers: {U0123456789: ann}}
  amazonQ: true
  securityHub: true
  eventBridge: true
`;
let all: Template;
let lint: readonly { Rule: { Id: string }; Message: string }[] = [];

beforeAll(async () => {
  const bin = await ensureVenv();
  all = await packaged(`preset: observe\n${channels}`, async (file) => {
    const said = await promisify(execFile)(`${bin}/cfn-lint`, ['--format', 'json', file]).catch(
      (error: { stdout: string }) => error,
    );
    lint = JSON.parse(said.stdout || '[]') as typeof lint;
  });
});

const of = (type: string) => Object.values(all.Resources).filter(({ Type }) => Type === type);

test('cfn-lint finds nothing but the DependsOn that osls writes', () => {
  expect(lint.filter(({ Rule }) => Rule.Id !== 'W3005')).toEqual([]);
});

test('the queue and the topic are encrypted with our key, take nothing without TLS, and what is left waits two weeks', () => {
  const queue = of('AWS::SQS::Queue').find(({ Properties }) => Properties['QueueName'] === 'firebreak-voice');
  expect(queue?.Properties).toMatchObject({
    KmsMasterKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] },
    MessageRetentionPeriod: 1209600,
    VisibilityTimeout: 180,
  });
  const topic = of('AWS::SNS::Topic').find(({ Properties }) => Properties['TopicName'] === 'firebreak-chat');
  expect(topic?.Properties).toMatchObject({ KmsMasterKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] } });
  for (const policy of [...of('AWS::SQS::QueuePolicy'), ...of('AWS::SNS::TopicPolicy')])
    expect(JSON.stringify(policy)).toContain('"aws:SecureTransport":"false"');
  // Without this the topic's messages would be lost on their way into the queue, silently.
  expect(JSON.stringify(all.Resources['Key']?.Properties['KeyPolicy'])).toContain('sns.amazonaws.com');
  expect(of('AWS::Lambda::EventSourceMapping')[0]?.Properties).toMatchObject({
    FunctionResponseTypes: ['ReportBatchItemFailures'],
  });
});

test('no token, no address of Slack’s stand-in', () => {
  const voice = of('AWS::Lambda::Function').find(({ Properties }) => Properties['FunctionName'] === 'firebreak-voice');
  expect(JSON.stringify(voice)).not.toMatch(/FIREBREAK_SLACK_API|xox|hooks\.slack/);
  expect(voice?.Properties['Timeout']).toBe(30);
});

test('voice reads incidents, writes what it said, and says it: nothing else', async () => {
  const policies = statementsOf(all, 'voice');
  expect(policies.length).toBeGreaterThan(5);
  const arn = (service: string, resource: string): string => `arn:aws:${service}:us-east-1:123456789012:${resource}`;
  const Version = '2012-10-17';
  const identity = filled({ Version, Statement: policies }) as object;
  const may = async (action: string, resource: string, context: Record<string, string | string[]> = {}) => {
    const principal = 'arn:aws:iam::123456789012:role/firebreak-voice-us-east-1';
    const outcome = await runSimulation(
      {
        request: {
          principal,
          action,
          resource: { resource, accountId: '123456789012' },
          contextVariables: { 'aws:PrincipalArn': principal, ...context },
        },
        identityPolicies: [{ name: 'own', policy: identity }],
        serviceControlPolicies: [],
        resourceControlPolicies: [],
      },
      {},
    );
    if (outcome.resultType === 'error') throw new Error(`${action}: ${JSON.stringify(outcome.errors)}`);
    return outcome.overallResult === 'Allowed';
  };
  const table = arn('dynamodb', 'table/firebreak-incidents');
  const keys = (...names: string[]) => ({ 'dynamodb:LeadingKeys': names });
  const bus = { 'events:source': ['firebreak'], 'events:detail-type': ['firebreak.incident'] };
  const secret = (name: string): string => arn('secretsmanager', `secret:${name}-AbCdEf`);
  const granted: readonly (readonly [string, string, Record<string, string | string[]>?])[] = [
    ['dynamodb:GetItem', table],
    ['dynamodb:PutItem', table, keys('voice#slack#fb-1')],
    ['dynamodb:UpdateItem', table, keys('voice#slack')],
    ['sqs:ReceiveMessage', arn('sqs', 'firebreak-voice')],
    ['secretsmanager:GetSecretValue', secret('firebreak/slack')],
    ['sns:Publish', arn('sns', 'firebreak-chat')],
    ['securityhub:BatchImportFindings', arn('securityhub', 'product/123456789012/default')],
    ['securityhub:BatchUpdateFindings', arn('securityhub', 'hub/default')],
    ['events:PutEvents', arn('events', 'event-bus/default'), bus],
  ];
  for (const [action, on, context] of granted) expect([action, await may(action, on, context)]).toEqual([action, true]);
  const refused: typeof granted = [
    ['dynamodb:PutItem', table, keys('incident#fb-1')],
    ['dynamodb:UpdateItem', table, keys('voice#slack', 'incident#fb-1')],
    ['dynamodb:UpdateItem', table, keys('pause#all')],
    ['dynamodb:UpdateItem', table],
    ['dynamodb:DeleteItem', table, keys('voice#slack')],
    ['kms:GenerateMac', arn('kms', 'key/RecordsKey')],
    ['sns:Publish', arn('sns', 'firebreak-alerts')],
    ['lambda:InvokeFunction', arn('lambda', 'function:firebreak-s3')],
    ['secretsmanager:GetSecretValue', secret('firebreak/slack-other')],
    ['secretsmanager:GetSecretValue', secret('another')],
    ['ssm:GetParameter', arn('ssm', 'parameter/firebreak/signing')],
    ['events:PutEvents', arn('events', 'event-bus/default'), { ...bus, 'events:source': ['firebreak', 'aws.s3'] }],
    ['events:PutEvents', arn('events', 'event-bus/default')],
    ['securityhub:BatchImportFindings', arn('securityhub', 'product/aws/guardduty')],
    ['s3:PutBucketPolicy', 'arn:aws:s3:::any'],
  ];
  for (const [action, on, context] of refused)
    expect([action, JSON.stringify(context), await may(action, on, context)]).toEqual([
      action,
      JSON.stringify(context),
      false,
    ]);
});
