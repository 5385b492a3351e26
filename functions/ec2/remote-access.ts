import { arn } from '../../shared/aws/arn.ts';
import { named, told } from '../../shared/aws/telling.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';

type Found = readonly Finding<{ resource: string }>[] | Unreadable;

export const remoteAccess = rule({
  id: 'ec2/remote-access',
  title: 'Somebody opened a way into an instance',
  severity: 'medium',
  why: 'An SSH key that is good for a minute, the serial console, the administrator’s password of Windows: each leads onto the machine, past what guards its network, with nothing but IAM in between. Useful to its owner, and to whoever has the owner’s keys.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'operating system, network and firewall configuration',
  folds: 60,
  controls: [],
  // Recorded: Stratus Red Team, aws.lateral-movement.ec2-instance-connect, …ec2-serial-console-send-ssh-public-key, and
  // aws.credential-access.ec2-get-password-data, which CloudTrail records as read-only.
  triggers: [
    ...calls('ec2-instance-connect.amazonaws.com', 'SendSSHPublicKey', 'SendSerialConsoleSSHPublicKey'),
    ...calls('ec2.amazonaws.com', 'EnableSerialConsoleAccess'),
    { kind: 'call', service: 'ec2.amazonaws.com', name: 'GetPasswordData', readOnly: true },
  ],
  detect(signal) {
    if (signal.kind !== 'call') return [];
    if (signal.name !== 'EnableSerialConsoleAccess') return entered(signal);
    const where = signal.region === null ? '' : ` of ${signal.region}`;
    const resource = arn(signal, 'iam', 'root', { regional: false, owned: true });
    return told(resource, `the serial console of all instances${where} was opened to those whom IAM lets in`);
  },
});

function entered(call: Call): Found {
  const instance = named(call.request, 'instanceId');
  if (instance === undefined) return unreadable('requestParameters.instanceId');
  const user = named(call.request, 'instanceOSUser');
  const how =
    call.name === 'GetPasswordData'
      ? `the administrator’s password of ${instance} was fetched (encrypted with its key pair)`
      : call.name === 'SendSSHPublicKey'
        ? `a key to sign in to ${instance}${user === undefined ? '' : ` as ${user}`} by SSH was sent`
        : `a key to sign in to the serial console of ${instance} was sent`;
  return told(arn(call, 'ec2', `instance/${instance}`), how);
}
