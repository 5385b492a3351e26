import {
  AssociateKmsKeyCommand,
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  DisassociateKmsKeyCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { client } from '../../../shared/aws/client.ts';
import type { Stage } from '../../support/stage.ts';

const key = 'arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const made = Date.parse('2025-01-01T00:00:00Z');
const group = '/aws/cloudtrail/all';

type State = { readonly days: number | null; readonly key: string | null };

/** A group behind others whose names begin like it, as it was before, and then as somebody left it. */
const stage = (name: string, before: State, now: State, after: State): Stage => ({
  rule: 'logs/retention-shortened',
  name,
  learned: { ...before, made },
  async set() {
    const logs = client(CloudWatchLogsClient);
    const others = [`${group}-copy`, `${group}/sub`];
    for (const logGroupName of [...others, group]) await logs.send(new CreateLogGroupCommand({ logGroupName }));
    const logGroupName = group;
    if (before.key) await logs.send(new AssociateKmsKeyCommand({ logGroupName, kmsKeyId: before.key }));
    if (now.days) await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: now.days }));
    if (before.key && !now.key) await logs.send(new DisassociateKmsKeyCommand({ logGroupName }));
    return {
      target: { group, at: '2026-03-02T08:31:07Z' },
      after: { ...after, made },
      call: now.days
        ? { name: 'PutRetentionPolicy', request: { logGroupName, retentionInDays: now.days } }
        : { name: 'DisassociateKmsKey', request: { logGroupName } },
      async clear() {
        for (const one of [...others, group]) await logs.send(new DeleteLogGroupCommand({ logGroupName: one }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage(
    'kept for ever, and now for a day',
    { days: null, key: null },
    { days: 1, key: null },
    { days: null, key: null },
  ),
  stage('a year, and now a week', { days: 365, key }, { days: 7, key }, { days: 365, key }),
  stage('its key taken away', { days: null, key }, { days: null, key: null }, { days: null, key }),
];
