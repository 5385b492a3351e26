import { arn } from '../../shared/aws/arn.ts';
import { member, named } from '../../shared/aws/telling.ts';
import { isObject, text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { distributionAcl } from './lenses/distribution.ts';

const hub = 'https://docs.aws.amazon.com/securityhub/latest/userguide/cloudfront-controls.html#cloudfront-6';
const distributions = 'arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/*' as const;
const origins = 'arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:vpcorigin/*' as const;

export const cloudfrontUnprotected = rule({
  id: 'waf/cloudfront-unprotected',
  title: 'A CloudFront distribution has no web ACL',
  severity: 'high',
  why: 'Requests from the whole world reach the distribution unfiltered: what the web ACL held off gets through at every edge location.',
  class: 'C',
  breaks: 'access',
  risk: 'Requests that the web ACL blocks are refused again at every edge location, those of customers that it blocks by mistake among them.',
  mends:
    'puts the distribution back under the web ACL that was seen to guard it for a day; the rest of its configuration stays. One that was taken out by name is told where no such state is known; one that was changed, and had none as far as is known, is left as it is.',
  undoes: 'takes the distribution out of its web ACL, with your own credentials: the role that puts it in may not.',
  responsibility: 'operating system, network and firewall configuration',
  proof: 'emulator',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'CloudFront.6', source: hub },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'AC-4(21)', source: hub },
    { framework: 'PCI DSS v4.0.1', id: '6.4.2', source: hub },
  ],
  // UpdateDistribution: recorded in cloud-custodian (event-cloud-trail-update-distribution). The other name and its
  // members: Amazon CloudFront API Reference, DisassociateDistributionWebACL; all of CloudFront's calls are recorded
  // ("Logging Amazon CloudFront API calls using AWS CloudTrail", Amazon CloudFront Developer Guide).
  triggers: calls('cloudfront.amazonaws.com', 'UpdateDistribution', 'DisassociateDistributionWebACL'),
  permissions: {
    read: [{ actions: ['cloudfront:GetDistributionConfig'], resources: [distributions] }],
    // Service authorization reference, Amazon CloudFront: what AssociateDistributionWebACL asks for.
    write: [
      { actions: ['cloudfront:AssociateDistributionWebACL'], resources: [distributions] },
      { actions: ['cloudfront:GetVpcOrigin'], resources: [origins] },
    ],
    undo: ['cloudfront:DisassociateDistributionWebACL'],
  },
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
    // Firewall Manager does what its administrator's policy says, and would do it again.
    const managed = signal.actor.invokedBy === 'fms.amazonaws.com';
    const resource = arn(signal, 'cloudfront', `distribution/${id}`, { regional: false, owned: true });
    const [reason, certainty] = taken
      ? [`the distribution ${id} was taken out of its web ACL`, 'certain' as const]
      : [`the distribution ${id} was changed, and has no web ACL: whether it had one is not told`, 'possible' as const];
    return [
      { target: { distribution: id, taken, managed }, resource, reason, certainty, ...(!taken && { aside: true }) },
    ];
  },
  fix: {
    kind: 'state',
    lens: distributionAcl,
    learns: {
      triggers: calls(
        'cloudfront.amazonaws.com',
        'CreateDistribution',
        'UpdateDistribution',
        'AssociateDistributionWebACL',
      ),
      target(signal) {
        if (signal.kind !== 'call') return null;
        const id = named(signal.request, 'id') ?? text(signal.response, 'distribution', 'id');
        return id === undefined ? null : { distribution: id, taken: false, managed: false };
      },
    },
    desire(state, { target: { distribution, taken, managed }, learned }) {
      if (state === null || state !== '') return state;
      if (managed) return { unknown: `Firewall Manager took ${distribution} out, by the policy of its administrator` };
      // Distributions that never had one are changed every day.
      if (learned === null && !taken) return state;
      return learned?.state ?? { unknown: `whether ${distribution} had a web ACL before, and which, is not known` };
    },
  },
});
