/** How a VPC that was made without a flow log is to be recorded: as firebreak.yml says, else as the region's others are. */
import { parseArn } from '../../../shared/aws/arn.ts';
import type { Unknown } from '../../../shared/core/rule.ts';
import { recording, type Way } from './flow-log.ts';
import type { FlowLogs } from './flow-logs.ts';

/** LogDestinationType, by the service of the destination's ARN: API_CreateFlowLogs, LogDestination. */
const types: Readonly<Record<string, string>> = {
  s3: 's3',
  logs: 'cloud-watch-logs',
  firehose: 'kinesis-data-firehose',
};

/** `destination`: the ARN of a bucket, a log group or a delivery stream; `role`: what lets flow logs write to a log group. */
export type Setting = {
  readonly destination?: string | undefined;
  readonly role?: string | undefined;
  readonly traffic?: string | undefined;
};

/** The default: VPC user guide, "Flow log records", the fields of version 2. */
const format =
  '${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}';

function asSet({ destination, role, traffic = 'ALL' }: Setting): Way | null {
  const { service = '', resource = '' } = parseArn(destination ?? '') ?? {};
  const type = types[service];
  if (destination === undefined || type === undefined) return null;
  const group = service === 'logs' ? resource.replace(/^log-group:/, '').replace(/:\*$/, '') : null;
  const to = group === null ? destination : null;
  // Seconds; the default: API_CreateFlowLogs, MaxAggregationInterval.
  const interval = 600;
  const rest = { role: role ?? null, crossAccountRole: null, format, interval, options: null };
  return { traffic, type, destination: to, group, ...rest };
}

/** The VPC with a flow log; as it is where it has one, or is gone. */
export function recorded(state: FlowLogs, vpc: string, set: Setting): FlowLogs | Unknown {
  const { logs, networks, usual = [] } = state;
  if (!networks.includes(vpc) || logs.length > 0) return state;
  const own = asSet(set);
  // Required where it is a log group: API_CreateFlowLogs, DeliverLogsPermissionArn.
  if (own?.group && own.role === null)
    return { unknown: `${vpc} has no flow log, and firebreak.yml names a log group for it without a role` };
  const ways = own ? [own] : usual.length === 1 ? usual[0] : undefined;
  if (ways) return { ...state, logs: ways.map((way) => recording(vpc, way)) };
  const others = usual.length === 0 ? 'no other VPC of the region has one' : 'the region’s other VPCs differ in theirs';
  return { unknown: `${vpc} has no flow log, ${others}, and firebreak.yml names no destination for it` };
}
