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
import { pages, readType, type TypeState, writeType } from './type.ts';

/** A policy by its id, or a whole type; `from`: where it was attached, itself where its text was changed, the type’s root. */
export type Guard = { readonly policy: string; readonly from: string };

/**
 * Whether a policy is attached, and forbids anything; what it says; or where all policies of a type are attached. One that
 * only allows is no guard rail: an entity may do what any policy on it allows, and so no more without this one (AWS
 * Organizations User Guide, "SCP evaluation").
 */
export type GuardState =
  | { readonly type: string; readonly attached: boolean; readonly forbids: boolean }
  | { readonly type: string; readonly content: string }
  | TypeState;

/** Types that guard nothing: API_PolicySummary, Type. What is not known here may be a guard. */
export const harmless = ['TAG_POLICY', 'AISERVICES_OPT_OUT_POLICY', 'CHATBOT_POLICY', 'UPGRADE_ROLLOUT_POLICY'];

// AWS Organizations API reference, DescribePolicy, ListPoliciesForTarget; moto says it of the kind of the target.
const gone = ['PolicyNotFoundException', 'TargetNotFoundException', 'AccountNotFoundException'];
const goneToo = 'OrganizationalUnitNotFoundException';

const isPolicy = (id: string): boolean => id.startsWith('p-');
const organizations = (): OrganizationsClient => client(OrganizationsClient);

/** What a policy says, or whether it is attached to an entity. Null where either is gone. */
export const guard: Lens<Guard, GuardState> = {
  id: 'organizations/guard',
  // An organisation has one root.
  key: ({ policy, from }) => (isPolicy(policy) ? `${policy} ${from}` : policy),
  async read({ policy, from }) {
    if (!isPolicy(policy)) return readType(policy);
    return orNull([...gone, goneToo], async () => {
      const { Policy } = await organizations().send(new DescribePolicyCommand({ PolicyId: policy }));
      const type = Policy?.PolicySummary?.Type ?? 'unknown';
      return from === policy
        ? { type, content: Policy?.Content ?? '' }
        : { type, attached: await isAttached(policy, from, type), forbids: forbids(Policy?.Content ?? '') };
    });
  },
  canon(state) {
    if ('content' in state) return { ...state, content: parsed(state.content) };
    return 'forbids' in state ? { type: state.type, attached: state.attached } : state;
  },
  async write({ policy, from }, was, to) {
    if (to === null) throw fault('NotWritable', `${policy}: a policy is neither made nor deleted`);
    if ('enabled' in to)
      await writeType(from, was && 'enabled' in was ? was : { ...to, enabled: false, attached: {} }, to);
    else if ('content' in to)
      await organizations().send(new UpdatePolicyCommand({ PolicyId: policy, Content: to.content }));
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
  const policies = await pages(async (next) => {
    const asked = { TargetId: target, Filter: type as PolicyType, ...next };
    const page = await organizations().send(new ListPoliciesForTargetCommand(asked));
    return { items: page.Policies, next: page.NextToken };
  });
  return policies.some(({ Id }) => Id === policy);
}

/** Whether anything is refused by a text: of one without statements nobody here can tell, and it may be a guard. */
const forbids = (content: string): boolean => statementsOf(content)?.some(({ Effect }) => Effect !== 'Allow') ?? true;

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
