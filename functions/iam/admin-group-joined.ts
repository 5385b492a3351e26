import { text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { identityArn } from './lenses/identity.ts';
import { judge } from './lenses/judged.ts';
import { type Member, type Membership, membership } from './lenses/membership.ts';
import { groups, readsPolicies, readsUsers, users } from './lenses/policies.ts';

export const adminGroupJoined = rule<Member, Membership>({
  id: 'iam/admin-group-joined',
  title: 'A user was added to a group, perhaps of administrators',
  severity: 'medium',
  why: 'The user has all that the group’s policies allow, from now on. To join a group of administrators is a short way to their rights, and shows on no policy.',
  class: 'C',
  function: 'iam-policies',
  breaks: 'access',
  risk: 'The user loses at once all that this group allows. People who were just made administrators on purpose have to be added again, or exempted.',
  mends:
    'reads what the group’s policies allow, within the user’s permissions boundary, and takes the user out of the group if they make an administrator. Other groups and the user’s own policies stay.',
  undoes:
    'adds the user to the group again with your own credentials: the role that takes rights away may not give any.',
  proof: 'emulator',
  responsibility: 'platform, applications, identity and access management',
  controls: [
    {
      framework: 'AWS Well-Architected',
      id: 'SEC03-BP02',
      source: 'https://docs.aws.amazon.com/wellarchitected/latest/framework/sec_permissions_least_privileges.html',
    },
  ],
  // IAM User Guide, "Logging IAM and AWS STS API calls with AWS CloudTrail": an example of AddUserToGroup.
  triggers: calls('iam.amazonaws.com', 'AddUserToGroup'),
  permissions: {
    read: [
      { actions: ['iam:ListGroupsForUser'], resources: [users] },
      { actions: ['iam:ListAttachedGroupPolicies'], resources: [groups] },
      { actions: ['iam:ListGroupPolicies'], resources: [groups] },
      { actions: ['iam:GetGroupPolicy'], resources: [groups] },
      readsPolicies,
      readsUsers,
    ],
    write: [{ actions: ['iam:RemoveUserFromGroup'], resources: [groups] }],
    undo: ['iam:AddUserToGroup'],
  },
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
  fix: {
    kind: 'state',
    lens: membership,
    desire(state, { target: { region }, home }) {
      const judged = state && judge(state, { account: home.account, region });
      return judged === 'admin' || judged === null ? null : judged === 'harmless' ? state : judged;
    },
  },
});
