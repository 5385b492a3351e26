import { arn } from '../../shared/aws/arn.ts';
import { told } from '../../shared/aws/telling.ts';
import { text } from '../../shared/core/json.ts';
import { calls, rule } from '../../shared/core/rule.ts';

export const rootMfaRemoved = rule({
  id: 'root/mfa-removed',
  title: 'A second factor of the root user was removed',
  severity: 'critical',
  why: 'The root user may do anything in the account, and no policy of the account limits it. Without a second factor its password, or its mailbox, is all that it takes.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  unconfirmed:
    'the names are those of the IAM API, all of whose actions CloudTrail logs (IAM User Guide, "Logging IAM and AWS STS API calls"); no recorded event shows what CloudTrail writes for the root user’s own device, nor does a page of AWS’s that was read name its virtual one root-account-mfa-device, as tools do.',
  triggers: calls('iam.amazonaws.com', 'DeactivateMFADevice', 'DeleteVirtualMFADevice'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const user = text(signal.request, 'userName');
    const ofRoot = /:mfa\/root-account-mfa-device$/.test(text(signal.request, 'serialNumber') ?? '');
    if (!ofRoot && (signal.actor.type !== 'Root' || user !== undefined)) return [];
    const resource = arn(signal, 'iam', 'root', { regional: false, owned: true });
    const certain = ofRoot || signal.name === 'DeactivateMFADevice';
    const what = certain
      ? 'a second factor of the root user'
      : 'a virtual device, perhaps the root user’s second factor,';
    return told(resource, `${what} was removed`, certain ? 'certain' : 'possible');
  },
});
