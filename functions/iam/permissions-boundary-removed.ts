import { arn } from '../../shared/aws/arn.ts';
import { told } from '../../shared/aws/telling.ts';
import { text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';

export const permissionsBoundaryRemoved = rule({
  id: 'iam/permissions-boundary-removed',
  title: 'A permissions boundary was removed',
  severity: 'medium',
  why: 'A boundary is the most that an identity may ever do, whatever its policies say. Without it, every policy that was held back counts from now on.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  // "All IAM and AWS STS actions are logged by CloudTrail and are documented in the IAM API Reference": IAM User Guide,
  // "Logging IAM and AWS STS API calls with AWS CloudTrail".
  triggers: calls('iam.amazonaws.com', 'DeleteUserPermissionsBoundary', 'DeleteRolePermissionsBoundary'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const kind = signal.name === 'DeleteRolePermissionsBoundary' ? 'role' : 'user';
    const name = text(signal.request, `${kind}Name`);
    if (name === undefined) return unreadable(`requestParameters.${kind}Name`);
    // The event does not tell the identity's path: the ARN is that of one without.
    const resource = arn(signal, 'iam', `${kind}/${name}`, { regional: false, owned: true });
    return told(resource, `the permissions boundary of the ${kind} ${name} was removed`);
  },
});
