import { arn } from '../../shared/aws/arn.ts';
import { text } from '../../shared/core/json.ts';
import { rule } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';

export const consoleLogin = rule({
  id: 'root/console-login',
  title: 'Sign-in as the root user',
  severity: 'high',
  why: 'The root user may do anything in the account, and no policy of the account limits it. Few tasks need it: every sign-in should be one that somebody planned, and a failed one may be somebody guessing.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [
    {
      framework: 'AWS Security Hub CSPM',
      id: 'CloudWatch.1',
      source: 'https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html#cloudwatch-1',
    },
    {
      framework: 'AWS Well-Architected',
      id: 'SEC01-BP02',
      source:
        'https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_securely_operate_aws_account.html',
    },
    { framework: 'MITRE ATT&CK', id: 'T1078.004', source: 'https://attack.mitre.org/techniques/T1078/004/' },
  ],
  // Shapes: CloudTrail user guide, "AWS Management Console sign-in events", example events for root.
  triggers: [{ kind: 'call', service: 'signin.amazonaws.com', name: 'ConsoleLogin', signIn: 'root', failures: true }],
  detect(signal) {
    if (signal.kind !== 'call' || signal.actor.type !== 'Root') return [];
    const resource = arn(signal, 'iam', 'root', { regional: false, owned: true });
    return [{ target: { account: signal.account }, resource, reason: reasonOf(signal), certainty: 'certain' }];
  },
});

function reasonOf(call: Call): string {
  const mfa = text(call.additional, 'MFAUsed');
  // Documented as Yes and as YES, both in the CloudTrail User Guide, "Console sign-in events".
  const how = /^yes$/i.test(mfa ?? '')
    ? 'with MFA'
    : /^no$/i.test(mfa ?? '')
      ? 'without MFA'
      : 'whether with MFA is not told';
  if (call.failure !== null) return `somebody tried to sign in as the root user and failed (${how})`;
  return `the root user signed in to the console (${how})`;
}
