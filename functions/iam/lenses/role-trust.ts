import { GetRoleCommand, IAMClient, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam';
import { client, orNull } from '../../../shared/aws/client.ts';
import { samePolicy } from '../../../shared/aws/closing.ts';
import { foreignStatements } from '../../../shared/aws/foreign.ts';
import { withoutStatements } from '../../../shared/aws/policy.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Home } from '../../../shared/core/mode.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import { documentOf } from './document.ts';

/**
 * `doubt`: whether those whom the policy lets in are surely strangers (`none`), a person must say so (`ask`), or nobody can
 * as long as firebreak.yml names no organisation (`leave`).
 */
export type Trusted = { readonly role: string; readonly doubt: 'none' | 'ask' | 'leave' };

/** A role's trust policy, as text. Null where the role is gone: a role without one there is not. */
export const roleTrust: Lens<Trusted, string> = {
  id: 'iam/role-trust',
  key: ({ role }) => role,
  // NoSuchEntityException: GetRole, errors documented by its SDK command.
  read: ({ role }) =>
    orNull(['NoSuchEntityException'], async () => {
      const { Role } = await client(IAMClient).send(new GetRoleCommand({ RoleName: role }));
      return documentOf(Role?.AssumeRolePolicyDocument);
    }),
  canon: samePolicy,
  async write({ role }, _from, to) {
    if (to === null) throw fault('NotWritable', `${role}: a role can't be removed by its trust policy`);
    await client(IAMClient).send(new UpdateAssumeRolePolicyCommand({ RoleName: role, PolicyDocument: to }));
  },
  undo: (before) => (before === null ? 'none' : 'restore'),
};

/** A trust policy needs a statement: this one lets nobody in. */
const nobody = {
  Version: '2012-10-17',
  Statement: [{ Sid: 'NobodyByFirebreak', Effect: 'Deny', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' }],
};

/**
 * The trust policy without the statements that let strangers in. Those whom it only may let in stay, unless a person is
 * asked about them.
 */
export function withoutStrangers(trust: string, { doubt }: Trusted, home: Home): string {
  const strangers = foreignStatements(trust, home).filter(
    ({ certainty }) => doubt === 'ask' || certainty === 'certain',
  );
  const left = withoutStatements(
    trust,
    strangers.map(({ index }) => index),
  );
  return left ?? JSON.stringify(nobody);
}
