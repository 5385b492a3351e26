import * as v from 'valibot';
import { arn } from '../../shared/aws/arn.ts';
import { member } from '../../shared/aws/telling.ts';
import { text } from '../../shared/core/json.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { type FlowLogs, flowLogs, meant, type Recorded } from './lenses/flow-logs.ts';
import { all, anywhere } from './lenses/grants.ts';
import { recorded } from './lenses/new-vpc.ts';
import { answered, asked, items, texts } from './lenses/record.ts';
import { listedOf } from './lenses/sharing.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-6';

const logs = 'https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html';

const set = (form: RegExp, what: string) => v.optional(v.pipe(v.string(), v.regex(form), v.description(what)));
const baseline = v.strictObject({
  destination: set(/^arn:[\w-]+:(s3|logs|firehose):\S+$/, 'where new VPCs’ logs go: a bucket, log group or stream'),
  role: set(/^arn:[\w-]+:iam::\d{12}:role\/\S+$/, 'the role that delivers them to a log group'),
  traffic: v.optional(v.pipe(v.picklist(['ALL', 'ACCEPT', 'REJECT']), v.description('of new VPCs')), 'ALL'),
});

export const flowLogsDeleted = rule<Recorded, FlowLogs, v.InferInput<typeof baseline>>({
  id: 'ec2/flow-logs-deleted',
  title: 'A network is without flow logs',
  severity: 'high',
  why: 'Nothing records who talks to whom in that network. Intruders delete flow logs before they move on, and what was recorded so far is still at its destination; a network that was made without one leaves no trace of what comes and goes.',
  class: 'A',
  breaks: 'nothing',
  watcher: true,
  risk: 'None to the network: a flow log only watches. It costs what it cost before. Whoever takes down a VPC on purpose sees the flow log come back, unless the VPC is gone already.',
  mends:
    'creates the flow logs of VPCs and subnets again as they were, with the same destination, format and tags, where Firebreak had learned them: it reads all flow logs of a region after one is created, and learns them when they are the same a day later. Else it tells. A VPC that was made is looked at an hour later: where it has no flow log, it asks whether to record it as firebreak.yml says under baselines, else as all other VPCs of the region that are recorded, where those have the same; else it tells.',
  undoes: 'deletes those flow logs again, with your own credentials: the role that makes one can’t delete one.',
  proof: 'emulator',
  responsibility: 'operating system, network and firewall configuration',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'EC2.6', source: page },
    { framework: 'CIS AWS Foundations v3.0.0', id: '3.7', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'AU-12', source: page },
    { framework: 'MITRE ATT&CK', id: 'T1562.008', source: 'https://attack.mitre.org/techniques/T1562/008/' },
  ],
  // Recorded: Stratus Red Team, aws.defense-evasion.vpc-remove-flow-logs.
  // CreateVpc: `responseElements.vpc.vpcId` in events that others recorded in 2018 and 2019, as in API_CreateVpc.
  triggers: calls('ec2.amazonaws.com', 'DeleteFlowLogs', 'CreateVpc'),
  permissions: {
    read: [anywhere('ec2:DescribeFlowLogs'), anywhere('ec2:DescribeVpcs'), anywhere('ec2:DescribeSubnets')],
    write: [
      { actions: ['ec2:CreateFlowLogs'], resources: [all('vpc'), all('subnet'), all('vpc-flow-log')] },
      {
        actions: ['ec2:CreateTags'],
        resources: [all('vpc-flow-log')],
        conditions: { StringEquals: { 'ec2:CreateAction': 'CreateFlowLogs' } },
      },
      // For log groups, which take a role: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
      {
        actions: ['iam:PassRole'],
        resources: ['arn:${AWS::Partition}:iam::${AWS::AccountId}:role/*'],
        conditions: { StringEquals: { 'iam:PassedToService': 'vpc-flow-logs.amazonaws.com' } },
      },
      // For buckets and delivery streams: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-iam.html
      {
        actions: ['logs:CreateLogDelivery'],
        resources: { noArn: `${logs}: the action has no resource types` },
      },
    ],
    undo: ['ec2:DeleteFlowLogs'],
  },
  baseline,
  detect(signal) {
    if (signal.kind !== 'call') return [];
    return signal.name === 'CreateVpc' ? created(signal) : deleted(signal);
  },
  fix: {
    kind: 'state',
    lens: flowLogs,
    desire(state, { target, learned, baseline: set }) {
      if (state === null) return null;
      if ('vpc' in target) return recorded(state, target.vpc, set);
      const { ids } = target;
      const lost = (learned?.state.logs ?? []).filter(({ id }) => ids.includes(id));
      if (lost.length === 0)
        return { unknown: `what ${listedOf(ids)} recorded, and where to, was not learned: AWS Config may know it` };
      const there = new Set(state.logs.map(meant));
      const missing = lost.filter((one) => !there.has(meant(one)));
      const other = missing.find(({ resource }) => !/^(vpc|subnet)-/.test(resource));
      if (other)
        return { unknown: `${other.id} recorded ${other.resource}: only those of VPCs and subnets are made again` };
      return {
        ...state,
        logs: [...state.logs, ...missing.filter(({ resource }) => state.networks.includes(resource))],
      };
    },
    learns: { triggers: calls('ec2.amazonaws.com', 'CreateFlowLogs'), target: () => ({ ids: [] }) },
  },
});

function deleted(call: Call): readonly Finding<Recorded>[] | Unreadable {
  const asking = texts(member(asked(call), 'FlowLogId')).slice(0, 1000);
  if (asking.length === 0) return unreadable('requestParameters.DeleteFlowLogsRequest.FlowLogId');
  // The call succeeds, whatever becomes of each: API_DeleteFlowLogs, unsuccessful.
  const failed = new Set(texts(items(member(answered(call), 'unsuccessful')), 'resourceId'));
  const ids = asking.filter((id) => !failed.has(id)).sort();
  if (ids.length === 0) return [];
  const [only] = ids;
  const resource = arn(call, 'ec2', `vpc-flow-log/${ids.length === 1 ? only : '*'}`);
  const reason = `${ids.length === 1 ? 'the flow log' : 'the flow logs'} ${listedOf(ids)} ${ids.length === 1 ? 'was' : 'were'} deleted`;
  return [{ target: { ids }, resource, reason, certainty: 'certain' }];
}

/** Whoever makes a network mostly makes its flow log next: there is time for that before anybody is asked. */
const minutes = 60;

function created(call: Call): readonly Finding<Recorded>[] | Unreadable {
  const vpc = text(answered(call), 'vpc', 'vpcId');
  if (vpc === undefined) return unreadable('responseElements.vpc.vpcId');
  const reason = `the VPC ${vpc} was made: ${minutes} minutes later it is read, whether it has a flow log`;
  const resource = arn(call, 'ec2', `vpc/${vpc}`);
  return [{ target: { vpc }, resource, reason, certainty: 'possible', aside: true, after: minutes }];
}
