import {
  CodeBuildClient,
  CreateProjectCommand,
  DeleteProjectCommand,
  UpdateProjectVisibilityCommand,
} from '@aws-sdk/client-codebuild';
import type { Stage } from '../../support/stage.ts';

/** A project whose builds everybody may read, by this role or by none. */
const stage = (name: string, role: string | null): Stage => ({
  rule: 'codebuild/project-public',
  name,
  async set() {
    const codebuild = new CodeBuildClient({});
    const { project } = await codebuild.send(
      new CreateProjectCommand({
        name: 'website',
        source: { type: 'NO_SOURCE', buildspec: 'version: 0.2' },
        artifacts: { type: 'NO_ARTIFACTS' },
        environment: {
          type: 'LINUX_CONTAINER',
          image: 'aws/codebuild/standard:7.0',
          computeType: 'BUILD_GENERAL1_SMALL',
        },
        serviceRole: 'arn:aws:iam::123456789012:role/builds',
      }),
    );
    const asked = {
      projectArn: project?.arn ?? '',
      projectVisibility: 'PUBLIC_READ' as const,
      ...(role !== null && { resourceAccessRole: role }),
    };
    await codebuild.send(new UpdateProjectVisibilityCommand(asked));
    return {
      target: { project: 'arn:aws:codebuild:us-east-1:123456789012:project/website' },
      after: { visibility: 'PRIVATE', role },
      call: { name: 'UpdateProjectVisibility', request: asked },
      async clear() {
        await codebuild.send(new DeleteProjectCommand({ name: 'website' }));
      },
    };
  },
});

export const stages: readonly Stage[] = [
  stage('logs and artifacts by a role of their own', 'arn:aws:iam::123456789012:role/service-role/public-builds'),
  stage('without a role: a page that shows no logs', null),
];
