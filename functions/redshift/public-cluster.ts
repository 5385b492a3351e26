import { arn } from '../../shared/aws/arn.ts';
import { at, isObject, text } from '../../shared/core/json.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { type Cluster, type Exposure, exposure } from './lenses/exposure.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/redshift-controls.html#redshift-1';

const clusters = 'arn:${AWS::Partition}:redshift:${AWS::Region}:${AWS::AccountId}:cluster:*' as const;
/** Redshift modifies none of these, and they don't end by themselves: API_Cluster, ClusterStatus. */
const stuck = /^(paused|deleting|final-snapshot|hardware-failure|storage-full|incompatible-.*)$/;

export const publicCluster = rule<Cluster, Exposure>({
  id: 'redshift/public-cluster',
  title: 'A data warehouse can be reached from the internet',
  severity: 'high',
  why: 'The cluster has a public address: only its security group and its passwords stand between the internet and everything that was gathered in it.',
  class: 'A',
  breaks: 'access',
  risk: 'Whoever connects from outside the VPC is cut off as soon as Redshift has changed the address: analysts at home, dashboards and loaders in other clouds. No other setting is changed.',
  mends:
    'makes the cluster not publicly accessible. Redshift changes a cluster only while it is available: one that is being made or modified is waited for, 75 minutes at the most.',
  undoes: 'makes the cluster publicly accessible again. Its public address may be another one.',
  proof: 'emulator',
  responsibility: 'operating system, network and firewall configuration',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'Redshift.1', source: page },
    { framework: 'PCI DSS v4.0.1', id: '1.4.4', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'AC-3', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'SC-7', source: page },
  ],
  // Shape of request and answer: Amazon Redshift Management Guide, "Logging with CloudTrail", its example of
  // CreateCluster. "All Amazon Redshift actions are logged by CloudTrail" under the API's names: the same page.
  triggers: calls('redshift.amazonaws.com', 'CreateCluster', 'ModifyCluster', 'RestoreFromClusterSnapshot'),
  permissions: {
    read: [{ actions: ['redshift:DescribeClusters'], resources: [clusters] }],
    write: [{ actions: ['redshift:ModifyCluster'], resources: [clusters] }],
  },
  detect: (signal) => (signal.kind === 'call' ? found(signal) : []),
  fix: {
    kind: 'state',
    lens: exposure,
    desire(state, { target: { cluster } }) {
      if (state === null) return null;
      if (!stuck.test(state.status)) return { publiclyAccessible: false, status: 'available' };
      if (!state.publiclyAccessible) return state;
      const next = `aws redshift modify-cluster --cluster-identifier ${cluster} --no-publicly-accessible`;
      return { unknown: `${cluster} is ${state.status}, and can't be modified. When it is available: ${next}` };
    },
  },
});

function found(call: Call): readonly Finding<Cluster>[] | Unreadable {
  const asked = at(call.request, 'publiclyAccessible');
  // What is made without a word about it is as Redshift has it by default, and the answer tells. A modification that
  // does not speak of it changes something else.
  const shown = call.name === 'ModifyCluster' ? (asked ?? false) : (at(call.response, 'publiclyAccessible') ?? asked);
  if (shown === false && isObject(call.request)) return [];
  const cluster = (text(call.response, 'clusterIdentifier') ?? text(call.request, 'clusterIdentifier'))?.toLowerCase();
  if (cluster === undefined) return unreadable('requestParameters.clusterIdentifier');
  const finding = { target: { cluster }, resource: arn(call, 'redshift', `cluster:${cluster}`) };
  return shown === true
    ? [{ ...finding, reason: `${call.name} made ${cluster} publicly accessible`, certainty: 'certain' }]
    : [{ ...finding, reason: `${call.name} does not show whether ${cluster} is public`, certainty: 'possible' }];
}
