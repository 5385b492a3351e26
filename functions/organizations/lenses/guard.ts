import {
  AttachPolicyCommand,
  DescribePolicyCommand,
  DetachPolicyCommand,
  ListPoliciesForTargetCommand,
  OrganizationsClient,
  type PolicyType,
  UpdatePolicyCommand,
} from '@aws-sdk/client-organizations';
import { client, orNull } from '../../../shared/aws/client.ts';
import { parsed, statementsOf } from '../../../shared/aws/statement.ts';
import { fault } from '../../../shared/core/fault.ts';
import { canonical } from '../../../shared/core/json.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** A policy by its id, or a whole type of policies; `from`: where it was attached, itself where its text was changed. */
export type Guard = { readonly policy: string; readonly from: string };

/** What a policy says, or whether it is attached. */
export type GuardState =
  | { readonly type: string; readonly attached: boolean }
  | { readonly type: string; readonly content: string };

/** Types that guard nothing: API_PolicySummary, Type. What is not known here may be a guard. */
export const harmless = ['TAG_POLICY', 'AISERVICES_OPT_OUT_POLICY', 'CHATBOT_POLICY', 'UPGRADE_ROLLOUT_POLICY'];

// AWS Organizations API reference, DescribePolicy, ListPoliciesForTarget; moto says it of the kind of the target.
const gone = ['PolicyNotFoundException', 'TargetNotFoundException', 'AccountNotFoundException'];
const goneToo = 'OrganizationalUnitNotFoundException';

const isPolicy = (id: string): boolean => id.startsWith('p-');
const organizations = (): OrganizationsClient => client(OrganizationsClient);

/** What a policy says, or whether it is attached to an entity. Null where either is gone, and for a whole type. */
export const guard: Lens<Guard, GuardState> = {
  id: 'organizations/guard',
  key: ({ policy, from }) => `${policy} ${from}`,
  async read({ policy, from }) {
    if (!isPolicy(policy)) return null;
    return orNull([...gone, goneToo], async () => {
      const { Policy } = await organizations().send(new DescribePolicyCommand({ PolicyId: policy }));
      const type = Policy?.PolicySummary?.Type ?? 'unknown';
      return from === policy
        ? { type, content: Policy?.Content ?? '' }
        : { type, attached: await isAttached(policy, from, type) };
    });
  },
  canon: (state) => ('content' in state ? { ...state, content: parsed(state.content) } : state),
  async write({ policy, from }, _from, to) {
    if (to === null) throw fault('NotWritable', `${policy}: a policy is neither made nor deleted`);
    if ('content' in to) await organizations().send(new UpdatePolicyCommand({ PolicyId: policy, Content: to.content }));
    // An attempt that was cut short may have done it already: API_AttachPolicy, API_DetachPolicy.
    else if (to.attached)
      await orNull(['DuplicatePolicyAttachmentException'], () =>
        organizations().send(new AttachPolicyCommand({ PolicyId: policy, TargetId: from })),
      );
    else
      await orNull(['PolicyNotAttachedException'], () =>
        organizations().send(new DetachPolicyCommand({ PolicyId: policy, TargetId: from })),
      );
  },
  // The role that puts guard rails back must not be able to take one away.
  undo: (before) => (before === null ? 'none' : 'attached' in before ? 'operator' : 'restore'),
};

async function isAttached(policy: string, target: string, type: string): Promise<boolean> {
  let NextToken: string | undefined;
  do {
    const asked = { TargetId: target, Filter: type as PolicyType, ...(NextToken && { NextToken }) };
    const page = await organizations().send(new ListPoliciesForTargetCommand(asked));
    if (page.Policies?.some(({ Id }) => Id === policy)) return true;
    NextToken = page.NextToken;
  } while (NextToken);
  return false;
}

/**
 * Whether a text forbids less than another did: a Deny of that is missing, or it has an Allow that was not there. Of a text
 * without statements nobody here can tell, unless it is the same.
 */
export function forbidsLess(before: string, now: string): boolean | null {
  const [was, is] = [statementsOf(before), statementsOf(now)];
  if (was === null || is === null) return canonical(parsed(before)) === canonical(parsed(now)) ? false : null;
  const [had, has] = [was, is].map((all) => new Set(all.map((one) => canonical({ ...one, Sid: undefined }))));
  return (
    was.some((one) => one.Effect === 'Deny' && !has?.has(canonical({ ...one, Sid: undefined }))) ||
    is.some((one) => one.Effect !== 'Deny' && !had?.has(canonical({ ...one, Sid: undefined })))
  );
}
