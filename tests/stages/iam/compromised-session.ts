import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { client, orNull } from '../../../shared/aws/client.ts';
import type { Stage } from '../../support/stage.ts';

const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});
const works = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::a/*"}]}';
const userid = (principal: string): object => ({
  Sid: 'TheSession',
  Effect: 'Deny',
  Action: '*',
  Resource: '*',
  Condition: { StringEquals: { 'aws:userid': principal } },
});
const seen = '2026-03-02T08:14:31Z';
const older = {
  Sid: 'OlderSessions',
  Effect: 'Deny',
  Action: '*',
  Resource: '*',
  Condition: { DateLessThan: { 'aws:TokenIssueTime': seen } },
};

/** A role with a path and an inline policy of its own, which must stay; another of its sessions is denied already. */
const stage = (name: string, role: string, session: string, isOlder: boolean): Stage => ({
  rule: 'iam/compromised-session',
  name,
  ...(isOlder && { baseline: { older: true } }),
  async set() {
    const iam = client(IAMClient);
    const principal = `AROAEXAMPLESTAGE:${session}`;
    await iam.send(new CreateRoleCommand({ RoleName: role, Path: '/apps/', AssumeRolePolicyDocument: trust }));
    const others = ['own', 'FirebreakDenies-another'];
    for (const PolicyName of others)
      await iam.send(new PutRolePolicyCommand({ RoleName: role, PolicyName, PolicyDocument: works }));
    const denied = [userid(principal), ...(isOlder ? [older] : [])];
    return {
      target: { role, principal, seen, leave: null },
      report: {
        like: 'instance-outside-aws',
        swap: { 'AROAEXAMPLEWEB:i-0a1b2c3d4e5f60718': principal, '"userName": "web"': `"userName": "${role}"` },
      },
      after: { path: '/apps/', policy: JSON.stringify({ Version: '2012-10-17', Statement: denied }) },
      async clear() {
        for (const PolicyName of others) await iam.send(new DeleteRolePolicyCommand({ RoleName: role, PolicyName }));
        await orNull(['NoSuchEntityException'], () =>
          iam.send(new DeleteRolePolicyCommand({ RoleName: role, PolicyName: `FirebreakDenies-${session}` })),
        );
        await iam.send(new DeleteRoleCommand({ RoleName: role }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('an instance’s session', 'stage-session', 'i-0a1b2c3d4e5f60718', false),
  stage('a person’s session, and every older one', 'stage-sessions', 'lee+admin@example.com', true),
];
