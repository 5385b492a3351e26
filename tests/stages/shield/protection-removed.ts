import {
  CreateProtectionCommand,
  DeleteProtectionCommand,
  DisableProactiveEngagementCommand,
  EnableProactiveEngagementCommand,
  ListProtectionsCommand,
  type Protection,
  ShieldClient,
  UpdateSubscriptionCommand,
} from '@aws-sdk/client-shield';
import { client } from '../../../shared/aws/client.ts';
import type { Stage } from '../../support/stage.ts';

const [one, two, three] = ['eipalloc-1', 'eipalloc-2', 'eipalloc-3'].map(
  (id) => `arn:aws:ec2:us-east-1:123456789012:eip-allocation/${id}`,
) as [string, string, string];
const all = {
  protections: {
    'protection-1': { name: 'one', resource: one },
    'protection-2': { name: 'two', resource: two },
    'protection-3': { name: 'three', resource: three },
  },
  engagement: 'ENABLED',
  renewal: 'ENABLED',
};

type Taken = 'protection' | 'engagement' | 'renewal';
const calls = {
  protection: { name: 'DeleteProtection', request: { protectionId: 'protection-2' } },
  engagement: { name: 'DisableProactiveEngagement', request: null },
  renewal: { name: 'UpdateSubscription', request: { autoRenew: 'DISABLED' } },
} as const;

/** Three protections, an engagement and a renewal, of which one is taken away. */
const stage = (name: string, taken: Taken): Stage => ({
  rule: 'shield/protection-removed',
  name,
  ...(taken === 'protection' && { learned: all }),
  async set() {
    const shield = client(ShieldClient, 'us-east-1');
    for (const { name: Name, resource: ResourceArn } of Object.values(all.protections))
      await shield.send(new CreateProtectionCommand({ Name, ResourceArn }));
    if (taken === 'protection') await shield.send(new DeleteProtectionCommand({ ProtectionId: 'protection-2' }));
    if (taken === 'engagement') await shield.send(new DisableProactiveEngagementCommand({}));
    if (taken === 'renewal') await shield.send(new UpdateSubscriptionCommand({ AutoRenew: 'DISABLED' }));
    return {
      target: { lost: taken, protection: taken === 'protection' ? 'protection-2' : null },
      after: all,
      call: calls[taken],
      async clear() {
        const list = async (): Promise<readonly Protection[]> =>
          shield.send(new ListProtectionsCommand({})).then(
            ({ Protections = [] }) => Protections,
            () => [],
          );
        for (let [first] = await list(); first; [first] = await list())
          await shield.send(new DeleteProtectionCommand({ ProtectionId: first.Id }));
        await shield.send(new EnableProactiveEngagementCommand({}));
        await shield.send(new UpdateSubscriptionCommand({ AutoRenew: 'ENABLED' }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('one of three protections deleted: it comes back under another id', 'protection'),
  stage('the response team may not call', 'engagement'),
  stage('the subscription is not renewed', 'renewal'),
];
