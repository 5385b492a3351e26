/** How a trail may be set: what CloudTrail answers and takes, and when two settings are the same. */
import type { Trail as Told } from '@aws-sdk/client-cloudtrail';
import { canonical, type Json } from '../../../shared/core/json.ts';
import { lessThan, type Selectors } from './selectors.ts';

/** How a trail is set: API_Trail, API_GetEventSelectors. Texts that are not set are null. */
export type Settings = {
  readonly bucket: string;
  readonly prefix: string | null;
  readonly topic: string | null;
  readonly key: string | null;
  readonly logGroup: string | null;
  readonly logRole: string | null;
  readonly globalEvents: boolean;
  readonly multiRegion: boolean;
  readonly validation: boolean;
  readonly organization: boolean;
  readonly selectors: Selectors;
  readonly logging: boolean;
};

export const settingsOf = (trail: Told, selectors: Selectors, logging: boolean): Settings => ({
  bucket: trail.S3BucketName ?? '',
  prefix: trail.S3KeyPrefix || null,
  topic: trail.SnsTopicARN || trail.SnsTopicName || null,
  key: trail.KmsKeyId || null,
  logGroup: trail.CloudWatchLogsLogGroupArn || null,
  logRole: trail.CloudWatchLogsRoleArn || null,
  globalEvents: trail.IncludeGlobalServiceEvents === true,
  multiRegion: trail.IsMultiRegionTrail === true,
  validation: trail.LogFileValidationEnabled === true,
  organization: trail.IsOrganizationTrail === true,
  selectors,
  logging,
});

/** The API's names; an empty text takes a setting away (API_UpdateTrail). */
export const members = (to: Settings): { readonly [member: string]: string | boolean } => ({
  S3BucketName: to.bucket,
  S3KeyPrefix: to.prefix ?? '',
  SnsTopicName: to.topic ?? '',
  KmsKeyId: to.key ?? '',
  CloudWatchLogsLogGroupArn: to.logGroup ?? '',
  CloudWatchLogsRoleArn: to.logRole ?? '',
  IncludeGlobalServiceEvents: to.globalEvents,
  IsMultiRegionTrail: to.multiRegion,
  EnableLogFileValidation: to.validation,
  IsOrganizationTrail: to.organization,
});

/** CloudTrail fills in what is not said (API_EventSelector), and lists of one kind have no order. */
export function spelledOut({ basic, advanced }: Selectors): Json {
  const plain = basic.map(
    ({ ReadWriteType, IncludeManagementEvents, DataResources, ExcludeManagementEventSources }) => ({
      kind: ReadWriteType ?? 'All',
      management: IncludeManagementEvents ?? true,
      data: [...(DataResources ?? [])].map((one) => canonical(one as Json)).sort(),
      excluded: [...(ExcludeManagementEventSources ?? [])].sort(),
    }),
  );
  return { plain, advanced: advanced.map((one) => canonical(one as Json)).sort() };
}

/** What records more, of both; where it is written to, as before. */
export function strictest(now: Settings, before: Settings): Settings {
  const moved = now.bucket !== before.bucket;
  return {
    ...now,
    bucket: before.bucket,
    prefix: moved ? before.prefix : now.prefix,
    topic: before.topic ?? now.topic,
    key: before.key ?? now.key,
    logGroup: before.logGroup ?? now.logGroup,
    logRole: before.logGroup === null ? now.logRole : before.logRole,
    globalEvents: now.globalEvents || before.globalEvents,
    multiRegion: now.multiRegion || before.multiRegion,
    validation: now.validation || before.validation,
    selectors: lessThan(now.selectors, before.selectors) ? before.selectors : now.selectors,
  };
}
