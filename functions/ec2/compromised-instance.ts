import * as v from 'valibot';
import { arn } from '../../shared/aws/arn.ts';
import { type Finding, rule, type Trigger } from '../../shared/core/rule.ts';
import type { Found } from '../../shared/core/signal.ts';
import { compromised } from './lenses/compromised.ts';
import { instancesOf, roleOf, severityOf, sinceOf } from './lenses/found-instance.ts';
import { all, anywhere } from './lenses/grants.ts';
import { marker, quarantine, type Suspect } from './lenses/quarantine.ts';
import { anySnapshot } from './lenses/sharing.ts';

const reference = 'https://docs.aws.amazon.com/service-authorization/latest/reference';

/** High and above: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html */
const high = 7;
const baseline = v.strictObject({
  severity: v.optional(
    v.pipe(
      v.number(),
      v.minValue(1),
      v.maxValue(10),
      v.description('below this severity of GuardDuty’s a finding is only told'),
    ),
    high,
  ),
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
  risk: 'What the instance served is gone at once: it leaves its load balancers and is cut off. An Auto Scaling group launches another one in its place, from the same template, with the same way in.',
  mends:
    'tags the instance, takes snapshots of all its volumes, takes it out of its Auto Scaling group (which would terminate it) and of its target groups, puts all its network interfaces into a security group without rules (made once a VPC), and protects it from termination. Connections that are open already live on until they pause or a network ACL cuts them, memory is not kept, and the credentials of its role stay valid: deny that session, too.',
  undoes:
    'with your own credentials: takes off the protection, gives the network interfaces their former security groups, and puts the instance back into target groups and Auto Scaling group, which then has one more than before. Tag, snapshots and the isolating security group stay.',
  responsibility: 'operating system, network and firewall configuration',
  proof: 'emulator',
  controls: [{ framework: 'MITRE ATT&CK', id: 'T1496', source: 'https://attack.mitre.org/techniques/T1496/' }],
  triggers: compromised.map((type) => ({ kind: 'finding', origin: 'guardduty', type })) as unknown as [
    Trigger,
    ...Trigger[],
  ],
  permissions: {
    read: [
      anywhere('ec2:DescribeInstances'),
      anywhere('ec2:DescribeSecurityGroups'),
      anywhere('ec2:DescribeSnapshots'),
      { actions: ['ec2:DescribeInstanceAttribute'], resources: [all('instance')] },
      {
        actions: ['autoscaling:DescribeAutoScalingInstances'],
        resources: { noArn: `${reference}/list_amazonec2autoscaling.html: no resource types` },
      },
      {
        actions: ['elasticloadbalancing:DescribeTargetGroups', 'elasticloadbalancing:DescribeTargetHealth'],
        resources: { noArn: `${reference}/list_awselasticloadbalancingv2.html: no resource types` },
      },
    ],
    write: [
      {
        actions: ['ec2:CreateTags'],
        resources: [all('instance')],
        conditions: { 'ForAllValues:StringEquals': { 'aws:TagKeys': marker } },
      },
      { actions: ['ec2:CreateSnapshots'], resources: [all('instance'), all('volume'), anySnapshot] },
      {
        actions: ['ec2:CreateTags'],
        resources: [anySnapshot],
        conditions: { StringEquals: { 'ec2:CreateAction': 'CreateSnapshots' } },
      },
      { actions: ['ec2:CreateSecurityGroup'], resources: [all('security-group'), all('vpc')] },
      { actions: ['ec2:RevokeSecurityGroupEgress'], resources: [all('security-group')] },
      { actions: ['ec2:RevokeSecurityGroupIngress'], resources: [all('security-group')] },
      {
        actions: ['ec2:ModifyNetworkInterfaceAttribute'],
        resources: [all('network-interface'), all('security-group')],
      },
      // No other attribute, user data least of all:
      // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-policies-for-amazon-ec2.html#attribute-key
      {
        actions: ['ec2:ModifyInstanceAttribute'],
        resources: [all('instance')],
        conditions: { StringEqualsIgnoreCase: { 'ec2:Attribute/DisableApiTermination': 'true' } },
      },
      {
        actions: ['autoscaling:DetachInstances'],
        resources: [
          'arn:${AWS::Partition}:autoscaling:${AWS::Region}:${AWS::AccountId}:autoScalingGroup:*:autoScalingGroupName/*',
        ],
      },
      {
        actions: ['elasticloadbalancing:DeregisterTargets'],
        resources: ['arn:${AWS::Partition}:elasticloadbalancing:${AWS::Region}:${AWS::AccountId}:targetgroup/*'],
      },
    ],
    undo: ['autoscaling:AttachInstances', 'elasticloadbalancing:RegisterTargets'],
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
