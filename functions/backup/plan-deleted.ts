import { arn, parseArn } from '../../shared/aws/arn.ts';
import { isService } from '../../shared/aws/person.ts';
import { short } from '../../shared/aws/statement.ts';
import { named } from '../../shared/aws/telling.ts';
import type { Home } from '../../shared/core/mode.ts';
import { calls, rule, type Unknown, unreadable } from '../../shared/core/rule.ts';
import type { Signal } from '../../shared/core/signal.ts';
import { backupPlan, nameOf, type Plan, type PlanTarget, planId, type Selection } from './lenses/plan.ts';

const plans = 'arn:${AWS::Partition}:backup:${AWS::Region}:${AWS::AccountId}:backup-plan:*' as const;
const reference = 'https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbackup.html';

export const planDeleted = rule<PlanTarget, Plan>({
  id: 'backup/plan-deleted',
  title: 'Backups stop: a plan or its selection was deleted',
  severity: 'high',
  why: 'What the plan covered is no longer backed up. It shows on the day when somebody needs a backup; ransomware begins here.',
  class: 'C',
  breaks: 'nothing',
  risk: 'None for what runs. Backups are made and billed again, also of what somebody no longer wants backed up.',
  mends:
    'makes the plan and its selections again as they were learned, with new ids and without the plan’s tags; where the plan is still there, the deleted selection alone. What was never learned is only told: it is read after somebody makes or changes a plan, and learned when it is the same a day later.',
  undoes:
    'deletes what was made again, with your own credentials: the role that brings backups back can’t delete them.',
  responsibility: 'customer data',
  proof: 'fake',
  controls: [],
  // "CloudTrail captures all API calls for AWS Backup as events": AWS Backup developer guide, "Logging AWS Backup API calls
  // with CloudTrail". Members: AWS Backup API reference; their first letter is read in either case.
  triggers: calls('backup.amazonaws.com', 'DeleteBackupPlan', 'DeleteBackupSelection'),
  permissions: {
    read: [
      {
        actions: ['backup:GetBackupPlan', 'backup:ListBackupSelections', 'backup:GetBackupSelection'],
        resources: [plans],
      },
      { actions: ['backup:ListBackupPlans'], resources: { noArn: `${reference}: the action has no resource types` } },
    ],
    write: [
      { actions: ['backup:CreateBackupPlan', 'backup:CreateBackupSelection'], resources: [plans] },
      // A selection hands its role to AWS Backup: aws-backup/latest/devguide/access-control.html.
      {
        actions: ['iam:PassRole'],
        resources: ['arn:${AWS::Partition}:iam::${AWS::AccountId}:role/*'],
        conditions: { StringEquals: { 'iam:PassedToService': 'backup.amazonaws.com' } },
      },
    ],
    undo: ['backup:DeleteBackupPlan', 'backup:DeleteBackupSelection'],
  },
  detect(signal) {
    if (signal.kind !== 'call' || isService(signal.actor)) return [];
    const resource = planOf(signal);
    if (resource === null) return unreadable('requestParameters.backupPlanId');
    const selection = named(signal.request, 'selectionId') ?? null;
    if (signal.name === 'DeleteBackupSelection' && selection === null)
      return unreadable('requestParameters.selectionId');
    const plan = short(planId(resource));
    const reason =
      selection === null ? `plan ${plan} was deleted` : `selection ${short(selection)} of plan ${plan} was deleted`;
    return [{ target: { plan: resource, selection }, resource, reason, certainty: 'certain' }];
  },
  fix: {
    kind: 'state',
    lens: backupPlan,
    learns: {
      triggers: calls('backup.amazonaws.com', 'CreateBackupPlan', 'UpdateBackupPlan', 'CreateBackupSelection'),
      target(signal) {
        const plan = planOf(signal);
        return plan === null ? null : { plan, selection: null };
      },
    },
    desire(state, { target, learned, home }) {
      const known = learned?.state;
      if (state === null) return known ? restored(known, known.selections, home) : unlearned;
      // One that was made again, perhaps by an attempt that was cut short, has another id.
      const again = state.id !== planId(target.plan);
      if (!again && target.selection === null) return state;
      const lost = known?.selections.filter(({ id }) => again || id === target.selection);
      if (lost === undefined || (lost.length === 0 && !again)) return unlearned;
      const there = new Set(state.selections.map(({ selection }) => nameOf(selection)));
      return restored(state, [...state.selections, ...lost.filter((one) => !there.has(nameOf(one.selection)))], home);
    },
  },
});

const unlearned: Unknown = {
  unknown: 'what it covered was not learned before, and is in no event: aws backup create-backup-plan',
};

/** A selection whose role is another account's is no backup of ours. */
function restored(plan: Plan, selections: readonly Selection[], home: Home): Plan | Unknown {
  const foreign = selections.find(({ selection }) => {
    const owner = parseArn(String(selection['IamRoleArn'] ?? ''))?.account;
    return owner !== undefined && owner !== home.account;
  });
  if (foreign) return { unknown: `the selection ${nameOf(foreign.selection)} names a role of another account` };
  return { ...plan, selections };
}

function planOf(signal: Signal): string | null {
  if (signal.kind !== 'call') return null;
  const id = named(signal.request, 'backupPlanId') ?? named(signal.response, 'backupPlanId');
  return (
    named(signal.response, 'backupPlanArn') ?? (id === undefined ? null : arn(signal, 'backup', `backup-plan:${id}`))
  );
}
