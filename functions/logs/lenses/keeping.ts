import {
  AssociateKmsKeyCommand,
  CloudWatchLogsClient,
  DeleteRetentionPolicyCommand,
  DescribeLogGroupsCommand,
  DisassociateKmsKeyCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { client } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** `group`: its name. `at`: when the call was made, ISO 8601; null where the event does not tell. */
export type Group = { readonly group: string; readonly at: string | null };

/** `days`: null is for ever. `key`: the ARN of a key of the account's own, or null. `made`: milliseconds since the epoch. */
export type Keeping = { readonly days: number | null; readonly key: string | null; readonly made: number };

const logs = (): CloudWatchLogsClient => client(CloudWatchLogsClient);

/** Names that DescribeLogGroups takes (logGroupNamePrefix, Pattern); the results of queries are called by an ARN. */
export const isGroup = (group: string): boolean => /^[\w./#-]{1,512}$/.test(group);

/** How long a log group keeps what it has, and under which key. Null where there is no such group. */
export const keeping: Lens<Group, Keeping> = {
  id: 'logs/keeping',
  many: true,
  key: ({ group }) => group,
  async read({ group }) {
    if (!isGroup(group)) return null;
    let nextToken: string | undefined;
    do {
      const page = await logs().send(
        new DescribeLogGroupsCommand({ logGroupNamePrefix: group, ...(nextToken !== undefined && { nextToken }) }),
      );
      const found = page.logGroups?.find(({ logGroupName }) => logGroupName === group);
      if (found)
        return { days: found.retentionInDays ?? null, key: found.kmsKeyId || null, made: found.creationTime ?? 0 };
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return null;
  },
  canon: ({ days, key }) => ({ days, key }),
  async write({ group: logGroupName }, from, to) {
    if (to === null) throw fault('NotWritable', `a log group is not deleted from here: ${logGroupName}`);
    if (from?.days !== to.days)
      await (to.days === null
        ? logs().send(new DeleteRetentionPolicyCommand({ logGroupName }))
        : logs().send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: to.days })));
    if ((from?.key ?? null) === to.key) return;
    await (to.key === null
      ? logs().send(new DisassociateKmsKeyCommand({ logGroupName }))
      : logs().send(new AssociateKmsKeyCommand({ logGroupName, kmsKeyId: to.key })));
  },
  // "It can take up to 5 minutes for this operation to take effect": API_AssociateKmsKey.
  settles: 10,
  // Retention goes back the way it came. The role that gives a group its key must not be able to take one away.
  undo: (before, after) =>
    before === null || after === null ? 'none' : before.key === after.key ? 'restore' : 'operator',
};
