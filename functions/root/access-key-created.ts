import { arn } from '../../shared/aws/arn.ts';
import { isRootName } from '../../shared/aws/root.ts';
import { text } from '../../shared/core/json.ts';
import { calls, rule } from '../../shared/core/rule.ts';

export const rootAccessKeyCreated = rule({
  id: 'root/access-key-created',
  title: 'The root user has a new access key',
  severity: 'critical',
  why: 'Whoever has this key may do anything in the account, from anywhere, without a second factor, until it is deleted; no policy of the account limits it. Nothing needs such a key. This only tells: root’s keys are deleted by root itself, or from the organisation’s management account, and Firebreak acts in its own account alone.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [
    {
      framework: 'AWS Security Hub CSPM',
      id: 'IAM.4',
      source: 'https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-4',
    },
    {
      framework: 'CIS AWS Foundations v3.0.0',
      id: '1.4',
      source: 'https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-4',
    },
    { framework: 'MITRE ATT&CK', id: 'T1098.001', source: 'https://attack.mitre.org/techniques/T1098/001/' },
  ],
  // Recorded for users: Stratus Red Team, aws.persistence.iam-backdoor-user (responseElements.accessKey.accessKeyId).
  // Without a name the key is the caller's own (IAM API Reference, CreateAccessKey); only root can make root's.
  triggers: calls('iam.amazonaws.com', 'CreateAccessKey'),
  detect(signal) {
    if (signal.kind !== 'call' || signal.actor.type !== 'Root') return [];
    const asked = text(signal.request, 'userName');
    if (asked !== undefined && !isRootName(asked)) return [];
    // To tell it, its id is not needed: a record whose answer was left out says enough.
    const key = text(signal.response, 'accessKey', 'accessKeyId');
    const which = key === undefined ? 'an access key' : `access key ${key}`;
    const resource = arn(signal, 'iam', 'root', { regional: false, owned: true });
    // "Perform a privileged task on an AWS Organizations member account", IAM User Guide. Only another account can do that,
    // the management account or a delegated one, and Firebreak acts in its own alone: the way is told, not gone.
    const reason = `${which} was created for the root user. Where root access is managed centrally, delete it from there (aws sts assume-root, task policy IAMDeleteRootUserCredentials), else signed in as root; then change the root user’s password`;
    return [{ target: { account: signal.account, key: key ?? null }, resource, reason, certainty: 'certain' }];
  },
});
