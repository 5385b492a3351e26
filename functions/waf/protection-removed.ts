import { arn } from '../../shared/aws/arn.ts';
import { named } from '../../shared/aws/telling.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';

const elb = 'https://docs.aws.amazon.com/securityhub/latest/userguide/elb-controls.html#elb-16';
const waf = 'https://docs.aws.amazon.com/securityhub/latest/userguide/waf-controls.html#waf-11';

/** `step`: what was taken away; `resource`: the ARN of what lost it. */
type Target = { readonly step: 'association' | 'web ACL' | 'logging'; readonly resource: string };

export const protectionRemoved = rule<Target>({
  id: 'waf/protection-removed',
  title: 'A web application lost its firewall, or the firewall its log',
  severity: 'high',
  why: 'Requests reach the application unfiltered: injections, scanners and floods that the web ACL held off get through from now on. Without its log nobody sees what was tried.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'operating system, network and firewall configuration',
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
  detect(signal) {
    if (signal.kind !== 'call') return [];
    if (signal.name === 'DeleteWebACL') return deleted(signal);
    const resource = named(signal.request, 'resourceArn');
    if (resource === undefined) return unreadable('requestParameters.resourceArn');
    const logging = signal.name === 'DeleteLoggingConfiguration';
    const reason = logging ? `${resource} keeps no log any more` : `${resource} was taken out of its web ACL`;
    return [
      { target: { step: logging ? 'logging' : 'association', resource }, resource, reason, certainty: 'certain' },
    ];
  },
});

/** A web ACL can only be deleted once nothing is associated with it: API_DeleteWebACL. What guarded what is not told. */
function deleted(call: Call): readonly Finding<Target>[] | Unreadable {
  const id = named(call.request, 'id') ?? named(call.request, 'webACLId');
  if (id === undefined) return unreadable('requestParameters.id');
  const name = named(call.request, 'name');
  const resource = aclOf(call, name, id);
  const reason = `the web ACL ${name ?? id} was deleted`;
  return [{ target: { step: 'web ACL', resource }, resource, reason, certainty: 'certain' }];
}

/** Service authorization reference, AWS WAF V2, AWS WAF and AWS WAF Regional: resource types. */
function aclOf(call: Call, name: string | undefined, id: string): string {
  if (call.service === 'waf-regional.amazonaws.com') return arn(call, 'waf-regional', `webacl/${id}`);
  if (call.service === 'waf.amazonaws.com') return arn(call, 'waf', `webacl/${id}`, { regional: false, owned: true });
  const scope = named(call.request, 'scope') === 'CLOUDFRONT' ? 'global' : 'regional';
  return arn(call, 'wafv2', `${scope}/webacl/${name ?? '*'}/${id}`);
}
