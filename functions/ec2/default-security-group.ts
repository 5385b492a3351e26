import { text } from '../../shared/core/json.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { defaultGroup, type Group } from './lenses/default-group.ts';
import type { SecurityGroup } from './lenses/group-rule.ts';
import { all, anywhere } from './lenses/looking.ts';
import { namedBy } from './lenses/record.ts';
import { about } from './lenses/reported-group.ts';
import { groupOf } from './lenses/requested.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-2';

export const defaultSecurityGroup = rule<SecurityGroup, Group>({
  id: 'ec2/default-security-group',
  title: 'The default security group of a VPC lets traffic through',
  severity: 'medium',
  why: 'What is launched without a word about its security group gets the default one. Whatever that lets through is open on machines for which nobody ever decided it.',
  class: 'C',
  breaks: 'service',
  risk: 'Whatever is in the default group can neither be reached through it nor reach anything: new connections are refused at once. The state that is shown says how many network interfaces are in it; move them to groups of their own first.',
  mends: 'revokes all rules of the group, inbound and outbound. The group stays: a default one can’t be deleted.',
  undoes:
    'puts the rules back with description and tags, with your own credentials: Firebreak’s role may close a group, and let nothing out of one.',
  responsibility: 'operating system, network and firewall configuration',
  proof: 'emulator',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'EC2.2', source: page },
    { framework: 'CIS AWS Foundations v3.0.0', id: '5.4', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'SC-7', source: page },
  ],
  triggers: [
    ...calls(
      'ec2.amazonaws.com',
      'AuthorizeSecurityGroupIngress',
      'AuthorizeSecurityGroupEgress',
      'ModifySecurityGroupRules',
    ),
    { kind: 'finding', origin: 'securityhub', type: 'EC2.2' },
  ],
  permissions: {
    read: [
      anywhere('ec2:DescribeSecurityGroups'),
      anywhere('ec2:DescribeSecurityGroupRules'),
      anywhere('ec2:DescribeNetworkInterfaces'),
    ],
    write: [
      { actions: ['ec2:RevokeSecurityGroupIngress'], resources: [all('security-group')] },
      { actions: ['ec2:RevokeSecurityGroupEgress'], resources: [all('security-group')] },
    ],
    undo: ['ec2:AuthorizeSecurityGroupEgress'],
  },
  detect(signal) {
    if (signal.kind === 'other') return [];
    if (signal.kind === 'call') return changed(signal);
    return namedBy(signal, 'security-group').map(({ id: group, arn: resource }) => ({
      target: { group },
      resource,
      reason: `Security Hub finds that the default security group ${group} has rules`,
      certainty: 'possible',
    }));
  },
  fix: {
    kind: 'state',
    lens: defaultGroup,
    desire: (state) => (state?.name === 'default' ? { ...state, inbound: [], outbound: [] } : state),
  },
});

/** By its id alone nobody can tell a default group: a call that does not name it has to be looked after. */
function changed(call: Call): readonly Finding<SecurityGroup>[] | Unreadable {
  const name = text(call.request, 'groupName');
  if (name !== undefined && name !== 'default') return [];
  const group = groupOf(call);
  if (group === undefined) return unreadable('requestParameters.groupId');
  return name === undefined
    ? [
        {
          ...about(call, group, `the rules of ${group} were changed, and it may be a default group`, 'possible'),
          aside: true,
        },
      ]
    : [about(call, group, `a rule was added to the default security group ${group}`, 'certain')];
}
