import {
  AttachGroupPolicyCommand,
  AttachRolePolicyCommand,
  AttachUserPolicyCommand,
  DetachGroupPolicyCommand,
  DetachRolePolicyCommand,
  DetachUserPolicyCommand,
  IAMClient,
  paginateListAttachedGroupPolicies,
  paginateListAttachedRolePolicies,
  paginateListAttachedUserPolicies,
} from '@aws-sdk/client-iam';
import { client, orNull } from '../../../shared/aws/client.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import type { Identity } from './identity.ts';
import { boundaryOf, documentIn } from './policies.ts';

/** `policy`: its ARN; `region`: where the event came from, which tells the partition. */
export type Attached = Identity & { readonly policy: string; readonly region: string | null };

/** What the policy allows, and the boundary that limits it, as texts: only to judge by, they are not written. */
export type Attachment = { readonly document: string; readonly boundary: string | null };

// NoSuchEntityException: the List, Attach and Detach commands' documented errors.
const missing = ['NoSuchEntityException'];

/** Whether a managed policy is attached to an identity. Null where it is not, or where one of them is gone. */
export const attachment: Lens<Attached, Attachment> = {
  id: 'iam/attachment',
  key: ({ kind, name, policy }) => `${kind}/${name} ${policy}`,
  read: (target) =>
    orNull(missing, async () => {
      for await (const { AttachedPolicies = [] } of pagesOf(target))
        if (AttachedPolicies.some(({ PolicyArn }) => PolicyArn === target.policy))
          return { document: await documentIn(target.policy), boundary: await boundaryOf(target) };
      return null;
    }),
  canon: () => 'attached',
  async write(target, _from, to) {
    if (to === null) await orNull(missing, () => detached(target));
    else await attached(target);
  },
  // The role that takes rights away must not be able to give them.
  undo: (before) => (before === null ? 'none' : 'operator'),
};

function pagesOf({ kind, name }: Identity) {
  const iam = { client: client(IAMClient) };
  switch (kind) {
    case 'user':
      return paginateListAttachedUserPolicies(iam, { UserName: name });
    case 'role':
      return paginateListAttachedRolePolicies(iam, { RoleName: name });
    case 'group':
      return paginateListAttachedGroupPolicies(iam, { GroupName: name });
  }
}

async function detached({ kind, name, policy: PolicyArn }: Attached): Promise<unknown> {
  const iam = client(IAMClient);
  switch (kind) {
    case 'user':
      return iam.send(new DetachUserPolicyCommand({ UserName: name, PolicyArn }));
    case 'role':
      return iam.send(new DetachRolePolicyCommand({ RoleName: name, PolicyArn }));
    case 'group':
      return iam.send(new DetachGroupPolicyCommand({ GroupName: name, PolicyArn }));
  }
}

async function attached({ kind, name, policy: PolicyArn }: Attached): Promise<unknown> {
  const iam = client(IAMClient);
  switch (kind) {
    case 'user':
      return iam.send(new AttachUserPolicyCommand({ UserName: name, PolicyArn }));
    case 'role':
      return iam.send(new AttachRolePolicyCommand({ RoleName: name, PolicyArn }));
    case 'group':
      return iam.send(new AttachGroupPolicyCommand({ GroupName: name, PolicyArn }));
  }
}
