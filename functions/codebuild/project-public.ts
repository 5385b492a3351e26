import { named } from '../../shared/aws/telling.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { type Project, type Visibility, visibility } from './lenses/visibility.ts';

const recorded =
  'https://github.com/panther-labs/panther-analysis/blob/3650ff9ebf4c0248b8b3796816a29520f0e0f0cc/rules/aws_cloudtrail_rules/aws_codebuild_made_public.yml';
const projects = 'arn:${AWS::Partition}:codebuild:${AWS::Region}:${AWS::AccountId}:project/*' as const;

export const projectPublic = rule<Project, Visibility>({
  id: 'codebuild/project-public',
  title: 'A build project’s logs and artifacts are public',
  severity: 'high',
  why: 'Anybody on the internet can read the logs of all its builds, the older ones too, and download its artifacts. Build logs show names, addresses and often enough credentials.',
  class: 'A',
  breaks: 'access',
  risk: 'The public page of the builds is gone at once: contributors of an open project no longer see why their build failed. Builds themselves go on.',
  mends: 'makes the project’s builds private.',
  undoes:
    'makes them public again, with your own credentials, as that hands a role to CodeBuild; the page’s address stays what it was only if CodeBuild kept it.',
  proof: 'fake',
  responsibility: 'customer data',
  controls: [{ framework: 'MITRE ATT&CK', id: 'T1567', source: recorded }],
  // The event: the test of the rule in `recorded`. What it opens:
  // https://docs.aws.amazon.com/codebuild/latest/userguide/public-builds.html
  triggers: calls('codebuild.amazonaws.com', 'UpdateProjectVisibility'),
  permissions: {
    read: [{ actions: ['codebuild:BatchGetProjects'], resources: [projects] }],
    write: [{ actions: ['codebuild:UpdateProjectVisibility'], resources: [projects] }],
    undo: ['iam:PassRole'],
  },
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const [project, asked] = [
      named(signal.request, 'projectArn'),
      named(signal.request, 'projectVisibility') ?? named(signal.response, 'projectVisibility'),
    ];
    if (asked === 'PRIVATE') return [];
    if (project === undefined) return unreadable('requestParameters.projectArn');
    if (asked !== 'PUBLIC_READ') return unreadable('requestParameters.projectVisibility');
    const reason = `${project.slice(project.lastIndexOf('/') + 1)} may be read by everybody`;
    return [{ target: { project }, resource: project, reason, certainty: 'certain' }];
  },
  fix: {
    kind: 'state',
    lens: visibility,
    desire: (state) => state && { ...state, visibility: 'PRIVATE' },
  },
});
