/** What GuardDuty calls the misuse of credentials, and from which severity on something is done about it. */
import type { Trigger } from '../../../shared/core/rule.ts';
import type { Found } from '../../../shared/core/signal.ts';
import { severityOf } from './found-credentials.ts';

/**
 * Not Policy:IAMUser (a root user at work), nor those about logging and password policies: their rules own other lenses.
 * https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-iam.html and …/guardduty-attack-sequence-finding-types.html
 */
const types = [
  'AttackSequence:IAM/CompromisedCredentials',
  ...['CredentialAccess', 'DefenseEvasion', 'Discovery', 'Exfiltration'].map(
    (one) => `${one}:IAMUser/AnomalousBehavior`,
  ),
  ...['Impact', 'InitialAccess', 'Persistence', 'PrivilegeEscalation'].map((one) => `${one}:IAMUser/AnomalousBehavior`),
  ...['KaliLinux', 'ParrotLinux', 'PentooLinux'].map((one) => `PenTest:IAMUser/${one}`),
  ...['MaliciousIPCaller', 'MaliciousIPCaller.Custom', 'TorIPCaller'].flatMap((one) => [
    `Recon:IAMUser/${one}`,
    `UnauthorizedAccess:IAMUser/${one}`,
  ]),
  'UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B',
  'UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.InsideAWS',
  'UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS',
  'UnauthorizedAccess:IAMUser/ResourceCredentialExfiltration.InsideAWS',
  'UnauthorizedAccess:IAMUser/ResourceCredentialExfiltration.OutsideAWS',
];

export const misuses = types.map((type) => ({ kind: 'finding', origin: 'guardduty', type })) as unknown as [
  Trigger,
  ...Trigger[],
];

/** Medium and above: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html */
export const medium = 4;

/** Why a finding of too low a severity is only told; null where it is not. */
export function tooLow(finding: Found, least: number = medium): string | null {
  const seen = severityOf(finding);
  return seen < least ? `severity ${seen}, and only from ${least} on something is done` : null;
}
