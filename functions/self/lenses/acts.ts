/** The calls that change Firebreak's own parts, the members that name the part, and what each does. */
import type { Trigger } from '../../../shared/core/rule.ts';

type Act = { readonly named: readonly [string, ...string[]]; readonly does: string };
type Acts = { readonly [service: `${string}.amazonaws.com`]: { readonly [name: string]: Act } };

const act = (does: string, ...named: [string, ...string[]]): Act => ({ named, does });

// Members as in each service's API reference: CloudTrail writes them in lower camel case. Lambda's names with versions:
// "Logging AWS Lambda API calls using AWS CloudTrail", AWS Lambda Developer Guide.
export const acts: Acts = {
  'events.amazonaws.com': {
    DisableRule: act('disabled the rule', 'name'),
    DeleteRule: act('deleted the rule', 'name'),
    RemoveTargets: act('took targets from the rule', 'rule'),
    PutRule: act('changed the rule', 'name'),
    PutTargets: act('changed the targets of the rule', 'rule'),
  },
  'lambda.amazonaws.com': {
    DeleteFunction20150331: act('deleted the function', 'functionName'),
    UpdateFunctionCode20150331v2: act('replaced the code of the function', 'functionName'),
    UpdateFunctionConfiguration20150331v2: act('changed the settings of the function', 'functionName'),
    PutFunctionConcurrency20171031: act('limited how often Lambda may run the function', 'functionName'),
    RemovePermission20150331v2: act('took the leave to wake from the function', 'functionName'),
    AddPermission20150331v2: act('let others invoke the function', 'functionName'),
    PutFunctionEventInvokeConfig: act('changed retries and dead letters of the function', 'functionName'),
    UpdateFunctionEventInvokeConfig: act('changed retries and dead letters of the function', 'functionName'),
  },
  'iam.amazonaws.com': {
    DeleteRole: act('deleted the role', 'roleName'),
    DeleteRolePolicy: act('took a policy from the role', 'roleName'),
    DetachRolePolicy: act('took a policy from the role', 'roleName'),
    PutRolePolicy: act('changed a policy of the role', 'roleName'),
    AttachRolePolicy: act('gave a policy to the role', 'roleName'),
    UpdateAssumeRolePolicy: act('changed who may assume the role', 'roleName'),
    PutRolePermissionsBoundary: act('limited the role', 'roleName'),
  },
  'dynamodb.amazonaws.com': {
    DeleteTable: act('deleted the table', 'tableName'),
    UpdateTable: act('changed the table', 'tableName'),
    UpdateTimeToLive: act('changed when items expire in the table', 'tableName'),
    PutResourcePolicy: act('changed who may use the table', 'resourceArn'),
    DeleteResourcePolicy: act('took the policy from the table', 'resourceArn'),
  },
  'sns.amazonaws.com': {
    DeleteTopic: act('deleted the topic', 'topicArn'),
    SetTopicAttributes: act('changed the topic', 'topicArn'),
    Unsubscribe: act('ended a subscription to the topic', 'subscriptionArn'),
  },
  'sqs.amazonaws.com': {
    DeleteQueue: act('deleted the queue', 'queueUrl'),
    PurgeQueue: act('emptied the queue', 'queueUrl'),
    SetQueueAttributes: act('changed the queue', 'queueUrl'),
  },
  'scheduler.amazonaws.com': {
    DeleteSchedule: act('deleted a schedule of', 'groupName', 'name'),
    UpdateSchedule: act('changed a schedule of', 'groupName', 'name'),
    DeleteScheduleGroup: act('deleted the schedules of', 'name'),
  },
  'kms.amazonaws.com': {
    DeleteAlias: act('took the name from the key', 'aliasName'),
    UpdateAlias: act('gave to another key the name', 'aliasName'),
  },
  'cloudformation.amazonaws.com': {
    DeleteStack: act('deleted the stack', 'stackName'),
  },
};

export const actTriggers = Object.entries(acts).flatMap(([service, names]) =>
  Object.keys(names).map((name) => ({ kind: 'call', service, name })),
) as unknown as [Trigger, ...Trigger[]];
