/** CloudHSM's backups: API_DescribeBackups, API_DeleteBackup, API_RestoreBackup, AWS CloudHSM API reference. */
import { CloudHSMV2Client } from '@aws-sdk/client-cloudhsm-v2';
import { awsError, type Fake } from '../support/fakes.ts';

type Backup = { BackupId: string; BackupState: string; ClusterId: string; DeleteTimestamp?: Date };

/** "A backup can be restored up to 7 days after the DeleteBackup request is made": API_DeleteBackup. */
const week = 7 * 86_400_000;

export const fake: Fake = {
  // The only release of this client that could be had is older than the mock's types.
  client: CloudHSMV2Client as unknown as Fake['client'],
  prefix: 'cloudhsm',
  fresh() {
    const backups: Backup[] = [];
    const called = (id: unknown): Backup => {
      const found = backups.find(({ BackupId }) => BackupId === id);
      if (!found) throw awsError('CloudHsmResourceNotFoundException');
      return found;
    };
    return (command, input) => {
      // A cluster has a backup of its first day.
      if (command === 'CreateCluster') {
        const id = `${backups.length + 2}`.padStart(11, 'a');
        backups.push({ BackupId: `backup-${id}`, BackupState: 'READY', ClusterId: `cluster-${id}` });
        return { Cluster: { ClusterId: `cluster-${id}`, State: 'CREATE_IN_PROGRESS' } };
      }
      if (command === 'DescribeBackups') {
        const { backupIds, clusterIds } = (input['Filters'] ?? {}) as Readonly<Record<string, string[] | undefined>>;
        const asked = backups.filter(
          ({ BackupId, ClusterId }) =>
            (backupIds?.includes(BackupId) ?? true) && (clusterIds?.includes(ClusterId) ?? true),
        );
        return { Backups: asked };
      }
      if (command !== 'DeleteBackup' && command !== 'RestoreBackup') throw awsError('NotImplemented');
      const backup = called(input['BackupId']);
      if (backup.BackupState !== (command === 'DeleteBackup' ? 'READY' : 'PENDING_DELETION'))
        throw awsError('CloudHsmInvalidRequestException', `${backup.BackupId} is ${backup.BackupState}`);
      backup.BackupState = command === 'DeleteBackup' ? 'PENDING_DELETION' : 'READY';
      if (command === 'DeleteBackup') backup.DeleteTimestamp = new Date(Date.now() + week);
      else delete backup.DeleteTimestamp;
      return { Backup: backup };
    };
  },
};
