import { member, named, told } from '../../shared/aws/telling.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { namedBy } from './lenses/names.ts';

export const backupDeleted = rule({
  id: 'cloudhsm/backup-deleted',
  title: 'A backup of hardware keys is deleted',
  severity: 'high',
  why: 'A CloudHSM cluster can only be brought back from a backup, and its keys exist nowhere else. A deleted backup can be restored for seven days; after that it is gone.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'customer data',
  controls: [],
  // "CloudTrail captures all API calls for AWS CloudHSM": AWS CloudHSM User Guide, "Working with AWS CloudTrail and AWS
  // CloudHSM"; the source without "v2" and the casing as in cloud-custodian's recorded CreateCluster. Members:
  // https://docs.aws.amazon.com/cloudhsm/latest/APIReference/API_DeleteBackup.html
  triggers: calls('cloudhsm.amazonaws.com', 'DeleteBackup'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const backup = namedBy(signal, 'backupId');
    if (backup === undefined) return unreadable('requestParameters.backupId');
    const answer = member(signal.response, 'backup');
    const cluster = named(answer as never, 'clusterId');
    const of = cluster === undefined ? '' : ` of ${cluster}`;
    return told(backup.resource, `the backup ${backup.id}${of} is to be deleted within seven days`);
  },
});
