/** Publishes an incident's message to the deployment's SNS topic. */
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { client } from '../aws/client.ts';
import type { Incident } from '../core/incident.ts';
import { render } from './message.ts';

/** Throws the SDK's error when the topic does not take it: the delivery is tried again, and the message with it. */
export async function publish(topicArn: string, incident: Incident): Promise<void> {
  const { subject, text, attributes } = render(incident);
  await client(SNSClient).send(
    new PublishCommand({
      TopicArn: topicArn,
      Subject: subject,
      Message: text,
      MessageAttributes: Object.fromEntries(
        // The id is what other channels read the record by: what they say is what the record says then.
        Object.entries({ ...attributes, incident: incident.id }).map(([name, value]) => [
          name,
          { DataType: 'String', StringValue: value },
        ]),
      ),
    }),
  );
}
