import { arn } from '../../shared/aws/arn.ts';
import { isService } from '../../shared/aws/person.ts';
import { named } from '../../shared/aws/telling.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';

export const planDeleted = rule({
  id: 'backup/plan-deleted',
  title: 'Backups stop: a plan or its selection was deleted',
  severity: 'high',
  why: 'What the plan covered is no longer backed up. It shows on the day when somebody needs a backup; ransomware begins here.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'customer data',
  controls: [],
  // "CloudTrail captures all API calls for AWS Backup as events": AWS Backup developer guide, "Logging AWS Backup API calls
  // with CloudTrail". Members: AWS Backup API reference; their first letter is read in either case.
  triggers: calls('backup.amazonaws.com', 'DeleteBackupPlan', 'DeleteBackupSelection'),
  detect(signal) {
    if (signal.kind !== 'call' || isService(signal.actor)) return [];
    const plan = named(signal.request, 'backupPlanId') ?? named(signal.response, 'backupPlanId');
    if (plan === undefined) return unreadable('requestParameters.backupPlanId');
    const selection = named(signal.request, 'selectionId') ?? null;
    if (signal.name === 'DeleteBackupSelection' && selection === null)
      return unreadable('requestParameters.selectionId');
    const resource = named(signal.response, 'backupPlanArn') ?? arn(signal, 'backup', `backup-plan:${plan}`);
    const reason =
      selection === null ? `plan ${plan} was deleted` : `selection ${selection} of plan ${plan} was deleted`;
    return [{ target: { plan: resource, selection }, resource, reason, certainty: 'certain' }];
  },
});
