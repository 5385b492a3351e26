import { short } from '../../shared/aws/statement.ts';
import { member } from '../../shared/aws/telling.ts';
import { text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { backupState } from './lenses/backup.ts';
import { namedBy } from './lenses/names.ts';

const reference = 'https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudhsm.html';

export const backupDeleted = rule({
  id: 'cloudhsm/backup-deleted',
  title: 'A backup of hardware keys is deleted',
  severity: 'high',
  why: 'A CloudHSM cluster can only be brought back from a backup, and its keys exist nowhere else. A deleted backup can be restored for seven days; after that it is gone.',
  class: 'G',
  breaks: 'nothing',
  risk: 'None to applications: a backup that waits for its deletion serves nobody. Whoever means to destroy the keys in it finds it kept: exempt it, or pause the rule.',
  mends: 'restores the backup, which is possible for seven days after it was deleted.',
  undoes:
    'deletes the backup again with your own credentials, and seven new days begin: the role that saves backups may not delete one.',
  responsibility: 'customer data',
  proof: 'fake',
  controls: [],
  // "CloudTrail logs all AWS CloudHSM operations, … such as InitializeCluster, CreatHsm, and DeleteBackup": AWS CloudHSM
  // User Guide, "Logging AWS CloudHSM API calls with AWS CloudTrail"; the source without "v2" and the casing as in its
  // CreateHsm and cloud-custodian's recorded CreateCluster. Members: cloudhsm/latest/APIReference, API_DeleteBackup.
  triggers: calls('cloudhsm.amazonaws.com', 'DeleteBackup'),
  permissions: {
    read: [{ actions: ['cloudhsm:DescribeBackups'], resources: { noArn: reference } }],
    write: [
      {
        actions: ['cloudhsm:RestoreBackup'],
        resources: ['arn:${AWS::Partition}:cloudhsm:*:${AWS::AccountId}:backup/*'],
      },
    ],
    undo: ['cloudhsm:DeleteBackup'],
  },
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const backup = namedBy(signal, 'backupId');
    if (backup === undefined) return unreadable('requestParameters.backupId');
    const answer = member(signal.response, 'backup');
    const cluster = text(answer, 'clusterId');
    const of = cluster === undefined ? '' : ` of ${short(cluster)}`;
    const reason = `the backup ${backup.id}${of} is to be deleted within seven days`;
    return [{ target: { backup: backup.resource }, resource: backup.resource, reason, certainty: 'certain' }];
  },
  fix: {
    kind: 'state',
    lens: backupState,
    // "Restores a specified AWS CloudHSM backup that is in the PENDING_DELETION state": API_RestoreBackup. Gone is gone.
    desire: (state) => (state === 'PENDING_DELETION' ? 'READY' : state),
  },
});
