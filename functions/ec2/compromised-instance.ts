import * as v from 'valibot';
import { arn } from '../../shared/aws/arn.ts';
import { type Finding, rule, type Trigger } from '../../shared/core/rule.ts';
import type { Found } from '../../shared/core/signal.ts';
import { compromised } from './lenses/compromised.ts';
import { instancesOf, roleOf, severityOf, sinceOf } from './lenses/found-instance.ts';
import { marker, quarantine, type Suspect } from './lenses/quarantine.ts';

const reference = 'https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html';
const ec2 = <T extends string>(type: T) =>
  `arn:\${AWS::Partition}:ec2:\${AWS::Region}:\${AWS::AccountId}:${type}/*` as const;
// Snapshots' ARNs name no account: the reference above, resource type snapshot.
const anySnapshot = 'arn:${AWS::Partition}:ec2:${AWS::Region}::snapshot/*';

/** High and above: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html */
const high = 7;
/** `severity`: below this severity of GuardDuty's, 1 to 10, a finding is only told. */
const baseline = v.strictObject({
  severity: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(10)), high),
});
type Baseline = { readonly severity?: number };

export const compromisedInstance = rule({
  id: 'ec2/compromised-instance',
  title: 'An instance works for somebody else',
  severity: 'critical',
  why: 'GuardDuty saw the instance talk to a command server, mine, attack others or carry data out. Whoever runs it has its network, its data and the credentials of its role.',
  class: 'C',
  contains: true,
  breaks: 'service',
  risk: 'What the instance served is gone at once; a load balancer finds it unhealthy. An Auto Scaling group that uses the load balancer’s health checks then replaces it, and terminates it in spite of the protection: detach it first if it must stay (aws autoscaling detach-instances).',
  mends:
    'tags the instance, takes snapshots of all its volumes, puts all its network interfaces into a security group without rules (made once a VPC), and protects it from termination. Connections that are open already live on until they pause or a network ACL cuts them, memory is not kept, and the credentials of its role stay valid: deny that session, too.',
  undoes:
    'gives the network interfaces their former security groups, and the protection its former value. Tag, snapshots and the isolating security group stay.',
  responsibility: 'operating system, network and firewall configuration',
  proof: 'emulator',
  controls: [{ framework: 'MITRE ATT&CK', id: 'T1496', source: 'https://attack.mitre.org/techniques/T1496/' }],
  triggers: compromised.map((type) => ({ kind: 'finding', origin: 'guardduty', type })) as unknown as [
    Trigger,
    ...Trigger[],
  ],
  permissions: {
    read: [
      {
        actions: ['ec2:DescribeInstances', 'ec2:DescribeSecurityGroups', 'ec2:DescribeSnapshots'],
        resources: { noArn: `${reference}: the actions have no resource types` },
      },
      { actions: ['ec2:DescribeInstanceAttribute'], resources: [ec2('instance')] },
    ],
    write: [
      {
        actions: ['ec2:CreateTags'],
        resources: [ec2('instance')],
        conditions: { 'ForAllValues:StringEquals': { 'aws:TagKeys': marker } },
      },
      { actions: ['ec2:CreateSnapshots'], resources: [ec2('instance'), ec2('volume'), anySnapshot] },
      {
        actions: ['ec2:CreateTags'],
        resources: [anySnapshot],
        conditions: { StringEquals: { 'ec2:CreateAction': 'CreateSnapshots' } },
      },
      { actions: ['ec2:CreateSecurityGroup'], resources: [ec2('security-group'), ec2('vpc')] },
      { actions: ['ec2:RevokeSecurityGroupEgress'], resources: [ec2('security-group')] },
      { actions: ['ec2:RevokeSecurityGroupIngress'], resources: [ec2('security-group')] },
      {
        actions: ['ec2:ModifyNetworkInterfaceAttribute'],
        resources: [ec2('network-interface'), ec2('security-group')],
      },
      { actions: ['ec2:ModifyInstanceAttribute'], resources: [ec2('instance')] },
    ],
  },
  baseline,
  detect: (signal, { severity = high }: Baseline) => (signal.kind === 'finding' ? found(signal, severity) : []),
  fix: quarantine<Baseline>(),
});

/** An instance whose passwords are guessed is not compromised yet: that is ec2/brute-forced-instance. */
function found(finding: Found, severity: number): readonly Finding<Suspect>[] {
  if (/:EC2\/(RDP|SSH)BruteForce$/.test(finding.type) && roleOf(finding) !== 'ACTOR') return [];
  const seen = severityOf(finding);
  const leave = seen < severity ? `severity ${seen}, and only from ${severity} an instance is isolated` : null;
  return instancesOf(finding).map((instance) => ({
    target: { instance, since: sinceOf(finding), leave },
    resource: arn(finding, 'ec2', `instance/${instance}`),
    reason: `GuardDuty reports ${finding.type} of ${instance}`,
    certainty: 'certain',
  }));
}
