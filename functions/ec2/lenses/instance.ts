import { CreateTagsCommand, DescribeInstancesCommand, EC2Client, type Instance } from '@aws-sdk/client-ec2';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** `instance`: its id. */
export type Target = { readonly instance: string };

/** The instance as EC2 describes it. Null where it is gone, or shown as terminated for a while yet. */
export const described = ({ instance }: Target): Promise<Instance | null> =>
  // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
  orNull(['InvalidInstanceID.NotFound', 'InvalidInstanceID.Malformed'], async () => {
    const asked = await client(EC2Client).send(new DescribeInstancesCommand({ InstanceIds: [instance] }));
    const found = asked.Reservations?.flatMap(({ Instances = [] }) => Instances)[0];
    return found && found.State?.Name !== 'terminated' ? found : null;
  });

/** The value of one tag of an instance, or null. */
export const tag = (key: string): Lens<Target, string> => ({
  id: 'ec2/instance-tag',
  key: ({ instance }) => `${instance}/${key}`,
  read: async (target) => (await described(target))?.Tags?.find(({ Key }) => Key === key)?.Value ?? null,
  async write({ instance }, _from, to) {
    if (to === null) throw fault('NotWritable', `the tag ${key} is given, and never taken away`);
    const tagged = { Resources: [instance], Tags: [{ Key: key, Value: to }] };
    await client(EC2Client).send(new CreateTagsCommand(tagged));
  },
  undo: (before) => (before === null ? 'none' : 'restore'),
});
