import { randomUUID } from 'node:crypto';
import {
  CreateAccountCommand,
  CreateOrganizationalUnitCommand,
  CreateOrganizationCommand,
  ListRootsCommand,
  MoveAccountCommand,
  OrganizationsClient,
} from '@aws-sdk/client-organizations';
import type { Stage } from '../../support/stage.ts';

/** The organisation of the sandbox, which all stages share, and its root. */
async function rootOf(organizations: OrganizationsClient): Promise<string> {
  try {
    await organizations.send(new CreateOrganizationCommand({ FeatureSet: 'ALL' }));
  } catch (error) {
    if ((error as Error).name !== 'AlreadyInOrganizationException') throw error;
  }
  const { Roots } = await organizations.send(new ListRootsCommand({}));
  return Roots?.[0]?.Id ?? '';
}

/**
 * An account that was moved out of a unit; accounts and units are never taken away from moto's organisation. Which
 * unit is guarded is known only once it is made.
 */
const stage = (name: string, out: 'to the root' | 'to a unit', guards: boolean): Stage => {
  let unitOfTheStage = 'none yet';
  return {
    rule: 'organizations/account-moved',
    name,
    get baseline() {
      return guards ? { guarded: [unitOfTheStage] } : {};
    },
    async set() {
      const organizations = new OrganizationsClient({});
      const root = await rootOf(organizations);
      const unit = async (): Promise<string> => {
        const asked = { ParentId: root, Name: `stage-${randomUUID()}` };
        const { OrganizationalUnit } = await organizations.send(new CreateOrganizationalUnitCommand(asked));
        return OrganizationalUnit?.Id ?? '';
      };
      const made = { AccountName: `stage-${randomUUID()}`, Email: 'stage@example.com' };
      const { CreateAccountStatus } = await organizations.send(new CreateAccountCommand(made));
      const account = CreateAccountStatus?.AccountId ?? '';
      const guarded = await unit();
      unitOfTheStage = guarded;
      const elsewhere = out === 'to the root' ? root : await unit();
      const move = (SourceParentId: string, DestinationParentId: string) =>
        organizations.send(new MoveAccountCommand({ AccountId: account, SourceParentId, DestinationParentId }));
      await move(root, guarded);
      await move(guarded, elsewhere);
      return {
        target: { account, from: guarded, to: elsewhere },
        after: guarded,
        call: {
          name: 'MoveAccount',
          request: { accountId: account, sourceParentId: guarded, destinationParentId: elsewhere },
        },
        async clear() {},
      };
    },
  };
};

export const stages: readonly Stage[] = [
  stage('an account that was moved out of a guarded unit', 'to a unit', true),
  stage('an account that was moved to the root', 'to the root', false),
];
