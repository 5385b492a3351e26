import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type QueueAttributeName,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { parseArn } from '../../../shared/aws/arn.ts';
import { client, orNull } from '../../../shared/aws/client.ts';

/** A queue is reached in its own region, by a URL that SQS gives: one from an event could lead anywhere. */
async function found(queue: string): Promise<{ sqs: SQSClient; QueueUrl: string | undefined }> {
  const { region, account, resource } = parseArn(queue) ?? {};
  const sqs = client(SQSClient, region || undefined);
  const asked = new GetQueueUrlCommand({ QueueName: resource, QueueOwnerAWSAccountId: account });
  return { sqs, QueueUrl: (await sqs.send(asked)).QueueUrl };
}

/** These attributes of a queue, those that it has; null where there is no such queue (API_GetQueueUrl, Errors). */
export const attributesOf = (
  queue: string,
  names: readonly QueueAttributeName[],
): Promise<{ readonly [name: string]: string } | null> =>
  orNull(['QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue'], async () => {
    const { sqs, QueueUrl } = await found(queue);
    const answer = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] }));
    return answer.Attributes ?? {};
  });

/** Sets these and leaves the others: API_SetQueueAttributes. */
export async function setAttributes(queue: string, to: { readonly [name: string]: string }): Promise<void> {
  const { sqs, QueueUrl } = await found(queue);
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: to }));
}

/** "The change can take up to 60 seconds for most of the attributes to propagate": API_SetQueueAttributes. */
export const minutes = 2;
