/** What a deployed function is told of its stack: serverless.yml, environment. */
import type { Context } from 'aws-lambda';
import { fault } from '../core/fault.ts';
import { plain } from '../notify/plain.ts';
import type { Parts } from './compose.ts';

export function needed(name: string): string {
  const value = process.env[name];
  if (!value) throw fault('NotDeployed', `the function's environment lacks ${name}: deploy it with serverless.yml`);
  return value;
}

/** The deployment's own resources, and who works in this invocation. */
export function deployedAs(
  context: Context,
): Pick<Parts, 'stack' | 'table' | 'topicArn' | 'macKey' | 'waker' | 'holder'> {
  const stack = needed('FIREBREAK_STACK');
  return {
    stack,
    table: needed('FIREBREAK_TABLE'),
    topicArn: needed('FIREBREAK_TOPIC'),
    macKey: needed('FIREBREAK_MAC_KEY'),
    waker: {
      functionArn: context.invokedFunctionArn,
      roleArn: needed('FIREBREAK_WAKER_ROLE'),
      group: stack,
      deadLetterArn: needed('FIREBREAK_DEAD_LETTERS'),
    },
    holder: context.awsRequestId,
  };
}

/** Name and message only: an SDK error may carry the request, and the request a secret. */
export const named = (error: unknown): string =>
  error instanceof Error ? plain(`${error.name}: ${error.message}`, 500) : 'unknown';
