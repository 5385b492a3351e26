import {
  CreateFlowLogsCommand,
  type CreateFlowLogsCommandInput,
  CreateSubnetCommand,
  CreateVpcCommand,
  DeleteFlowLogsCommand,
  DeleteSubnetCommand,
  DeleteVpcCommand,
  DescribeFlowLogsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import type { Json } from '../../../shared/core/json.ts';
import type { Stage } from '../../support/stage.ts';

type Asked = Omit<CreateFlowLogsCommandInput, 'ResourceIds' | 'ResourceType'>;

const role = 'arn:aws:iam::123456789012:role/flow-logs';
const toGroup = { LogDestinationType: 'cloud-watch-logs', DeliverLogsPermissionArn: role } as const;

/** Two flow logs, of a VPC and of a subnet of it; the first `deleted` of them are gone. */
function stage(name: string, ofVpc: Asked, told: { readonly [member: string]: Json }, deleted: 1 | 2): Stage {
  const made: Stage & { learned: Json } = {
    rule: 'ec2/flow-logs-deleted',
    name,
    learned: null,
    async set() {
      const ec2 = new EC2Client({});
      const vpc = (await ec2.send(new CreateVpcCommand({ CidrBlock: '10.66.0.0/16' }))).Vpc?.VpcId ?? '';
      const subnet =
        (await ec2.send(new CreateSubnetCommand({ VpcId: vpc, CidrBlock: '10.66.1.0/24' }))).Subnet?.SubnetId ?? '';
      const create = async (asked: CreateFlowLogsCommandInput): Promise<string> =>
        (await ec2.send(new CreateFlowLogsCommand(asked))).FlowLogIds?.[0] ?? '';
      const plain = { ...toGroup, LogGroupName: 'flow-subnet', TrafficType: 'REJECT' } as const;
      const first = await create({ ...ofVpc, ResourceIds: [vpc], ResourceType: 'VPC' });
      const second = await create({ ...plain, ResourceIds: [subnet], ResourceType: 'Subnet' });
      const standard =
        '${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}';
      const log = { type: 'cloud-watch-logs', destination: null, crossAccountRole: null, options: null, tags: {} };
      const logs = [
        { ...log, id: first, resource: vpc, role, format: standard, interval: 600, ...told },
        {
          ...{ ...log, id: second, resource: subnet, traffic: 'REJECT', role, group: 'flow-subnet' },
          ...{ format: standard, interval: 600 },
        },
      ];
      const gone = [first, second].slice(0, deleted);
      await ec2.send(new DeleteFlowLogsCommand({ FlowLogIds: gone }));
      made.learned = { logs, networks: [vpc, subnet] };
      const content = gone.map((id, index) => ({ content: id, tag: index + 1 }));
      return {
        target: { ids: [...gone].sort() },
        after: { logs, networks: [] },
        call: {
          name: 'DeleteFlowLogs',
          request: { DeleteFlowLogsRequest: { FlowLogId: content } },
          response: { DeleteFlowLogsResponse: { unsuccessful: '' } },
        },
        async clear() {
          const left = (await ec2.send(new DescribeFlowLogsCommand({}))).FlowLogs ?? [];
          const FlowLogIds = left.flatMap(({ FlowLogId }) => FlowLogId ?? []);
          if (FlowLogIds.length > 0) await ec2.send(new DeleteFlowLogsCommand({ FlowLogIds }));
          await ec2.send(new DeleteSubnetCommand({ SubnetId: subnet }));
          await ec2.send(new DeleteVpcCommand({ VpcId: vpc }));
        },
      };
    },
  };
  return made;
}

export const stages: readonly Stage[] = [
  stage(
    'that of a VPC, with tags and a format of its own; a subnet’s stays',
    {
      ...toGroup,
      LogGroupName: 'flow-vpc',
      TrafficType: 'ALL',
      LogFormat: '${srcaddr} ${dstaddr}',
      MaxAggregationInterval: 60,
      TagSpecifications: [{ ResourceType: 'vpc-flow-log', Tags: [{ Key: 'Owner', Value: 'security' }] }],
    },
    { traffic: 'ALL', group: 'flow-vpc', format: '${srcaddr} ${dstaddr}', interval: 60, tags: { Owner: 'security' } },
    1,
  ),
  stage(
    'both at once, one of which goes to a delivery stream',
    {
      LogDestinationType: 'kinesis-data-firehose',
      LogDestination: 'arn:aws:firehose:us-east-1:123456789012:deliverystream/flow',
      TrafficType: 'ACCEPT',
    },
    {
      type: 'kinesis-data-firehose',
      destination: 'arn:aws:firehose:us-east-1:123456789012:deliverystream/flow',
      group: null,
      role: null,
      traffic: 'ACCEPT',
    },
    2,
  ),
];
