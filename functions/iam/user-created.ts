import { arn } from '../../shared/aws/arn.ts';
import { told } from '../../shared/aws/telling.ts';
import { text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';

export const userCreated = rule({
  id: 'iam/user-created',
  title: 'An IAM user was created',
  severity: 'low',
  why: 'A user is an identity that stays, with passwords and keys that do not expire. Intruders create users to come back; people and programs can have roles instead.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  // Recorded: Stratus Red Team, aws.persistence.iam-create-admin-user.
  triggers: calls('iam.amazonaws.com', 'CreateUser'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const user = text(signal.request, 'userName') ?? text(signal.response, 'user', 'userName');
    if (user === undefined) return unreadable('requestParameters.userName');
    const resource =
      text(signal.response, 'user', 'arn') ?? arn(signal, 'iam', `user/${user}`, { regional: false, owned: true });
    return told(resource, `the user ${user} was created`);
  },
});
