import { DescribeInstanceAttributeCommand, EC2Client, ModifyInstanceAttributeCommand } from '@aws-sdk/client-ec2';
import { client } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import { described, type Target } from './instance.ts';

/**
 * Whether an instance is protected from being terminated by an API call. Null where it is gone, and for a Spot Instance,
 * which can't be: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingDisableAPITermination.html
 */
export const terminationProtection: Lens<Target, boolean> = {
  id: 'ec2/termination-protection',
  key: ({ instance }) => instance,
  async read(target) {
    const found = await described(target);
    if (found === null || found.InstanceLifecycle === 'spot') return null;
    const asked = { InstanceId: target.instance, Attribute: 'disableApiTermination' as const };
    const { DisableApiTermination } = await client(EC2Client).send(new DescribeInstanceAttributeCommand(asked));
    return DisableApiTermination?.Value === true;
  },
  async write({ instance }, _from, to) {
    if (to === null) throw fault('NotWritable', 'termination protection is on or off');
    await client(EC2Client).send(
      new ModifyInstanceAttributeCommand({ InstanceId: instance, DisableApiTermination: { Value: to } }),
    );
  },
  // The role may put the protection on, and not take it off.
  undo: (before, after) => (before === after ? 'restore' : 'operator'),
};
