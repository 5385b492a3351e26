import { arn } from '../../shared/aws/arn.ts';
import { text } from '../../shared/core/json.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import type { SecurityGroup } from './lenses/group-rule.ts';
import { namedBy } from './lenses/record.ts';
import { groupOf } from './lenses/requested.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-2';

export const defaultSecurityGroup = rule<SecurityGroup>({
  id: 'ec2/default-security-group',
  title: 'The default security group of a VPC lets traffic through',
  severity: 'medium',
  why: 'What is launched without a word about its security group gets the default one. Whatever that lets through is open on machines for which nobody ever decided it.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'operating system, network and firewall configuration',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'EC2.2', source: page },
    { framework: 'CIS AWS Foundations v3.0.0', id: '5.4', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'SC-7', source: page },
  ],
  triggers: [
    ...calls('ec2.amazonaws.com', 'AuthorizeSecurityGroupIngress', 'AuthorizeSecurityGroupEgress'),
    { kind: 'finding', origin: 'securityhub', type: 'EC2.2' },
  ],
  detect(signal) {
    if (signal.kind === 'other') return [];
    if (signal.kind === 'call') return authorized(signal);
    return namedBy(signal, 'security-group').map(({ id: group, arn: resource }) => ({
      target: { group },
      resource,
      reason: `Security Hub finds that the default security group ${group} has rules`,
      certainty: 'possible',
    }));
  },
});

/** By its id alone nobody can tell a default group: only a call that names it does. */
function authorized(call: Call): readonly Finding<SecurityGroup>[] | Unreadable {
  if (text(call.request, 'groupName') !== 'default') return [];
  const group = groupOf(call);
  if (group === undefined) return unreadable('responseElements.securityGroupRuleSet.items[].groupId');
  const reason = `a rule was added to the default security group ${group}`;
  return [{ target: { group }, resource: arn(call, 'ec2', `security-group/${group}`), reason, certainty: 'certain' }];
}
