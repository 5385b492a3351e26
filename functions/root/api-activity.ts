import { arn } from '../../shared/aws/arn.ts';
import { told } from '../../shared/aws/telling.ts';
import { at, text } from '../../shared/core/json.ts';
import { rule } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';

export const apiActivity = rule({
  id: 'root/api-activity',
  title: 'The root user is at work',
  severity: 'high',
  why: 'The root user may do anything in the account, and no policy of the account limits it. Few tasks need it: for all others there are roles, which can be limited and told apart.',
  class: 'N',
  // A session at the console makes hundreds of calls: the first is told, the others of the hour are noted.
  folds: 60,
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  // Recorded: calls of root with userIdentity.type Root, and RunInstances in root's name by autoscaling.amazonaws.com.
  triggers: [{ kind: 'root' }],
  detect(signal) {
    if (signal.kind !== 'call' || signal.actor.type !== 'Root') return [];
    const action = `${signal.service.split('.')[0]}:${signal.name}`;
    const tried = signal.failure === null ? `called ${action}` : `called ${action} and was refused (${signal.failure})`;
    const need = needsRoot(signal) ? 'one of the few tasks that need it' : 'a role could do the same';
    const resource = arn(signal, 'iam', 'root', { regional: false, owned: true });
    return told(resource, `the root user ${tried}: ${need}`);
  },
});

/** "Tasks that require root user credentials", IAM User Guide, as far as a call of the API can be one. */
function needsRoot({ service, name, request }: Call): boolean {
  switch (service) {
    case 'account.amazonaws.com':
      return name === 'CloseAccount';
    case 's3.amazonaws.com': // MFA delete; and a policy that shuts everybody else out
      if (name === 'PutBucketVersioning') return at(request, 'VersioningConfiguration', 'MfaDelete') !== undefined;
      return name === 'PutBucketPolicy' || name === 'DeleteBucketPolicy';
    case 'sqs.amazonaws.com':
      return name === 'SetQueueAttributes';
    case 'iam.amazonaws.com': // its own keys and devices: the request names no user
      return /AccessKey$|MFADevice$/.test(name) && text(request, 'userName') === undefined;
    default:
      return false;
  }
}
