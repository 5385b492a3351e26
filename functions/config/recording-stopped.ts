import * as v from 'valibot';
import { arn } from '../../shared/aws/arn.ts';
import { text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { inventory } from './lenses/inventory.ts';

const hub = 'https://docs.aws.amazon.com/securityhub/latest/userguide/config-controls.html#config-1';
const reference = 'https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsconfig.html';
const unnamed =
  'https://docs.aws.amazon.com/aws-managed-policy/latest/reference/CloudWatchNetworkFlowMonitorTopologyServiceRolePolicy.html';
const recorders = 'arn:${AWS::Partition}:config:${AWS::Region}:${AWS::AccountId}:configuration-recorder/*' as const;

const filled = v.pipe(v.string(), v.minLength(1));
const arnOf = (service: string) => v.pipe(v.string(), v.regex(new RegExp(`^arn:[^:]+:${service}:[^:]*:\\d{12}:.`)));
/** As the API takes them: API_ConfigurationRecorder, API_RecordingGroup, API_RecordingMode, API_DeliveryChannel. */
const baseline = v.strictObject({
  recorder: v.optional(
    v.pipe(
      v.strictObject({
        name: v.optional(filled, 'default'),
        roleARN: arnOf('iam'),
        recordingGroup: v.optional(v.record(filled, v.any())),
        recordingMode: v.optional(v.record(filled, v.any())),
      }),
      v.description('the recorder to make where it is gone, as PutConfigurationRecorder takes it'),
    ),
  ),
  channel: v.optional(
    v.pipe(
      v.strictObject({
        name: v.optional(filled, 'default'),
        s3BucketName: filled,
        s3KeyPrefix: v.optional(filled),
        s3KmsKeyArn: v.optional(arnOf('kms')),
        snsTopicARN: v.optional(arnOf('sns')),
        configSnapshotDeliveryProperties: v.optional(v.strictObject({ deliveryFrequency: filled })),
      }),
      v.description('the delivery channel to make where it is gone, as PutDeliveryChannel takes it'),
    ),
  ),
});

export const recordingStopped = rule({
  id: 'config/recording-stopped',
  title: 'AWS Config stopped recording',
  severity: 'high',
  why: 'While nothing is recorded, nobody can say how a resource was configured or who changed it, and Config’s rules and most of Security Hub’s controls judge what is long gone. Intruders stop recorders to hide what they build.',
  class: 'G',
  breaks: 'nothing',
  risk: 'None to applications. Recording costs what it cost before.',
  mends:
    'starts the recorder again. A recorder or delivery channel that was deleted is made anew as firebreak.yml records it, else as it was seen to stand for a day; what is there stays as it is. Where neither is known, or it leads out of the account, the rule only tells. What happened meanwhile stays unrecorded.',
  undoes:
    'stops the recorder, and deletes what was made anew, with your own credentials: the role that starts it can do neither.',
  responsibility: 'platform, applications, identity and access management',
  proof: 'emulator',
  watcher: true,
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'Config.1', source: hub },
    { framework: 'CIS AWS Foundations v3.0.0', id: '3.3', source: hub },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'CM-3', source: hub },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'CM-8', source: hub },
  ],
  // Config developer guide, "Logging AWS Config API Calls with AWS CloudTrail": StopConfigurationRecorder and
  // DeleteDeliveryChannel are shown there, and all operations are logged. Service-linked recorders can't be stopped.
  triggers: calls(
    'config.amazonaws.com',
    'StopConfigurationRecorder',
    'DeleteConfigurationRecorder',
    'DeleteDeliveryChannel',
  ),
  permissions: {
    read: [
      {
        actions: [
          'config:DescribeConfigurationRecorders',
          'config:DescribeConfigurationRecorderStatus',
          'config:DescribeDeliveryChannels',
        ],
        resources: {
          noArn: `channels have no ARN (${reference}), and no recorder is named, as in AWS’s own ${unnamed}`,
        },
      },
    ],
    write: [
      { actions: ['config:PutConfigurationRecorder', 'config:StartConfigurationRecorder'], resources: [recorders] },
      {
        actions: ['config:PutDeliveryChannel'],
        resources: { noArn: `${reference}: the action has no resource types` },
      },
      // The recorder's role is handed to Config, and to nobody else.
      {
        actions: ['iam:PassRole'],
        resources: ['arn:${AWS::Partition}:iam::${AWS::AccountId}:role/*'],
        conditions: { StringEquals: { 'iam:PassedToService': 'config.amazonaws.com' } },
      },
    ],
    undo: ['config:StopConfigurationRecorder', 'config:DeleteDeliveryChannel', 'config:DeleteConfigurationRecorder'],
  },
  baseline,
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const isChannel = signal.name === 'DeleteDeliveryChannel';
    const member = isChannel ? 'deliveryChannelName' : 'configurationRecorderName';
    const name = text(signal.request, member);
    if (name === undefined) return unreadable(`requestParameters.${member}`);
    // A recorder's ARN ends with an id that the event does not tell; channels have none.
    const resource = arn(signal, 'config', `${isChannel ? 'delivery-channel' : 'configuration-recorder'}/${name}`);
    const happened = signal.name === 'StopConfigurationRecorder' ? 'was stopped' : 'was deleted';
    const reason = `the ${isChannel ? 'delivery channel' : 'recorder'} ${name} ${happened}: AWS Config records nothing`;
    return [{ target: { region: signal.region }, resource, reason, certainty: 'certain' }];
  },
  fix: inventory,
});
