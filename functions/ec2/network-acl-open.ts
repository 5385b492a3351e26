import * as v from 'valibot';
import { arn } from '../../shared/aws/arn.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { type AclEntry, entryOf, isOpen } from './lenses/acl-entry.ts';
import { type AclRule, aclRule } from './lenses/acl-rule.ts';
import { named } from './lenses/doors.ts';
import { all, anywhere } from './lenses/grants.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-21';

const port = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535));
/** SSH and Remote Desktop, as control EC2.21 has them. */
const admin: readonly number[] = [22, 3389];
const baseline = v.strictObject({
  ports: v.optional(v.pipe(v.array(port), v.minLength(1), v.description('ports that no entry may open to the world')), [
    ...admin,
  ]),
});
type Baseline = { readonly ports?: readonly number[] };

export const networkAclOpen = rule<AclEntry, AclRule, Baseline>({
  id: 'ec2/network-acl-open',
  title: 'A network ACL lets the world in to administration ports',
  severity: 'medium',
  why: 'A network ACL guards all of its subnets. With SSH or Remote Desktop open in it, the security group of each instance is the only guard that is left, and one careless rule there is enough.',
  class: 'C',
  breaks: 'access',
  risk: 'Traffic of the whole subnet that the entry let in is refused at once, open connections too, and not on the administration ports alone: an entry for a range such as 1024-65535 also carries the answers to what the subnet asks outside.',
  mends:
    'removes the entry that was created, or puts back the entry that it replaced, where Firebreak had learned that; else it tells.',
  undoes: 'puts the open entry back under its number.',
  proof: 'emulator',
  responsibility: 'operating system, network and firewall configuration',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'EC2.21', source: page },
    { framework: 'CIS AWS Foundations v3.0.0', id: '5.1', source: page },
  ],
  // Request of CreateNetworkAclEntry as in Panther's tests of AWS.CloudTrail.NetworkACLPermissiveEntry; ReplaceNetworkAclEntry
  // takes the same parameters (API_ReplaceNetworkAclEntry).
  triggers: calls('ec2.amazonaws.com', 'CreateNetworkAclEntry', 'ReplaceNetworkAclEntry'),
  permissions: {
    read: [anywhere('ec2:DescribeNetworkAcls')],
    write: [
      // To create is the way back alone, and ec2/brute-forced-instance's, whose role this is.
      { actions: ['ec2:CreateNetworkAclEntry', 'ec2:DeleteNetworkAclEntry'], resources: [all('network-acl')] },
      { actions: ['ec2:ReplaceNetworkAclEntry'], resources: [all('network-acl')] },
    ],
  },
  baseline,
  detect: (signal, { ports = admin }) => (signal.kind === 'call' ? found(signal, ports) : []),
  fix: {
    kind: 'state',
    lens: aclRule,
    desire(state, { target: { acl, entry, created }, baseline: { ports = admin }, learned }) {
      if (state === null || !isOpen(state, ports)) return state;
      if (created) return null;
      if (learned !== null && !isOpen(learned.state, ports)) return learned.state;
      return { unknown: `what entry ${entry} of ${acl} said before is not known: look into its history in AWS Config` };
    },
    learns: {
      triggers: calls('ec2.amazonaws.com', 'CreateNetworkAclEntry', 'ReplaceNetworkAclEntry'),
      target(signal) {
        const entry = signal.kind === 'call' ? entryOf(signal) : null;
        return entry !== null && 'target' in entry ? entry.target : null;
      },
    },
  },
});

function found(call: Call, ports: readonly number[]): readonly Finding<AclEntry>[] | Unreadable {
  const entry = entryOf(call);
  if ('unreadable' in entry) return unreadable(`requestParameters.${entry.unreadable}`);
  const { target, said } = entry;
  if (!isOpen(said, ports) || target.egress) return [];
  const what = call.name === 'ReplaceNetworkAclEntry' ? 'now lets' : 'lets';
  const reason = `entry ${target.entry} of ${target.acl} ${what} ${said.cidr} in to ${named(said, ports)}`;
  return [{ target, resource: arn(call, 'ec2', `network-acl/${target.acl}`), reason, certainty: 'certain' }];
}
