/** What firebreak.yml records of Config: no event holds the settings of what was deleted, and no read does. */
import * as v from 'valibot';
import type { Channel } from './channel.ts';
import type { Recorder } from './recorder.ts';

// 1 to 256 characters: API_ConfigurationRecorder and API_DeliveryChannel.
const name = v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(256)), 'default');
const types = v.array(
  v.pipe(v.string(), v.regex(/^AWS::\w+::\w+$/, 'expected a resource type, such as AWS::EC2::Instance')),
);
const arnOf = (service: string, example: string) =>
  v.pipe(
    v.string(),
    v.regex(new RegExp(`^arn:[^:]+:${service}:[^:]*:\\d{12}:.+`), `expected an ARN such as ${example}`),
  );

const recordingGroup = v.strictObject({
  allSupported: v.optional(v.boolean()),
  includeGlobalResourceTypes: v.optional(v.boolean()),
  resourceTypes: v.optional(types),
  exclusionByResourceTypes: v.optional(v.strictObject({ resourceTypes: types })),
  recordingStrategy: v.optional(
    v.strictObject({
      useOnly: v.picklist([
        'ALL_SUPPORTED_RESOURCE_TYPES',
        'INCLUSION_BY_RESOURCE_TYPES',
        'EXCLUSION_BY_RESOURCE_TYPES',
      ]),
    }),
  ),
});

const frequency = v.picklist(['CONTINUOUS', 'DAILY']);
const recordingMode = v.strictObject({
  recordingFrequency: frequency,
  recordingModeOverrides: v.optional(
    v.array(
      v.strictObject({ description: v.optional(v.string()), resourceTypes: types, recordingFrequency: frequency }),
    ),
  ),
});

const recorder = v.strictObject({
  name,
  roleARN: arnOf('iam', 'arn:aws:iam::111122223333:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig'),
  recordingGroup: v.optional(recordingGroup),
  recordingMode: v.optional(recordingMode),
});

const channel = v.strictObject({
  name,
  s3BucketName: v.pipe(v.string(), v.minLength(3)),
  s3KeyPrefix: v.optional(v.pipe(v.string(), v.minLength(1))),
  s3KmsKeyArn: v.optional(arnOf('kms', 'arn:aws:kms:eu-west-1:111122223333:key/…')),
  snsTopicARN: v.optional(arnOf('sns', 'arn:aws:sns:eu-west-1:111122223333:config')),
  configSnapshotDeliveryProperties: v.optional(
    v.strictObject({
      deliveryFrequency: v.picklist(['One_Hour', 'Three_Hours', 'Six_Hours', 'Twelve_Hours', 'TwentyFour_Hours']),
    }),
  ),
});

/** `recorder`, `channel`: as the API takes them. Without one that is gone, the rule can only tell. */
export const recorded = v.strictObject({ recorder: v.optional(recorder), channel: v.optional(channel) });

export type Recorded = { readonly recorder?: Recorder; readonly channel?: Channel };
