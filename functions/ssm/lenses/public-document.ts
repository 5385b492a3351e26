import { DescribeDocumentPermissionCommand, ModifyDocumentPermissionCommand, SSMClient } from '@aws-sdk/client-ssm';
import { parseArn } from '../../../shared/aws/arn.ts';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** `document`: its ARN. */
export type Document = { readonly document: string };

/** `version`: which version everybody may read, `$DEFAULT`, `$LATEST`, or `$ALL`, where Systems Manager says it. */
export type Sharing = { readonly everybody: boolean; readonly version: string | null };

const privately: Sharing = { everybody: false, version: null };

// A document is reached in its own region, which its ARN names.
const home = (document: string): SSMClient => client(SSMClient, parseArn(document)?.region || undefined);

const asked = (document: string) => ({
  Name: document.slice(document.indexOf('/') + 1),
  PermissionType: 'Share' as const,
});

/** `(?i)all`: API_ModifyDocumentPermission, AccountIdsToAdd. */
const isEverybody = (account: string | undefined): boolean => account?.toLowerCase() === 'all';

/** Whether a document is shared with everybody. Null where it is gone. */
export const publicDocument: Lens<Document, Sharing> = {
  id: 'ssm/public-document',
  key: ({ document }) => document,
  // InvalidDocument: "The specified SSM document doesn't exist", API_DescribeDocumentPermission.
  read: ({ document }) =>
    orNull(['InvalidDocument'], async () => {
      let next: string | undefined;
      do {
        const found = await home(document).send(
          new DescribeDocumentPermissionCommand({ ...asked(document), ...(next !== undefined && { NextToken: next }) }),
        );
        if (found.AccountIds?.some(isEverybody)) {
          const shared = found.AccountSharingInfoList?.find(({ AccountId }) => isEverybody(AccountId));
          return { everybody: true, version: shared?.SharedDocumentVersion ?? null };
        }
        next = found.NextToken;
      } while (next !== undefined);
      return privately;
    }),
  async write({ document }, _from, to) {
    if (to === null) throw fault('NotWritable', `${document}: a document is not taken away by its sharing`);
    const change = to.everybody
      ? { AccountIdsToAdd: ['all'], ...(to.version !== null && { SharedDocumentVersion: to.version }) }
      : { AccountIdsToRemove: ['all'] };
    await home(document).send(new ModifyDocumentPermissionCommand({ ...asked(document), ...change }));
  },
  undo: () => 'restore',
};
