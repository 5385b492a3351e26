/**
 * The function `voice`, which brings incidents to the channels beside e-mail: in the stack only where firebreak.yml asks for
 * one. SNS topic → SQS queue → function; what it can't say stays in the queue and is tried again for two weeks.
 */
import { speaks } from '../shared/config/own.ts';
import type { Channels, Config } from '../shared/core/mode.ts';
import { type Grant, here, key, logs, ownGrant, policy, type Resources, type Template } from './parts.ts';

export type People = { readonly functions: { readonly [name: string]: Template }; readonly resources: Resources };

/** Seconds that one turn of the function may take; and six times that, until what it could not say comes again
 * ("Using Lambda with Amazon SQS", queue visibility timeout, AWS Lambda Developer Guide). */
const seconds = 30;

/** @param zipOf where a function's bundle is, as package.artifact wants it */
export function voiceOf(config: Config, stack: string, zipOf: (name: string) => string): People {
  const { channels } = config;
  if (!speaks(config)) return { functions: {}, resources: {} };
  const slackApi = sandboxSlack();
  const voice = {
    name: `${stack}-voice`,
    handler: 'index.handler',
    role: 'VoiceRole',
    timeout: seconds,
    package: { artifact: zipOf('voice') },
    environment: {
      ...(channels.amazonQ && { FIREBREAK_CHAT_TOPIC: { Ref: 'Chat' } }),
      ...(channels.slack && slackApi !== undefined && { FIREBREAK_SLACK_API: slackApi }),
    },
  };
  return {
    functions: { voice },
    resources: {
      ...queue(stack),
      ...wiring(),
      ...quiet(stack),
      ...(channels.amazonQ && chat(stack)),
      VoiceRole: role(channels, stack),
    },
  };
}

/**
 * Where the sandbox's stand-in for Slack is. Nothing but the loopback is taken: a variable that somebody left in a shell, or
 * put there, must not lead a real token to another host.
 * @throws Error where it is anywhere else
 */
export function sandboxSlack(): string | undefined {
  const given = process.env['FIREBREAK_SLACK_API'] || undefined;
  if (given === undefined || /^http:\/\/127\.0\.0\.1:\d+(\/[\w/]*)?$/.test(given)) return given;
  throw new Error(
    'found an address outside 127.0.0.1 in FIREBREAK_SLACK_API, expected none: it is for the sandbox alone',
  );
}

const arnOf = (id: string): Template => ({ 'Fn::GetAtt': [id, 'Arn'] });
const tlsOnly = (action: string, resource: Template): Template => ({
  Sid: 'TlsOnly',
  Effect: 'Deny',
  Principal: '*',
  Action: action,
  Resource: resource,
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
});

function queue(stack: string): Resources {
  return {
    Voice: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        QueueName: `${stack}-voice`,
        MessageRetentionPeriod: 1209600, // 14 days, the longest there is
        VisibilityTimeout: 6 * seconds,
        KmsMasterKeyId: arnOf('Key'),
      },
    },
    VoicePolicy: {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: {
        Queues: [{ Ref: 'Voice' }],
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            // "Enforce encryption of data in transit", Amazon SQS security best practices.
            tlsOnly('sqs:*', arnOf('Voice')),
            // "Subscribing an Amazon SQS queue to an Amazon SNS topic", Amazon SNS Developer Guide.
            {
              Sid: 'Topic',
              Effect: 'Allow',
              Principal: { Service: 'sns.amazonaws.com' },
              Action: 'sqs:SendMessage',
              Resource: arnOf('Voice'),
              Condition: { ArnEquals: { 'aws:SourceArn': [{ Ref: 'Alerts' }, { Ref: 'Quiet' }] } },
            },
          ],
        },
      },
    },
    // A channel that takes nothing is told by those that do; a message that was said is gone from the queue.
    VoiceAlarm: {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmName: `${stack}-voice`,
        AlarmDescription:
          'A channel of Firebreak has taken no message for a quarter of an hour: Slack, Amazon Q, Security Hub or the event bus. What it missed waits. The log of the function voice says why.',
        Namespace: 'AWS/SQS',
        MetricName: 'ApproximateAgeOfOldestMessage',
        Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': ['Voice', 'QueueName'] } }],
        Statistic: 'Maximum',
        Period: 300,
        EvaluationPeriods: 1,
        ComparisonOperator: 'GreaterThanThreshold',
        Threshold: 900,
        TreatMissingData: 'notBreaching',
        AlarmActions: [{ Ref: 'Alerts' }],
        OKActions: [{ Ref: 'Alerts' }],
      },
    },
  };
}

const hears = (topic: string): Template => ({
  Type: 'AWS::SNS::Subscription',
  DependsOn: ['VoicePolicy'],
  Properties: { TopicArn: { Ref: topic }, Protocol: 'sqs', Endpoint: arnOf('Voice'), RawMessageDelivery: true },
});

/**
 * Of what changes without a word to people `voice` alone hears, by a topic apart. No filter on the mails' subscriptions could
 * keep it from them: one would keep the alarms from them, too, since no filter lets a message without attributes pass
 * ("Key matching", Amazon SNS Developer Guide: "exists": false only matches if at least one attribute is present).
 */
function quiet(stack: string): Resources {
  return {
    Quiet: {
      Type: 'AWS::SNS::Topic',
      Properties: { TopicName: `${stack}-quiet`, KmsMasterKeyId: arnOf('Key') },
    },
    QuietPolicy: {
      Type: 'AWS::SNS::TopicPolicy',
      Properties: {
        Topics: [{ Ref: 'Quiet' }],
        PolicyDocument: { Version: '2012-10-17', Statement: [tlsOnly('sns:Publish', { Ref: 'Quiet' })] },
      },
    },
    QuietSubscription: hears('Quiet'),
  };
}

function wiring(): Resources {
  return {
    VoiceSubscription: hears('Alerts'),
    VoiceMapping: {
      Type: 'AWS::Lambda::EventSourceMapping',
      DependsOn: ['VoiceRole'],
      Properties: {
        EventSourceArn: arnOf('Voice'),
        FunctionName: { 'Fn::GetAtt': ['VoiceLambdaFunction', 'Arn'] },
        BatchSize: 10,
        // Two at once, the least there is: a channel is one's at a time anyway.
        ScalingConfig: { MaximumConcurrency: 2 },
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      },
    },
  };
}

/** The topic that Amazon Q Developer in chat applications is subscribed to, in its console. */
function chat(stack: string): Resources {
  return {
    Chat: {
      Type: 'AWS::SNS::Topic',
      Properties: { TopicName: `${stack}-chat`, DisplayName: 'Firebreak', KmsMasterKeyId: arnOf('Key') },
    },
    ChatPolicy: {
      Type: 'AWS::SNS::TopicPolicy',
      Properties: {
        Topics: [{ Ref: 'Chat' }],
        PolicyDocument: { Version: '2012-10-17', Statement: [tlsOnly('sns:Publish', { Ref: 'Chat' })] },
      },
    },
  };
}

function role(channels: Channels, stack: string): Template {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: { 'Fn::Sub': '${AWS::StackName}-voice-${AWS::Region}' },
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      },
      Policies: [{ PolicyName: 'own', PolicyDocument: policy(voiceGrants(channels, stack)) }],
    },
  };
}

const table = here('dynamodb', 'table/${AWS::StackName}-incidents');

/** It reads incidents, writes what it said, and says it: nothing else. */
export function voiceGrants({ slack, amazonQ, securityHub, eventBridge }: Channels, stack: string): readonly Grant[] {
  // What it reads of Slack's is what it sends with: the signing secret is not for it.
  const secrets = [slack?.token, slack?.webhook].flatMap((reference) => reference ?? []);
  return [
    logs(`${stack}-voice`),
    ownGrant('Incidents', ['dynamodb:GetItem'], table),
    // "Using IAM policy conditions for fine-grained access control", Amazon DynamoDB Developer Guide.
    ownGrant('Said', ['dynamodb:PutItem', 'dynamodb:UpdateItem'], table, {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['voice#*'] },
      Null: { 'dynamodb:LeadingKeys': 'false' },
    }),
    // "Configuring permissions for Lambda and Amazon SQS", AWS Lambda Developer Guide.
    ownGrant(
      'Queue',
      ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
      here('sqs', '${AWS::StackName}-voice'),
    ),
    key,
    ...secrets.map((reference, index) => secretGrant(reference, index)),
    ...(amazonQ ? [ownGrant('Chat', ['sns:Publish'], here('sns', '${AWS::StackName}-chat'))] : []),
    ...(securityHub
      ? [
          ownGrant(
            'Findings',
            ['securityhub:BatchImportFindings'],
            here('securityhub', 'product/${AWS::AccountId}/default'),
          ),
          ownGrant('Workflow', ['securityhub:BatchUpdateFindings'], here('securityhub', 'hub/default')),
        ]
      : []),
    ...(eventBridge
      ? [
          // Keys of many values (service authorization reference, Amazon EventBridge): a call has one for each entry.
          ownGrant('Bus', ['events:PutEvents'], here('events', 'event-bus/default'), {
            'ForAllValues:StringEquals': { 'events:source': 'firebreak', 'events:detail-type': 'firebreak.incident' },
            Null: { 'events:source': 'false', 'events:detail-type': 'false' },
          }),
        ]
      : []),
  ];
}

/** Secrets Manager adds six letters to a secret's name ("AWS Secrets Manager: resource types", service authorization reference). */
export function secretGrant(reference: string, index: number): Grant {
  const name = reference.slice(reference.indexOf(':') + 1);
  return reference.startsWith('ssm:')
    ? ownGrant(`Secret${index + 1}`, ['ssm:GetParameter'], here('ssm', `parameter${name}`))
    : ownGrant(
        `Secret${index + 1}`,
        ['secretsmanager:GetSecretValue'],
        here('secretsmanager', `secret:${name}-??????`),
      );
}
