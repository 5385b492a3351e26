import { arn } from '../../shared/aws/arn.ts';
import { told } from '../../shared/aws/telling.ts';
import { at, text } from '../../shared/core/json.ts';
import { rule, unreadable } from '../../shared/core/rule.ts';
import type { Other } from '../../shared/core/signal.ts';

export const finding = rule({
  id: 'inspector/finding',
  title: 'Inspector found a critical vulnerability',
  severity: 'high',
  why: 'Software with a hole that Inspector calls critical runs here, or a port leads to it. Such holes are tried by scanners within days of becoming known.',
  class: 'N',
  // One bad image has dozens of holes: what is found on one resource within a day is one incident.
  folds: 1440,
  breaks: 'nothing',
  responsibility: 'operating system, network and firewall configuration',
  controls: [],
  // "Amazon EventBridge event schema for Amazon Inspector events": Amazon Inspector User Guide.
  triggers: [
    {
      kind: 'event',
      source: 'aws.inspector2',
      detailType: 'Inspector2 Finding',
      where: { severity: ['CRITICAL'], status: ['ACTIVE'] },
    },
  ],
  detect(signal) {
    if (signal.kind !== 'other') return [];
    const { detail } = signal;
    const title = text(detail, 'title') ?? text(detail, 'packageVulnerabilityDetails', 'vulnerabilityId');
    const resource = affected(signal) ?? text(detail, 'findingArn');
    if (resource === undefined) return unreadable('detail.resources');
    return told(resource, `critical: ${title ?? text(detail, 'type') ?? 'a vulnerability'}`);
  },
});

/** Instances are named by their id alone, images and functions by their ARN. */
function affected(signal: Other): string | undefined {
  const resources = at(signal.detail, 'resources');
  const first: unknown = Array.isArray(resources) ? resources[0] : resources;
  const id = text(first, 'id') ?? signal.resources[0];
  if (id === undefined || id.startsWith('arn:')) return id;
  const where = { account: text(signal.detail, 'awsAccountId') ?? signal.account, region: signal.region };
  return id.startsWith('i-') ? arn(where, 'ec2', `instance/${id}`) : undefined;
}
