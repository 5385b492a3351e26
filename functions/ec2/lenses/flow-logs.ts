import {
  CreateFlowLogsCommand,
  DeleteFlowLogsCommand,
  DescribeVpcsCommand,
  EC2Client,
  paginateDescribeFlowLogs,
  paginateDescribeSubnets,
  paginateDescribeVpcs,
} from '@aws-sdk/client-ec2';
import { client, orNull } from '../../../shared/aws/client.ts';
import { fault } from '../../../shared/core/fault.ts';
import { canonical } from '../../../shared/core/json.ts';
import type { Lens } from '../../../shared/core/rule.ts';
import { asked, type FlowLog, flowLogOf, type Way, waysOf } from './flow-log.ts';

/** `ids`: of flow logs that were deleted; `vpc`: one that was just made. */
export type Recorded = { readonly ids: readonly string[] } | { readonly vpc: string };

/**
 * The flow logs of the region, and the ids of its VPCs and subnets. Of one VPC: its own flow logs, its id while it is there,
 * and what is usual: the ways in which the region's other VPCs are recorded, those that have any.
 */
export type FlowLogs = {
  readonly logs: readonly FlowLog[];
  readonly networks: readonly string[];
  readonly usual?: readonly (readonly Way[])[];
};

/** What a flow log is but for its id: one that is made again has a new one. */
export const meant = ({ id: _, ...rest }: FlowLog): string => canonical(rest);

/** A deletion tells nothing but ids: what was recorded of what is known only by having seen them all. */
export const flowLogs: Lens<Recorded, FlowLogs> = {
  id: 'ec2/flow-logs',
  key: (target) => ('vpc' in target ? target.vpc : 'all'),
  async read(target) {
    const paged = { client: client(EC2Client) };
    const logs: FlowLog[] = [];
    for await (const page of paginateDescribeFlowLogs(paged, {})) logs.push(...(page.FlowLogs ?? []).map(flowLogOf));
    if ('vpc' in target) return ofVpc(target.vpc, logs);
    const networks: string[] = [];
    for await (const { Vpcs = [] } of paginateDescribeVpcs(paged, {}))
      networks.push(...Vpcs.map(({ VpcId = '' }) => VpcId));
    for await (const { Subnets = [] } of paginateDescribeSubnets(paged, {}))
      networks.push(...Subnets.map(({ SubnetId = '' }) => SubnetId));
    return { logs, networks };
  },
  // Networks come and go: they are none of what is written.
  canon: ({ logs }) => logs.map(meant).sort(),
  async write(_target, from, to) {
    if (to === null) throw fault('NotWritable', 'the flow logs of a region are a list, be it an empty one');
    const [before, after] = [from?.logs ?? [], to.logs].map((logs) => new Set(logs.map(meant)));
    const gone = (from?.logs ?? []).filter((log) => !after?.has(meant(log)));
    const ec2 = client(EC2Client);
    if (gone.length > 0) await ec2.send(new DeleteFlowLogsCommand({ FlowLogIds: gone.map(({ id }) => id) }));
    for (const log of to.logs.filter((one) => !before?.has(meant(one)))) await create(log);
  },
  // The role that makes a flow log again must not be able to delete one.
  undo: () => 'operator',
};

async function ofVpc(vpc: string, all: readonly FlowLog[]): Promise<FlowLogs> {
  // A filter finds nothing where an id would be an error: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcs.html
  const asking = new DescribeVpcsCommand({ Filters: [{ Name: 'vpc-id', Values: [vpc] }] });
  const { Vpcs = [] } = await client(EC2Client).send(asking);
  const networks = Vpcs.map(({ VpcId = '' }) => VpcId);
  return { logs: all.filter(({ resource }) => resource === vpc), networks, usual: waysOf(all, vpc) };
}

/** The call succeeds, whatever becomes of it: API_CreateFlowLogs, unsuccessful. One that is there already is a retry's. */
async function create(log: FlowLog): Promise<void> {
  const made = await orNull([exists], () => client(EC2Client).send(new CreateFlowLogsCommand(asked(log))));
  const [refused] = (made?.Unsuccessful ?? []).filter(({ Error: error }) => error?.Code !== exists);
  if (refused)
    throw fault('NotMade', `the flow log of ${log.resource}: ${refused.Error?.Code} ${refused.Error?.Message ?? ''}`);
}

const exists = 'FlowLogAlreadyExists';
