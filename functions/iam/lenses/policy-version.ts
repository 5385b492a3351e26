import {
  GetPolicyCommand,
  IAMClient,
  paginateListPolicyVersions,
  SetDefaultPolicyVersionCommand,
} from '@aws-sdk/client-iam';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens, Unknown } from '../../../shared/core/rule.ts';
import { judge } from './judged.ts';
import { documentAt } from './policies.ts';

/** `policy`: its ARN; `first`: it was just created; `region`: where the event came from, which tells the partition. */
export type Policy = { readonly policy: string; readonly first: boolean; readonly region: string | null };

/** The version in force, and what all versions say, as texts: at most five. */
export type Versions = { readonly version: string; readonly documents: { readonly [version: string]: string } };

/** Which version of a policy is in force: versions never change, and their names are not used again. Null where it is gone. */
export const policyVersion: Lens<Policy, Versions> = {
  id: 'iam/policy-version',
  key: ({ policy }) => policy,
  // NoSuchEntityException: GetPolicy, ListPolicyVersions and GetPolicyVersion, errors documented by their SDK commands.
  read: ({ policy }) =>
    orNull(['NoSuchEntityException'], async () => {
      const iam = client(IAMClient);
      const { Policy: found } = await iam.send(new GetPolicyCommand({ PolicyArn: policy }));
      const documents: { [version: string]: string } = {};
      for await (const { Versions } of paginateListPolicyVersions({ client: iam }, { PolicyArn: policy }))
        for (const { VersionId = '' } of Versions ?? []) documents[VersionId] = await documentAt(policy, VersionId);
      return { version: found?.DefaultVersionId ?? '', documents };
    }),
  canon: ({ version }) => version,
  async write({ policy }, _from, to) {
    if (to === null) throw fault('NotWritable', `${policy}: a policy is neither made nor deleted by its version`);
    const asked = new SetDefaultPolicyVersionCommand({ PolicyArn: policy, VersionId: to.version });
    await client(IAMClient).send(asked);
  },
  undo: (before) => (before === null ? 'none' : 'restore'),
};

/**
 * The version to put in force instead of one that makes an administrator: the one that was learned, else the only other
 * one. Which of several was in force before, IAM does not tell.
 */
function formerVersion(
  { version, documents }: Versions,
  learned: string | undefined,
  here: Parameters<typeof judge>[1],
): string | Unknown {
  const harmless = Object.keys(documents).filter(
    (one) => one !== version && judge({ documents: [documents[one] ?? ''], boundary: null }, here) === 'harmless',
  );
  if (learned !== undefined && harmless.includes(learned)) return learned;
  const [only, ...others] = harmless;
  if (only !== undefined && others.length === 0 && Object.keys(documents).length === 2) return only;
  return {
    unknown:
      only === undefined
        ? 'the policy has no other version that makes no administrator: write one, or detach the policy'
        : `which version was in force before is not known: ${harmless.join(', ')} make no administrator; put the right one in force with aws iam set-default-policy-version`,
  };
}

/** What is wanted of a policy whose version in force may make an administrator. */
export function withoutAdmin(
  state: Versions,
  { first }: Policy,
  learned: string | undefined,
  here: Parameters<typeof judge>[1],
): Versions | Unknown {
  const judged = judge({ documents: [state.documents[state.version] ?? ''], boundary: null }, here);
  if (judged !== 'admin') return judged === 'harmless' ? state : judged;
  if (first)
    return { unknown: 'the policy is new: there is nothing to put back. Delete it, or see to whom it is attached' };
  const former = formerVersion(state, learned, here);
  return typeof former === 'string' ? { ...state, version: former } : former;
}
