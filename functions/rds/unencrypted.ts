import { arn } from '../../shared/aws/arn.ts';
import { told } from '../../shared/aws/telling.ts';
import { at, text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html';

export const rdsUnencrypted = rule({
  id: 'rds/unencrypted',
  title: 'A database was made without encryption',
  severity: 'medium',
  why: 'Its storage, its backups, replicas and snapshots are kept in the clear, and its snapshots can be shared with anybody. It can’t be switched on later: only a copy of a snapshot can be encrypted, and a new database made from that.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'encryption and network traffic protection',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'RDS.3', source: `${page}#rds-3` },
    { framework: 'AWS Security Hub CSPM', id: 'RDS.27', source: `${page}#rds-27` },
    { framework: 'CIS AWS Foundations v3.0.0', id: '2.3.1', source: `${page}#rds-3` },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'SC-28', source: `${page}#rds-3` },
  ],
  // Recorded: CreateDBInstance in Cloud Custodian's tests, whose answer tells.
  triggers: calls('rds.amazonaws.com', 'CreateDBInstance', 'CreateDBCluster'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const cluster = signal.name === 'CreateDBCluster';
    // A member of a cluster is encrypted as its cluster is, which was told of.
    if (!cluster && text(signal.request, 'dBClusterIdentifier') !== undefined) return [];
    const encrypted = at(signal.response, 'storageEncrypted') ?? at(signal.request, 'storageEncrypted');
    if (encrypted === true) return [];
    const named = cluster ? 'dBClusterIdentifier' : 'dBInstanceIdentifier';
    const database = (text(signal.response, named) ?? text(signal.request, named))?.toLowerCase();
    if (database === undefined) return unreadable(`requestParameters.${named}`);
    const resource = arn(signal, 'rds', `${cluster ? 'cluster' : 'db'}:${database}`);
    return encrypted === false
      ? told(resource, `${database} was made with its storage unencrypted`)
      : told(resource, `${database} was made, and the event does not show whether it is encrypted`, 'possible');
  },
});
