import {
  BackupClient,
  type BackupPlanInput,
  type BackupSelection,
  CreateBackupPlanCommand,
  CreateBackupSelectionCommand,
  DeleteBackupPlanCommand,
  DeleteBackupSelectionCommand,
  GetBackupPlanCommand,
  GetBackupSelectionCommand,
  ListBackupPlansCommand,
  ListBackupSelectionsCommand,
} from '@aws-sdk/client-backup';
import { parseArn } from '../../../shared/aws/arn.ts';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Json, JsonObject } from '../../../shared/core/json.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** `plan`: the ARN that it had when it was deleted. `selection`: the id of the selection that was, where the plan was not. */
export type PlanTarget = { readonly plan: string; readonly selection: string | null };

/** What a plan covers: BackupSelection of the API. `id` is another one once it was made again; so is the plan's. */
export type Selection = { readonly id: string; readonly selection: JsonObject };
export type Plan = { readonly id: string; readonly plan: JsonObject; readonly selections: readonly Selection[] };

// API_GetBackupPlan, API_GetBackupSelection: "A resource that is required for the action doesn't exist."
const missing = ['ResourceNotFoundException'];

// A plan is reached in its own region, which its ARN names.
const home = (plan: string): BackupClient => client(BackupClient, parseArn(plan)?.region || undefined);

export const planId = (plan: string): string => parseArn(plan)?.resource.replace(/^backup-plan:/, '') ?? plan;

/**
 * By what we know a plan that was made again, whose id is another: API_CreateBackupPlan, CreatorRequestId, which also keeps
 * an attempt that was cut short from making two. At most 50 characters.
 */
const mark = (id: string): string => `firebreak-${id}`.slice(0, 50);

async function current(plan: string): Promise<{ id: string; plan: JsonObject } | null> {
  const [backup, id] = [home(plan), planId(plan)];
  const ask = (BackupPlanId: string) => orNull(missing, () => backup.send(new GetBackupPlanCommand({ BackupPlanId })));
  const found = await ask(id);
  // A deleted plan may still be shown, with the date of its deletion: API_GetBackupPlan, DeletionDate.
  if (found?.BackupPlan && found.DeletionDate === undefined) return { id, plan: plain(found.BackupPlan) };
  let next: string | undefined;
  do {
    const page = await backup.send(new ListBackupPlansCommand({ ...(next !== undefined && { NextToken: next }) }));
    const again = page.BackupPlansList?.find(({ CreatorRequestId }) => CreatorRequestId === mark(id))?.BackupPlanId;
    const made = again === undefined ? null : await ask(again);
    if (again !== undefined && made?.BackupPlan) return { id: again, plan: plain(made.BackupPlan) };
    next = page.NextToken;
  } while (next !== undefined);
  return null;
}

async function selectionsOf(backup: BackupClient, BackupPlanId: string): Promise<readonly Selection[]> {
  const selections: Selection[] = [];
  let next: string | undefined;
  do {
    const page = await backup.send(
      new ListBackupSelectionsCommand({ BackupPlanId, ...(next !== undefined && { NextToken: next }) }),
    );
    for (const { SelectionId = '' } of page.BackupSelectionsList ?? []) {
      const asked = new GetBackupSelectionCommand({ BackupPlanId, SelectionId });
      const found = await orNull(missing, () => backup.send(asked));
      if (found?.BackupSelection) selections.push({ id: SelectionId, selection: plain(found.BackupSelection) });
    }
    next = page.NextToken;
  } while (next !== undefined);
  return selections;
}

/** A backup plan with what it covers. Null where there is none, also not one that was made again in its place. */
export const backupPlan: Lens<PlanTarget, Plan> = {
  id: 'backup/plan',
  key: ({ plan }) => plan,
  async read({ plan }) {
    const found = await current(plan);
    return found && { ...found, selections: await selectionsOf(home(plan), found.id) };
  },
  canon: ({ plan, selections }) => ({
    plan: withoutIds(plan),
    selections: Object.fromEntries(selections.map(({ selection }) => [nameOf(selection), selection])),
  }),
  async write({ plan: arn }, from, to) {
    const backup = home(arn);
    const kept = new Set(to?.selections.map(({ selection }) => nameOf(selection)));
    for (const { id, selection } of from?.selections ?? []) {
      if (kept.has(nameOf(selection))) continue;
      const gone = new DeleteBackupSelectionCommand({ BackupPlanId: from?.id, SelectionId: id });
      await orNull(missing, () => backup.send(gone));
    }
    if (to === null) {
      if (from) await orNull(missing, () => backup.send(new DeleteBackupPlanCommand({ BackupPlanId: from.id })));
      return;
    }
    const BackupPlanId = from?.id ?? (await make(backup, arn, to.plan));
    const there = new Set(from?.selections.map(({ selection }) => nameOf(selection)));
    for (const { id, selection } of to.selections) {
      if (there.has(nameOf(selection))) continue;
      const BackupSelection = selection as unknown as BackupSelection;
      const asked = { BackupPlanId, BackupSelection, CreatorRequestId: mark(id) };
      // There already, after an attempt that was cut short.
      await orNull(['AlreadyExistsException'], () => backup.send(new CreateBackupSelectionCommand(asked)));
    }
  },
  // The role that brings backups back can't delete them.
  undo: () => 'operator',
};

async function make(backup: BackupClient, arn: string, plan: JsonObject): Promise<string> {
  const BackupPlan = withoutIds(plan) as unknown as BackupPlanInput;
  const asked = new CreateBackupPlanCommand({ BackupPlan, CreatorRequestId: mark(planId(arn)) });
  const { BackupPlanId } = await backup.send(asked);
  if (BackupPlanId === undefined) throw fault('NotWritable', `${arn}: CreateBackupPlan gave no plan`);
  return BackupPlanId;
}

export const nameOf = (selection: JsonObject): string => String(selection['SelectionName'] ?? '');

/** A rule's id is made by AWS Backup, and no part of what is asked for: BackupRule and BackupRuleInput. */
function withoutIds(plan: JsonObject): JsonObject {
  const rules = Array.isArray(plan['Rules']) ? plan['Rules'] : [];
  return { ...plan, Rules: rules.map((one: Json) => ({ ...(one as JsonObject), RuleId: undefined })) };
}

const plain = (value: object): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject;
