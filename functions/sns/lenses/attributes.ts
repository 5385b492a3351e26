import { GetTopicAttributesCommand, SetTopicAttributesCommand, SNSClient } from '@aws-sdk/client-sns';
import { parseArn } from '../../../shared/aws/arn.ts';
import { client, orNull } from '../../../shared/aws/client.ts';

// A topic is reached in its own region, which its ARN names.
const home = (topic: string): SNSClient => client(SNSClient, parseArn(topic)?.region || undefined);

/** All attributes of a topic; null where there is no such topic (API_GetTopicAttributes, Errors). */
export const attributesOf = (topic: string): Promise<{ readonly [name: string]: string } | null> =>
  orNull(['NotFoundException', 'NotFound'], async () => {
    const { Attributes } = await home(topic).send(new GetTopicAttributesCommand({ TopicArn: topic }));
    return Attributes ?? {};
  });

export async function setAttribute(topic: string, name: 'Policy' | 'KmsMasterKeyId', value: string): Promise<void> {
  const asked = new SetTopicAttributesCommand({ TopicArn: topic, AttributeName: name, AttributeValue: value });
  await home(topic).send(asked);
}
