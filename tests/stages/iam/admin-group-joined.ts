import {
  AddUserToGroupCommand,
  AttachGroupPolicyCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  CreateUserCommand,
  DeleteGroupCommand,
  DeleteGroupPolicyCommand,
  DeletePolicyCommand,
  DeleteUserCommand,
  DetachGroupPolicyCommand,
  IAMClient,
  PutGroupPolicyCommand,
  RemoveUserFromGroupCommand,
} from '@aws-sdk/client-iam';
import { client, orNull } from '../../../shared/aws/client.ts';
import type { Json } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

const document = (what: object): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Resource: '*', ...what }] as Json });

/** A user with a path, in another group too, which must stay; the group has these policies. */
const stage = (
  name: string,
  group: string,
  o: { inline?: string; managed?: readonly string[]; boundary?: string },
): Stage => ({
  rule: 'iam/admin-group-joined',
  name,
  async set() {
    const iam = client(IAMClient);
    const user = `${group}-user`;
    const other = `${group}-other`;
    for (const GroupName of [group, other]) await iam.send(new CreateGroupCommand({ GroupName, Path: '/teams/' }));
    const made = o.boundary
      ? (await iam.send(new CreatePolicyCommand({ PolicyName: `${group}-b`, PolicyDocument: o.boundary }))).Policy?.Arn
      : undefined;
    const bounded = made === undefined ? {} : { PermissionsBoundary: made };
    await iam.send(new CreateUserCommand({ UserName: user, Path: '/people/', ...bounded }));
    if (o.inline)
      await iam.send(new PutGroupPolicyCommand({ GroupName: group, PolicyName: 'inline', PolicyDocument: o.inline }));
    const managed = (o.managed ?? []).map((one) => `arn:aws:iam::aws:policy/${one}`);
    for (const PolicyArn of managed) await iam.send(new AttachGroupPolicyCommand({ GroupName: group, PolicyArn }));
    for (const GroupName of [other, group]) await iam.send(new AddUserToGroupCommand({ UserName: user, GroupName }));
    return {
      target: { user, group, region: 'us-east-1' },
      after: null,
      call: { name: 'AddUserToGroup', request: { userName: user, groupName: group } },
      async clear() {
        const gone = ['NoSuchEntityException'];
        await iam.send(new RemoveUserFromGroupCommand({ UserName: user, GroupName: other }));
        await orNull(gone, () => iam.send(new RemoveUserFromGroupCommand({ UserName: user, GroupName: group })));
        await iam.send(new DeleteUserCommand({ UserName: user }));
        for (const PolicyArn of managed) await iam.send(new DetachGroupPolicyCommand({ GroupName: group, PolicyArn }));
        if (o.inline) await iam.send(new DeleteGroupPolicyCommand({ GroupName: group, PolicyName: 'inline' }));
        for (const GroupName of [group, other]) await iam.send(new DeleteGroupCommand({ GroupName }));
        if (made) await iam.send(new DeletePolicyCommand({ PolicyArn: made }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('a group with AWS’s own policy among others', 'stage-joined', {
    managed: ['ReadOnlyAccess', 'AdministratorAccess'],
  }),
  stage('a group with an inline policy, and a user whose boundary allows it', 'stage-joined-inline', {
    inline: document({ Action: ['iam:*'] }),
    boundary: document({ Action: '*' }),
  }),
];
