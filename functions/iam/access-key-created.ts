import { arn } from '../../shared/aws/arn.ts';
import { aboutRoot } from '../../shared/aws/root.ts';
import { text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { accessKey } from './lenses/access-key.ts';

export const accessKeyCreated = rule({
  id: 'iam/access-key-created',
  title: 'An access key was created for a user',
  severity: 'medium',
  why: 'An access key works from anywhere and until somebody takes it away. Keys leak into code and logs, and intruders create them to stay. People and programs can have short-lived credentials instead.',
  class: 'C',
  breaks: 'access',
  risk: 'Whatever uses the key already is refused from then on, until the key is made active again.',
  mends: 'makes the new key inactive. The user’s other keys stay as they are.',
  undoes: 'makes the key active again.',
  responsibility: 'platform, applications, identity and access management',
  proof: 'emulator',
  controls: [{ framework: 'MITRE ATT&CK', id: 'T1098.001', source: 'https://attack.mitre.org/techniques/T1098/001/' }],
  triggers: calls('iam.amazonaws.com', 'CreateAccessKey'),
  permissions: {
    read: [{ actions: ['iam:ListAccessKeys'], resources: ['arn:${AWS::Partition}:iam::${AWS::AccountId}:user/*'] }],
    write: [{ actions: ['iam:UpdateAccessKey'], resources: ['arn:${AWS::Partition}:iam::${AWS::AccountId}:user/*'] }],
  },
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const asked = text(signal.request, 'userName');
    // Without a name the key is the caller's own (IAM API reference, CreateAccessKey); root's own is root/access-key-created's.
    if (aboutRoot(signal)) return [];
    const user = asked ?? text(signal.response, 'accessKey', 'userName');
    const key = text(signal.response, 'accessKey', 'accessKeyId');
    if (user === undefined) return unreadable('requestParameters.userName');
    if (key === undefined) return unreadable('responseElements.accessKey.accessKeyId');
    // The event does not tell the user's path: the ARN is that of a user without one.
    const resource = arn(signal, 'iam', `user/${user}`, { regional: false, owned: true });
    return [
      {
        target: { user, key },
        resource,
        reason: `access key ${key} was created for the user ${user}`,
        certainty: 'certain',
      },
    ];
  },
  fix: {
    kind: 'state',
    lens: accessKey,
    // An expired key can't be used either; what is gone needs nothing.
    desire: (status) => (status === 'Active' ? 'Inactive' : status),
  },
});
