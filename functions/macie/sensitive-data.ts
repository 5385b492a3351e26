import { told } from '../../shared/aws/telling.ts';
import { at, text } from '../../shared/core/json.ts';
import { rule, unreadable } from '../../shared/core/rule.ts';

export const sensitiveData = rule({
  id: 'macie/sensitive-data',
  title: 'Macie found sensitive data in a bucket',
  severity: 'medium',
  why: 'Names, card numbers, keys or other data that must be guarded lie in this bucket. Whether they may be there only its owner knows; who can read it decides how bad it is.',
  class: 'N',
  // Each object has a finding of its own: what is found in one bucket within a day is one incident.
  folds: 1440,
  breaks: 'nothing',
  responsibility: 'customer data',
  controls: [],
  // "Amazon EventBridge event schema for Macie findings": Amazon Macie User Guide; members: API_Finding.
  triggers: [
    { kind: 'event', source: 'aws.macie', detailType: 'Macie Finding', where: { category: ['CLASSIFICATION'] } },
  ],
  detect(signal) {
    if (signal.kind !== 'other' || at(signal.detail, 'archived') === true) return [];
    const affected = at(signal.detail, 'resourcesAffected');
    const bucket = text(affected, 's3Bucket', 'arn');
    if (bucket === undefined) return unreadable('detail.resourcesAffected.s3Bucket.arn');
    const key = text(affected, 's3Object', 'key');
    const open = text(affected, 's3Bucket', 'publicAccess', 'effectivePermission') === 'PUBLIC';
    const parts = [
      text(signal.detail, 'severity', 'description')?.toLowerCase() ?? 'sensitive',
      `${text(signal.detail, 'type') ?? 'sensitive data'}${key === undefined ? '' : ` in ${key}`}`,
    ];
    const sample = at(signal.detail, 'sample') === true ? ' (a sample)' : '';
    return told(bucket, `${parts.join(': ')}${open ? ', and the bucket is public' : ''}${sample}`);
  },
});
