/** The commands that change something, against the emulators: what they leave behind in the account. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  IAMClient,
  ListAccessKeysCommand,
} from '@aws-sdk/client-iam';
import { CreateAliasCommand, CreateKeyCommand, DeleteAliasCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateScheduleGroupCommand, DeleteScheduleGroupCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { CreateTopicCommand, DeleteTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { makeTable } from '../support/table.ts';

const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const stack = 'clitest';
const user = 'cli-bob';
const dir = mkdtempSync(join(tmpdir(), 'firebreak-cli-'));
const config = join(dir, 'standard.yml');
const iam = new IAMClient({});
const sns = new SNSClient({});
const kms = new KMSClient({});
const scheduler = new SchedulerClient({});
const alias = `alias/${stack}-records`;
let dropTable = async (): Promise<void> => {};
let key = '';
let topic = '';

beforeAll(async () => {
  writeFileSync(config, 'preset: standard\n');
  dropTable = await makeTable(`${stack}-incidents`);
  topic = (await sns.send(new CreateTopicCommand({ Name: `${stack}-alerts` }))).TopicArn ?? '';
  const { KeyMetadata } = await kms.send(
    new CreateKeyCommand({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }),
  );
  await kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: KeyMetadata?.KeyId }));
  await scheduler.send(new CreateScheduleGroupCommand({ Name: stack }));
  await iam.send(new CreateUserCommand({ UserName: user }));
  key = (await iam.send(new CreateAccessKeyCommand({ UserName: user }))).AccessKey?.AccessKeyId ?? '';
});

afterAll(async () => {
  await iam.send(new DeleteAccessKeyCommand({ UserName: user, AccessKeyId: key }));
  await iam.send(new DeleteUserCommand({ UserName: user }));
  await scheduler.send(new DeleteScheduleGroupCommand({ Name: stack }));
  await kms.send(new DeleteAliasCommand({ AliasName: alias }));
  await sns.send(new DeleteTopicCommand({ TopicArn: topic }));
  await dropTable();
  rmSync(dir, { recursive: true });
});

/** No stack is deployed here, so there is no operator role: tests/stack/people.test.ts goes by it. */
function firebreak(...args: readonly string[]): Promise<{ status: number; json: unknown; stderr: string }> {
  const env = { ...process.env, FIREBREAK_STACK: stack, FIREBREAK_CONFIG: config };
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args, '--as-caller'], { env }, (error, stdout, stderr) =>
      resolve({ status: Number(error?.code ?? 0), json: stdout === '' ? null : JSON.parse(stdout), stderr }),
    );
  });
}

const keyIs = async (): Promise<string | undefined> =>
  (await iam.send(new ListAccessKeysCommand({ UserName: user }))).AccessKeyMetadata?.[0]?.Status;

test('rehearsed, asked, approved and undone from the command line', async () => {
  const { account, region } = inject('sandbox');
  const now = new Date().toISOString();
  const event = join(dir, 'event.json');
  const detail = {
    eventVersion: '1.10',
    userIdentity: {
      type: 'IAMUser',
      arn: `arn:aws:iam::${account}:user/mallory`,
      accountId: account,
      userName: 'mallory',
    },
    eventTime: now,
    eventSource: 'iam.amazonaws.com',
    eventName: 'CreateAccessKey',
    awsRegion: region,
    requestParameters: { userName: user },
    responseElements: { accessKey: { userName: user, accessKeyId: key, status: 'Active' } },
    requestID: 'cli-request-1',
    eventID: 'cli-event-1',
    eventType: 'AwsApiCall',
    recipientAccountId: account,
  };
  writeFileSync(
    event,
    JSON.stringify({
      version: '0',
      id: 'cli-1',
      source: 'aws.iam',
      'detail-type': 'AWS API Call via CloudTrail',
      account,
      region,
      time: now,
      detail,
    }),
  );

  const dry = await firebreak('invoke', event, '--dry-run');
  expect(dry).toMatchObject({
    status: 0,
    json: [{ outcome: 'rehearsed', before: { state: 'Active' }, plan: { state: 'Inactive' } }],
  });
  expect(dry.stderr).toMatch(/has mode approve here/);
  expect(await firebreak('incidents', '--json')).toMatchObject({ status: 0, json: [] });

  const asked = await firebreak('invoke', event);
  expect(asked).toMatchObject({ status: 0, json: [{ outcome: 'asked', told: 'asked' }] });
  const id = (asked.json as { id: string }[])[0]?.id ?? '';
  expect(await keyIs()).toBe('Active');

  expect(await firebreak('approve', id, '--here', '--json')).toMatchObject({ status: 0, json: { outcome: 'fixed' } });
  expect(await keyIs()).toBe('Inactive');
  expect(await firebreak('incidents', id, '--json')).toMatchObject({
    json: {
      outcome: 'fixed',
      after: { state: 'Inactive' },
      decision: { by: expect.stringMatching(/:user\/sandbox-admin$/) },
    },
  });

  expect(await firebreak('undo', id, '--json')).toMatchObject({ status: 0, json: { outcome: 'undone' } });
  expect(await keyIs()).toBe('Active');
  expect(await firebreak('undo', id, '--json')).toMatchObject({ status: 1, json: null });
});
