import { arn } from '../../shared/aws/arn.ts';
import { told } from '../../shared/aws/telling.ts';
import { isObject, text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-20';

export const mfaDeleteRemoved = rule({
  id: 's3/mfa-delete-removed',
  title: 'A bucket gives up versions without a second factor',
  severity: 'high',
  why: 'With MFA delete off, whoever holds a key that may delete can delete the bucket’s versions for good, and suspend versioning: no device is asked for any more.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'customer data',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'S3.20', source: page },
    { framework: 'CIS AWS Foundations v3.0.0', id: '2.1.2', source: page },
  ],
  // Shape: Panther's tests of its rule AWS.Root.Activity, with Enabled; with Disabled Elastic's rule "AWS S3 Bucket MFA
  // Delete Disabled": https://www.elastic.co/docs/reference/security/prebuilt-rules/rules/integrations/aws/impact_s3_mfa_delete_disabled
  triggers: calls('s3.amazonaws.com', 'PutBucketVersioning'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    if (!isObject(signal.request)) return unreadable('requestParameters');
    if (text(signal.request, 'VersioningConfiguration', 'MfaDelete') !== 'Disabled') return [];
    const bucket = text(signal.request, 'bucketName');
    if (bucket === undefined) return unreadable('requestParameters.bucketName');
    const resource = arn(signal, 's3', bucket, { regional: false, owned: false });
    // "Only the bucket owner (root account) can enable MFA delete": S3 user guide, "Configuring MFA delete". Tools that
    // send Disabled along with every change of versioning are no root users.
    return signal.actor.type === 'Root'
      ? told(resource, 'the root user put MFA delete off')
      : told(resource, 'versioning was put with MFA delete off; whether it was on before is not known', 'possible');
  },
});
