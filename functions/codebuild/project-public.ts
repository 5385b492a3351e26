import { named } from '../../shared/aws/telling.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';

export const projectPublic = rule({
  id: 'codebuild/project-public',
  title: 'A build project’s logs and artifacts are public',
  severity: 'high',
  why: 'Anybody on the internet can read the logs of all its builds, the older ones too, and download its artifacts. Build logs show names, addresses and often enough credentials.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'customer data',
  controls: [],
  // An event with this request: Panther's public rule for it (aws_codebuild_made_public). What it opens:
  // https://docs.aws.amazon.com/codebuild/latest/userguide/public-builds.html
  triggers: calls('codebuild.amazonaws.com', 'UpdateProjectVisibility'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const [project, visibility] = [
      named(signal.request, 'projectArn'),
      named(signal.request, 'projectVisibility') ?? named(signal.response, 'projectVisibility'),
    ];
    if (visibility === 'PRIVATE') return [];
    if (project === undefined) return unreadable('requestParameters.projectArn');
    if (visibility !== 'PUBLIC_READ') return unreadable('requestParameters.projectVisibility');
    const reason = `${project.slice(project.lastIndexOf('/') + 1)} may be read by everybody`;
    return [{ target: { project }, resource: project, reason, certainty: 'certain' }];
  },
});
