/** Rules with credentials of their own: a room's rules under the room's role, or under the administrator's. */

import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { vi } from 'vitest';
import { rooms } from '../../functions/rooms.ts';
import type { Deps } from '../../shared/core/deps.ts';
import type { FixRule, Rule } from '../../shared/core/rule.ts';
import type { compose } from '../../shared/lambda/compose.ts';
import { policiesOf } from './roles.ts';
import type { Stage } from './stage.ts';

export type Env = Readonly<Record<string, string>>;

export type Hands = {
  readonly rules: readonly Rule[];
  /** The journal of these rules' own clients. */
  readonly record: Deps['record'];
  /** The engine as it is deployed, on these rules' own clients. */
  readonly compose: typeof compose;
  /** Asks GuardDuty by these rules' own clients. */
  readonly confirm: Deps['confirm'];
  /** Works with these credentials and endpoints. */
  as<T>(work: () => Promise<T>): Promise<T>;
};

/** Modules of its own, so that their clients, made once and kept, keep to one environment. */
export async function hands(env: Env): Promise<Hands> {
  vi.resetModules();
  const { rooms } = await import('../../functions/rooms.ts');
  const { record } = await import('../../shared/aws/client.ts');
  const { confirmFinding } = await import('../../shared/aws/findings.ts');
  const { compose } = await import('../../shared/lambda/compose.ts');
  return {
    rules: Object.values(rooms).flat(),
    record,
    confirm: confirmFinding,
    compose,
    async as(work) {
      const saved = { ...process.env };
      Object.assign(process.env, env);
      try {
        return await work();
      } finally {
        for (const name of Object.keys(process.env)) if (!(name in saved)) delete process.env[name];
        Object.assign(process.env, saved);
      }
    },
  };
}

/** Every hand of its own environment holds the same rules: this one's, with what the stage says was set and learned. */
export function ruleOf({ rules }: Pick<Hands, 'rules'>, stage: Pick<Stage, 'rule' | 'baseline' | 'learned'>): FixRule {
  const rule = rules.find((one) => one.id === stage.rule);
  if (!rule?.fix) throw new Error(`there is no rule ${stage.rule} with a fix`);
  const fixing = rule as FixRule;
  const { baseline, learned } = stage;
  const known = {
    ...(baseline !== undefined && { baseline }),
    ...(learned !== undefined && { learned: { state: learned, by: 'the stage', at: '2026-03-01T00:00:00Z' } }),
  };
  const { fix } = fixing;
  return { ...fixing, fix: { ...fix, desire: (state, context) => fix.desire(state, { ...context, ...known }) } };
}

/** The function that a rule runs in. */
export function functionOf(id: string): string {
  const [found] = Object.entries(rooms).find(([, rules]) => rules.some((rule) => rule.id === id)) ?? [];
  if (found === undefined) throw new Error(`no function has the rule ${id}: npm run generate`);
  return found;
}

/** A role in the sandbox with the room's own policies, and the environment of its session. */
export async function roleEnv(room: string, env: Env): Promise<{ env: Env; drop(): Promise<void> }> {
  const iam = new IAMClient({});
  const sts = new STSClient({});
  const RoleName = `laws-${room}-${process.pid}`;
  const trust = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::123456789012:root' }, Action: 'sts:AssumeRole' }],
  };
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: JSON.stringify(trust) }));
  const policies = policiesOf(room);
  for (const { name, document } of policies)
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: name, PolicyDocument: JSON.stringify(document) }));
  const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn: Role?.Arn, RoleSessionName: 'laws' }));
  const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials ?? {};
  if (!AccessKeyId || !SecretAccessKey || !SessionToken)
    throw new Error(`AssumeRole of ${RoleName} gave no credentials`);
  return {
    env: {
      ...env,
      AWS_ACCESS_KEY_ID: AccessKeyId,
      AWS_SECRET_ACCESS_KEY: SecretAccessKey,
      AWS_SESSION_TOKEN: SessionToken,
    },
    async drop() {
      for (const { name } of policies) await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: name }));
      await iam.send(new DeleteRoleCommand({ RoleName }));
    },
  };
}
