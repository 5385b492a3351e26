import { arn } from '../../shared/aws/arn.ts';
import { aboutRoot, isRootDevice } from '../../shared/aws/root.ts';
import { told } from '../../shared/aws/telling.ts';
import { text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';

export const rootMfaRemoved = rule({
  id: 'root/mfa-removed',
  title: 'A second factor of the root user was removed',
  severity: 'critical',
  why: 'The root user may do anything in the account, and no policy of the account limits it. Without a second factor its password, or its mailbox, is all that it takes.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  // Members: CloudTrail User Guide, "Root user, MFA changed": EnableMFADevice with userName AWS ROOT USER and serialNumber
  // …:mfa/root-account-mfa-device. "All IAM and AWS STS actions are logged": IAM User Guide, "Logging IAM and AWS STS API
  // calls with AWS CloudTrail".
  triggers: calls('iam.amazonaws.com', 'DeactivateMFADevice', 'DeleteVirtualMFADevice'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const [user, device] = [text(signal.request, 'userName'), text(signal.request, 'serialNumber')];
    const ofRoot = isRootDevice(device) || (user !== undefined && aboutRoot(signal));
    if (!ofRoot && !aboutRoot(signal))
      return user === undefined && device === undefined ? unreadable('requestParameters.serialNumber') : [];
    const resource = arn(signal, 'iam', 'root', { regional: false, owned: true });
    const certain = ofRoot || signal.name === 'DeactivateMFADevice';
    const what = certain
      ? 'a second factor of the root user'
      : 'a virtual device, perhaps the root user’s second factor,';
    return told(resource, `${what} was removed`, certain ? 'certain' : 'possible');
  },
});
