import { named } from '../../shared/aws/telling.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { association, byHand, type Guarded, unfound } from './lenses/association.ts';
import type { Logging } from './lenses/logging.ts';
import { deleted, kept, lostBy } from './lenses/lost.ts';

const elb = 'https://docs.aws.amazon.com/securityhub/latest/userguide/elb-controls.html#elb-16';
const waf = 'https://docs.aws.amazon.com/securityhub/latest/userguide/waf-controls.html#waf-11';

const reference = 'https://docs.aws.amazon.com/service-authorization/latest/reference';
/** What a web ACL can guard, as far as its association is put back here. */
const guarded = [
  'arn:${AWS::Partition}:elasticloadbalancing:${AWS::Region}:${AWS::AccountId}:loadbalancer/app/*',
  'arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/*/stages/*',
  'arn:${AWS::Partition}:appsync:${AWS::Region}:${AWS::AccountId}:apis/*',
  'arn:${AWS::Partition}:cognito-idp:${AWS::Region}:${AWS::AccountId}:userpool/*',
] as const;
const [, stages, , pools] = guarded;
const known = /^arn:[^:]+:(elasticloadbalancing|apigateway|appsync|cognito-idp):/;
const acls = 'arn:${AWS::Partition}:wafv2:${AWS::Region}:${AWS::AccountId}:regional/webacl/*' as const;
const logged = [acls, 'arn:${AWS::Partition}:wafv2:${AWS::Region}:${AWS::AccountId}:global/webacl/*'] as const;

export const protectionRemoved = rule<Guarded, string | Logging>({
  id: 'waf/protection-removed',
  title: 'A web application lost its firewall, or the firewall its log',
  severity: 'high',
  why: 'Requests reach the application unfiltered: injections, scanners and floods that the web ACL held off get through from now on. Without its log nobody sees what was tried.',
  class: 'A',
  breaks: 'access',
  risk: 'Requests that the web ACL blocks are refused again, those of customers that it blocks by mistake among them. A log breaks nothing, and costs what it cost.',
  mends:
    'puts an application load balancer, a stage of API Gateway, an API of AppSync or a user pool back under the web ACL that was seen to guard it for a day, and the log of a web ACL back as it was seen for a day. Where the log goes has to let AWS WAF in still: no policy of a bucket or log group is written. Another kind of resource, a deleted web ACL, and all of AWS WAF Classic are only told, as is what has no such state.',
  undoes:
    'takes the resource out of its web ACL, or the log away, with your own credentials: the role that puts it in may not.',
  responsibility: 'operating system, network and firewall configuration',
  proof: 'fake',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'ELB.16', source: elb },
    { framework: 'AWS Security Hub CSPM', id: 'WAF.11', source: waf },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'AC-4(21)', source: elb },
  ],
  // DisassociateWebACL of wafv2: recorded in panther-labs/panther-analysis (aws_waf_disassociation). DeleteWebACL, and the
  // eventSource of AWS WAF Classic: AWS WAF Developer Guide, "Logging API calls with AWS CloudTrail". The regional
  // eventSource: Amazon EventBridge Events Reference. Members of the rest as in the API references.
  triggers: [
    ...calls('wafv2.amazonaws.com', 'DisassociateWebACL', 'DeleteWebACL', 'DeleteLoggingConfiguration'),
    ...calls('waf-regional.amazonaws.com', 'DisassociateWebACL', 'DeleteWebACL', 'DeleteLoggingConfiguration'),
    ...calls('waf.amazonaws.com', 'DeleteWebACL', 'DeleteLoggingConfiguration'),
  ],
  // Service authorization reference of each service; "Permissions for AssociateWebACL", AWS WAF Developer Guide: what a web
  // ACL is to guard is asked for, too.
  permissions: {
    read: [
      { actions: ['wafv2:GetWebACLForResource'], resources: [...guarded, acls] },
      { actions: ['wafv2:GetWebACL', 'wafv2:GetLoggingConfiguration'], resources: logged },
      { actions: ['cognito-idp:GetWebACLForResource'], resources: [pools] },
    ],
    write: [
      { actions: ['wafv2:AssociateWebACL'], resources: [...guarded, acls] },
      {
        actions: ['elasticloadbalancing:SetWebAcl', 'appsync:SetWebACL'],
        resources: {
          noArn: `${reference}/list_awselasticloadbalancingv2.html and list_awsappsync.html: no resource types`,
        },
      },
      { actions: ['apigateway:SetWebACL'], resources: [stages] },
      { actions: ['cognito-idp:AssociateWebACL'], resources: [pools, acls] },
      { actions: ['wafv2:PutLoggingConfiguration'], resources: logged },
      // All that it takes where the destination had the same log before: "Enabling logging from AWS services", CloudWatch Logs
      // user guide.
      {
        actions: ['logs:CreateLogDelivery'],
        resources: { noArn: `${reference}/list_amazoncloudwatchlogs.html: the action has no resource types` },
      },
    ],
    undo: ['wafv2:DisassociateWebACL', 'wafv2:DeleteLoggingConfiguration'],
  },
  detect(signal) {
    if (signal.kind !== 'call') return [];
    if (signal.name === 'DeleteWebACL') return deleted(signal);
    const resource = named(signal.request, 'resourceArn');
    if (resource === undefined) return unreadable('requestParameters.resourceArn');
    const logging = signal.name === 'DeleteLoggingConfiguration';
    const reason = logging ? `${resource} keeps no log any more` : `${resource} was taken out of its web ACL`;
    const lost = lostBy(signal, logging ? 'logging' : 'association');
    return [{ target: { resource, lost }, resource, reason, certainty: 'certain' }];
  },
  fix: {
    kind: 'state',
    lens: association,
    learns: {
      triggers: calls('wafv2.amazonaws.com', 'AssociateWebACL', 'PutLoggingConfiguration'),
      target: (signal) => (signal.kind === 'call' ? kept(signal) : null),
    },
    desire(state, { target: { resource, lost }, learned }) {
      if (state === unfound)
        return { unknown: `${unfound} as ${resource}: if it was deleted, nothing is left to guard` };
      // Whatever guards or logs it now was chosen since.
      if (state !== null) return state;
      if (lost === 'logging')
        return (
          learned?.state ?? { unknown: `where ${resource} logged to is not known: aws wafv2 put-logging-configuration` }
        );
      if (lost !== 'association') return { unknown: `that is not put back: ${byHand[lost]}` };
      if (!known.test(resource))
        return { unknown: `${resource} has to be put back by hand: aws wafv2 associate-web-acl` };
      const before = learned?.state === unfound ? undefined : learned?.state;
      return before ?? { unknown: `which web ACL guarded ${resource} is not known: aws wafv2 associate-web-acl` };
    },
  },
});
