import {
  CloudTrailClient,
  CreateTrailCommand,
  DeleteTrailCommand,
  PutEventSelectorsCommand,
  type PutEventSelectorsCommandInput,
  StartLoggingCommand,
  UpdateTrailCommand,
  type UpdateTrailCommandInput,
} from '@aws-sdk/client-cloudtrail';
import { CreateBucketCommand, DeleteBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { client } from '../../../shared/aws/client.ts';
import type { Json, JsonObject } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

const key = 'arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const logGroup = 'arn:aws:logs:us-east-1:123456789012:log-group:trail:*';
const logRole = 'arn:aws:iam::123456789012:role/cloudtrail-to-logs';
const everything = {
  ReadWriteType: 'All' as const,
  IncludeManagementEvents: true,
  DataResources: [{ Type: 'AWS::S3::Object', Values: ['arn:aws:s3:::secrets/'] }],
  ExcludeManagementEventSources: [],
};

/** As the trail stood for a day. */
const good = (bucket: string): { readonly [member: string]: Json } => ({
  bucket,
  prefix: 'all',
  topic: null,
  key,
  logGroup,
  logRole,
  globalEvents: true,
  multiRegion: true,
  validation: true,
  organization: false,
  selectors: { basic: [everything], advanced: [] },
  logging: true,
});

type Change = {
  readonly update?: Omit<UpdateTrailCommandInput, 'Name'>;
  readonly selectors?: Omit<PutEventSelectorsCommandInput, 'TrailName'>;
  /** The update as CloudTrail records it: each member begins with a small letter. */
  readonly asked?: JsonObject;
};

/** A good trail, and then what somebody did to it. */
function stage(
  name: string,
  trail: string,
  { update, selectors, asked }: Change,
  differs: { [member: string]: Json } = {},
): Stage {
  const bucket = `stage-${trail.toLowerCase().replaceAll(/[^a-z0-9]/g, '-')}`;
  const arn = `arn:aws:cloudtrail:us-east-1:123456789012:trail/${trail}`;
  return {
    rule: 'cloudtrail/trail-weakened',
    name,
    learned: good(bucket),
    ...(asked && { stands: true }),
    async set(stood) {
      const cloudtrail = client(CloudTrailClient);
      const s3 = client(S3Client);
      await s3.send(new CreateBucketCommand({ Bucket: bucket }));
      await cloudtrail.send(
        new CreateTrailCommand({
          Name: trail,
          S3BucketName: bucket,
          S3KeyPrefix: 'all',
          KmsKeyId: key,
          IsMultiRegionTrail: true,
          EnableLogFileValidation: true,
        }),
      );
      const logs = { CloudWatchLogsLogGroupArn: logGroup, CloudWatchLogsRoleArn: logRole };
      await cloudtrail.send(new UpdateTrailCommand({ Name: trail, ...logs }));
      await cloudtrail.send(new PutEventSelectorsCommand({ TrailName: trail, EventSelectors: [everything] }));
      await cloudtrail.send(new StartLoggingCommand({ Name: trail }));
      await stood?.({ trail: arn, ours: true });
      if (update) await cloudtrail.send(new UpdateTrailCommand({ Name: trail, ...update }));
      if (selectors) await cloudtrail.send(new PutEventSelectorsCommand({ TrailName: trail, ...selectors }));
      return {
        target: { trail: arn, ours: true },
        after: { ...good(bucket), ...differs },
        ...(asked && { call: { name: 'UpdateTrail', request: { name: trail, ...asked } } }),
        async clear() {
          await cloudtrail.send(new DeleteTrailCommand({ Name: trail }));
          await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
        },
      };
    },
  };
}

export const stages: readonly Stage[] = [
  stage('one region, no validation, no key, and no log group any more', 'weak.settings', {
    update: {
      IsMultiRegionTrail: false,
      IncludeGlobalServiceEvents: false,
      EnableLogFileValidation: false,
      KmsKeyId: '',
      CloudWatchLogsLogGroupArn: '',
      CloudWatchLogsRoleArn: '',
    },
    asked: {
      isMultiRegionTrail: false,
      includeGlobalServiceEvents: false,
      enableLogFileValidation: false,
      kmsKeyId: '',
      cloudWatchLogsLogGroupArn: '',
      cloudWatchLogsRoleArn: '',
    },
  }),
  stage('another bucket', 'moved', { update: { S3BucketName: 'somebody-elses', S3KeyPrefix: 'x' } }),
  stage('no management events any more', 'selected', {
    selectors: { EventSelectors: [{ ReadWriteType: 'ReadOnly', IncludeManagementEvents: false }] },
  }),
  // What is new and no weaker stays: a notification topic.
  stage(
    'advanced selectors that leave writes out; a topic that is new stays',
    'narrow',
    {
      update: { SnsTopicName: 'arn:aws:sns:us-east-1:123456789012:trail', EnableLogFileValidation: false },
      selectors: {
        AdvancedEventSelectors: [
          {
            FieldSelectors: [
              { Field: 'eventCategory', Equals: ['Management'] },
              { Field: 'readOnly', Equals: ['true'] },
            ],
          },
        ],
      },
    },
    { topic: 'arn:aws:sns:us-east-1:123456789012:trail' },
  ),
];
