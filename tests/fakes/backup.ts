/**
 * AWS Backup's plans and their selections: AWS Backup API reference. A call that repeats a CreatorRequestId answers with
 * what the first one made; a plan that has selections is not deleted. MiniStack has plans, and forgets the CreatorRequestId by
 * which one that was made again is known; moto has no selections.
 */
import { BackupClient } from '@aws-sdk/client-backup';
import { awsError, type Fake } from '../support/fakes.ts';

type Held = { id: string; token: string | undefined; body: Record<string, unknown> };
type HeldPlan = Held & { readonly selections: Map<string, Held> };

export const fake: Fake = {
  client: BackupClient,
  prefix: 'backup',
  // "Passing a role": aws-backup/latest/devguide/access-control.html.
  actions: { CreateBackupSelection: ['backup:CreateBackupSelection', 'iam:PassRole'] },
  fresh() {
    const plans = new Map<string, HeldPlan>();
    let made = 0;
    const uuid = (): string => {
      made += 1;
      return `00000000-0000-4000-8000-${String(made).padStart(12, '0')}`;
    };
    const held = (id: unknown): HeldPlan => {
      const plan = plans.get(String(id));
      if (!plan) throw awsError('ResourceNotFoundException', `no plan ${String(id)}`);
      return plan;
    };
    const chosen = (plan: unknown, id: unknown): Held => {
      const selection = held(plan).selections.get(String(id));
      if (!selection) throw awsError('ResourceNotFoundException', `no selection ${String(id)}`);
      return selection;
    };
    const arn = (id: string): string => `arn:aws:backup:us-east-1:123456789012:backup-plan:${id}`;
    const answers: Readonly<Record<string, (input: Readonly<Record<string, unknown>>) => unknown>> = {
      CreateBackupPlan({ BackupPlan, CreatorRequestId: token }) {
        const plan = BackupPlan as Record<string, unknown>;
        const rules = plan['Rules'] as readonly Record<string, unknown>[];
        if (rules.some((rule) => 'RuleId' in rule && rule['RuleId'] !== undefined))
          throw awsError('InvalidParameterValueException', 'RuleId is none of BackupRuleInput');
        const known = [...plans.values()].find((one) => token !== undefined && one.token === token);
        const id = known?.id ?? uuid();
        const body = { ...plan, Rules: rules.map((rule) => ({ StartWindowMinutes: 480, ...rule, RuleId: uuid() })) };
        if (!known) plans.set(id, { id, token: token as string | undefined, body, selections: new Map() });
        return { BackupPlanId: id, BackupPlanArn: arn(id) };
      },
      GetBackupPlan({ BackupPlanId }) {
        const { id, token, body } = held(BackupPlanId);
        return { BackupPlanId: id, BackupPlanArn: arn(id), CreatorRequestId: token, BackupPlan: body };
      },
      // One a page, so that whoever asks once has not seen them all.
      ListBackupPlans({ NextToken }) {
        const all = [...plans.values()];
        const at = Number(NextToken ?? 0);
        const list = all.slice(at, at + 1).map(({ id, token }) => ({ BackupPlanId: id, CreatorRequestId: token }));
        return { BackupPlansList: list, ...(at + 1 < all.length && { NextToken: String(at + 1) }) };
      },
      DeleteBackupPlan({ BackupPlanId }) {
        const { id, selections } = held(BackupPlanId);
        if (selections.size > 0)
          throw awsError('InvalidRequestException', 'Related backup plan selections must be deleted');
        plans.delete(id);
        return { BackupPlanId: id, BackupPlanArn: arn(id) };
      },
      CreateBackupSelection({ BackupPlanId, BackupSelection, CreatorRequestId: token }) {
        const { selections } = held(BackupPlanId);
        const body = BackupSelection as Record<string, unknown>;
        if ([...selections.values()].some((one) => one.body['SelectionName'] === body['SelectionName']))
          throw awsError('AlreadyExistsException');
        const id = uuid();
        selections.set(id, { id, token: token as string | undefined, body });
        return { SelectionId: id, BackupPlanId };
      },
      GetBackupSelection({ BackupPlanId, SelectionId }) {
        const { id, body } = chosen(BackupPlanId, SelectionId);
        return { SelectionId: id, BackupPlanId, BackupSelection: body };
      },
      ListBackupSelections({ BackupPlanId, NextToken }) {
        const all = [...held(BackupPlanId).selections.values()];
        const at = Number(NextToken ?? 0);
        const list = all
          .slice(at, at + 1)
          .map(({ id, body }) => ({ SelectionId: id, SelectionName: body['SelectionName'] }));
        return { BackupSelectionsList: list, ...(at + 1 < all.length && { NextToken: String(at + 1) }) };
      },
      DeleteBackupSelection({ BackupPlanId, SelectionId }) {
        held(BackupPlanId).selections.delete(chosen(BackupPlanId, SelectionId).id);
        return {};
      },
    };
    return (command, input) => {
      const answer = answers[command];
      if (!answer) throw awsError('InvalidAction', `the fake has no ${command}`);
      return answer(input);
    };
  },
};
