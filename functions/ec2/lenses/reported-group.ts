/** Security groups that another service found open. Which rule it is only the read can tell. */
import { arn } from '../../../shared/aws/arn.ts';
import type { Finding, Trigger } from '../../../shared/core/rule.ts';
import type { Found, Signal } from '../../../shared/core/signal.ts';
import { groupsOf, instanceOf } from './found-instance.ts';
import type { SecurityGroup } from './group-rule.ts';
import { namedBy } from './record.ts';

/**
 * Controls that fail for a group that lets the world in to risky ports; EC2.53 and EC2.54 are those of CIS v3.0.0. Not
 * EC2.18, which fails for every port but two: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html
 */
const controls = ['EC2.13', 'EC2.14', 'EC2.19', 'EC2.53', 'EC2.54'] as const;

export const reporting: readonly Trigger[] = [
  ...controls.map((type) => ({ kind: 'finding', origin: 'securityhub', type }) as const),
  // https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-ec2.html#recon-ec2-portprobeunprotectedport
  { kind: 'finding', origin: 'guardduty', type: 'Recon:EC2/PortProbeUnprotectedPort' },
];

export function reported(finding: Found): readonly Finding<SecurityGroup>[] {
  if (finding.origin === 'securityhub')
    return namedBy(finding, 'security-group').map(({ id: group, arn: resource }) => ({
      target: { group },
      resource,
      reason: `Security Hub finds ${group} open to the world (${finding.type})`,
      certainty: 'possible',
    }));
  const instance = instanceOf(finding);
  if (instance === undefined) return [];
  const reason = `strangers probe an open port of ${instance}, GuardDuty reports`;
  return groupsOf(finding).map((group) => about(finding, group, `${reason}; it is in ${group}`, 'possible'));
}

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
