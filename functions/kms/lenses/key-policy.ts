import { GetKeyPolicyCommand, KMSClient, PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import { parseArn } from '../../../shared/aws/arn.ts';
import { client, orNull } from '../../../shared/aws/client.ts';
import { samePolicy } from '../../../shared/aws/closing.ts';
import { reachesAction } from '../../../shared/aws/cover.ts';
import { principalsOf, type Statement, statementsOf } from '../../../shared/aws/statement.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** `key`: the key's ARN. `named`: strangers are let in by name, and no statement is public. */
export type PolicyTarget = { readonly key: string; readonly named: boolean };

// A key is reached in its own region alone, which its ARN names.
const home = (key: string): KMSClient => client(KMSClient, parseArn(key)?.region || undefined);

// "The only valid value is default": API_PutKeyPolicy, PolicyName.
const name = 'default';

/** A key's policy: the text as GetKeyPolicy gives it. Null where there is no such key: every key has a policy. */
export const keyPolicy: Lens<PolicyTarget, string> = {
  id: 'kms/key-policy',
  key: ({ key }) => key,
  async read({ key }) {
    const found = await orNull(['NotFoundException'], () =>
      home(key).send(new GetKeyPolicyCommand({ KeyId: key, PolicyName: name })),
    );
    return found?.Policy ?? null;
  },
  canon: samePolicy,
  async write({ key }, _from, to) {
    if (to === null) throw fault('NotWritable', `${key}: a key has a policy`);
    // BypassPolicyLockoutSafetyCheck stays unset: KMS then refuses a policy that would not let us change it again.
    await home(key).send(new PutKeyPolicyCommand({ KeyId: key, PolicyName: name, Policy: to }));
  },
  undo: () => 'restore',
  // "In some cases it can take several minutes": kms/latest/developerguide/programming-eventual-consistency.html
  settles: 10,
};

/** Whom a policy lets put another one: the account, and so its IAM policies; principals whom it names; nobody. */
export function managers(policy: string, key: string): 'account' | 'named' | 'nobody' {
  const granting = (statementsOf(policy) ?? []).filter(
    (one) => one.Effect === 'Allow' && reachesAction(one, 'kms:putkeypolicy'),
  );
  if (granting.some((one) => one.Condition === undefined && namesAccount(one, key))) return 'account';
  return granting.length > 0 ? 'named' : 'nobody';
}

/** "The account principal": key-policy-default.html#key-policy-default-allow-root-enable-iam. */
const namesAccount = (statement: Statement, key: string): boolean => {
  const { partition, account } = parseArn(key) ?? {};
  return principalsOf(statement).some(
    ({ type, name: who }) => type === 'AWS' && (who === account || who === `arn:${partition}:iam::${account}:root`),
  );
};

/** The statement that KMS gives a key that is made without a policy: key-policy-default.html. */
export function ownAccount(key: string): Statement {
  const { partition, account } = parseArn(key) ?? {};
  return {
    Sid: 'Enable IAM User Permissions',
    Effect: 'Allow',
    Principal: { AWS: `arn:${partition}:iam::${account}:root` },
    Action: 'kms:*',
    Resource: '*',
  };
}
