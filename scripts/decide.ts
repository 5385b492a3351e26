/**
 * The decisions' function: its public address, its role, the topic of personal links. In the stack only where firebreak.yml
 * names people who may decide by link or by button.
 */
import { decides } from '../shared/config/own.ts';
import type { Config } from '../shared/core/mode.ts';
import { type Grant, here, key, logs, ownGrant, policy, type Resources, sub, type Template } from './parts.ts';
import { type People, sandboxSlack, secretGrant } from './people.ts';

const table = here('dynamodb', 'table/${AWS::StackName}-incidents');

/** Seconds: it waits for a room, which takes sixty at the most. */
const timeout = 75;

/**
 * How many at once. Whoever finds the address may call it as often as he likes: without a bound he would take the account's
 * Lambda functions the room that the fixes need ("Configuring reserved concurrency", AWS Lambda Developer Guide).
 */
const reservedConcurrency = 5;

const functionArn = { 'Fn::GetAtt': ['DecideLambdaFunction', 'Arn'] };

/** What belongs to it: nothing where nobody may decide by it. */
export function decideOf(config: Config, stack: string, zipOf: (name: string) => string): People {
  if (!decides(config)) return { functions: {}, resources: {} };
  const approvers = config.channels.page?.approvers ?? [];
  const slackApi = config.channels.slack && sandboxSlack();
  const decide = {
    name: `${stack}-decide`,
    handler: 'index.handler',
    role: 'DecideRole',
    package: { artifact: zipOf('decide') },
    ...(slackApi !== undefined && { environment: { FIREBREAK_SLACK_API: slackApi } }),
    timeout,
    reservedConcurrency,
    maximumRetryAttempts: 2,
    destinations: { onFailure: { type: 'sqs', arn: { 'Fn::GetAtt': ['DeadLetters', 'Arn'] } } },
  };
  return {
    functions: { decide },
    resources: {
      ...address,
      DecideRole: role(config, stack),
      ...alarms(stack),
      ...(approvers.length > 0 && links(approvers)),
    },
  };
}

/** "Control access to Lambda function URLs", AWS Lambda Developer Guide: AuthType NONE needs both permissions. */
const address: Resources = {
  DecideUrl: { Type: 'AWS::Lambda::Url', Properties: { TargetFunctionArn: functionArn, AuthType: 'NONE' } },
  DecideUrlPermission: {
    Type: 'AWS::Lambda::Permission',
    Properties: {
      Action: 'lambda:InvokeFunctionUrl',
      FunctionName: functionArn,
      Principal: '*',
      FunctionUrlAuthType: 'NONE',
    },
  },
  DecideUrlInvoke: {
    Type: 'AWS::Lambda::Permission',
    Properties: {
      Action: 'lambda:InvokeFunction',
      FunctionName: functionArn,
      Principal: '*',
      InvokedViaFunctionUrl: true,
    },
  },
};

/** A topic apart: whoever else subscribes to the alerts must not get others' links. */
function links(approvers: readonly string[]): Resources {
  const personal = approvers.map((approver, index) => [
    `Approver${index + 1}`,
    {
      Type: 'AWS::SNS::Subscription',
      Properties: {
        TopicArn: { Ref: 'Approvals' },
        Protocol: 'email',
        Endpoint: approver,
        FilterPolicy: { approver: [approver] },
      },
    },
  ]);
  return {
    Approvals: {
      Type: 'AWS::SNS::Topic',
      Properties: {
        TopicName: { 'Fn::Sub': '${AWS::StackName}-approvals' },
        DisplayName: 'Firebreak asks you',
        KmsMasterKeyId: { 'Fn::GetAtt': ['Key', 'Arn'] },
      },
    },
    ApprovalsPolicy: {
      Type: 'AWS::SNS::TopicPolicy',
      Properties: {
        Topics: [{ Ref: 'Approvals' }],
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Sid: 'TlsOnly',
              Effect: 'Deny',
              Principal: '*',
              Action: 'sns:Publish',
              Resource: { Ref: 'Approvals' },
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            },
            // What comes from elsewhere would look like a question of ours.
            {
              Sid: 'OnlyOurs',
              Effect: 'Deny',
              Principal: '*',
              Action: 'sns:Publish',
              Resource: { Ref: 'Approvals' },
              Condition: {
                ArnNotLike: {
                  'aws:PrincipalArn': sub('arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${AWS::StackName}-*'),
                },
              },
            },
            // Who subscribes gets links by which one decides: nobody but approvers, whatever IAM allows ("Actions, resources,
            // and condition keys for Amazon SNS", service authorization reference: sns:Endpoint).
            {
              Sid: 'ApproversAlone',
              Effect: 'Deny',
              Principal: '*',
              Action: 'sns:Subscribe',
              Resource: { Ref: 'Approvals' },
              Condition: { StringNotEquals: { 'sns:Endpoint': approvers } },
            },
          ],
        },
      },
    },
    ...Object.fromEntries(personal),
    Questions: {
      Type: 'AWS::SNS::Subscription',
      Properties: {
        TopicArn: { Ref: 'Alerts' },
        Protocol: 'lambda',
        Endpoint: functionArn,
        FilterPolicy: { outcome: ['asked'] },
        // "Amazon SNS dead-letter queues": what the function could not be handed at all.
        RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['DeadLetters', 'Arn'] } },
      },
    },
    QuestionsPermission: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        Action: 'lambda:InvokeFunction',
        FunctionName: functionArn,
        Principal: 'sns.amazonaws.com',
        SourceArn: { Ref: 'Alerts' },
      },
    },
  };
}

/** What the function may: read and record decisions, send links, have rooms carry out. No action on any other resource. */
export function decideGrants(config: Config, stack: string): readonly Grant[] {
  const { page, slack } = config.channels;
  const secret = slack?.approvers && slack.signingSecret;
  return [
    logs(`${stack}-decide`),
    ownGrant('Incidents', ['dynamodb:GetItem'], table),
    // "Using IAM policy conditions for fine-grained access control", Amazon DynamoDB Developer Guide. Exemptions, leases
    // and pauses are not among them: what it decides, a room carries out.
    ownGrant('Decisions', ['dynamodb:ConditionCheckItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], table, {
      'ForAllValues:StringLike': {
        'dynamodb:LeadingKeys': ['incident#*', 'once#*', 'refused#*', 'request#*', 'token#*'],
      },
      Null: { 'dynamodb:LeadingKeys': 'false' },
    }),
    ownGrant('Codes', ['kms:GenerateMac', 'kms:VerifyMac'], here('kms', 'key/${RecordsKey}')),
    ownGrant('Rooms', ['lambda:InvokeFunction'], here('lambda', 'function:${AWS::StackName}-*')),
    ownGrant('DeadLetters', ['sqs:SendMessage'], here('sqs', '${AWS::StackName}-dead-letters')),
    // A record that somebody changed is told of.
    ownGrant('Alerts', ['sns:Publish'], here('sns', '${AWS::StackName}-alerts')),
    key,
    ...(page
      ? [
          ownGrant('Links', ['sns:Publish'], here('sns', '${AWS::StackName}-approvals')),
          ownGrant('OwnAddress', ['lambda:GetFunctionUrlConfig'], here('lambda', 'function:${AWS::StackName}-decide')),
        ]
      : []),
    ...(secret ? [secretGrant(secret, 0)] : []),
  ];
}

const role = (config: Config, stack: string): Template => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    RoleName: { 'Fn::Sub': '${AWS::StackName}-decide-${AWS::Region}' },
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    },
    Policies: [{ PolicyName: 'decide', PolicyDocument: policy(decideGrants(config, stack)) }],
  },
});

const alarm = (AlarmName: string, AlarmDescription: string, metric: Template): Template => ({
  Type: 'AWS::CloudWatch::Alarm',
  Properties: {
    AlarmName,
    AlarmDescription,
    ...metric,
    Statistic: 'Sum',
    Period: 300,
    EvaluationPeriods: 1,
    ComparisonOperator: 'GreaterThanThreshold',
    Threshold: 0,
    TreatMissingData: 'notBreaching',
    AlarmActions: [{ Ref: 'Alerts' }],
  },
});

const alarms = (stack: string): Resources => ({
  DecideRefusedAlarm: alarm(
    `${stack}-decide-refused`,
    'A decision was refused - a link or a click that was forged, old, used before, or by somebody who may not decide. The function’s log says which.',
    {
      Namespace: 'Firebreak',
      MetricName: 'refusedDecision',
      Dimensions: [
        { Name: 'service', Value: 'decide' },
        { Name: 'room', Value: 'decide' },
      ],
    },
  ),
  DecideErrorsAlarm: alarm(
    `${stack}-decide-errors`,
    'The function that takes decisions threw, or approvers did not get their links. Its log says why; npx firebreak approve works without it.',
    {
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: 'DecideLambdaFunction' } }],
    },
  ),
});
