import {
  DeleteRuleCommand,
  DisableRuleCommand,
  EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import { client } from '../../../shared/aws/client.ts';
import type { Json } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

const pattern = '{"source":["aws.example"],"detail":{"eventName":["Example"]}}';
const account = '123456789012';
const readOnly = 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS';

/** The target that every rule of a deployed stack has, written out by hand. */
const target = {
  Id: 'function',
  Arn: `arn:aws:lambda:us-east-1:${account}:function:firebreak-stage-room`,
  DeadLetterConfig: { Arn: `arn:aws:sqs:us-east-1:${account}:firebreak-dead-letters` },
  RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 20 },
};
const another = { Id: 'log', Arn: `arn:aws:lambda:us-east-1:${account}:function:log` };

type Call = { readonly name: string; readonly request: { readonly [member: string]: Json } };
type Change = (events: EventBridgeClient, rule: string) => Promise<Call>;

/** A rule as it is deployed, beside a target that is not ours; and then what somebody did to it. */
function stage(name: string, rule: string, change: Change, o: { learned?: true; after?: Json } = {}): Stage {
  const good = {
    state: rule.includes('read-only') ? readOnly : 'ENABLED',
    pattern,
    targets: { function: target, log: another },
  };
  return {
    rule: 'self/tampering',
    name,
    ...(o.learned && { learned: good }),
    async set() {
      const events = client(EventBridgeClient);
      await events.send(new PutRuleCommand({ Name: rule, EventPattern: pattern, State: good.state as 'ENABLED' }));
      await events.send(new PutTargetsCommand({ Rule: rule, Targets: [target, another] }));
      const call = await change(events, rule);
      return {
        target: { rule, part: rule, call: call.name, account, region: 'us-east-1' },
        after: o.after ?? good,
        call,
        async clear() {
          await events.send(new RemoveTargetsCommand({ Rule: rule, Ids: ['function', 'log'] }));
          await events.send(new DeleteRuleCommand({ Name: rule }));
        },
      };
    },
  };
}

const disabled: Change = async (events, Name) => {
  await events.send(new DisableRuleCommand({ Name }));
  return { name: 'DisableRule', request: { name: Name } };
};

export const stages: readonly Stage[] = [
  stage('a rule is disabled', 'firebreak-stage-room-1', disabled),
  stage('a rule for read-only events is disabled', 'firebreak-stage-room-read-only-2', disabled),
  stage(
    'its target is taken away, and nothing is known of it but its name',
    'firebreak-stage-room-3',
    async (events, Rule) => {
      await events.send(new RemoveTargetsCommand({ Rule, Ids: ['function'] }));
      return { name: 'RemoveTargets', request: { rule: Rule, ids: ['function'] } };
    },
  ),
  stage(
    'its pattern and its target are other ones',
    'firebreak-stage-room-4',
    async (events, Name) => {
      const elsewhere = { Id: 'function', Arn: `arn:aws:lambda:us-east-1:${account}:function:elsewhere` };
      await events.send(new PutTargetsCommand({ Rule: Name, Targets: [elsewhere] }));
      await events.send(new PutRuleCommand({ Name, EventPattern: '{"source":["nobody"]}', State: 'ENABLED' }));
      return { name: 'PutRule', request: { name: Name, eventPattern: '{"source":["nobody"]}', state: 'ENABLED' } };
    },
    { learned: true },
  ),
  stage(
    'the rule is deleted',
    'firebreak-stage-room-5',
    async (events, Name) => {
      await events.send(new RemoveTargetsCommand({ Rule: Name, Ids: ['function', 'log'] }));
      await events.send(new DeleteRuleCommand({ Name }));
      return { name: 'DeleteRule', request: { name: Name, force: false } };
    },
    { learned: true },
  ),
];
