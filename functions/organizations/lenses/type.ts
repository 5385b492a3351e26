/** A whole type of policies: whether it is turned on, and where each policy of it is attached. */
import {
  AttachPolicyCommand,
  DetachPolicyCommand,
  DisablePolicyTypeCommand,
  EnablePolicyTypeCommand,
  ListPoliciesCommand,
  ListRootsCommand,
  ListTargetsForPolicyCommand,
  OrganizationsClient,
  type PolicyType,
} from '@aws-sdk/client-organizations';
import { client, orNull } from '../../../shared/aws/client.ts';

/** `attached`: the ids of roots, units and accounts by policy. AWS's own policies are not among them. */
export type TypeState = {
  readonly type: string;
  readonly enabled: boolean;
  readonly attached: { readonly [policy: string]: readonly string[] };
};

const organizations = (): OrganizationsClient => client(OrganizationsClient);

/** All pages of a list. */
export async function pages<T>(
  ask: (next: object) => Promise<{ items: readonly T[] | undefined; next?: string | undefined }>,
) {
  const all: T[] = [];
  let NextToken: string | undefined;
  do {
    const { items, next } = await ask(NextToken === undefined ? {} : { NextToken });
    all.push(...(items ?? []));
    NextToken = next;
  } while (NextToken);
  return all;
}

export async function readType(type: string): Promise<TypeState> {
  const Filter = type as PolicyType;
  const { Roots } = await organizations().send(new ListRootsCommand({}));
  const status = Roots?.[0]?.PolicyTypes?.find(({ Type }) => Type === type)?.Status;
  const policies = await pages(async (next) => {
    const page = await organizations().send(new ListPoliciesCommand({ Filter, ...next }));
    return { items: page.Policies, next: page.NextToken };
  });
  const attached: { [policy: string]: readonly string[] } = {};
  for (const { Id = '', AwsManaged } of policies) if (!AwsManaged) attached[Id] = await targetsOf(Id);
  return { type, enabled: status === 'ENABLED' || status === 'PENDING_ENABLE', attached };
}

async function targetsOf(PolicyId: string): Promise<readonly string[]> {
  const targets = await pages(async (next) => {
    const page = await organizations().send(new ListTargetsForPolicyCommand({ PolicyId, ...next }));
    return { items: page.Targets, next: page.NextToken };
  });
  return targets.map(({ TargetId = '' }) => TargetId).sort();
}

/** What is attached only in the first of two states. */
const only = (one: TypeState['attached'], other: TypeState['attached']): readonly (readonly [string, string])[] =>
  Object.entries(one).flatMap(([policy, targets]) =>
    targets.filter((target) => !other[policy]?.includes(target)).map((target) => [policy, target] as const),
  );

/**
 * Turned on first and off last, as nothing can be attached but to a type that is on. What an attempt that was cut short has
 * done already is said by these errors: API_EnablePolicyType, API_AttachPolicy and their like. While Organizations still
 * turns a type on, attaching fails, and the attempt is made again.
 */
export async function writeType(RootId: string, from: TypeState, to: TypeState): Promise<void> {
  const PolicyType = to.type as PolicyType;
  if (to.enabled && !from.enabled)
    await orNull(['PolicyTypeAlreadyEnabledException'], () =>
      organizations().send(new EnablePolicyTypeCommand({ RootId, PolicyType })),
    );
  for (const [PolicyId, TargetId] of only(to.attached, from.attached))
    await orNull(['DuplicatePolicyAttachmentException'], () =>
      organizations().send(new AttachPolicyCommand({ PolicyId, TargetId })),
    );
  for (const [PolicyId, TargetId] of only(from.attached, to.attached))
    await orNull(['PolicyNotAttachedException'], () =>
      organizations().send(new DetachPolicyCommand({ PolicyId, TargetId })),
    );
  if (!to.enabled && from.enabled)
    await orNull(['PolicyTypeNotEnabledException'], () =>
      organizations().send(new DisablePolicyTypeCommand({ RootId, PolicyType })),
    );
}
