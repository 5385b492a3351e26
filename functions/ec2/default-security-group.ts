import * as v from 'valibot';
import { failedControls, nonCompliant } from '../../shared/aws/noticed.ts';
import { text } from '../../shared/core/json.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { defaultGroup, type Group } from './lenses/default-group.ts';
import { all, anywhere } from './lenses/grants.ts';
import type { SecurityGroup } from './lenses/group-rule.ts';
import { about, named } from './lenses/reported-group.ts';
import { groupOf, isCalled } from './lenses/requested.ts';

/**
 * An event names a group by its id alone, mostly, and nothing in that tells a default one:
 * to look after each change of each group would be to tell of each.
 */
const baseline = v.strictObject({
  groups: v.optional(
    v.pipe(
      v.array(v.pipe(v.string(), v.regex(/^sg-[0-9a-f]{8,17}$/, 'expected sg-…'))),
      v.description('ids of default groups, which an event does not tell from others'),
    ),
    [],
  ),
});
type Baseline = { readonly groups?: readonly string[] };

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-2';

export const defaultSecurityGroup = rule<SecurityGroup, Group, Baseline>({
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
    ...failedControls('EC2.2'),
    // https://docs.aws.amazon.com/config/latest/developerguide/vpc-default-security-group-closed.html
    nonCompliant('vpc-default-security-group-closed'),
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
  baseline,
  detect(signal, { groups = [] }) {
    return signal.kind === 'call' ? changed(signal, groups) : named(signal);
  },
  fix: {
    kind: 'state',
    lens: defaultGroup,
    desire: (state) => (state?.name === 'default' ? { ...state, inbound: [], outbound: [] } : state),
  },
});

function changed(call: Call, groups: readonly string[]): readonly Finding<SecurityGroup>[] | Unreadable {
  const name = text(call.request, 'groupName');
  const group = groupOf(call);
  // Only the name tells a default group, or the list of them: one that is called anything else is in neither.
  if (group === undefined) return name === 'default' || !isCalled(call) ? unreadable('requestParameters.groupId') : [];
  if (name !== 'default' && !groups.includes(group)) return [];
  // A change of rules may have narrowed them.
  const [how, certainty] =
    call.name === 'ModifySecurityGroupRules'
      ? (['changed in', 'possible'] as const)
      : (['added to', 'certain'] as const);
  return [about(call, group, `a rule was ${how} the default security group ${group}`, certainty)];
}
