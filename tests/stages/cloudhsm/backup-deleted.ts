import {
  CloudHSMV2Client,
  CreateClusterCommand,
  DeleteBackupCommand,
  DescribeBackupsCommand,
} from '@aws-sdk/client-cloudhsm-v2';
import { client } from '../../../shared/aws/client.ts';
import type { Stage } from '../../support/stage.ts';

/** The deleted backup of a cluster; the fake forgets all of it by itself. */
const stage = (name: string, region?: string): Stage => ({
  rule: 'cloudhsm/backup-deleted',
  name,
  async set() {
    const hsm = client(CloudHSMV2Client, region);
    const { Cluster } = await hsm.send(
      new CreateClusterCommand({ HsmType: 'hsm2m.medium', SubnetIds: ['subnet-0a1b'] }),
    );
    const of = { clusterIds: [Cluster?.ClusterId ?? ''] };
    const { Backups } = await hsm.send(new DescribeBackupsCommand({ Filters: of }));
    const id = Backups?.[0]?.BackupId;
    if (!id) throw new Error('the cluster has no backup');
    await hsm.send(new DeleteBackupCommand({ BackupId: id }));
    return {
      target: { backup: `arn:aws:cloudhsm:${region ?? 'us-east-1'}:123456789012:backup/${id}` },
      after: 'READY',
      ...(region === undefined && { call: { name: 'DeleteBackup', request: { backupId: id } } }),
      clear: async () => {},
    };
  },
});

export const stages: readonly Stage[] = [
  stage('a backup that waits for its deletion'),
  stage('a backup in another region', 'eu-west-1'),
];
