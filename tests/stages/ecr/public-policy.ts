import { randomUUID } from 'node:crypto';
import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  ECRClient,
  SetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr';
import type { Json } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

/** A repository with this policy; `indent` as JSON.stringify takes it. */
const stage = (name: string, statements: Json, after: Json | null, indent?: number): Stage => ({
  rule: 'ecr/public-policy',
  name,
  async set() {
    const ecr = new ECRClient({});
    const repositoryName = `stage/${randomUUID()}`;
    await ecr.send(new CreateRepositoryCommand({ repositoryName }));
    const policyText = JSON.stringify({ Version: '2012-10-17', Statement: statements }, null, indent);
    await ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText }));
    return {
      target: { repository: `arn:aws:ecr:us-east-1:123456789012:repository/${repositoryName}`, named: false },
      after: after === null ? null : JSON.stringify({ Version: '2012-10-17', Statement: after }),
      call: { name: 'SetRepositoryPolicy', request: { repositoryName, policyText, force: false } },
      async clear() {
        await ecr.send(new DeleteRepositoryCommand({ repositoryName, force: true }));
      },
    };
  },
});

const pull = ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'];
const partner = { Sid: 'Us', Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::123456789012:root' }, Action: pull };
const builds = { Sid: 'Builds', Effect: 'Allow', Principal: { Service: 'codebuild.amazonaws.com' }, Action: pull };
const ofUs = {
  Sid: 'OurOrganization',
  Effect: 'Allow',
  Principal: '*',
  Action: pull,
  Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } },
};
const everybody = { Sid: 'Everybody', Effect: 'Allow', Principal: '*', Action: pull };

export const stages: readonly Stage[] = [
  stage('the only statement, not in a list: the policy goes', everybody, null),
  stage(
    'among others, one of which only looks public, in indented text',
    [
      partner,
      everybody,
      ofUs,
      { Sid: 'AnyPush', Effect: 'Allow', Principal: { AWS: ['*'] }, Action: 'ecr:PutImage' },
      builds,
    ],
    [partner, ofUs, builds],
    4,
  ),
];
