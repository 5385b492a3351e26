import { arn } from '../../shared/aws/arn.ts';
import { failedControls, nonCompliant, witness } from '../../shared/aws/noticed.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call, Signal } from '../../shared/core/signal.ts';
import { all, anywhere } from './lenses/grants.ts';
import type { Target } from './lenses/instance.ts';
import { type Metadata, metadata } from './lenses/metadata.ts';
import { launched, modified } from './lenses/metadata-asked.ts';
import { namedBy } from './lenses/record.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-8';

const cloudwatch = 'https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html';

export const imdsv1 = rule<Target, Metadata>({
  id: 'ec2/imdsv1',
  title: 'An instance gives out its credentials without a token',
  severity: 'medium',
  why: 'With version 1 of the metadata service one plain request gets the credentials of the instance’s role: a page that can be made to fetch an address, an open proxy or a badly set firewall is enough to steal them. Version 2 asks for a token first, which such tricks can’t get.',
  class: 'C',
  breaks: 'service',
  risk: 'Software on the instance that asks without a token gets no credentials any more: old SDKs and agents, and containers where the hop limit is 1. Firebreak changes nothing where CloudWatch has counted such calls in the last day; of an instance that has just started it has counted none yet.',
  mends:
    'requires tokens on that instance; hop limit and all else stay. What launches it next, a launch template for instance, has to be changed too.',
  undoes: 'makes tokens optional again, with your own credentials: Firebreak’s role can only require them.',
  proof: 'emulator',
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
    ...failedControls('EC2.8'),
    // https://docs.aws.amazon.com/config/latest/developerguide/ec2-imdsv2-check.html
    nonCompliant('ec2-imdsv2-check'),
  ],
  permissions: {
    read: [
      anywhere('ec2:DescribeInstances'),
      {
        actions: ['cloudwatch:GetMetricStatistics'],
        resources: { noArn: `${cloudwatch}: the action has no resource types` },
      },
    ],
    // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html#iam-example-instance-metadata
    write: [
      {
        actions: ['ec2:ModifyInstanceMetadataOptions'],
        resources: [all('instance')],
        conditions: { StringEquals: { 'ec2:Attribute/HttpTokens': 'required' } },
      },
    ],
  },
  detect(signal) {
    if (signal.kind !== 'call')
      return namedBy(signal, 'instance').map(({ id: instance, arn: resource }) => ({
        target: { instance },
        resource,
        reason: `${witness(signal)} for ${instance}`,
        certainty: 'possible',
      }));
    return signal.name === 'RunInstances' ? run(signal) : changed(signal);
  },
  fix: {
    kind: 'state',
    lens: metadata,
    desire(state, { target: { instance } }) {
      if (state === null || state.endpoint === 'disabled' || state.tokens === 'required') return state;
      if (state.without === 0) return { ...state, tokens: 'required' };
      return {
        unknown: `software on ${instance} asked ${state.without} times without a token in the last day, and would get no credentials: find it (CloudWatch, MetadataNoToken), then require tokens`,
      };
    },
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
