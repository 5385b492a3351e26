import { arn } from '../../../shared/aws/arn.ts';
import { short } from '../../../shared/aws/statement.ts';
import { named } from '../../../shared/aws/telling.ts';
import type { Call } from '../../../shared/core/signal.ts';

/**
 * What a call names by such a member, and its ARN. Members begin in lower case: AWS CloudHSM User Guide, "Logging
 * AWS CloudHSM API calls with AWS CloudTrail"; ARNs: Service Authorization Reference, AWS CloudHSM.
 */
export function namedBy(call: Call, name: 'clusterId' | 'backupId'): { id: string; resource: string } | undefined {
  const told = named(call.request, name);
  if (told === undefined) return undefined;
  const id = short(told);
  return { id, resource: arn(call, 'cloudhsm', `${name === 'clusterId' ? 'cluster' : 'backup'}/${id}`) };
}
