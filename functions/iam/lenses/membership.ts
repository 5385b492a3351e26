import {
  AddUserToGroupCommand,
  GetGroupPolicyCommand,
  IAMClient,
  paginateListAttachedGroupPolicies,
  paginateListGroupPolicies,
  paginateListGroupsForUser,
  RemoveUserFromGroupCommand,
} from '@aws-sdk/client-iam';
import { client, orNull } from '../../../shared/aws/client.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import { documentOf } from './document.ts';
import { boundaryOf, documentIn } from './policies.ts';

/** `region`: where the event came from, which tells the partition. */
export type Member = { readonly user: string; readonly group: string; readonly region: string | null };

/** What the group's policies say, and the user's boundary, as texts: only to judge by, they are not written. */
export type Membership = { readonly documents: readonly string[]; readonly boundary: string | null };

// NoSuchEntityException: the documented error of all commands used here.
const missing = ['NoSuchEntityException'];

/** Whether a user is in a group. Null where not, or where one of them is gone. */
export const membership: Lens<Member, Membership> = {
  id: 'iam/membership',
  key: ({ user, group }) => `${group}/${user}`,
  read: ({ user, group }) =>
    orNull(missing, async () => {
      for await (const { Groups } of paginateListGroupsForUser({ client: client(IAMClient) }, { UserName: user }))
        if (Groups?.some(({ GroupName }) => GroupName === group))
          return { documents: await documentsOf(group), boundary: await boundaryOf({ kind: 'user', name: user }) };
      return null;
    }),
  canon: () => 'member',
  async write({ user, group }, _from, to) {
    const both = { UserName: user, GroupName: group };
    if (to === null) await orNull(missing, () => client(IAMClient).send(new RemoveUserFromGroupCommand(both)));
    else await client(IAMClient).send(new AddUserToGroupCommand(both));
  },
  // The role that takes rights away must not be able to give them.
  undo: (before) => (before === null ? 'none' : 'operator'),
};

/** All that the group's managed and inline policies say. */
async function documentsOf(group: string): Promise<readonly string[]> {
  const iam = { client: client(IAMClient) };
  const documents: string[] = [];
  for await (const { AttachedPolicies } of paginateListAttachedGroupPolicies(iam, { GroupName: group }))
    for (const { PolicyArn = '' } of AttachedPolicies ?? []) documents.push(await documentIn(PolicyArn));
  for await (const { PolicyNames } of paginateListGroupPolicies(iam, { GroupName: group }))
    for (const PolicyName of PolicyNames ?? []) {
      const found = await iam.client.send(new GetGroupPolicyCommand({ GroupName: group, PolicyName }));
      documents.push(documentOf(found.PolicyDocument));
    }
  return documents;
}
