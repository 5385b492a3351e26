/** CodeBuild's projects and who may read their builds: SDK models of CreateProject, BatchGetProjects, UpdateProjectVisibility. */
import { CodeBuildClient } from '@aws-sdk/client-codebuild';
import { awsError, type Fake } from '../support/fakes.ts';

const arnOf = (name: string): string => `arn:aws:codebuild:us-east-1:123456789012:project/${name}`;

export const fake: Fake = {
  client: CodeBuildClient,
  prefix: 'codebuild',
  fresh() {
    const projects = new Map<string, Record<string, unknown>>();
    /** By name or by ARN, as the API takes both. */
    const find = (named: string): Record<string, unknown> | undefined =>
      projects.get(named.startsWith('arn:') ? named : arnOf(named));
    return (command, input) => {
      switch (command) {
        case 'CreateProject': {
          const arn = arnOf(input['name'] ?? '');
          const project = { ...(input as object), arn, projectVisibility: 'PRIVATE' };
          projects.set(arn, project);
          return { project };
        }
        case 'DeleteProject':
          projects.delete(arnOf(input['name'] ?? ''));
          return {};
        case 'BatchGetProjects': {
          const names: readonly string[] = input['names'] ?? [];
          return {
            projects: names.flatMap((name) => find(name) ?? []),
            projectsNotFound: names.filter((name) => find(name) === undefined),
          };
        }
        case 'UpdateProjectVisibility': {
          const project = find(input['projectArn'] ?? '');
          if (!project) throw awsError('ResourceNotFoundException');
          const visibility: unknown = input['projectVisibility'];
          if (visibility !== 'PUBLIC_READ' && visibility !== 'PRIVATE') throw awsError('InvalidInputException');
          const role: unknown = input['resourceAccessRole'];
          project['projectVisibility'] = visibility;
          if (role !== undefined) project['resourceAccessRole'] = role;
          // Whether the alias stays is not documented: here it goes, so that nothing relies on it.
          if (visibility === 'PUBLIC_READ') project['publicProjectAlias'] ??= 'eyJlbmNyeXB0ZWREYXRhIjoiZXhhbXBsZSJ9';
          else delete project['publicProjectAlias'];
          return { projectArn: project['arn'], projectVisibility: visibility };
        }
        default:
          throw awsError('InvalidAction', `the fake has no ${command}`);
      }
    };
  },
};
