import {
  BackupClient,
  CreateBackupPlanCommand,
  CreateBackupSelectionCommand,
  DeleteBackupPlanCommand,
  DeleteBackupSelectionCommand,
} from '@aws-sdk/client-backup';
import type { Json } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

const rules = [
  {
    RuleName: 'nightly',
    TargetBackupVaultName: 'vault',
    ScheduleExpression: 'cron(0 3 * * ? *)',
    Lifecycle: { DeleteAfterDays: 35 },
    CopyActions: [{ DestinationBackupVaultArn: 'arn:aws:backup:eu-west-1:123456789012:backup-vault:far' }],
  },
];
const settings = [{ ResourceType: 'EC2', BackupOptions: { WindowsVSS: 'enabled' } }];
const kept = { SelectionName: 'tagged', IamRoleArn: 'arn:aws:iam::111122223333:role/backup', Resources: ['*'] };
const gone = {
  SelectionName: 'databases',
  IamRoleArn: 'arn:aws:iam::111122223333:role/backup',
  Resources: ['arn:aws:rds:*:*:db:*'],
  NotResources: ['arn:aws:rds:*:*:db:scratch-*'],
};

/** A plan with two selections, as it was learned, and what somebody deleted of it. */
const stage = (name: string, deleted: 'plan' | 'selection', others = 0): Stage => {
  const found: Stage & { learned: Json } = {
    rule: 'backup/plan-deleted',
    name,
    learned: null,
    async set() {
      const backup = new BackupClient({});
      for (let other = 0; other < others; other += 1)
        await backup.send(
          new CreateBackupPlanCommand({ BackupPlan: { BackupPlanName: `other-${other}`, Rules: rules } }),
        );
      const { BackupPlanId, BackupPlanArn = '' } = await backup.send(
        new CreateBackupPlanCommand({
          BackupPlan: { BackupPlanName: 'production', Rules: rules, AdvancedBackupSettings: settings },
        }),
      );
      const ids = [];
      for (const BackupSelection of [kept, gone])
        ids.push(
          (await backup.send(new CreateBackupSelectionCommand({ BackupPlanId, BackupSelection }))).SelectionId ?? '',
        );
      const [one = '', two = ''] = ids;
      const plan = {
        BackupPlanName: 'production',
        Rules: [{ StartWindowMinutes: 480, ...rules[0], RuleId: 'another' }],
        AdvancedBackupSettings: settings,
      };
      const selections = [
        { id: one, selection: kept },
        { id: two, selection: gone },
      ];
      found.learned = { id: BackupPlanId ?? '', plan, selections };
      for (const SelectionId of deleted === 'plan' ? [one, two] : [two])
        await backup.send(new DeleteBackupSelectionCommand({ BackupPlanId, SelectionId }));
      if (deleted === 'plan') await backup.send(new DeleteBackupPlanCommand({ BackupPlanId }));
      const asked = { backupPlanId: BackupPlanId ?? '' };
      return {
        target: { plan: BackupPlanArn, selection: deleted === 'plan' ? null : two },
        // Made again, the plan has an id that nobody knows before.
        after: { id: deleted === 'plan' ? 'new' : (BackupPlanId ?? ''), plan, selections },
        call:
          deleted === 'plan'
            ? { name: 'DeleteBackupPlan', request: asked, response: { backupPlanArn: BackupPlanArn } }
            : { name: 'DeleteBackupSelection', request: { ...asked, selectionId: two } },
        async clear() {},
      };
    },
  };
  return found;
};

export const stages: readonly Stage[] = [
  stage('a plan and its selections', 'plan'),
  stage('a plan and its selections, in an account with others', 'plan', 3),
  stage('one selection of a plan', 'selection', 1),
];
