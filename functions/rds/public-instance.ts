import { arn, parseArn } from '../../shared/aws/arn.ts';
import { failedControls, nonCompliant, resourcesNamed, witness } from '../../shared/aws/noticed.ts';
import { at, isObject, text } from '../../shared/core/json.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call, Signal } from '../../shared/core/signal.ts';
import { type Exposure, exposure, type Instance } from './lenses/exposure.ts';
import { isStuck } from './lenses/status.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html#rds-2';
const instances = 'arn:${AWS::Partition}:rds:${AWS::Region}:${AWS::AccountId}:db:*' as const;

export const publicInstance = rule<Instance, Exposure>({
  id: 'rds/public-instance',
  title: 'A database can be reached from the internet',
  severity: 'high',
  why: 'The instance has a public address: only its security group and its passwords stand between the internet and the data. Databases with public addresses are probed all the time, and one wide rule or one weak password is enough.',
  class: 'A',
  breaks: 'access',
  risk: 'Whoever connects from outside the VPC is cut off, as soon as RDS has changed the address: developers at home, partners, services in other clouds. Nothing restarts, and no other pending change of the instance is applied.',
  mends:
    'makes the instance not publicly accessible, never with ApplyImmediately. RDS changes an instance only while it is available: one that is being made or modified is waited for, 80 minutes at the most.',
  undoes: 'makes the instance publicly accessible again. Its public address may be another one.',
  responsibility: 'operating system, network and firewall configuration',
  proof: 'emulator',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'RDS.2', source: page },
    { framework: 'CIS AWS Foundations v3.0.0', id: '2.3.3', source: page },
    { framework: 'PCI DSS v4.0.1', id: '1.4.4', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'AC-4', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'SC-7', source: page },
  ],
  // RDS' event names are its API's: recorded for CreateDBInstance and ModifyDBSnapshotAttribute.
  triggers: [
    ...calls(
      'rds.amazonaws.com',
      'CreateDBInstance',
      'CreateDBInstanceReadReplica',
      'ModifyDBInstance',
      'RestoreDBInstanceFromDBSnapshot',
      'RestoreDBInstanceFromS3',
      'RestoreDBInstanceToPointInTime',
    ),
    ...failedControls('RDS.2'),
    nonCompliant('rds-instance-public-access-check'),
  ],
  permissions: {
    read: [{ actions: ['rds:DescribeDBInstances'], resources: [instances] }],
    write: [{ actions: ['rds:ModifyDBInstance'], resources: [instances] }],
  },
  detect: (signal) => (signal.kind === 'call' ? found(signal) : noticed(signal)),
  fix: {
    kind: 'state',
    lens: exposure,
    desire(state) {
      if (state === null) return null;
      const { instance, status, publiclyAccessible } = state;
      if (!isStuck(status)) return { ...state, publiclyAccessible: false, status: 'available' };
      if (!publiclyAccessible) return state;
      const next = `aws rds modify-db-instance --db-instance-identifier ${instance} --no-publicly-accessible`;
      return {
        unknown: `${instance} is ${status}: RDS modifies no instance in that state. When it is available: ${next}`,
      };
    },
  },
});

function found(call: Call): readonly Finding<Instance>[] | Unreadable {
  // "This value is stored as a lowercase string": API_ModifyDBInstance, DBInstanceIdentifier.
  const named =
    text(call.response, 'dBInstanceIdentifier') ??
    text(call.request, 'dBInstanceIdentifier') ??
    text(call.request, 'targetDBInstanceIdentifier');
  const instance = named?.toLowerCase();
  const asked = at(call.request, 'publiclyAccessible');
  // What is made without a word about it is public or not by its subnets, and the answer tells. A modification that does
  // not speak of it changes something else.
  const shown =
    call.name === 'ModifyDBInstance' ? (asked ?? false) : (at(call.response, 'publiclyAccessible') ?? asked);
  if (shown === false && isObject(call.request)) return [];
  if (instance === undefined) return unreadable('requestParameters.dBInstanceIdentifier');
  const target = { instance, id: text(call.response, 'dbiResourceId') ?? null };
  const resource = arn(call, 'rds', `db:${instance}`);
  return shown === true
    ? [{ target, resource, reason: `${call.name} made ${instance} publicly accessible`, certainty: 'certain' }]
    : [
        {
          target,
          resource,
          reason: `${call.name} does not show whether ${instance} is public: it is read`,
          certainty: 'possible',
        },
      ];
}

/**
 * Named by its ARN, whose name is the instance's now: recorded findings of RDS.1 to RDS.8. AWS Config names it by its resource
 * id alone (Cloud Custodian, c7n/resources/rds.py: `config_id = 'DbiResourceId'`), which stands for the name until it is read:
 * no exemption by a name is found for it, and so it asks.
 */
function noticed(signal: Signal): readonly Finding<Instance>[] | Unreadable {
  const type = { securityHub: 'AwsRdsDbInstance', config: 'AWS::RDS::DBInstance' };
  type Named = { readonly resource: string; readonly target: Instance };
  const named = resourcesNamed(signal, type).flatMap((name): readonly Named[] => {
    if (/^db-[A-Z0-9]{8,64}$/.test(name))
      return [{ resource: arn(signal, 'rds', `db:${name}`), target: { instance: name, id: name } }];
    const instance = /^db:([a-z][a-z0-9-]{0,62})$/.exec(parseArn(name)?.resource ?? '')?.[1];
    return instance === undefined ? [] : [{ resource: name, target: { instance, id: null } }];
  });
  if (named.length === 0) return unreadable('ARN of an instance');
  const reason = `${witness(signal)}: whether it is public is read`;
  return named.map((one) => ({ ...one, reason, certainty: 'possible' }));
}
