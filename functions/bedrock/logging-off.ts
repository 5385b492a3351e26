import { arn, parseArn } from '../../shared/aws/arn.ts';
import { type JsonObject, text } from '../../shared/core/json.ts';
import { calls, rule, type Unknown, unreadable } from '../../shared/core/rule.ts';
import { invocationLogging, type Place } from './lenses/invocation-logging.ts';

const recorded =
  'https://github.com/panther-labs/panther-analysis/blob/539e96ee4fa4c19ba3cff1226d88073ff201afe1/rules/aws_cloudtrail_rules/aws_bedrock_deletemodelinvocationloggingconfiguration.yml';
const noArn =
  'https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html: the action has no resource types';
const lost: Unknown = {
  unknown:
    'where invocations were logged to was not learned before, and is in no event: aws bedrock put-model-invocation-logging-configuration',
};

export const loggingOff = rule<Place, JsonObject>({
  id: 'bedrock/logging-off',
  title: 'What models are asked is no longer logged',
  severity: 'medium',
  why: 'Without the log of model invocations nobody can say afterwards what was asked and answered, by whom. Intruders turn it off before they run models on this account’s bill.',
  class: 'A',
  breaks: 'nothing',
  risk: 'None for the models and those who ask them. The log costs what its storage costs, as before.',
  mends:
    'puts the configuration back as it was learned: one that nobody flagged and that stood for a day. Where none was learned, it only tells.',
  undoes: 'deletes the configuration, with your own credentials: the role that turns the log on can’t turn it off.',
  proof: 'emulator',
  responsibility: 'platform, applications, identity and access management',
  controls: [{ framework: 'MITRE ATT&CK', id: 'T1562.003', source: recorded }],
  // The event, without parameters: the test of the rule in `recorded`. The configuration is the account's in that region.
  triggers: calls('bedrock.amazonaws.com', 'DeleteModelInvocationLoggingConfiguration'),
  permissions: {
    read: [{ actions: ['bedrock:GetModelInvocationLoggingConfiguration'], resources: { noArn } }],
    write: [
      { actions: ['bedrock:PutModelInvocationLoggingConfiguration'], resources: { noArn } },
      {
        // The role by which Bedrock writes to CloudWatch Logs: bedrock/latest/userguide/model-invocation-logging.html.
        actions: ['iam:PassRole'],
        resources: ['arn:${AWS::Partition}:iam::${AWS::AccountId}:role/*'],
        conditions: { StringEquals: { 'iam:PassedToService': 'bedrock.amazonaws.com' } },
      },
    ],
    undo: ['bedrock:DeleteModelInvocationLoggingConfiguration'],
  },
  detect(signal) {
    if (signal.kind !== 'call') return [];
    if (signal.region === null) return unreadable('awsRegion');
    const { region } = signal;
    // The configuration has no ARN of its own (Service Authorization Reference, Amazon Bedrock): the account's stands for it.
    const resource = arn(signal, 'iam', 'root', { regional: false, owned: true });
    const reason = `the logging of model invocations in ${region} was deleted`;
    return [{ target: { region }, resource, reason, certainty: 'certain' }];
  },
  fix: {
    kind: 'state',
    lens: invocationLogging,
    learns: {
      triggers: calls('bedrock.amazonaws.com', 'PutModelInvocationLoggingConfiguration'),
      target: ({ region }) => (region === null ? null : { region }),
    },
    desire(logging, { learned, home }) {
      if (logging !== null || learned === null) return logging ?? lost;
      const role = text(learned.state, 'cloudWatchConfig', 'roleArn');
      const owner = role === undefined ? null : (parseArn(role)?.account ?? null);
      if (owner !== null && owner !== home.account)
        return { unknown: `the learned configuration names a role of another account, ${role}` };
      return learned.state;
    },
  },
});
