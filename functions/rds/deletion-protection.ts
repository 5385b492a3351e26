import { arn } from '../../shared/aws/arn.ts';
import { at, isObject, text } from '../../shared/core/json.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html';

/** `database`: identifier of the instance or, where `cluster`, of the cluster; in lower case, as RDS keeps it. */
type Database = { readonly database: string; readonly cluster: boolean };

export const deletionProtection = rule<Database>({
  id: 'rds/deletion-protection',
  title: 'A database may now be deleted',
  severity: 'high',
  why: 'Deletion protection was the step between one call and the end of this database. Who means to delete it takes it off first; so does who tidies up and has the wrong name.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'customer data',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'RDS.8', source: `${page}#rds-8` },
    { framework: 'AWS Security Hub CSPM', id: 'RDS.7', source: `${page}#rds-7` },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'CM-3', source: `${page}#rds-7` },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'SC-5(2)', source: `${page}#rds-7` },
  ],
  // Names as in the API, dBClusterIdentifier and its like as CloudTrail has them: recorded ModifyDBCluster in the tests
  // of Dynatrace's log forwarder, CreateDBInstance in Cloud Custodian's.
  triggers: calls('rds.amazonaws.com', 'ModifyDBInstance', 'ModifyDBCluster'),
  detect: (signal) => (signal.kind === 'call' ? found(signal) : []),
});

function found(call: Call): readonly Finding<Database>[] | Unreadable {
  const asked = at(call.request, 'deletionProtection');
  if (isObject(call.request) && asked !== false && asked !== 'false') return [];
  const cluster = call.name === 'ModifyDBCluster';
  const named = cluster ? 'dBClusterIdentifier' : 'dBInstanceIdentifier';
  const database = (text(call.response, named) ?? text(call.request, named))?.toLowerCase();
  if (database === undefined) return unreadable(`requestParameters.${named}`);
  return [
    {
      target: { database, cluster },
      resource: arn(call, 'rds', `${cluster ? 'cluster' : 'db'}:${database}`),
      reason: `deletion protection of ${database} was put off`,
      certainty: 'certain',
    },
  ];
}
