/** What belongs to Firebreak's own stack, by name; scripts/resources.yml and scripts/serverless.ts give the names. */
import { arn, parseArn } from '../../../shared/aws/arn.ts';
import type { JsonObject } from '../../../shared/core/json.ts';
import type { Call } from '../../../shared/core/signal.ts';
import type { Part } from './waking.ts';

/**
 * The part of a name, ARN or address that is the stack's: `<stack>` itself or `<stack>-…`. A lambda is called by its name
 * or ARN, a queue by its address, a table by its name or ARN, a stack by its name or id: what is between `:` and `/` counts.
 */
export const oursIn = (called: string, stack: string): string | undefined =>
  called.split(/[:/]/).find((part) => part === stack || part.startsWith(`${stack}-`));

/** The state in which a rule of ours wakes: one that asks for read-only events has a state of its own, and a name. */
export const awake = (rule: string): string =>
  /-read-only-\d+$/.test(rule) ? 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS' : 'ENABLED';

/** The target of a rule of ours, as it is deployed: its room is in its name. Null where the name holds none. */
export function targetOf({ rule, account, region }: Part, stack: string): JsonObject | null {
  const room = /^(.+?)-(?:read-only-)?\d+$/.exec(rule?.slice(stack.length + 1) ?? '')?.[1];
  if (room === undefined || account === null || region === null) return null;
  const here = { account, region };
  return {
    Id: 'function',
    Arn: arn(here, 'lambda', `function:${stack}-${room}`),
    DeadLetterConfig: { Arn: arn(here, 'sqs', `${stack}-dead-letters`) },
    RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 20 },
  };
}

/** Service authorization reference: the resource types of each service. */
export function resourceOf(call: Call, called: readonly string[], part: string): string {
  const full = called.find((one) => parseArn(one) !== null);
  if (full !== undefined) return full;
  switch (call.service) {
    case 'events.amazonaws.com':
      return arn(call, 'events', `rule/${part}`);
    case 'lambda.amazonaws.com':
      return arn(call, 'lambda', `function:${part}`);
    case 'iam.amazonaws.com':
      return arn(call, 'iam', `role/${part}`, { regional: false, owned: true });
    case 'dynamodb.amazonaws.com':
      return arn(call, 'dynamodb', `table/${part}`);
    case 'kms.amazonaws.com':
      return arn(call, 'kms', `alias/${part}`);
    case 'scheduler.amazonaws.com':
      return arn(call, 'scheduler', `schedule-group/${part}`);
    case 'cloudformation.amazonaws.com':
      return arn(call, 'cloudformation', `stack/${part}/*`);
    default:
      return arn(call, call.service.split('.')[0] ?? '', part);
  }
}
