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

const standard =
  '${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}';

/** Two flow logs, of a VPC and of a subnet of it; the first `deleted` of them are gone. */
function stage(name: string, ofVpc: Asked, told: { readonly [member: string]: Json }, deleted: 1 | 2): Stage {
  const made: Stage & { learned: Json } = {
    rule: 'ec2/flow-logs-deleted',
    name,
    learned: null,
    stands: true,
    async set(stood) {
      const ec2 = new EC2Client({});
      const vpc = (await ec2.send(new CreateVpcCommand({ CidrBlock: '10.66.0.0/16' }))).Vpc?.VpcId ?? '';
      const subnet =
        (await ec2.send(new CreateSubnetCommand({ VpcId: vpc, CidrBlock: '10.66.1.0/24' }))).Subnet?.SubnetId ?? '';
      const create = async (asked: CreateFlowLogsCommandInput): Promise<string> =>
        (await ec2.send(new CreateFlowLogsCommand(asked))).FlowLogIds?.[0] ?? '';
      const plain = { ...toGroup, LogGroupName: 'flow-subnet', TrafficType: 'REJECT' } as const;
      const first = await create({ ...ofVpc, ResourceIds: [vpc], ResourceType: 'VPC' });
      const second = await create({ ...plain, ResourceIds: [subnet], ResourceType: 'Subnet' });
      const log = { type: 'cloud-watch-logs', destination: null, crossAccountRole: null, options: null, tags: {} };
      const logs = [
        { ...log, id: first, resource: vpc, role, format: standard, interval: 600, ...told },
        {
          ...{ ...log, id: second, resource: subnet, traffic: 'REJECT', role, group: 'flow-subnet' },
          ...{ format: standard, interval: 600 },
        },
      ];
      const gone = [first, second].slice(0, deleted);
      const target = { ids: [...gone].sort() };
      await stood?.(target);
      await ec2.send(new DeleteFlowLogsCommand({ FlowLogIds: gone }));
      made.learned = { logs, networks: [vpc, subnet] };
      const content = gone.map((id, index) => ({ content: id, tag: index + 1 }));
      return {
        target,
        after: { logs, networks: [] },
        call: {
          name: 'DeleteFlowLogs',
          request: { DeleteFlowLogsRequest: { FlowLogId: content } },
          response: { DeleteFlowLogsResponse: { unsuccessful: '' } },
        },
        async clear() {
          await deleteAll(ec2);
          await ec2.send(new DeleteSubnetCommand({ SubnetId: subnet }));
          await ec2.send(new DeleteVpcCommand({ VpcId: vpc }));
        },
      };
    },
  };
  return made;
}

/** A new VPC beside one that is recorded to a delivery stream: its own flow log is as `set` says, or as that one's. */
function madeVpc(name: string, set: { destination: string; traffic: 'REJECT' } | undefined): Stage {
  return {
    rule: 'ec2/flow-logs-deleted',
    name,
    later: true,
    ...(set && { baseline: set }),
    async set() {
      const ec2 = new EC2Client({});
      const create = async (block: string): Promise<string> =>
        (await ec2.send(new CreateVpcCommand({ CidrBlock: block }))).Vpc?.VpcId ?? '';
      const [old, vpc] = [await create('10.67.0.0/16'), await create('10.68.0.0/16')];
      const destination = 'arn:aws:firehose:us-east-1:123456789012:deliverystream/of-all';
      const type = 'kinesis-data-firehose';
      const of = { ResourceType: 'VPC', TrafficType: 'ALL', MaxAggregationInterval: 60 } as const;
      const to = { LogDestinationType: type, LogDestination: destination } as const;
      await ec2.send(new CreateFlowLogsCommand({ ResourceIds: [old], ...of, ...to }));
      const usual = { type, destination, traffic: 'ALL', interval: 60 };
      const log = { id: '', resource: vpc, group: null, role: null, crossAccountRole: null, tags: {} };
      const after = { ...log, ...usual, format: standard, options: null, ...set, ...(set && { interval: 600 }) };
      return {
        target: { vpc },
        after: { logs: [after], networks: [] },
        call: { name: 'CreateVpc', request: { cidrBlock: '10.68.0.0/16' }, response: { vpc: { vpcId: vpc } } },
        async clear() {
          await deleteAll(ec2);
          for (const id of [old, vpc]) await ec2.send(new DeleteVpcCommand({ VpcId: id }));
        },
      };
    },
  };
}

async function deleteAll(ec2: EC2Client): Promise<void> {
  const left = (await ec2.send(new DescribeFlowLogsCommand({}))).FlowLogs ?? [];
  const FlowLogIds = left.flatMap(({ FlowLogId }) => FlowLogId ?? []);
  if (FlowLogIds.length > 0) await ec2.send(new DeleteFlowLogsCommand({ FlowLogIds }));
}

export const stages: readonly Stage[] = [
  madeVpc('a new VPC is recorded as the others are', undefined),
  madeVpc('a new VPC is recorded as firebreak.yml says', {
    destination: 'arn:aws:firehose:us-east-1:123456789012:deliverystream/by-setting',
    traffic: 'REJECT',
  }),
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
