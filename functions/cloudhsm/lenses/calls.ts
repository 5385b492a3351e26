/** What is used of CloudHSM's client, an old and large one: imported when a backup is looked at. */
export {
  CloudHSMV2Client,
  DeleteBackupCommand,
  DescribeBackupsCommand,
  RestoreBackupCommand,
} from '@aws-sdk/client-cloudhsm-v2';
