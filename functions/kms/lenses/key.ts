import { arn, parseArn } from '../../../shared/aws/arn.ts';
import { text } from '../../../shared/core/json.ts';
import type { Call } from '../../../shared/core/signal.ts';

/** What is said of a call that names no key. */
export const nameless = 'requestParameters.keyId';

/** The ARN of the key that a call is about: KMS answers with it; it may be asked by that or by the id alone. */
export function keyOf(call: Call): string | undefined {
  const told = text(call.response, 'keyId') ?? text(call.request, 'keyId');
  if (told === undefined) return undefined;
  return parseArn(told) ? told : arn(call, 'kms', `key/${told}`);
}
