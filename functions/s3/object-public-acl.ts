import { arn } from '../../shared/aws/arn.ts';
import { at, text } from '../../shared/core/json.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { isEverybody, openGrants } from './lenses/acl-request.ts';
import type { Acl } from './lenses/bucket-acl.ts';
import { objectAcl, type StoredObject } from './lenses/object-acl.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html';

const objects = 'arn:${AWS::Partition}:s3:::*/*' as const;

export const objectPublicAcl = rule<StoredObject, Acl>({
  id: 's3/object-public-acl',
  title: 'An object’s ACL lets strangers in',
  severity: 'high',
  why: 'Anybody on the internet, or anybody with an AWS account, may read this object, or read or rewrite its ACL. The bucket’s own ACL and policy do not show it: a single object is how data is passed out unseen.',
  class: 'C',
  breaks: 'access',
  risk: 'Whoever came for this object without credentials is refused at once: a picture in a mail, a download link, a file that another account fetches as anybody with an account may. All other objects stay as they are.',
  mends:
    'drops the grants to AllUsers and AuthenticatedUsers from this object’s ACL, and leaves those to accounts as they are.',
  undoes: 'puts the dropped grants back. Block Public Access, and disabled ACLs, refuse that.',
  proof: 'emulator',
  responsibility: 'customer data',
  controls: [{ framework: 'AWS Security Hub CSPM', id: 'S3.2', source: `${page}#s3-2` }],
  // An object-level action: CloudTrail records it, and EventBridge gets it, only where a trail logs the bucket's data
  // events. https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html#cloudtrail-object-level-tracking
  triggers: calls('s3.amazonaws.com', 'PutObjectAcl'),
  permissions: {
    // A version that is named needs actions of its own: Service Authorization Reference, Amazon S3.
    read: [{ actions: ['s3:GetObjectAcl', 's3:GetObjectVersionAcl'], resources: [objects] }],
    write: [{ actions: ['s3:PutObjectAcl', 's3:PutObjectVersionAcl'], resources: [objects] }],
  },
  detect: (signal) => (signal.kind === 'call' ? found(signal) : []),
  fix: {
    kind: 'state',
    lens: objectAcl,
    desire: (acl) => acl && { ...acl, grants: acl.grants.filter(({ to }) => !isEverybody(to)) },
  },
});

function found(call: Call): readonly Finding<StoredObject>[] | Unreadable {
  const open = openGrants(call.request);
  if (open?.length === 0) return [];
  const [bucket, key] = [text(call.request, 'bucketName'), text(call.request, 'key')];
  if (bucket === undefined) return unreadable('requestParameters.bucketName');
  if (key === undefined) return unreadable('requestParameters.key');
  const version = at(call.request, 'versionId');
  const finding = {
    target: { bucket, key, version: typeof version === 'string' && version !== '' ? version : null },
    resource: arn(call, 's3', `${bucket}/${key}`, { regional: false, owned: false }),
  };
  if (open === null)
    return [{ ...finding, reason: 'the object’s ACL was put, and the event does not show it', certainty: 'possible' }];
  return [{ ...finding, reason: `the object’s ACL grants ${open.join('; ')}`, certainty: 'certain' }];
}
