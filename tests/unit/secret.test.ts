import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { secrets } from '../../shared/aws/secret.ts';

process.env['AWS_REGION'] ??= 'eu-west-1';
const manager = mockClient(SecretsManagerClient);
const ssm = mockClient(SSMClient);
beforeEach(() => {
  manager.reset();
  ssm.reset();
});
afterAll(() => {
  manager.restore();
  ssm.restore();
});

test('a secret is read by its name, without the white space around it', async () => {
  manager.on(GetSecretValueCommand, { SecretId: 'firebreak/slack' }).resolves({ SecretString: 'xoxb-1\n' });
  ssm
    .on(GetParameterCommand, { Name: '/firebreak/hook', WithDecryption: true })
    .resolves({ Parameter: { Value: ' h ' } });
  const secret = secrets();
  expect(await secret('secretsmanager:firebreak/slack')).toBe('xoxb-1');
  expect(await secret('ssm:/firebreak/hook')).toBe('h');
});

test('it is read once in five minutes: one that was rotated counts then', async () => {
  let now = 0;
  manager.on(GetSecretValueCommand).resolvesOnce({ SecretString: 'old' }).resolves({ SecretString: 'new' });
  const secret = secrets(() => new Date(now));
  expect(await secret('secretsmanager:a')).toBe('old');
  now = 299_000;
  expect(await secret('secretsmanager:a')).toBe('old');
  now = 301_000;
  expect(await secret('secretsmanager:a')).toBe('new');
  expect(manager.commandCalls(GetSecretValueCommand)).toHaveLength(2);
});

test('one that could not be read is tried again, and its name is all that is told', async () => {
  manager
    .on(GetSecretValueCommand)
    .rejectsOnce(Object.assign(new Error('no such secret'), { name: 'ResourceNotFoundException' }))
    .resolves({ SecretString: 'there' });
  const secret = secrets();
  await expect(secret('secretsmanager:a')).rejects.toThrow('no such secret');
  expect(await secret('secretsmanager:a')).toBe('there');
});
