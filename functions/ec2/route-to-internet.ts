import * as v from 'valibot';
import { arn } from '../../shared/aws/arn.ts';
import { named, told } from '../../shared/aws/telling.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { asked } from './lenses/record.ts';

const ids = v.optional(v.array(v.pipe(v.string(), v.regex(/^(rtb|vpc)-[0-9a-f]+$/, 'expected rtb-… or vpc-…'))));
/**
 * `private`: route tables and VPCs that must have no way to the internet. Once it is given, all others are free to have
 * one; without it every such way is told, for nothing says which was meant.
 */
const baseline = v.strictObject({ private: ids });
type Baseline = { readonly private?: readonly string[] | undefined };
type Found = readonly Finding<{ resource: string }>[] | Unreadable;

export const routeToInternet = rule({
  id: 'ec2/route-to-internet',
  title: 'A network was given a way to the internet',
  severity: 'medium',
  why: 'Subnets behind a route to an internet gateway are public: what has a public address there can be reached from outside, and can carry data out past every inspection point. Name the private ones under baselines, and only those are told.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'operating system, network and firewall configuration',
  controls: [],
  // CreateRoute and AttachInternetGateway as in Panther's tests of AWS.CloudTrail.VPCModified and
  // AWS.CloudTrail.NetworkGatewayModified; ReplaceRoute takes CreateRoute's parameters (API_ReplaceRoute).
  triggers: calls('ec2.amazonaws.com', 'CreateRoute', 'ReplaceRoute', 'AttachInternetGateway'),
  baseline,
  detect(signal, settings: Baseline) {
    if (signal.kind !== 'call') return [];
    return signal.name === 'AttachInternetGateway' ? attached(signal, settings) : routed(signal, settings);
  },
});

/** Through a NAT gateway, an egress-only gateway or a peering nobody comes in. */
function routed(call: Call, settings: Baseline): Found {
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
    settings,
  );
}

/** Without a route to it a gateway opens nothing yet. */
function attached(call: Call, settings: Baseline): Found {
  const request = asked(call);
  const vpc = named(request, 'vpcId');
  if (vpc === undefined) return unreadable('requestParameters.vpcId');
  const gateway = named(request, 'internetGatewayId') ?? 'a gateway';
  return judged(call, `vpc/${vpc}`, vpc, `the internet gateway ${gateway} was attached to ${vpc}`, settings);
}

function judged(call: Call, resource: string, id: string, reason: string, settings: Baseline): Found {
  const declared = settings.private;
  if (declared !== undefined && !declared.includes(id)) return [];
  const known = declared === undefined ? '' : ', which is declared private';
  return told(arn(call, 'ec2', resource), reason + known, declared === undefined ? 'possible' : 'certain');
}
