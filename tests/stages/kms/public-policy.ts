import { CreateKeyCommand, KMSClient, PutKeyPolicyCommand, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import { client } from '../../../shared/aws/client.ts';
import type { Stage } from '../../support/stage.ts';

type Policy = { readonly [member: string]: unknown };

const account = {
  Sid: 'Enable IAM User Permissions',
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::123456789012:root' },
  Action: 'kms:*',
  Resource: '*',
};

const open = (more: Policy = {}) => ({
  Effect: 'Allow',
  Principal: { AWS: '*' },
  Action: ['kms:Decrypt', 'kms:CreateGrant'],
  Resource: '*',
  ...more,
});

const callers = open({ Condition: { StringEquals: { 'kms:CallerAccount': '123456789012' } } });

/** A key with this policy; nothing but its deletion can clear it away. */
const stage = (name: string, policy: Policy, after: Policy, indent?: number): Stage => ({
  rule: 'kms/public-policy',
  name,
  async set() {
    const kms = client(KMSClient);
    const made = await kms.send(new CreateKeyCommand({ Description: name }));
    const key = made.KeyMetadata?.Arn;
    if (!key) throw new Error('CreateKey gave no key');
    const text = JSON.stringify(policy, null, indent);
    await kms.send(new PutKeyPolicyCommand({ KeyId: key, PolicyName: 'default', Policy: text }));
    return {
      target: { key, named: false },
      after: JSON.stringify(after),
      call: { name: 'PutKeyPolicy', request: { keyId: key, policyName: 'default', policy: text } },
      async clear() {
        await kms.send(new ScheduleKeyDeletionCommand({ KeyId: key, PendingWindowInDays: 7 }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage(
    'a public statement between the account’s and one that only looks public',
    { Version: '2012-10-17', Id: 'key-default-1', Statement: [account, open({ Sid: 'Everyone' }), callers] },
    { Version: '2012-10-17', Id: 'key-default-1', Statement: [account, callers] },
    2,
  ),
  stage(
    'held to a service, which holds nobody, and to addresses that are too many',
    {
      Version: '2012-10-17',
      Statement: [
        open({ Condition: { StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } } }),
        { ...account, Principal: { AWS: '123456789012' }, Action: ['kms:Schedule*', 'kms:Put*', 'kms:Get*'] },
        open({ Condition: { IpAddress: { 'aws:SourceIp': '0.0.0.0/1' } } }),
      ],
    },
    {
      Version: '2012-10-17',
      Statement: [
        { ...account, Principal: { AWS: '123456789012' }, Action: ['kms:Schedule*', 'kms:Put*', 'kms:Get*'] },
      ],
    },
  ),
  stage(
    'a single statement for everybody: without it nobody could manage the key',
    { Version: '2012-10-17', Statement: open({ Action: 'kms:*' }) },
    { Version: '2012-10-17', Statement: [account] },
  ),
  stage(
    'a statement for everybody, and one for a role that only uses the key',
    {
      Version: '2012-10-17',
      Statement: [
        open({ Action: 'kms:*' }),
        open({
          Sid: 'TheApp',
          Principal: { AWS: 'arn:aws:iam::123456789012:user/sandbox-admin' },
          Action: 'kms:Decrypt',
        }),
      ],
    },
    {
      Version: '2012-10-17',
      Statement: [
        account,
        open({
          Sid: 'TheApp',
          Principal: { AWS: 'arn:aws:iam::123456789012:user/sandbox-admin' },
          Action: 'kms:Decrypt',
        }),
      ],
    },
  ),
];
