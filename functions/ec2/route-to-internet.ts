import * as v from 'valibot';
import { arn } from '../../shared/aws/arn.ts';
import { named, told } from '../../shared/aws/telling.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { asked } from './lenses/record.ts';

const id = v.pipe(v.string(), v.regex(/^(rtb|vpc)-[0-9a-f]+$/, 'expected rtb-… or vpc-…'));
/** Every network that serves somebody has such a way, and no call says which was meant to have none. */
const baseline = v.pipe(
  v.strictObject({
    private: v.optional(
      v.pipe(
        v.array(id),
        v.description('route tables and VPCs that must have no way to the internet: without any the rule is quiet'),
      ),
      [],
    ),
  }),
  v.examples([{ private: ['rtb-0d1e2f3041526374a', 'vpc-0d1e2f3041526374a'] }]),
);
type Baseline = { readonly private?: readonly string[] };
type Found = readonly Finding<{ resource: string }>[] | Unreadable;

export const routeToInternet = rule({
  id: 'ec2/route-to-internet',
  title: 'A private network was given a way to the internet',
  severity: 'medium',
  why: 'Subnets behind a route to an internet gateway are public: what has a public address there can be reached from outside, and can carry data out past every inspection point. Which are meant to be private only you can say: name them under baselines.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'operating system, network and firewall configuration',
  controls: [],
  // CreateRoute and AttachInternetGateway as in Panther's tests of AWS.CloudTrail.VPCModified and
  // AWS.CloudTrail.NetworkGatewayModified; ReplaceRoute takes CreateRoute's parameters (API_ReplaceRoute).
  triggers: calls('ec2.amazonaws.com', 'CreateRoute', 'ReplaceRoute', 'AttachInternetGateway'),
  baseline,
  detect(signal, { private: declared = [] }: Baseline) {
    if (signal.kind !== 'call' || declared.length === 0) return [];
    return signal.name === 'AttachInternetGateway' ? attached(signal, declared) : routed(signal, declared);
  },
});

/** Through a NAT gateway, an egress-only gateway or a peering nobody comes in. */
function routed(call: Call, declared: readonly string[]): Found {
  const request = asked(call);
  const gateway = named(request, 'gatewayId');
  if (gateway === undefined || !gateway.startsWith('igw-'))
    return request === null ? unreadable('requestParameters') : [];
  const table = named(request, 'routeTableId');
  if (table === undefined) return unreadable('requestParameters.routeTableId');
  const to = ['destinationCidrBlock', 'destinationIpv6CidrBlock', 'destinationPrefixListId'].map((one) =>
    named(request, one),
  );
  const where = to.find((one) => one !== undefined) ?? 'somewhere';
  return judged(
    call,
    `route-table/${table}`,
    table,
    `${table} now sends traffic for ${where} to the internet gateway ${gateway}`,
    declared,
  );
}

/** Without a route to it a gateway opens nothing yet. */
function attached(call: Call, declared: readonly string[]): Found {
  const request = asked(call);
  const vpc = named(request, 'vpcId');
  if (vpc === undefined) return unreadable('requestParameters.vpcId');
  const gateway = named(request, 'internetGatewayId') ?? 'a gateway';
  return judged(call, `vpc/${vpc}`, vpc, `the internet gateway ${gateway} was attached to ${vpc}`, declared);
}

function judged(call: Call, resource: string, id: string, reason: string, declared: readonly string[]): Found {
  if (!declared.includes(id)) return [];
  return told(arn(call, 'ec2', resource), `${reason}, which is declared private`);
}
