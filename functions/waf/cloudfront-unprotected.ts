import { arn } from '../../shared/aws/arn.ts';
import { member, named } from '../../shared/aws/telling.ts';
import { isObject } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';

const hub = 'https://docs.aws.amazon.com/securityhub/latest/userguide/cloudfront-controls.html#cloudfront-6';

export const cloudfrontUnprotected = rule({
  id: 'waf/cloudfront-unprotected',
  title: 'A CloudFront distribution has no web ACL',
  severity: 'high',
  why: 'Requests from the whole world reach the distribution unfiltered: what the web ACL held off gets through at every edge location.',
  class: 'N',
  // Each change of a distribution that never had one looks the same.
  folds: 1440,
  breaks: 'nothing',
  responsibility: 'operating system, network and firewall configuration',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'CloudFront.6', source: hub },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'AC-4(21)', source: hub },
    { framework: 'PCI DSS v4.0.1', id: '6.4.2', source: hub },
  ],
  // UpdateDistribution: recorded in cloud-custodian (event-cloud-trail-update-distribution). The other name and its
  // members: Amazon CloudFront API Reference, DisassociateDistributionWebACL; all of CloudFront's calls are recorded
  // ("Logging Amazon CloudFront API calls using AWS CloudTrail", Amazon CloudFront Developer Guide).
  triggers: calls('cloudfront.amazonaws.com', 'UpdateDistribution', 'DisassociateDistributionWebACL'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const taken = signal.name === 'DisassociateDistributionWebACL';
    const asked = member(signal.request, 'distributionConfig');
    const config = member(member(signal.response, 'distribution'), 'distributionConfig') ?? asked;
    if (!taken && !isObject(config)) return unreadable('requestParameters.distributionConfig');
    // The configuration is replaced whole: what is not in it is taken away.
    if (!taken && named(config as never, 'webACLId') !== undefined) return [];
    const id = named(signal.request, 'id');
    if (id === undefined) return unreadable('requestParameters.id');
    const resource = arn(signal, 'cloudfront', `distribution/${id}`, { regional: false, owned: true });
    const [reason, certainty] = taken
      ? [`the distribution ${id} was taken out of its web ACL`, 'certain' as const]
      : [`the distribution ${id} was changed, and has no web ACL: whether it had one is not told`, 'possible' as const];
    return [{ target: { distribution: id }, resource, reason, certainty }];
  },
});
