/** What the rules of this room are granted, in words that they share: the same statement is deployed once. */
import type { Action, Permission } from '../../../shared/core/rule.ts';

const reference = 'https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html';

/** EC2's actions that have no resource types. */
export const anywhere = (action: Action): Permission => ({
  actions: [action],
  resources: { noArn: `${reference}: the action has no resource types` },
});

/** All resources of a type in this account and region. */
export const all = <T extends string>(type: T) =>
  `arn:\${AWS::Partition}:ec2:\${AWS::Region}:\${AWS::AccountId}:${type}/*` as const;
