import { arn } from '../../shared/aws/arn.ts';
import { member, named, told } from '../../shared/aws/telling.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { asked } from './lenses/record.ts';

export const userDataChanged = rule({
  id: 'ec2/user-data-changed',
  title: 'The start-up script of an instance was changed',
  severity: 'high',
  why: 'User data runs as root, at the first boot and, where it says so, at every one. Whoever may stop the instance, change it and start it again runs code of his own on it, with the credentials of its role.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'operating system, network and firewall configuration',
  controls: [],
  // Recorded: Stratus Red Team, aws.execution.ec2-user-data. CloudTrail leaves the data itself out.
  triggers: calls('ec2.amazonaws.com', 'ModifyInstanceAttribute'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const request = asked(signal);
    if (request === null) return unreadable('requestParameters');
    // Or the older way, `attribute: userData` with its value beside it: API_ModifyInstanceAttribute.
    const spoken = [named(request, 'attribute'), named(request, 'attributeType')];
    if (member(request, 'userData') === undefined && !spoken.some((one) => one?.toLowerCase() === 'userdata'))
      return [];
    const instance = named(request, 'instanceId');
    if (instance === undefined) return unreadable('requestParameters.instanceId');
    return told(arn(signal, 'ec2', `instance/${instance}`), `the user data of ${instance} was changed`);
  },
});
