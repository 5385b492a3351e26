import {
  DeleteResourcePolicyCommand,
  GetResourcePolicyCommand,
  PutResourcePolicyCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { parseArn } from '../../../shared/aws/arn.ts';
import { client, orNull } from '../../../shared/aws/client.ts';
import { samePolicy } from '../../../shared/aws/closing.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** `secret`: the secret's ARN. `named`: strangers are let in by name, and no statement is public. */
export type PolicyTarget = { readonly secret: string; readonly named: boolean };

// A secret is reached in its own region, which its ARN names.
const home = (secret: string): SecretsManagerClient =>
  client(SecretsManagerClient, parseArn(secret)?.region || undefined);

// API_GetResourcePolicy, Errors.
const gone = 'ResourceNotFoundException';

/** A secret's policy: the text as GetResourcePolicy gives it. Null where the secret has none, or is gone. */
export const secretPolicy: Lens<PolicyTarget, string> = {
  id: 'secrets/secret-policy',
  key: ({ secret }) => secret,
  async read({ secret }) {
    const found = await orNull([gone], () => home(secret).send(new GetResourcePolicyCommand({ SecretId: secret })));
    return found?.ResourcePolicy || null;
  },
  canon: samePolicy,
  async write({ secret }, _from, to) {
    const asked = { SecretId: secret };
    if (to !== null) await home(secret).send(new PutResourcePolicyCommand({ ...asked, ResourcePolicy: to }));
    else await orNull([gone], () => home(secret).send(new DeleteResourcePolicyCommand(asked)));
  },
  undo: () => 'restore',
};
