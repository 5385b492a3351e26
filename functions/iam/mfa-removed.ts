import { aboutRoot, isRootDevice } from '../../shared/aws/root.ts';
import { text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { identityArn } from './lenses/identity.ts';

export const userMfaRemoved = rule({
  id: 'iam/mfa-removed',
  title: 'A second factor of a user was removed',
  severity: 'medium',
  why: 'Unless the user has another device, the password alone opens the console from now on. Who took over a user removes the device that would keep them out next time.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [
    {
      framework: 'AWS Security Hub CSPM',
      id: 'IAM.5',
      source: 'https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-5',
    },
    {
      framework: 'CIS AWS Foundations v3.0.0',
      id: '1.10',
      source: 'https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-5',
    },
    {
      framework: 'PCI DSS v4.0.1',
      id: '8.4.2',
      source: 'https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-5',
    },
  ],
  // Members: userName and serialNumber, as in EnableMFADevice of the CloudTrail User Guide, "AWS Management Console
  // sign-in events", which calls the root user AWS ROOT USER: that is root/mfa-removed's.
  triggers: calls('iam.amazonaws.com', 'DeactivateMFADevice'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const asked = text(signal.request, 'userName');
    if (aboutRoot(signal) || isRootDevice(text(signal.request, 'serialNumber'))) return [];
    // Without a name the device is the caller's own (IAM API Reference, DeactivateMFADevice).
    const user = asked ?? (signal.actor.type === 'IAMUser' ? signal.actor.name : undefined);
    if (user === undefined) return unreadable('requestParameters.userName');
    return [
      {
        target: { user },
        resource: identityArn(signal, { kind: 'user', name: user }),
        reason: `a second factor of the user ${user} was removed; whether another is left is not told`,
        certainty: 'certain',
      },
    ];
  },
});
