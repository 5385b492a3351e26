/** Secrets that the configuration names: read when they are needed, and kept for some minutes. */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { client } from './client.ts';

export type Secrets = (reference: string) => Promise<string>;

/** How long a secret that was read is believed: one that was rotated counts soon after, in milliseconds. */
const kept = 300_000;

/** A reader of `secretsmanager:NAME` and `ssm:/name`, with a memory of its own. */
export function secrets(now: () => Date = () => new Date()): Secrets {
  const known = new Map<string, { readonly value: string; readonly until: number }>();
  return async (reference) => {
    const found = known.get(reference);
    if (found && found.until > now().getTime()) return found.value;
    const value = (await read(reference)).trim();
    known.set(reference, { value, until: now().getTime() + kept });
    return value;
  };
}

async function read(reference: string): Promise<string> {
  const name = reference.slice(reference.indexOf(':') + 1);
  if (reference.startsWith('ssm:')) {
    const { GetParameterCommand, SSMClient } = await import('./parameters.ts');
    const { Parameter } = await client(SSMClient).send(new GetParameterCommand({ Name: name, WithDecryption: true }));
    return Parameter?.Value ?? '';
  }
  const { SecretString } = await client(SecretsManagerClient).send(new GetSecretValueCommand({ SecretId: name }));
  return SecretString ?? '';
}
