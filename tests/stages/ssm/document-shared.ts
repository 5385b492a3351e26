import { randomUUID } from 'node:crypto';
import {
  CreateDocumentCommand,
  DeleteDocumentCommand,
  ModifyDocumentPermissionCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import type { Stage } from '../../support/stage.ts';

const content = {
  schemaVersion: '2.2',
  description: 'Says hello',
  mainSteps: [{ action: 'aws:runShellScript', name: 'hello', inputs: { runCommand: ['echo hello'] } }],
};

/** A document that everybody may read, in this version. */
const stage = (name: string, version?: string): Stage => ({
  rule: 'ssm/document-shared',
  name,
  async set() {
    const ssm = new SSMClient({});
    const document = `stage-${randomUUID()}`;
    await ssm.send(
      new CreateDocumentCommand({ Name: document, Content: JSON.stringify(content), DocumentType: 'Command' }),
    );
    await ssm.send(
      new ModifyDocumentPermissionCommand({
        Name: document,
        PermissionType: 'Share',
        AccountIdsToAdd: ['all'],
        ...(version !== undefined && { SharedDocumentVersion: version }),
      }),
    );
    return {
      target: { document: `arn:aws:ssm:us-east-1:123456789012:document/${document}` },
      after: { everybody: false, version: null },
      call: {
        name: 'ModifyDocumentPermission',
        request: {
          name: document,
          permissionType: 'Share',
          accountIdsToAdd: ['all'],
          ...(version !== undefined && { sharedDocumentVersion: version }),
        },
      },
      async clear() {
        const unshare = { Name: document, PermissionType: 'Share' } as const;
        await ssm.send(new ModifyDocumentPermissionCommand({ ...unshare, AccountIdsToRemove: ['all'] }));
        await ssm.send(new DeleteDocumentCommand({ Name: document }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('the default version'),
  stage('all versions, those to come among them', '$ALL'),
];
