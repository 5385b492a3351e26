import { text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { identityArn } from './lenses/identity.ts';

export const adminGroupJoined = rule({
  id: 'iam/admin-group-joined',
  title: 'A user was added to a group',
  severity: 'medium',
  why: 'The user has all that the group’s policies allow, from now on. To join a group of administrators is a short way to their rights, and shows on no policy.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  // IAM User Guide, "Logging IAM and AWS STS API calls with AWS CloudTrail": an example of AddUserToGroup.
  triggers: calls('iam.amazonaws.com', 'AddUserToGroup'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const [user, group] = [text(signal.request, 'userName'), text(signal.request, 'groupName')];
    if (user === undefined) return unreadable('requestParameters.userName');
    if (group === undefined) return unreadable('requestParameters.groupName');
    return [
      {
        target: { user, group, region: signal.region },
        resource: identityArn(signal, { kind: 'user', name: user }),
        reason: `the user ${user} was added to the group ${group}: what its policies allow is not told`,
        certainty: 'possible',
      },
    ];
  },
});
