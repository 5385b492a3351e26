import { parseArn } from '../../../shared/aws/arn.ts';
import { samePolicy } from '../../../shared/aws/closing.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import { attributesOf, setAttribute } from './attributes.ts';

/** `topic`: the topic's ARN. `named`: strangers are let in by name, and no statement is public. */
export type PolicyTarget = { readonly topic: string; readonly named: boolean };

/** A topic's policy: the text as GetTopicAttributes gives it. Null where there is no such topic: every topic has a policy. */
export const topicPolicy: Lens<PolicyTarget, string> = {
  id: 'sns/topic-policy',
  key: ({ topic }) => topic,
  read: async ({ topic }) => (await attributesOf(topic))?.['Policy'] || null,
  canon: samePolicy,
  async write({ topic }, _from, to) {
    if (to === null) throw fault('NotWritable', `${topic}: a topic has a policy`);
    await setAttribute(topic, 'Policy', to);
  },
  undo: () => 'restore',
};

/**
 * The policy of a new topic: for everybody whom AWS:SourceOwner holds to the topic's account, which is nobody else (SNS
 * Developer Guide, "aws:SourceAccount versus aws:SourceOwner"; as GetTopicAttributes shows it in API_GetTopicAttributes).
 */
export const byDefault = (topic: string): string =>
  JSON.stringify({
    Version: '2008-10-17',
    Id: '__default_policy_ID',
    Statement: [
      {
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
        Condition: { StringEquals: { 'AWS:SourceOwner': parseArn(topic)?.account } },
      },
    ],
  });
