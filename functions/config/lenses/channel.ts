import {
  ConfigServiceClient,
  DeleteDeliveryChannelCommand,
  type DeliveryChannel,
  DescribeDeliveryChannelsCommand,
  PutDeliveryChannelCommand,
} from '@aws-sdk/client-config-service';
import { client, orNull } from '../../../shared/aws/client.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import { here, type Place } from './recorder.ts';

/** As PutDeliveryChannel takes it: API_DeliveryChannel. */
export type Channel = {
  readonly name: string;
  readonly s3BucketName: string;
  readonly s3KeyPrefix?: string | undefined;
  readonly s3KmsKeyArn?: string | undefined;
  readonly snsTopicARN?: string | undefined;
  readonly configSnapshotDeliveryProperties?: { readonly deliveryFrequency: string } | undefined;
};

/** The region's delivery channel. Null where there is none. */
export const channel: Lens<Place, Channel> = {
  id: 'config/delivery-channel',
  key: here,
  async read() {
    const { DeliveryChannels = [] } = await client(ConfigServiceClient).send(new DescribeDeliveryChannelsCommand({}));
    return DeliveryChannels[0] ? (JSON.parse(JSON.stringify(DeliveryChannels[0])) as Channel) : null;
  },
  async write(_, from, to) {
    if (to !== null)
      await client(ConfigServiceClient).send(new PutDeliveryChannelCommand({ DeliveryChannel: to as DeliveryChannel }));
    else if (from !== null)
      await orNull(['NoSuchDeliveryChannelException'], () =>
        client(ConfigServiceClient).send(new DeleteDeliveryChannelCommand({ DeliveryChannelName: from.name })),
      );
  },
  undo: () => 'operator',
};
