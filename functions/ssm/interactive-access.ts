import { arn } from '../../shared/aws/arn.ts';
import { isPerson, isService } from '../../shared/aws/person.ts';
import { short } from '../../shared/aws/statement.ts';
import { listed, member, named, told } from '../../shared/aws/telling.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';

/**
 * Documents of AWS that only look, patch, or keep the agent: Systems Manager user guide, "SSM Command document reference"
 * and "SSM documents recommended for patching managed nodes".
 */
const harmless = new Set([
  'AWS-GatherSoftwareInventory',
  'AWS-RefreshAssociation',
  'AWS-RunPatchBaseline',
  'AWS-RunPatchBaselineAssociation',
  'AWS-UpdateSSMAgent',
]);

export const interactiveAccess = rule({
  id: 'ssm/interactive-access',
  title: 'Somebody opened a shell on an instance or ran commands there',
  severity: 'low',
  why: 'Through Systems Manager a caller is root on the instance without a key or an open port, and can take its role’s credentials. It is how people work, and how intruders go on from an access key.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [
    { framework: 'MITRE ATT&CK', id: 'T1021.007', source: 'https://rulehound.com/rules/41ea99' },
    { framework: 'MITRE ATT&CK', id: 'T1651', source: 'https://rulehound.com/rules/babfc2' },
  ],
  // Recorded: Stratus Red Team, aws.execution.ssm-start-session, aws.execution.ssm-send-command.
  triggers: calls('ssm.amazonaws.com', 'StartSession', 'SendCommand'),
  detect: (signal) => (signal.kind === 'call' ? found(signal) : []),
});

function found(call: Call) {
  const { actor } = call;
  const document = named(call.request, 'documentName');
  if (call.name === 'StartSession') {
    const target = named(call.request, 'target');
    if (isService(actor)) return [];
    if (target === undefined) return unreadable('requestParameters.target');
    const how = document === undefined ? 'a shell' : `a session by ${short(document)}`;
    return told(instanceArn(call, target), `${actor.name} opened ${how} on ${target}`);
  }
  // State Manager, maintenance windows and pipelines run commands all day.
  if (!isPerson(actor) || (document !== undefined && harmless.has(document.replace(/^arn:.*\//, '')))) return [];
  if (document === undefined) return unreadable('requestParameters.documentName');
  const instances = listed(member(call.request, 'instanceIds'), 50);
  const where = instances.length === 0 ? 'instances that it chose by their tags' : short(instances.join(', '));
  const [first, ...more] = instances;
  const resource = instanceArn(call, first === undefined || more.length > 0 ? '*' : first);
  return told(resource, `${actor.name} ran ${short(document)} on ${where}`);
}

/** `mi-…` is a managed instance outside EC2. */
const instanceArn = (call: Call, instance: string): string =>
  instance.startsWith('mi-')
    ? arn(call, 'ssm', `managed-instance/${instance}`)
    : arn(call, 'ec2', `instance/${instance}`);
