/** Log groups' retention and keys, which no emulator has together: Amazon CloudWatch Logs API reference. */
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { awsError, type Fake } from '../support/fakes.ts';

type Group = { logGroupName: string; creationTime: number; retentionInDays?: number; kmsKeyId?: string };

/** Days that PutRetentionPolicy takes. */
const allowed = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

export const fake: Fake = {
  client: CloudWatchLogsClient,
  prefix: 'logs',
  fresh() {
    const groups = new Map<string, Group>();
    return (command, input: Readonly<Record<string, unknown>>) => {
      const name = String(input['logGroupName'] ?? '');
      if (command === 'CreateLogGroup') {
        // Made long ago, as far as the fake's clock goes.
        groups.set(name, { logGroupName: name, creationTime: Date.parse('2025-01-01T00:00:00Z') });
        return {};
      }
      if (command === 'DescribeLogGroups') {
        const prefix = String(input['logGroupNamePrefix'] ?? '');
        const all = [...groups.values()].filter(({ logGroupName }) => logGroupName.startsWith(prefix));
        const start = Number(input['nextToken'] ?? 0);
        // One a page: a group may be behind others whose names begin like it.
        return { logGroups: all.slice(start, start + 1), ...(start + 1 < all.length && { nextToken: `${start + 1}` }) };
      }
      const group = groups.get(name);
      if (!group) throw awsError('ResourceNotFoundException', 'The specified log group does not exist.');
      switch (command) {
        case 'PutRetentionPolicy':
          if (!allowed.includes(Number(input['retentionInDays']))) throw awsError('InvalidParameterException');
          group.retentionInDays = Number(input['retentionInDays']);
          return {};
        case 'DeleteRetentionPolicy':
          delete group.retentionInDays;
          return {};
        case 'AssociateKmsKey':
          group.kmsKeyId = String(input['kmsKeyId']);
          return {};
        case 'DisassociateKmsKey':
          delete group.kmsKeyId;
          return {};
        case 'DeleteLogGroup':
          groups.delete(name);
          return {};
        default:
          throw awsError('InvalidAction', `the fake has no ${command}`);
      }
    };
  },
};
