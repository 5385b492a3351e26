/** Buckets and security groups as somebody leaves them, and the events that CloudTrail would make of it. */
import { randomUUID } from 'node:crypto';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeSecurityGroupRulesCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import {
  CreateBucketCommand,
  DeletePublicAccessBlockCommand,
  GetBucketPolicyCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { isObject, type Json, type JsonObject } from '../../shared/core/json.ts';

const account = '123456789012';
export const mallory = `arn:aws:iam::${account}:user/mallory`;

export type Change = {
  readonly id?: string;
  readonly time?: string;
  readonly requestId?: string;
  readonly arn?: string;
  readonly errorCode?: string;
};

/** An EventBridge event of a call that was made just now. */
export function event(service: string, name: string, request: Json, o: Change = {}): JsonObject {
  const id = o.id ?? randomUUID();
  const time = o.time ?? new Date().toISOString();
  const arn = o.arn ?? mallory;
  const type = arn.includes(':assumed-role/') ? 'AssumedRole' : 'IAMUser';
  return {
    version: '0',
    id: `envelope-${id}`,
    source: `aws.${service}`,
    'detail-type': 'AWS API Call via CloudTrail',
    account,
    region: 'us-east-1',
    time,
    detail: {
      eventVersion: '1.10',
      userIdentity: {
        type,
        arn,
        accountId: account,
        ...(type === 'IAMUser' && { userName: arn.split('/').at(-1) ?? '' }),
      },
      eventTime: time,
      eventSource: `${service}.amazonaws.com`,
      eventName: name,
      awsRegion: 'us-east-1',
      requestParameters: request,
      requestID: o.requestId ?? randomUUID(),
      eventID: id,
      eventType: 'AwsApiCall',
      recipientAccountId: account,
      ...(o.errorCode !== undefined && { errorCode: o.errorCode }),
    },
  };
}

const statement = (bucket: string, Sid: string, Principal: Json): JsonObject => ({
  Sid,
  Effect: 'Allow',
  Principal,
  Action: 's3:GetObject',
  Resource: `arn:aws:s3:::${bucket}/*`,
});

/** The bucket's policy as its owner means it, and as mallory leaves it. */
export function policies(bucket: string): { ours: JsonObject; open: JsonObject } {
  const ours = statement(bucket, 'ours', { AWS: `arn:aws:iam::${account}:root` });
  const version = { Version: '2012-10-17' };
  return {
    ours: { ...version, Statement: [ours] },
    open: { ...version, Statement: [statement(bucket, 'open', '*'), ours] },
  };
}

/** A new bucket that anybody may read. */
export async function openBucket(): Promise<{
  bucket: string;
  policy: JsonObject;
  text: string;
  event(o?: Change): JsonObject;
}> {
  const s3 = new S3Client({});
  const bucket = `fire-${randomUUID()}`;
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  // On for new buckets, by AWS and by MiniStack: it would refuse the policy.
  await s3.send(new DeletePublicAccessBlockCommand({ Bucket: bucket }));
  const policy = policies(bucket).open;
  const text = JSON.stringify(policy);
  await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: text }));
  return {
    bucket,
    policy,
    text,
    event: (o) => event('s3', 'PutBucketPolicy', { bucketName: bucket, bucketPolicy: policy }, o),
  };
}

/** Ids of the statements in force, in their order. */
export async function sidsOf(bucket: string): Promise<readonly unknown[]> {
  const { Policy } = await new S3Client({}).send(new GetBucketPolicyCommand({ Bucket: bucket }));
  const statements = (JSON.parse(Policy ?? '{}') as { Statement?: Json }).Statement;
  return Array.isArray(statements) ? statements.map((one) => (isObject(one) ? one['Sid'] : null)) : [];
}

const door = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '0.0.0.0/0' }] };
const office = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '198.51.100.0/24' }] };

export type Group = {
  readonly group: string;
  /** The event of a call that lets the world in. */
  event(o?: Change): JsonObject;
  /** Makes that call. */
  open(): Promise<void>;
  /** Ranges that are let in. */
  ranges(): Promise<readonly unknown[]>;
};

/** A new security group that lets one office in. */
export async function aGroup(): Promise<Group> {
  const ec2 = new EC2Client({});
  const { GroupId: group = '' } = await ec2.send(
    new CreateSecurityGroupCommand({ GroupName: `fire-${randomUUID()}`, Description: 'a test' }),
  );
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: group, IpPermissions: [office] }));
  const items = [{ ipProtocol: 'tcp', fromPort: 22, toPort: 22, ipRanges: { items: [{ cidrIp: '0.0.0.0/0' }] } }];
  return {
    group,
    event: (o) => event('ec2', 'AuthorizeSecurityGroupIngress', { groupId: group, ipPermissions: { items } }, o),
    async open() {
      await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: group, IpPermissions: [door] }));
    },
    async ranges() {
      const { SecurityGroupRules } = await ec2.send(
        new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: 'group-id', Values: [group] }] }),
      );
      return (SecurityGroupRules ?? []).filter(({ IsEgress }) => !IsEgress).map(({ CidrIpv4 }) => CidrIpv4);
    },
  };
}
