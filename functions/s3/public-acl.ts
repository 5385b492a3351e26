import { arn } from '../../shared/aws/arn.ts';
import { advised, failedControls, guardDuty, nonCompliant } from '../../shared/aws/noticed.ts';
import { text } from '../../shared/core/json.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { isEverybody, openGrants } from './lenses/acl-request.ts';
import type { Bucket } from './lenses/bucket.ts';
import { type Acl, bucketAcl } from './lenses/bucket-acl.ts';
import { isCleared, noticed, permissionsCheck } from './lenses/noticed.ts';

const controls = 'https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html';

export const publicAcl = rule<Bucket, Acl>({
  id: 's3/public-acl',
  title: 'A bucket’s ACL lets strangers in',
  severity: 'critical',
  why: 'Anybody on the internet, or anybody with an AWS account, may list the bucket, write or delete objects in it, or read or rewrite the ACL itself, whichever was granted.',
  class: 'A',
  breaks: 'access',
  risk: 'Clients that came in by those grants are refused at once: directory listings, uploads without credentials. The ACLs of the objects themselves are not touched: a public object stays public.',
  mends:
    'drops the grants to AllUsers and AuthenticatedUsers, and leaves those to accounts and to S3’s log delivery as they are.',
  undoes: 'puts the dropped grants back. Block Public Access, and disabled ACLs, refuse that.',
  responsibility: 'customer data',
  proof: 'emulator',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'S3.2', source: `${controls}#s3-2` },
    { framework: 'AWS Security Hub CSPM', id: 'S3.3', source: `${controls}#s3-3` },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'AC-3', source: `${controls}#s3-2` },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'AC-6', source: `${controls}#s3-2` },
  ],
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html, bucket-level actions
  triggers: [
    ...calls('s3.amazonaws.com', 'PutBucketAcl', 'CreateBucket'),
    ...failedControls('S3.2', 'S3.3'),
    ...guardDuty('Policy:S3/BucketAnonymousAccessGranted', 'Policy:S3/BucketPublicAccessGranted'),
    nonCompliant('s3-bucket-public-read-prohibited', 's3-bucket-public-write-prohibited'),
    advised(permissionsCheck),
  ],
  permissions: {
    read: [{ actions: ['s3:GetBucketAcl'], resources: ['arn:${AWS::Partition}:s3:::*'] }],
    write: [{ actions: ['s3:PutBucketAcl'], resources: ['arn:${AWS::Partition}:s3:::*'] }],
  },
  detect(signal) {
    if (signal.kind === 'call') return found(signal);
    if (isCleared(signal, 'ACL Allows List', 'ACL Allows Upload/Delete')) return [];
    return noticed(signal, 'its ACL', (bucket) => ({ bucket }));
  },
  fix: {
    kind: 'state',
    lens: bucketAcl,
    desire: (acl) => acl && { ...acl, grants: acl.grants.filter(({ to }) => !isEverybody(to)) },
  },
});

/** Where ACLs are disabled S3 refuses such a call, so that it is an attempt, and reads out the owner's grant alone. */
function found(call: Call): readonly Finding<Bucket>[] | Unreadable {
  const open = openGrants(call.request);
  // A new bucket is private unless its request says otherwise: API_CreateBucket, x-amz-acl.
  if (open?.length === 0 || (open === null && call.name === 'CreateBucket')) return [];
  const bucket = text(call.request, 'bucketName');
  if (bucket === undefined) return unreadable('requestParameters.bucketName');
  const finding = { target: { bucket }, resource: arn(call, 's3', bucket, { regional: false, owned: false }) };
  if (open === null)
    return [
      { ...finding, reason: 'an ACL was put, and the event does not show it: it is read', certainty: 'possible' },
    ];
  return [{ ...finding, reason: `the bucket’s ACL grants ${open.join('; ')}`, certainty: 'certain' }];
}
