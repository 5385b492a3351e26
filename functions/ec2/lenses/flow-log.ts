/** A flow log as EC2 describes it, and as it is asked for. A flow log can't be changed, only made anew. */
import type { CreateFlowLogsCommandInput, FlowLog as Described, FlowLogsResourceType } from '@aws-sdk/client-ec2';
import { canonical, type Json, type JsonObject } from '../../../shared/core/json.ts';

/** `resource`: the id of what it records; members that are null were not given. */
export type FlowLog = {
  readonly id: string;
  readonly resource: string;
  readonly traffic: string | null;
  readonly type: string;
  readonly destination: string | null;
  readonly group: string | null;
  readonly role: string | null;
  readonly crossAccountRole: string | null;
  readonly format: string | null;
  /** Seconds. */
  readonly interval: number | null;
  readonly options: JsonObject | null;
  /** Without those that begin `aws:`, which nobody but AWS can write. */
  readonly tags: { readonly [key: string]: string };
};

/** How a network is recorded: what its flow log and another network's may have in common. */
export type Way = Omit<FlowLog, 'id' | 'resource' | 'tags'>;

const wayOf = ({ id: _, resource: __, tags: ___, ...way }: FlowLog): Way => way;

/** The flow log that records a network in this way; whose it is, tags say of another. */
export const recording = (resource: string, way: Way): FlowLog => ({ ...way, id: '', resource, tags: {} });

/** The ways in which the region's VPCs but this one are recorded: one where all that have flow logs have the same. */
export function waysOf(logs: readonly FlowLog[], but: string): readonly (readonly Way[])[] {
  const byVpc = Map.groupBy(logs, ({ resource }) => resource);
  const ways = [...byVpc].flatMap(([vpc, own]) =>
    vpc.startsWith('vpc-') && vpc !== but ? [distinct(own.map(wayOf))] : [],
  );
  return distinct(ways);
}

const distinct = <T extends Json>(values: readonly T[]): readonly T[] =>
  [...new Map(values.map((value) => [canonical(value), value]))]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, one]) => one);

export const flowLogOf = (log: Described): FlowLog => ({
  id: log.FlowLogId ?? '',
  resource: log.ResourceId ?? '',
  traffic: log.TrafficType ?? null,
  // "Default: cloud-watch-logs": API_CreateFlowLogs, LogDestinationType.
  type: log.LogDestinationType ?? 'cloud-watch-logs',
  destination: log.LogDestination ?? null,
  group: log.LogGroupName ?? null,
  role: log.DeliverLogsPermissionArn ?? null,
  crossAccountRole: log.DeliverCrossAccountRole ?? null,
  format: log.LogFormat ?? null,
  interval: log.MaxAggregationInterval ?? null,
  options: log.DestinationOptions ? (JSON.parse(JSON.stringify(log.DestinationOptions)) as JsonObject) : null,
  tags: Object.fromEntries(
    (log.Tags ?? []).flatMap(({ Key = '', Value = '' }) => (Key.startsWith('aws:') ? [] : [[Key, Value]])),
  ),
});

const types: Readonly<Record<string, FlowLogsResourceType>> = {
  eni: 'NetworkInterface',
  subnet: 'Subnet',
  'tgw-attach': 'TransitGatewayAttachment',
  tgw: 'TransitGateway',
  vpc: 'VPC',
};

/** A log group is named by its ARN or its name, not by both: API_CreateFlowLogs, LogDestination. */
export function asked(log: FlowLog): CreateFlowLogsCommandInput {
  const tags = Object.entries(log.tags).map(([Key, Value]) => ({ Key, Value }));
  const asking = {
    ResourceIds: [log.resource],
    ResourceType: types[log.resource.slice(0, log.resource.lastIndexOf('-'))],
    TrafficType: log.traffic,
    LogDestinationType: log.type,
    LogDestination: log.destination,
    LogGroupName: log.destination === null ? log.group : null,
    DeliverLogsPermissionArn: log.role,
    DeliverCrossAccountRole: log.crossAccountRole,
    LogFormat: log.format,
    MaxAggregationInterval: log.interval,
    DestinationOptions: log.options,
    TagSpecifications: tags.length > 0 ? [{ ResourceType: 'vpc-flow-log', Tags: tags }] : null,
  };
  const given = Object.entries(asking).filter(([, value]) => value !== null);
  return Object.fromEntries(given) as unknown as CreateFlowLogsCommandInput;
}
