import * as v from 'valibot';
import { arn } from '../../shared/aws/arn.ts';
import { type Finding, rule, type Trigger } from '../../shared/core/rule.ts';
import type { Found } from '../../shared/core/signal.ts';
import { isCidr, isPrivate, within } from './lenses/addresses.ts';
import { type Caller, type Denial, denial } from './lenses/denial.ts';
import { callerOf, instanceOf, roleOf } from './lenses/found-instance.ts';
import { all, anywhere } from './lenses/grants.ts';

// https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-ec2.html
const types = ['UnauthorizedAccess:EC2/RDPBruteForce', 'UnauthorizedAccess:EC2/SSHBruteForce'] as const;

/** Minutes. */
const aDay = 1440;
/** "Rules per network ACL": 20 inbound, up to 40 on request. https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html */
const quota = 20;

const baseline = v.strictObject({
  own: v.optional(
    v.pipe(
      v.array(v.pipe(v.string(), v.check(isCidr, 'expected a range such as 203.0.113.0/24'))),
      v.description('ranges that are never denied, such as offices and scanners'),
    ),
    [],
  ),
  minutes: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(1), v.description('how long an address is denied')),
    aDay,
  ),
  entries: v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(1),
      v.maxValue(40),
      v.description('the inbound entries that a network ACL may have, ours included'),
    ),
    quota,
  ),
});
type Baseline = { readonly own?: readonly string[]; readonly minutes?: number; readonly entries?: number };

export const bruteForcedInstance = rule<Caller, Denial, Baseline>({
  id: 'ec2/brute-forced-instance',
  title: 'Somebody is guessing passwords of an instance',
  severity: 'medium',
  why: 'One address tries one password after the other on SSH or Remote Desktop. It has not come in as far as GuardDuty can tell; one weak password is enough.',
  class: 'C',
  contains: true,
  breaks: 'access',
  risk: 'Nobody at that address reaches any instance of the subnets that share the network ACL, on any port, and connections from there are cut. Where many people share one address (a company’s proxy, a mobile carrier), all of them are shut out.',
  mends:
    'adds one entry to the network ACL of the instance’s subnet that denies all inbound traffic of that one address, before any entry that allows. It ends by itself, after a day unless configured. Whoever guesses from many addresses goes on from the next: what closes the door is the security group.',
  undoes: 'removes that entry; the others stay as they are.',
  responsibility: 'operating system, network and firewall configuration',
  proof: 'emulator',
  controls: [{ framework: 'MITRE ATT&CK', id: 'T1110', source: 'https://attack.mitre.org/techniques/T1110/' }],
  triggers: types.map((type) => ({ kind: 'finding', origin: 'guardduty', type })) as unknown as [Trigger, ...Trigger[]],
  permissions: {
    read: [anywhere('ec2:DescribeNetworkAcls'), anywhere('ec2:DescribeVpcs')],
    // Both: the denial ends by itself.
    write: [{ actions: ['ec2:CreateNetworkAclEntry', 'ec2:DeleteNetworkAclEntry'], resources: [all('network-acl')] }],
  },
  baseline,
  detect: (signal) => (signal.kind === 'finding' ? found(signal) : []),
  fix: {
    kind: 'state',
    lens: denial,
    until: ({ baseline: { minutes = aDay } }) => minutes,
    desire(state, { target: { subnet, address }, baseline: { own = [], entries = quota } }) {
      if (address === null) return { unknown: 'the finding does not say from which address: look at it in GuardDuty' };
      if (subnet === null) return { unknown: `the finding does not say in which subnet ${address} was seen` };
      if (state === null)
        return {
          unknown: `no network ACL of ${subnet} is shown to this account: the subnet is gone, or its VPC belongs to another account, which can deny ${address} there`,
        };
      if (isPrivate(address) || [...own, ...state.vpc].some((range) => within(address, range)))
        return {
          unknown: `${address} is one of your own addresses, and is not denied: look for who guesses from there`,
        };
      if (state.entry !== null)
        return state.entry < state.allows
          ? state
          : {
              unknown: `entry ${state.entry} of ${state.acl} denies ${address}, but entry ${state.allows} decides first`,
            };
      if (state.free === null)
        return { unknown: `no rule number is left in ${state.acl} before entry ${state.allows}: renumber it` };
      if (state.entries >= entries)
        return {
          unknown: `${state.acl} has ${state.entries} inbound entries of ${entries}: remove some, or raise the quota`,
        };
      return { ...state, entry: state.free };
    },
  },
});

/** As ACTOR the instance does the guessing: that is ec2/compromised-instance. */
function found(finding: Found): readonly Finding<Caller>[] {
  const instance = instanceOf(finding);
  if (instance === undefined || roleOf(finding) !== 'TARGET') return [];
  const target = callerOf(finding);
  const how = finding.type.endsWith('RDPBruteForce') ? 'Remote Desktop' : 'SSH';
  const reason = `${target.address ?? 'somebody'} guesses passwords of ${instance} over ${how}, GuardDuty reports`;
  return [{ target, resource: arn(finding, 'ec2', `instance/${instance}`), reason, certainty: 'certain' }];
}
