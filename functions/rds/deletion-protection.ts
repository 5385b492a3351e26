import { arn } from '../../shared/aws/arn.ts';
import { at, isObject, text } from '../../shared/core/json.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { type Database, type Protection, protection } from './lenses/protection.ts';
import { isStuck } from './lenses/status.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html';

const instances = 'arn:${AWS::Partition}:rds:${AWS::Region}:${AWS::AccountId}:db:*' as const;
const clusters = 'arn:${AWS::Partition}:rds:${AWS::Region}:${AWS::AccountId}:cluster:*' as const;

export const deletionProtection = rule<Database, Protection>({
  id: 'rds/deletion-protection',
  title: 'A database may now be deleted',
  severity: 'high',
  why: 'Deletion protection was the step between one call and the end of this database. Who means to delete it takes it off first; so does who tidies up and has the wrong name.',
  class: 'G',
  breaks: 'nothing',
  risk: 'Nothing that uses the database notices, and no other pending change is applied. Who meant to delete it is refused, a stack or a pipeline too, until it is put off again with the rule exempted or paused.',
  mends:
    'puts deletion protection on again, never with ApplyImmediately. RDS changes a database only while it is available: one that is being modified is waited for, 80 minutes at the most.',
  undoes: 'puts deletion protection off again.',
  proof: 'emulator',
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
  permissions: {
    read: [
      { actions: ['rds:DescribeDBInstances'], resources: [instances] },
      { actions: ['rds:DescribeDBClusters'], resources: [clusters] },
    ],
    write: [
      { actions: ['rds:ModifyDBInstance'], resources: [instances] },
      { actions: ['rds:ModifyDBCluster'], resources: [clusters] },
    ],
  },
  detect: (signal) => (signal.kind === 'call' ? found(signal) : []),
  fix: {
    kind: 'state',
    lens: protection,
    desire(state, { target }) {
      if (state === null) return null;
      if (!isStuck(state.status)) return { protected: true, status: 'available' };
      if (state.protected) return state;
      const [kind, name] = target.cluster ? ['cluster', 'db-cluster'] : ['instance', 'db-instance'];
      const next = `aws rds modify-${name} --${name}-identifier ${target.database} --deletion-protection`;
      return {
        unknown: `the ${kind} is ${state.status}: RDS modifies none in that state. When it is available: ${next}`,
      };
    },
  },
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
