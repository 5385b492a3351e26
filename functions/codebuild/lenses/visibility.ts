import { BatchGetProjectsCommand, CodeBuildClient, UpdateProjectVisibilityCommand } from '@aws-sdk/client-codebuild';
import { parseArn } from '../../../shared/aws/arn.ts';
import { client } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';

/** `project`: its ARN. */
export type Project = { readonly project: string };

/** `role`: by which CodeBuild shows logs and artifacts to everybody; a private project needs none. */
export type Visibility = { readonly visibility: 'PUBLIC_READ' | 'PRIVATE'; readonly role: string | null };

// A project is reached in its own region, which its ARN names.
const home = (project: string): CodeBuildClient => client(CodeBuildClient, parseArn(project)?.region || undefined);

/** Who may read a project's builds. Null where there is no such project: projectsNotFound, API_BatchGetProjects. */
export const visibility: Lens<Project, Visibility> = {
  id: 'codebuild/visibility',
  key: ({ project }) => project,
  async read({ project }) {
    const { projects = [] } = await home(project).send(new BatchGetProjectsCommand({ names: [project] }));
    const [found] = projects;
    if (!found) return null;
    // A project that was never made public is private: public-builds.html.
    return { visibility: found.projectVisibility ?? 'PRIVATE', role: found.resourceAccessRole ?? null };
  },
  // Whether CodeBuild keeps the role of a private project is not documented.
  canon: (state) => state.visibility,
  async write({ project }, _from, to) {
    if (to === null) throw fault('NotWritable', `${project}: a project is not taken away by its visibility`);
    const role = to.visibility === 'PUBLIC_READ' && to.role !== null ? { resourceAccessRole: to.role } : {};
    await home(project).send(
      new UpdateProjectVisibilityCommand({ projectArn: project, projectVisibility: to.visibility, ...role }),
    );
  },
  // The way back hands a role to CodeBuild: ours may hand over none.
  undo: (before) => (before?.visibility === 'PUBLIC_READ' ? 'operator' : 'restore'),
};
