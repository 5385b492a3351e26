import {
  DeleteGroupPolicyCommand,
  DeleteRolePolicyCommand,
  DeleteUserPolicyCommand,
  GetGroupPolicyCommand,
  GetRolePolicyCommand,
  GetUserPolicyCommand,
  IAMClient,
  PutGroupPolicyCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { client, orNull } from '../../../shared/aws/client.ts';
import { samePolicy } from '../../../shared/aws/closing.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import { documentOf } from './document.ts';
import type { Identity } from './identity.ts';
import { boundaryOf } from './policies.ts';

/** `policy`: its name, unique within its identity; `region`: where the event came from, which tells the partition. */
export type Inline = Identity & { readonly policy: string; readonly region: string | null };

/** The policy as text, and the boundary that limits its identity: that one is only to judge by, and never written. */
export type InlinePolicy = { readonly document: string; readonly boundary: string | null };

// NoSuchEntityException: the Get, Put and Delete commands' documented errors.
const missing = ['NoSuchEntityException'];

/** An inline policy of a user, role or group. Null where it is not, or where its identity is gone. */
export const inlinePolicy: Lens<Inline, InlinePolicy> = {
  id: 'iam/inline-policy',
  key: ({ kind, name, policy }) => `${kind}/${name} ${policy}`,
  read: (target) =>
    orNull(missing, async () => ({
      document: documentOf(await textOf(target)),
      boundary: await boundaryOf(target),
    })),
  canon: ({ document }) => samePolicy(document),
  async write(target, _from, to) {
    if (to === null) await orNull(missing, () => removed(target));
    else await put(target, to.document);
  },
  undo: (before) => (before === null ? 'none' : 'restore'),
};

async function textOf({ kind, name, policy: PolicyName }: Inline): Promise<string | undefined> {
  const iam = client(IAMClient);
  switch (kind) {
    case 'user':
      return (await iam.send(new GetUserPolicyCommand({ UserName: name, PolicyName }))).PolicyDocument;
    case 'role':
      return (await iam.send(new GetRolePolicyCommand({ RoleName: name, PolicyName }))).PolicyDocument;
    case 'group':
      return (await iam.send(new GetGroupPolicyCommand({ GroupName: name, PolicyName }))).PolicyDocument;
  }
}

async function put({ kind, name, policy: PolicyName }: Inline, PolicyDocument: string): Promise<unknown> {
  const iam = client(IAMClient);
  switch (kind) {
    case 'user':
      return iam.send(new PutUserPolicyCommand({ UserName: name, PolicyName, PolicyDocument }));
    case 'role':
      return iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName, PolicyDocument }));
    case 'group':
      return iam.send(new PutGroupPolicyCommand({ GroupName: name, PolicyName, PolicyDocument }));
  }
}

async function removed({ kind, name, policy: PolicyName }: Inline): Promise<unknown> {
  const iam = client(IAMClient);
  switch (kind) {
    case 'user':
      return iam.send(new DeleteUserPolicyCommand({ UserName: name, PolicyName }));
    case 'role':
      return iam.send(new DeleteRolePolicyCommand({ RoleName: name, PolicyName }));
    case 'group':
      return iam.send(new DeleteGroupPolicyCommand({ GroupName: name, PolicyName }));
  }
}
