import {
  type AutoRenew,
  CreateProtectionCommand,
  DeleteProtectionCommand,
  DescribeSubscriptionCommand,
  DisableProactiveEngagementCommand,
  EnableProactiveEngagementCommand,
  ListProtectionsCommand,
  type ProactiveEngagementStatus,
  ShieldClient,
  UpdateSubscriptionCommand,
} from '@aws-sdk/client-shield';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** What was taken away: `protection` is its id, null where it was something else. */
export type Lost = { readonly lost: 'protection' | 'engagement' | 'renewal'; readonly protection: string | null };

/** The account's Shield Advanced: protections by id, which no other knows once it is deleted. */
export type Advanced = {
  readonly protections: { readonly [id: string]: { readonly name: string; readonly resource: string } };
  readonly engagement: ProactiveEngagementStatus;
  readonly renewal: AutoRenew;
};

// Shield Advanced has one endpoint: AWS General Reference, "AWS Shield Advanced endpoints and quotas".
const shield = (): ShieldClient => client(ShieldClient, 'us-east-1');

async function protections(): Promise<Advanced['protections']> {
  const found: { [id: string]: { name: string; resource: string } } = {};
  let NextToken: string | undefined;
  do {
    // Where there is no protection at all: ListProtections, ResourceNotFoundException.
    const asked = new ListProtectionsCommand({ ...(NextToken !== undefined && { NextToken }) });
    const page = await orNull(['ResourceNotFoundException'], () => shield().send(asked));
    for (const { Id = '', Name = '', ResourceArn = '' } of page?.Protections ?? [])
      found[Id] = { name: Name, resource: ResourceArn };
    NextToken = page?.NextToken;
  } while (NextToken !== undefined);
  return found;
}

const resources = ({ protections }: Advanced): readonly string[] =>
  Object.values(protections).map(({ resource }) => resource);

/** Shield Advanced of an account. Null where it has no subscription. */
export const advanced: Lens<Lost, Advanced> = {
  id: 'shield/advanced',
  many: true,
  key: () => 'shield',
  read: () =>
    orNull(['ResourceNotFoundException'], async () => {
      const { Subscription } = await shield().send(new DescribeSubscriptionCommand({}));
      return {
        protections: await protections(),
        engagement: Subscription?.ProactiveEngagementStatus ?? 'DISABLED',
        renewal: Subscription?.AutoRenew ?? 'DISABLED',
      };
    }),
  // A protection that is made again has another id; an engagement may wait to begin (ProactiveEngagementStatus: PENDING).
  canon: ({ protections, engagement, renewal }) => ({
    engagement: engagement !== 'DISABLED',
    renewal,
    protections: Object.values(protections)
      .map(({ name, resource }) => `${resource} ${name}`)
      .sort(),
  }),
  async write(_, from, to) {
    if (to === null || from === null) throw fault('NotWritable', 'a subscription is neither made nor ended from here');
    const [had, wanted] = [resources(from), resources(to)];
    for (const { name: Name, resource: ResourceArn } of Object.values(to.protections))
      if (!had.includes(ResourceArn)) await shield().send(new CreateProtectionCommand({ Name, ResourceArn }));
    for (const [ProtectionId, { resource }] of Object.entries(from.protections))
      if (!wanted.includes(resource)) await shield().send(new DeleteProtectionCommand({ ProtectionId }));
    if (from.engagement !== to.engagement)
      await (to.engagement === 'DISABLED'
        ? shield().send(new DisableProactiveEngagementCommand({}))
        : shield().send(new EnableProactiveEngagementCommand({})));
    if (from.renewal !== to.renewal) await shield().send(new UpdateSubscriptionCommand({ AutoRenew: to.renewal }));
  },
  // Whether it is renewed is one action either way; the role that protects must not be able to end a protection.
  undo: (before, after) =>
    before === null || after === null
      ? 'none'
      : before.engagement === after.engagement && resources(before).length === resources(after).length
        ? 'restore'
        : 'operator',
};
