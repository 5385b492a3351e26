import { arn } from '../../shared/aws/arn.ts';
import { at, isObject, text } from '../../shared/core/json.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/redshift-controls.html#redshift-1';

/** `cluster`: its identifier, in lower case as Redshift keeps it. */
type Cluster = { readonly cluster: string };

export const publicCluster = rule<Cluster>({
  id: 'redshift/public-cluster',
  title: 'A data warehouse can be reached from the internet',
  severity: 'high',
  why: 'The cluster has a public address: only its security group and its passwords stand between the internet and everything that was gathered in it.',
  class: 'N',
  breaks: 'nothing',
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
  detect: (signal) => (signal.kind === 'call' ? found(signal) : []),
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
