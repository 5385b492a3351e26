import { arn, parseArn } from '../../../shared/aws/arn.ts';
import { named } from '../../../shared/aws/telling.ts';
import type { Call } from '../../../shared/core/signal.ts';

/**
 * A secret's ARN: the answer holds it (as `aRN` before February 2024: Secrets Manager User Guide, "AWS CloudTrail
 * entries"), the request an ARN, perhaps without its last seven characters, or a name.
 */
export function secretOf(call: Call): string | undefined {
  const told = named(call.response, 'arn') ?? named(call.request, 'secretId');
  if (told === undefined) return undefined;
  return parseArn(told) ? told : arn(call, 'secretsmanager', `secret:${told}`);
}
