import { ListParentsCommand, MoveAccountCommand, OrganizationsClient } from '@aws-sdk/client-organizations';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** An account that was moved, and between which roots or units. */
export type Move = { readonly account: string; readonly from: string; readonly to: string };

const organizations = (): OrganizationsClient => client(OrganizationsClient);

/** The id of the root or unit that an account is in. Null where the organisation has no such account (API_ListParents). */
export const place: Lens<Move, string> = {
  id: 'organizations/place',
  key: ({ account }) => account,
  read: ({ account }) =>
    orNull(['ChildNotFoundException', 'AccountNotFoundException'], async () => {
      const { Parents } = await organizations().send(new ListParentsCommand({ ChildId: account }));
      return Parents?.[0]?.Id ?? null;
    }),
  async write({ account }, from, to) {
    if (from === null || to === null)
      throw fault('NotWritable', `${account}: an account is moved from and to somewhere`);
    const asked = { AccountId: account, SourceParentId: from, DestinationParentId: to };
    await organizations().send(new MoveAccountCommand(asked));
  },
  undo: (before) => (before === null ? 'none' : 'restore'),
};
