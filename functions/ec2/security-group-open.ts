import * as v from 'valibot';
import { isObject } from '../../shared/core/json.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { closed } from './lenses/closed.ts';
import { highRisk, isWorld, named, reached } from './lenses/doors.ts';
import { all, anywhere } from './lenses/grants.ts';
import type { GroupRule, SecurityGroup } from './lenses/group-rule.ts';
import { ingress } from './lenses/ingress.ts';
import { about, reported, reporting } from './lenses/reported-group.ts';
import { groupOf, requested } from './lenses/requested.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html';

const port = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535));
const baseline = v.strictObject({
  ports: v.optional(
    v.pipe(v.array(port), v.minLength(1), v.description('ports that must not be open to the world, over TCP or UDP')),
    highRisk,
  ),
});
type Baseline = { readonly ports?: readonly number[] };

export const securityGroupOpen = rule<SecurityGroup, readonly GroupRule[], Baseline>({
  id: 'ec2/security-group-open',
  title: 'A security group is open to the world on a risky port',
  severity: 'high',
  why: 'Ports for administration, databases and development servers are probed from the whole internet all the time; one weak password or one late patch behind them is a way in.',
  class: 'A',
  breaks: 'access',
  risk: 'Whoever came in over the closed ports from an address that no other rule allows can make no new connection. A rule for all traffic from everywhere is revoked whole: everything that relied on it is cut, a web server on 443 too. Where the rules that a range splits into exceed the quota of the group, the fix fails and says so.',
  mends:
    'revokes what lets the world in to the risky ports, IPv4 and IPv6. Of a port range the harmless rest stays, as rules with the same description and tags; all other rules stay as they are.',
  undoes:
    'puts the revoked rules back, with description and tags, and revokes the rests. The rules get new ids, which Terraform or CloudFormation may notice.',
  responsibility: 'operating system, network and firewall configuration',
  proof: 'emulator',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'EC2.19', source: `${page}#ec2-19` },
    { framework: 'AWS Security Hub CSPM', id: 'EC2.13', source: `${page}#ec2-13` },
    { framework: 'AWS Security Hub CSPM', id: 'EC2.14', source: `${page}#ec2-14` },
    { framework: 'CIS AWS Foundations v3.0.0', id: '5.2', source: `${page}#ec2-53` },
    { framework: 'CIS AWS Foundations v3.0.0', id: '5.3', source: `${page}#ec2-54` },
    { framework: 'PCI DSS v4.0.1', id: '1.3.1', source: `${page}#ec2-14` },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'AC-4', source: `${page}#ec2-19` },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'SC-7', source: `${page}#ec2-19` },
  ],
  // Not CreateSecurityGroup: its request carries no rules (API_CreateSecurityGroup), and a new group lets nobody in.
  triggers: [...calls('ec2.amazonaws.com', 'AuthorizeSecurityGroupIngress', 'ModifySecurityGroupRules'), ...reporting],
  permissions: {
    read: [anywhere('ec2:DescribeSecurityGroupRules')],
    write: [
      {
        actions: ['ec2:AuthorizeSecurityGroupIngress'],
        resources: [all('security-group')],
      },
      {
        actions: ['ec2:RevokeSecurityGroupIngress'],
        resources: [all('security-group')],
      },
      // Only where rules had tags: a request with TagSpecifications is checked for the rule's ARN and for CreateTags, too.
      // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html
      {
        actions: ['ec2:AuthorizeSecurityGroupIngress'],
        resources: [all('security-group-rule')],
      },
      {
        actions: ['ec2:CreateTags'],
        resources: [all('security-group-rule')],
        conditions: { StringEquals: { 'ec2:CreateAction': 'AuthorizeSecurityGroupIngress' } },
      },
    ],
  },
  baseline,
  detect(signal, { ports = highRisk }) {
    return signal.kind === 'call' ? authorized(signal, ports) : reported(signal);
  },
  fix: {
    kind: 'state',
    lens: ingress,
    desire: (rules, { baseline: { ports = highRisk } }) => (rules === null ? null : closed(rules, ports)),
  },
});

function authorized(call: Call, ports: readonly number[]): readonly Finding<SecurityGroup>[] | Unreadable {
  if (!isObject(call.request)) return unreadable('requestParameters');
  const open = requested(call).filter((one) => isWorld(one.cidr) && reached(one, ports).length > 0);
  if (open.length === 0) return [];
  const group = groupOf(call);
  if (group === undefined) return unreadable('requestParameters.groupId');
  const reason = [...new Set(open.map((one) => `${named(one, ports)} is open to ${one.cidr}`))].join('; ');
  // A change of rules does not say whether they are inbound: only the read can tell.
  return [about(call, group, reason, call.name === 'ModifySecurityGroupRules' ? 'possible' : 'certain')];
}
