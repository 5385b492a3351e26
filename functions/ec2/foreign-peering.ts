import { arn } from '../../shared/aws/arn.ts';
import { ownerOfId } from '../../shared/aws/foreign.ts';
import { member, named, told } from '../../shared/aws/telling.ts';
import { isObject, type Json } from '../../shared/core/json.ts';
import type { Home } from '../../shared/core/mode.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { answered, asked } from './lenses/record.ts';

type Found = readonly Finding<{ resource: string }>[] | Unreadable;

export const foreignPeering = rule({
  id: 'ec2/foreign-peering',
  title: 'A network was joined with a stranger’s',
  severity: 'high',
  why: 'Once routes lead to it, everything in the other VPC can reach this network on private addresses, past the internet gateway and whatever watches there. It is a way in, and a quiet way out.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'operating system, network and firewall configuration',
  controls: [],
  unconfirmed:
    'No recorded event shows the members of CreateVpcPeeringConnection or AcceptVpcPeeringConnection: they are taken to be the API’s, in either of the two casings that EC2’s events have.',
  // Names: Amazon VPC Peering Guide, and the metric filter for VPC changes of CIS AWS Foundations 4.14.
  triggers: calls('ec2.amazonaws.com', 'CreateVpcPeeringConnection', 'AcceptVpcPeeringConnection'),
  detect(signal, _baseline, home) {
    if (signal.kind !== 'call') return [];
    return signal.name === 'CreateVpcPeeringConnection' ? requested(signal, home) : accepted(signal, home);
  },
});

/** Without PeerOwnerId the other VPC is one's own: API_CreateVpcPeeringConnection. */
function requested(call: Call, home: Home): Found {
  const connection = member(answered(call), 'vpcPeeringConnection');
  const request = asked(call);
  if (!isObject(request) && connection === undefined) return unreadable('requestParameters.peerOwnerId');
  const owner = ownerOf(connection, 'accepterVpcInfo') ?? named(request, 'peerOwnerId');
  if (owner === undefined) return [];
  const vpc = named(request, 'peerVpcId') ?? 'a VPC';
  return judged(call, owner, idOf(connection), `a peering with ${vpc} of account ${owner} was asked for`, home);
}

function accepted(call: Call, home: Home): Found {
  const connection = member(answered(call), 'vpcPeeringConnection');
  const id = idOf(connection) ?? named(asked(call), 'vpcPeeringConnectionId');
  const owner = ownerOf(connection, 'requesterVpcInfo');
  if (owner === undefined) return unreadable('responseElements.vpcPeeringConnection.requesterVpcInfo.ownerId');
  return judged(call, owner, id, `a peering that account ${owner} had asked for was accepted`, home);
}

function judged(call: Call, owner: string, id: string | undefined, reason: string, home: Home): Found {
  const whose = ownerOfId(owner, home);
  if (whose === 'ours') return [];
  const doubt = whose === 'unknown' ? ', perhaps a stranger’s' : '';
  return told(
    arn(call, 'ec2', `vpc-peering-connection/${id ?? '*'}`),
    reason + doubt,
    whose === 'stranger' ? 'certain' : 'possible',
  );
}

const ownerOf = (connection: unknown, side: string): string | undefined =>
  named((member(connection, side) ?? null) as Json, 'ownerId');

const idOf = (connection: unknown): string | undefined => named((connection ?? null) as Json, 'vpcPeeringConnectionId');
