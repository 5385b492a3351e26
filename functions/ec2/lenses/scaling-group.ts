import { client } from '../../../shared/aws/client.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import type { Target } from './instance.ts';

const calls = () => import('./scaling-calls.ts');

/**
 * The Auto Scaling group that an instance belongs to, by name; null where it belongs to none, or is leaving. A group
 * terminates what it finds unhealthy, termination protection or not, and evidence with it.
 */
export const scalingGroup: Lens<Target, string> = {
  id: 'ec2/scaling-group',
  key: ({ instance }) => instance,
  async read({ instance }) {
    const { AutoScalingClient, DescribeAutoScalingInstancesCommand } = await calls();
    const asked = new DescribeAutoScalingInstancesCommand({ InstanceIds: [instance] });
    const [found] = (await client(AutoScalingClient).send(asked)).AutoScalingInstances ?? [];
    // https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html. What the group terminates already
    // it does not let go: "not in InService or Standby", https://github.com/reproio/ecs_deploy/pull/85
    return found && !/^(Detach|Terminat)/.test(found.LifecycleState ?? '')
      ? (found.AutoScalingGroupName ?? null)
      : null;
  },
  /** The group keeps its size, and so launches another instance in its place. */
  async write({ instance }, from, to) {
    const { AttachInstancesCommand, AutoScalingClient, DetachInstancesCommand } = await calls();
    const InstanceIds = [instance];
    if (from !== null)
      await client(AutoScalingClient).send(
        new DetachInstancesCommand({ InstanceIds, AutoScalingGroupName: from, ShouldDecrementDesiredCapacity: false }),
      );
    if (to !== null)
      await client(AutoScalingClient).send(new AttachInstancesCommand({ InstanceIds, AutoScalingGroupName: to }));
  },
  undo: (before) => (before === null ? 'restore' : 'operator'),
};
