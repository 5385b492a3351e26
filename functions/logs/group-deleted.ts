import { arn } from '../../shared/aws/arn.ts';
import { told } from '../../shared/aws/telling.ts';
import { text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';

export const groupDeleted = rule({
  id: 'logs/group-deleted',
  title: 'Logs were deleted',
  severity: 'low',
  why: 'A log group or stream that is deleted is gone with all that it held. What an intruder did may have stood there, and only there.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'customer data',
  controls: [],
  // Amazon CloudWatch Logs User Guide, "Logging Amazon CloudWatch Logs API and console operations in AWS CloudTrail",
  // lists both; members as in its API Reference.
  triggers: calls('logs.amazonaws.com', 'DeleteLogGroup', 'DeleteLogStream'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const group = text(signal.request, 'logGroupName');
    if (group === undefined) return unreadable('requestParameters.logGroupName');
    const stream = text(signal.request, 'logStreamName');
    if (stream === undefined)
      return told(arn(signal, 'logs', `log-group:${group}`), `the log group ${group} was deleted`);
    return told(
      arn(signal, 'logs', `log-group:${group}:log-stream:${stream}`),
      `the log stream ${stream} of ${group} was deleted`,
    );
  },
});
