import { arn } from '../../shared/aws/arn.ts';
import { text } from '../../shared/core/json.ts';
import { rule, unreadable } from '../../shared/core/rule.ts';

export const patchNoncompliant = rule({
  id: 'ssm/patch-noncompliant',
  title: 'A server lacks patches that its baseline demands',
  severity: 'medium',
  why: 'The vulnerabilities that those patches close are known, and so are the ways to use them. This only tells: to install them is a job of minutes that may restart the server and can’t be taken back; aws ssm send-command with AWS-RunPatchBaseline does it.',
  class: 'N',
  folds: 1440,
  breaks: 'nothing',
  responsibility: 'operating system, network and firewall configuration',
  controls: [
    {
      framework: 'AWS Security Hub CSPM',
      id: 'SSM.2',
      source: 'https://docs.aws.amazon.com/securityhub/latest/userguide/ssm-controls.html#ssm-2',
    },
  ],
  // https://docs.aws.amazon.com/systems-manager/latest/userguide/monitoring-systems-manager-event-examples.html, "AWS Systems
  // Manager Compliance Events", Patch Non-Compliant
  triggers: [
    {
      kind: 'event',
      source: 'aws.ssm',
      detailType: 'Configuration Compliance State Change',
      where: { 'compliance-type': ['Patch'], 'compliance-status': ['non_compliant'] },
    },
  ],
  detect(signal) {
    if (signal.kind !== 'other') return [];
    const instance = text(signal.detail, 'resource-id');
    if (instance === undefined) return unreadable('detail.resource-id');
    const resource = signal.resources[0]?.startsWith('arn:')
      ? signal.resources[0]
      : arn(signal, 'ssm', `managed-instance/${instance}`);
    const [baseline, severity] = [text(signal.detail, 'patch-baseline-id'), text(signal.detail, 'severity')];
    const by = baseline === undefined ? 'its patch baseline' : `patch baseline ${baseline}`;
    const reason = `${instance} lacks patches by ${by}${severity === undefined ? '' : `, severity ${severity.toLowerCase()}`}`;
    return [{ target: { instance }, resource, reason, certainty: 'certain' }];
  },
});
