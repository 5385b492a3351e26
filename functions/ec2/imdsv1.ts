import { arn } from '../../shared/aws/arn.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call, Signal } from '../../shared/core/signal.ts';
import { launched, modified } from './lenses/metadata-asked.ts';
import { namedBy } from './lenses/record.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-8';

type Target = { readonly instance: string };

export const imdsv1 = rule<Target>({
  id: 'ec2/imdsv1',
  title: 'An instance gives out its credentials without a token',
  severity: 'medium',
  why: 'With version 1 of the metadata service one plain request gets the credentials of the instance’s role: a page that can be made to fetch an address, an open proxy or a badly set firewall is enough to steal them. Version 2 asks for a token first, which such tricks can’t get.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'operating system, network and firewall configuration',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'EC2.8', source: page },
    { framework: 'CIS AWS Foundations v3.0.0', id: '5.6', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'AC-6', source: page },
    { framework: 'MITRE ATT&CK', id: 'T1552.005', source: 'https://attack.mitre.org/techniques/T1552/005/' },
  ],
  // RunInstances: recorded by plaso. ModifyInstanceMetadataOptions, its request nested: Yelp's aws-remediation tests.
  triggers: [
    ...calls('ec2.amazonaws.com', 'RunInstances', 'ModifyInstanceMetadataOptions'),
    { kind: 'finding', origin: 'securityhub', type: 'EC2.8' },
  ],
  detect(signal) {
    if (signal.kind === 'other') return [];
    if (signal.kind === 'finding')
      return namedBy(signal, 'instance').map(({ id: instance, arn: resource }) => ({
        target: { instance },
        resource,
        reason: `Security Hub finds that ${instance} does not require tokens`,
        certainty: 'possible',
      }));
    return signal.name === 'RunInstances' ? run(signal) : changed(signal);
  },
});

function run(call: Call): readonly Finding<Target>[] | Unreadable {
  const instances = launched(call);
  if (instances === null) return unreadable('responseElements.instancesSet');
  return instances.flatMap(({ instance, tokens }) => {
    if (tokens === 'required' || tokens === 'off') return [];
    const reason =
      tokens === 'optional'
        ? 'was launched without requiring tokens'
        : 'was launched, and the event does not show whether it requires tokens';
    return [found(call, instance, reason, tokens === 'optional')];
  });
}

function changed(call: Call): readonly Finding<Target>[] | Unreadable {
  const change = modified(call);
  if (change === null) return unreadable('requestParameters.ModifyInstanceMetadataOptionsRequest.InstanceId');
  return change.opens ? [found(call, change.instance, 'no longer requires tokens', true)] : [];
}

const found = (signal: Signal, instance: string, reason: string, certain: boolean): Finding<Target> => ({
  target: { instance },
  resource: arn(signal, 'ec2', `instance/${instance}`),
  reason: `${instance} ${reason}`,
  certainty: certain ? 'certain' : 'possible',
});
