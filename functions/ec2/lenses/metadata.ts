import { EC2Client, ModifyInstanceMetadataOptionsCommand } from '@aws-sdk/client-ec2';
import { client } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import { described, type Target } from './instance.ts';

/** How the metadata service of an instance answers. */
export type Metadata = {
  readonly tokens: 'required' | 'optional';
  readonly endpoint: 'enabled' | 'disabled';
  /** Calls without a token in the last 24 hours, as far as CloudWatch has counted them. */
  readonly without: number;
};

const day = 86_400;

export const metadata: Lens<Target, Metadata> = {
  id: 'ec2/metadata',
  key: ({ instance }) => instance,
  async read(target) {
    const options = (await described(target))?.MetadataOptions;
    if (!options) return null;
    return {
      tokens: options.HttpTokens === 'required' ? 'required' : 'optional',
      endpoint: options.HttpEndpoint === 'disabled' ? 'disabled' : 'enabled',
      without: options.HttpTokens === 'required' ? 0 : await withoutToken(target),
    };
  },
  canon: ({ tokens, endpoint }) => ({ tokens, endpoint }),
  /** Tokens can't be asked for without saying that the service is on: "set HttpEndpoint to 'enabled'", EC2 answers else. */
  async write({ instance }, from, to) {
    if (to === null || from?.endpoint !== to.endpoint)
      throw fault('NotWritable', `${instance}: whether tokens are required is written, nothing else`);
    const asked = { InstanceId: instance, HttpTokens: to.tokens, HttpEndpoint: to.endpoint };
    await client(EC2Client).send(new ModifyInstanceMetadataOptionsCommand(asked));
  },
  // The role may require tokens, and not let them go.
  undo: () => 'operator',
};

/**
 * "Before requiring that IMDSv2 is used, ensure that the instance isn't making IMDSv1 calls":
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-IMDS-existing-instances.html
 */
async function withoutToken({ instance }: Target): Promise<number> {
  const { CloudWatchClient, GetMetricStatisticsCommand } = await import('./metric-calls.ts');
  const now = Date.now();
  const { Datapoints = [] } = await client(CloudWatchClient).send(
    new GetMetricStatisticsCommand({
      Namespace: 'AWS/EC2',
      MetricName: 'MetadataNoToken',
      Dimensions: [{ Name: 'InstanceId', Value: instance }],
      StartTime: new Date(now - day * 1000),
      EndTime: new Date(now),
      Period: day,
      Statistics: ['Sum'],
    }),
  );
  return Datapoints.reduce((sum, { Sum = 0 }) => sum + Sum, 0);
}
