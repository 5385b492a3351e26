/** Security groups that another service found open. Which of their rules it is only the read can tell. */
import { arn } from '../../../shared/aws/arn.ts';
import { advised, failedControls, guardDuty, nonCompliant, witness } from '../../../shared/aws/noticed.ts';
import { type Finding, type Trigger, type Unreadable, unreadable } from '../../../shared/core/rule.ts';
import type { Signal } from '../../../shared/core/signal.ts';
import { groupsOf, instanceOf } from './found-instance.ts';
import type { SecurityGroup } from './group-rule.ts';
import { namedBy } from './record.ts';

/**
 * Controls that fail for a group that lets the world in to risky ports; EC2.53 and EC2.54 are those of CIS v3.0.0. Not
 * EC2.18, which fails for every port but two: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
 * Config: https://docs.aws.amazon.com/config/latest/developerguide/restricted-ssh.html and …/restricted-common-ports.html
 */
export const reporting: readonly Trigger[] = [
  ...failedControls('EC2.13', 'EC2.14', 'EC2.19', 'EC2.53', 'EC2.54'),
  nonCompliant('restricted-ssh', 'restricted-common-ports'),
  // By their names in the API, whose dash is a hyphen. Their reports name the group, not the rule, of one or of any port.
  advised('Security Groups - Specific Ports Unrestricted', 'Security Groups - Unrestricted Access'),
  // https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-ec2.html#recon-ec2-portprobeunprotectedport
  ...guardDuty('Recon:EC2/PortProbeUnprotectedPort'),
];

export function reported(signal: Signal): readonly Finding<SecurityGroup>[] | Unreadable {
  if (signal.kind !== 'finding' || signal.origin !== 'guardduty') {
    const found = named(signal);
    // What names no group nobody else tells of.
    const advice = signal.kind === 'other' && signal.source === 'aws.trustedadvisor';
    return found.length === 0 && advice ? unreadable('check-item-detail.Security Group ID') : found;
  }
  const instance = instanceOf(signal);
  if (instance === undefined) return [];
  const reason = `${witness(signal)}: strangers probe an open port of ${instance}`;
  return groupsOf(signal).map((group) => about(signal, group, `${reason}, which is in ${group}`, 'possible'));
}

/** The groups that a control or a rule of Config's was found against. */
export const named = (signal: Signal): readonly Finding<SecurityGroup>[] =>
  namedBy(signal, 'security-group').map(({ id: group, arn: resource }) => ({
    target: { group },
    resource,
    reason: `${witness(signal)} for ${group}`,
    certainty: 'possible',
  }));

export const about = (
  signal: Signal,
  group: string,
  reason: string,
  certainty: Finding['certainty'],
): Finding<SecurityGroup> => ({
  target: { group },
  resource: arn(signal, 'ec2', `security-group/${group}`),
  reason,
  certainty,
});
