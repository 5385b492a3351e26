import { randomUUID } from 'node:crypto';
import {
  AttachPolicyCommand,
  CreateAccountCommand,
  CreateOrganizationalUnitCommand,
  CreateOrganizationCommand,
  CreatePolicyCommand,
  DeleteOrganizationalUnitCommand,
  DeletePolicyCommand,
  DetachPolicyCommand,
  DisablePolicyTypeCommand,
  EnablePolicyTypeCommand,
  ListRootsCommand,
  OrganizationsClient,
  UpdatePolicyCommand,
} from '@aws-sdk/client-organizations';
import type { Stage } from '../../support/stage.ts';

const deny = (...actions: readonly string[]) => ({ Sid: 'Keep', Effect: 'Deny', Action: actions, Resource: '*' });
const content = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });
const trails = content(deny('cloudtrail:StopLogging', 'cloudtrail:DeleteTrail'));

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

async function policy(organizations: OrganizationsClient, text: string): Promise<string> {
  const asked = { Name: `stage-${randomUUID()}`, Description: 'a stage', Content: text };
  const { Policy } = await organizations.send(new CreatePolicyCommand({ ...asked, Type: 'SERVICE_CONTROL_POLICY' }));
  return Policy?.PolicySummary?.Id ?? '';
}

/** A policy that was detached from a unit, an account or the root; another one stays where it is. */
const detached = (name: string, where: 'unit' | 'account' | 'root'): Stage => ({
  rule: 'organizations/scp-detached',
  name,
  async set() {
    const organizations = new OrganizationsClient({});
    const root = await rootOf(organizations);
    const [lost, kept] = [await policy(organizations, trails), await policy(organizations, content(deny('iam:*')))];
    const asked = { ParentId: root, Name: `stage-${randomUUID()}` };
    const unit = where === 'unit' ? await organizations.send(new CreateOrganizationalUnitCommand(asked)) : null;
    const account =
      where === 'account'
        ? await organizations.send(new CreateAccountCommand({ AccountName: asked.Name, Email: 'stage@example.com' }))
        : null;
    const target = unit?.OrganizationalUnit?.Id ?? account?.CreateAccountStatus?.AccountId ?? root;
    for (const PolicyId of [lost, kept])
      await organizations.send(new AttachPolicyCommand({ PolicyId, TargetId: target }));
    await organizations.send(new DetachPolicyCommand({ PolicyId: lost, TargetId: target }));
    return {
      target: { policy: lost, from: target },
      after: { type: 'SERVICE_CONTROL_POLICY', attached: true },
      call: { name: 'DetachPolicy', request: { policyId: lost, targetId: target } },
      async clear() {
        for (const PolicyId of [lost, kept]) {
          await organizations.send(new DetachPolicyCommand({ PolicyId, TargetId: target }));
          await organizations.send(new DeletePolicyCommand({ PolicyId }));
        }
        if (unit) await organizations.send(new DeleteOrganizationalUnitCommand({ OrganizationalUnitId: target }));
      },
    };
  },
});

const allow = { Effect: 'Allow', Action: '*', Resource: '*' };

/** A policy whose text was rewritten; what it said before was learned. */
const rewritten = (name: string, before: string, now: string): Stage => ({
  rule: 'organizations/scp-detached',
  name,
  learned: { type: 'SERVICE_CONTROL_POLICY', content: before },
  async set() {
    const organizations = new OrganizationsClient({});
    await rootOf(organizations);
    const id = await policy(organizations, before);
    await organizations.send(new UpdatePolicyCommand({ PolicyId: id, Content: now }));
    return {
      target: { policy: id, from: id },
      after: { type: 'SERVICE_CONTROL_POLICY', content: before },
      call: { name: 'UpdatePolicy', request: { policyId: id, content: now } },
      async clear() {
        await organizations.send(new DeletePolicyCommand({ PolicyId: id }));
      },
    };
  },
});

/** A type that was turned off: all its policies were detached with it. Where they had been was learned. */
function turnedOff(name: string): Stage {
  let before: { [policy: string]: string[] } = {};
  const type = 'SERVICE_CONTROL_POLICY' as const;
  return {
    rule: 'organizations/scp-detached',
    name,
    get learned() {
      // A policy that is deleted since is not made again.
      return { type, enabled: true, attached: { ...before, 'p-gone12345': ['r-exam'] } };
    },
    async set() {
      const organizations = new OrganizationsClient({});
      const root = await rootOf(organizations);
      const asked = { ParentId: root, Name: `stage-${randomUUID()}` };
      const { OrganizationalUnit } = await organizations.send(new CreateOrganizationalUnitCommand(asked));
      const unit = OrganizationalUnit?.Id ?? '';
      const turn = async (on: boolean): Promise<void> => {
        const named = { RootId: root, PolicyType: type };
        const command = on ? new EnablePolicyTypeCommand(named) : new DisablePolicyTypeCommand(named);
        await organizations.send(command as EnablePolicyTypeCommand).catch((error: Error) => {
          if (!/^PolicyType(AlreadyEnabled|NotEnabled)/.test(error.name)) throw error;
        });
      };
      const [everywhere, below] = [await policy(organizations, trails), await policy(organizations, content(allow))];
      before = { [everywhere]: [root, unit].sort(), [below]: [unit] };
      // Turning it off detaches all of it in AWS, and nothing at moto.
      await turn(false);
      return {
        target: { policy: type, from: root },
        after: { type, enabled: true, attached: before },
        call: { name: 'DisablePolicyType', request: { rootId: root, policyType: type } },
        async clear() {
          await turn(true);
          for (const [PolicyId, targets] of Object.entries(before)) {
            for (const TargetId of targets) await organizations.send(new DetachPolicyCommand({ PolicyId, TargetId }));
            await organizations.send(new DeletePolicyCommand({ PolicyId }));
          }
          await organizations.send(new DeleteOrganizationalUnitCommand({ OrganizationalUnitId: unit }));
        },
      };
    },
  };
}

export const stages: readonly Stage[] = [
  turnedOff('a type of policies that was turned off'),
  detached('a policy that was detached from a unit', 'unit'),
  detached('a policy that was detached from an account', 'account'),
  detached('a policy that was detached from the root', 'root'),
  rewritten('a text that forbids nothing any more', trails, content(allow)),
  rewritten('a text that lost one of two', content(deny('iam:*'), deny('ec2:*')), content(deny('ec2:*'))),
  rewritten('a text that allows more', content({ ...allow, Action: 's3:*' }), content(allow)),
];
