import {
  CloudTrailClient,
  CreateTrailCommand,
  DeleteTrailCommand,
  StartLoggingCommand,
  TrailNotFoundException,
} from '@aws-sdk/client-cloudtrail';
import { CreateBucketCommand, DeleteBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { client } from '../../../shared/aws/client.ts';
import type { Json } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

const settings = (bucket: string, more: { [member: string]: Json }): { [member: string]: Json } => ({
  bucket,
  prefix: null,
  topic: null,
  key: null,
  logGroup: null,
  logRole: null,
  globalEvents: true,
  multiRegion: false,
  validation: false,
  organization: false,
  logging: true,
  ...more,
});

/** A trail that logged, was learned, and was deleted. */
function stage(name: string, trail: string, more: { [member: string]: Json }, isPlain = false): Stage {
  const bucket = `stage-${trail.toLowerCase().replaceAll(/[^a-z0-9]/g, '-')}`;
  const learned = settings(bucket, { ...more, logging: !isPlain });
  return {
    rule: 'cloudtrail/trail-deleted',
    name,
    learned,
    ...(isPlain && { stands: true }),
    async set(stood) {
      const cloudtrail = client(CloudTrailClient);
      const s3 = client(S3Client);
      await s3.send(new CreateBucketCommand({ Bucket: bucket }));
      await cloudtrail.send(new CreateTrailCommand({ Name: trail, S3BucketName: bucket }));
      await cloudtrail.send(new StartLoggingCommand({ Name: trail }));
      const target = { trail: `arn:aws:cloudtrail:us-east-1:123456789012:trail/${trail}`, ours: true };
      await stood?.(target);
      await cloudtrail.send(new DeleteTrailCommand({ Name: trail }));
      return {
        target,
        after: { ...learned, logging: true },
        call: { name: 'DeleteTrail', request: { name: trail } },
        async clear() {
          try {
            await cloudtrail.send(new DeleteTrailCommand({ Name: trail }));
          } catch (error) {
            if (!(error instanceof TrailNotFoundException)) throw error;
          }
          await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
        },
      };
    },
  };
}

export const stages: readonly Stage[] = [
  stage('a trail of all regions that validates, encrypts and also writes to a log group', 'All.regions_1', {
    prefix: 'logs',
    key: 'arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    multiRegion: true,
    validation: true,
    selectors: {
      basic: [],
      advanced: [
        { Name: 'all', FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }] },
        {
          FieldSelectors: [
            { Field: 'eventCategory', Equals: ['Data'] },
            { Field: 'resources.type', Equals: ['AWS::S3::Object'] },
          ],
        },
      ],
    },
  }),
  stage(
    'a plain one that had been learned before it was started',
    'plain',
    {
      selectors: {
        basic: [
          { ReadWriteType: 'All', IncludeManagementEvents: true, DataResources: [], ExcludeManagementEventSources: [] },
        ],
        advanced: [],
      },
    },
    true,
  ),
];
