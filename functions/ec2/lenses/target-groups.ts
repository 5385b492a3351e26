import { client } from '../../../shared/aws/client.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import { described, type Target } from './instance.ts';

const calls = () => import('./balancing-calls.ts');

/** As what an instance stands in a target group: by its id or an address of it, on a port. */
type Registered = { readonly id: string; readonly port: number | null };
/** By the target group's ARN. */
export type Registrations = { readonly [group: string]: readonly Registered[] };

/** Where load balancers send traffic to an instance. Null where it is gone. Classic Load Balancers are not looked at. */
export const targetGroups: Lens<Target, Registrations> = {
  id: 'ec2/target-groups',
  key: ({ instance }) => instance,
  async read(target) {
    const found = await described(target);
    if (found === null) return null;
    const { DescribeTargetHealthCommand, ElasticLoadBalancingV2Client, paginateDescribeTargetGroups } = await calls();
    const balancing = client(ElasticLoadBalancingV2Client);
    const names = new Set([
      target.instance,
      ...(found.NetworkInterfaces ?? []).flatMap(({ PrivateIpAddresses = [] }) =>
        PrivateIpAddresses.map(({ PrivateIpAddress = '' }) => PrivateIpAddress),
      ),
    ]);
    const registered: { [group: string]: readonly Registered[] } = {};
    for await (const { TargetGroups = [] } of paginateDescribeTargetGroups({ client: balancing }, {}))
      for (const { TargetGroupArn = '', TargetType, VpcId } of TargetGroups) {
        if (VpcId !== found.VpcId || (TargetType !== 'instance' && TargetType !== 'ip')) continue;
        const asked = new DescribeTargetHealthCommand({ TargetGroupArn });
        const targets = ((await balancing.send(asked)).TargetHealthDescriptions ?? [])
          // One that drains has left: it gets no new connection.
          .filter(({ Target: one, TargetHealth }) => names.has(one?.Id ?? '') && TargetHealth?.State !== 'draining')
          .map(({ Target: one }) => ({ id: one?.Id ?? '', port: one?.Port ?? null }));
        if (targets.length > 0) registered[TargetGroupArn] = targets;
      }
    return registered;
  },
  canon: (registered) =>
    Object.fromEntries(Object.entries(registered).map(([group, targets]) => [group, targets.map(named).sort()])),
  async write(_target, from, to) {
    const { DeregisterTargetsCommand, ElasticLoadBalancingV2Client, RegisterTargetsCommand } = await calls();
    const balancing = client(ElasticLoadBalancingV2Client);
    for (const [TargetGroupArn, Targets] of missing(from, to))
      await balancing.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets }));
    for (const [TargetGroupArn, Targets] of missing(to, from))
      await balancing.send(new RegisterTargetsCommand({ TargetGroupArn, Targets }));
  },
  undo: (before) => (Object.keys(before ?? {}).length === 0 ? 'restore' : 'operator'),
};

const named = ({ id, port }: Registered): string => `${id} ${port}`;

/** What the one has and the other lacks, as the API takes it. */
function missing(one: Registrations | null, other: Registrations | null) {
  return Object.entries(one ?? {}).flatMap(([group, targets]) => {
    const there = new Set((other?.[group] ?? []).map(named));
    const Targets = targets
      .filter((target) => !there.has(named(target)))
      .map(({ id, port }) => ({ Id: id, ...(port !== null && { Port: port }) }));
    return Targets.length > 0 ? [[group, Targets] as const] : [];
  });
}
