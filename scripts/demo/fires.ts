/** The demo's fires: each lit by real API calls, and the CloudTrail event that AWS would have made of them. */

import { randomUUID } from 'node:crypto';
import {
  CloudTrailClient,
  CreateTrailCommand,
  GetTrailStatusCommand,
  StartLoggingCommand,
  StopLoggingCommand,
} from '@aws-sdk/client-cloudtrail';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeSecurityGroupRulesCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, ListAccessKeysCommand } from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  DeletePublicAccessBlockCommand,
  GetBucketPolicyCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Json, JsonObject } from '../../shared/core/json.ts';
import type { Outcome } from '../../shared/core/outcome.ts';
import { sourceOf } from '../../shared/core/route.ts';

export type Fire = {
  readonly rule: string;
  readonly what: string;
  readonly expected: Outcome;
  /** Lights it and returns the event's detail. */
  light(): Promise<JsonObject>;
  /** What is there now, asked of the account itself and not of Firebreak; null where there is nothing to ask. */
  look(): Promise<Json>;
  /** Whether what is there is as it should be once the fire is out. */
  safe(now: Json): boolean;
};

const s3 = new S3Client({});
const ec2 = new EC2Client({});
const iam = new IAMClient({});
const trail = new CloudTrailClient({});
const bucket = 'firebreak-demo-data';
export const website = 'firebreak-demo-website';
const account = '123456789012';

const partner = {
  Sid: 'Partner',
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${account}:user/sandbox-admin` },
  Action: 's3:GetObject',
  Resource: `arn:aws:s3:::${bucket}/*`,
};

const policyOf = async (name: string): Promise<string | null> =>
  (await s3.send(new GetBucketPolicyCommand({ Bucket: name }))).Policy ?? null;

async function openBucket(name: string, others: readonly object[]): Promise<JsonObject> {
  await s3.send(new CreateBucketCommand({ Bucket: name }));
  // A new bucket refuses public policies until this guard is taken off.
  await s3.send(new DeletePublicAccessBlockCommand({ Bucket: name }));
  const open = {
    Sid: 'Everyone',
    Effect: 'Allow',
    Principal: '*',
    Action: 's3:GetObject',
    Resource: `arn:aws:s3:::${name}/*`,
  };
  const policy = { Version: '2012-10-17', Statement: [...others, open] };
  const { $metadata } = await s3.send(new PutBucketPolicyCommand({ Bucket: name, Policy: JSON.stringify(policy) }));
  return detail(
    's3.amazonaws.com',
    'PutBucketPolicy',
    { bucketName: name, bucketPolicy: policy as unknown as Json },
    null,
    $metadata.requestId,
  );
}

export const exempted = (): Promise<JsonObject> => openBucket(website, []);
export const websitePolicy = (): Promise<Json> => policyOf(website);

let group = '';
const rulesOf = async (): Promise<Json> =>
  (
    (await ec2.send(new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: 'group-id', Values: [group] }] })))
      .SecurityGroupRules ?? []
  )
    .filter((one) => !one.IsEgress)
    .map((one) => `${one.IpProtocol} ${one.FromPort}-${one.ToPort} ${one.CidrIpv4 ?? one.CidrIpv6}`)
    .sort();

let key = '';

export const fires: readonly Fire[] = [
  {
    rule: 's3/public-policy',
    what: `bucket ${bucket}, shared with a partner, gets one more statement: everyone may read it`,
    expected: 'fixed',
    light: () => openBucket(bucket, [partner]),
    look: () => policyOf(bucket),
    safe: (now) =>
      JSON.stringify((JSON.parse(String(now)) as { Statement: { Sid: string }[] }).Statement.map(({ Sid }) => Sid)) ===
      '["Partner"]',
  },
  {
    rule: 'ec2/security-group-open',
    what: 'a security group with HTTPS for all gets ports 22 to 25 opened to the world',
    expected: 'fixed',
    async light() {
      const made = await ec2.send(
        new CreateSecurityGroupCommand({ GroupName: 'firebreak-demo-web', Description: 'demo' }),
      );
      group = made.GroupId ?? '';
      const https = {
        IpProtocol: 'tcp',
        FromPort: 443,
        ToPort: 443,
        IpRanges: [{ CidrIp: '0.0.0.0/0', Description: 'web' }],
      };
      await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: group, IpPermissions: [https] }));
      const open = { IpProtocol: 'tcp', FromPort: 22, ToPort: 25, IpRanges: [{ CidrIp: '0.0.0.0/0' }] };
      const { $metadata } = await ec2.send(
        new AuthorizeSecurityGroupIngressCommand({ GroupId: group, IpPermissions: [open] }),
      );
      const item = {
        ipProtocol: 'tcp',
        fromPort: 22,
        toPort: 25,
        groups: {},
        ipRanges: { items: [{ cidrIp: '0.0.0.0/0' }] },
        ipv6Ranges: {},
        prefixListIds: {},
      };
      return detail(
        'ec2.amazonaws.com',
        'AuthorizeSecurityGroupIngress',
        { groupId: group, ipPermissions: { items: [item] } },
        { _return: true },
        $metadata.requestId,
      );
    },
    look: rulesOf,
    safe: (now) => JSON.stringify(now) === JSON.stringify(['tcp 24-24 0.0.0.0/0', 'tcp 443-443 0.0.0.0/0']),
  },
  {
    rule: 'cloudtrail/logging-stopped',
    what: 'somebody stops the trail that records the account',
    expected: 'fixed',
    async light() {
      await s3.send(new CreateBucketCommand({ Bucket: 'firebreak-demo-trail' }));
      const { TrailARN } = await trail.send(
        new CreateTrailCommand({
          Name: 'firebreak-demo',
          S3BucketName: 'firebreak-demo-trail',
          IsMultiRegionTrail: true,
        }),
      );
      await trail.send(new StartLoggingCommand({ Name: TrailARN }));
      const { $metadata } = await trail.send(new StopLoggingCommand({ Name: TrailARN }));
      return detail('cloudtrail.amazonaws.com', 'StopLogging', { name: TrailARN ?? '' }, null, $metadata.requestId);
    },
    look: async () => (await trail.send(new GetTrailStatusCommand({ Name: 'firebreak-demo' }))).IsLogging ?? null,
    safe: (now) => now === true,
  },
  {
    rule: 'iam/access-key-created',
    what: 'an IAM user gets a long-lived access key',
    expected: 'asked',
    async light() {
      await iam.send(new CreateUserCommand({ UserName: 'firebreak-demo-alice' }));
      const { AccessKey, $metadata } = await iam.send(new CreateAccessKeyCommand({ UserName: 'firebreak-demo-alice' }));
      key = AccessKey?.AccessKeyId ?? '';
      const response = {
        accessKey: {
          userName: 'firebreak-demo-alice',
          accessKeyId: key,
          status: 'Active',
          createDate: new Date().toISOString(),
        },
      };
      return detail(
        'iam.amazonaws.com',
        'CreateAccessKey',
        { userName: 'firebreak-demo-alice' },
        response,
        $metadata.requestId,
      );
    },
    look: async () =>
      (await iam.send(new ListAccessKeysCommand({ UserName: 'firebreak-demo-alice' }))).AccessKeyMetadata?.find(
        (one) => one.AccessKeyId === key,
      )?.Status ?? null,
    // Asked, not acted: the key must still be what it was.
    safe: (now) => now === 'Active',
  },
  {
    rule: 'root/console-login',
    what: 'the root user signs in to the console (an event alone: no emulator has a console)',
    expected: 'told',
    async light() {
      const record = detail('signin.amazonaws.com', 'ConsoleLogin', null, { ConsoleLogin: 'Success' }, undefined);
      return {
        ...record,
        eventType: 'AwsConsoleSignIn',
        userIdentity: {
          type: 'Root',
          principalId: account,
          arn: `arn:aws:iam::${account}:root`,
          accountId: account,
          accessKeyId: '',
        },
        additionalEventData: {
          LoginTo: 'https://console.aws.amazon.com/console/home',
          MobileVersion: 'No',
          MFAUsed: 'No',
        },
      };
    },
    look: async () => null,
    safe: (now) => now === null,
  },
];

/** A CloudTrail record of the call just made (CloudTrail user guide, "CloudTrail record contents"). */
export function detail(
  service: string,
  name: string,
  request: Json,
  response: Json,
  requestId: string | undefined,
): JsonObject {
  return {
    eventVersion: '1.11',
    userIdentity: {
      type: 'IAMUser',
      principalId: 'AIDAEXAMPLE',
      arn: `arn:aws:iam::${account}:user/sandbox-admin`,
      accountId: account,
      userName: 'sandbox-admin',
    },
    eventTime: new Date().toISOString(),
    eventSource: service,
    eventName: name,
    awsRegion: 'us-east-1',
    sourceIPAddress: '203.0.113.7',
    userAgent: 'firebreak-demo',
    requestParameters: request,
    responseElements: response,
    ...(requestId !== undefined && { requestID: requestId }),
    eventID: randomUUID(),
    readOnly: false,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: account,
    eventCategory: 'Management',
  };
}

/** Puts the event of a call on the bus, as CloudTrail and EventBridge would. */
export async function put(detail: JsonObject): Promise<void> {
  const type =
    detail['eventType'] === 'AwsConsoleSignIn' ? 'AWS Console Sign In via CloudTrail' : 'AWS API Call via CloudTrail';
  await putEvent(sourceOf(String(detail['eventSource'])), type, detail);
}

/** Puts any event on the bus; gives its id. */
export async function putEvent(Source: string, DetailType: string, detail: JsonObject): Promise<string> {
  const entry = { Source, DetailType, Detail: JSON.stringify(detail), Time: new Date() };
  const { FailedEntryCount, Entries } = await new EventBridgeClient({}).send(
    new PutEventsCommand({ Entries: [entry] }),
  );
  if (FailedEntryCount) throw new Error('the sandbox’s bus refused an event');
  return Entries?.[0]?.EventId ?? '';
}
