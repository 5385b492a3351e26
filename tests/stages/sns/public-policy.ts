import { randomUUID } from 'node:crypto';
import { CreateTopicCommand, DeleteTopicCommand, SetTopicAttributesCommand, SNSClient } from '@aws-sdk/client-sns';
import type { Stage } from '../../support/stage.ts';

type Policy = { readonly [member: string]: unknown };

const own = (topic: string) => ({
  Sid: '__default_statement_ID',
  Effect: 'Allow',
  Principal: { AWS: '*' },
  Action: [
    'SNS:GetTopicAttributes',
    'SNS:SetTopicAttributes',
    'SNS:AddPermission',
    'SNS:RemovePermission',
    'SNS:DeleteTopic',
    'SNS:Subscribe',
    'SNS:ListSubscriptionsByTopic',
    'SNS:Publish',
  ],
  Resource: topic,
  Condition: { StringEquals: { 'AWS:SourceOwner': '123456789012' } },
});

const open = (topic: string, more: Policy = {}) => ({
  Effect: 'Allow',
  Principal: '*',
  Action: ['SNS:Subscribe', 'SNS:Publish'],
  Resource: topic,
  ...more,
});

const service = (topic: string) =>
  open(topic, {
    Sid: 'Alarms',
    Principal: { Service: 'cloudwatch.amazonaws.com' },
    Action: 'SNS:Publish',
    Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:cloudwatch:us-east-1:123456789012:alarm:*' } },
  });

/** A topic with this policy. */
const stage = (
  name: string,
  policy: (topic: string) => Policy,
  after: (topic: string) => Policy,
  indent?: number,
): Stage => ({
  rule: 'sns/public-policy',
  name,
  async set() {
    const sns = new SNSClient({});
    const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: `stage-${randomUUID()}` }));
    const text = JSON.stringify(policy(TopicArn), null, indent);
    await sns.send(new SetTopicAttributesCommand({ TopicArn, AttributeName: 'Policy', AttributeValue: text }));
    return {
      target: { topic: TopicArn, named: false },
      after: JSON.stringify(after(TopicArn)),
      call: {
        name: 'SetTopicAttributes',
        request: { topicArn: TopicArn, attributeName: 'Policy', attributeValue: text },
      },
      async clear() {
        await sns.send(new DeleteTopicCommand({ TopicArn }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage(
    'a public statement between the owner’s, which only looks so, and a service’s',
    (topic) => ({
      Version: '2008-10-17',
      Id: '__default_policy_ID',
      Statement: [own(topic), open(topic, { Sid: 'Everyone' }), service(topic)],
    }),
    (topic) => ({ Version: '2008-10-17', Id: '__default_policy_ID', Statement: [own(topic), service(topic)] }),
    2,
  ),
  stage(
    'conditions that say how, not who',
    (topic) => ({
      Version: '2012-10-17',
      Statement: [
        open(topic, { Condition: { StringEquals: { 'sns:Protocol': 'https' } } }),
        open(topic, { Condition: { StringLike: { 'aws:PrincipalOrgID': '*' } } }),
        service(topic),
      ],
    }),
    (topic) => ({ Version: '2012-10-17', Statement: [service(topic)] }),
  ),
  stage(
    'nothing but a public statement, not in a list',
    (topic) => ({ Version: '2012-10-17', Statement: open(topic) }),
    (topic) => ({ Version: '2008-10-17', Id: '__default_policy_ID', Statement: [own(topic)] }),
  ),
];
