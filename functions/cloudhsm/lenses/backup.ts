import { parseArn } from '../../../shared/aws/arn.ts';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** `backup`: the backup's ARN. */
export type Backup = { readonly backup: string };

/** The id by which the API asks, and the region that has the backup. */
async function found(backup: string) {
  const { region, resource = '' } = parseArn(backup) ?? {};
  const { CloudHSMV2Client, ...commands } = await import('./calls.ts');
  return { ...commands, hsm: client(CloudHSMV2Client, region || undefined), id: resource.replace(/^backup\//, '') };
}

/** A backup's state: CREATE_IN_PROGRESS, READY, PENDING_DELETION or DELETED (API_Backup). Null where there is no such backup (API_DescribeBackups, Errors). */
export const backupState: Lens<Backup, string> = {
  id: 'cloudhsm/backup',
  key: ({ backup }) => backup,
  async read({ backup }) {
    const { hsm, id, DescribeBackupsCommand } = await found(backup);
    const asked = new DescribeBackupsCommand({ Filters: { backupIds: [id] } });
    const answer = await orNull(['CloudHsmResourceNotFoundException'], () => hsm.send(asked));
    return answer?.Backups?.find(({ BackupId }) => BackupId === id)?.BackupState ?? null;
  },
  async write({ backup }, _from, to) {
    const { hsm, id, DeleteBackupCommand, RestoreBackupCommand } = await found(backup);
    if (to === 'READY') await hsm.send(new RestoreBackupCommand({ BackupId: id }));
    else if (to === 'PENDING_DELETION') await hsm.send(new DeleteBackupCommand({ BackupId: id }));
    else throw fault('NotWritable', `${backup}: a backup is deleted or restored; not ${to}`);
  },
  // The role that saves backups must not be able to delete one.
  undo: (before) => (before === 'PENDING_DELETION' ? 'operator' : 'none'),
};
