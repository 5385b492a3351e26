import { arn } from '../../shared/aws/arn.ts';
import { member } from '../../shared/aws/telling.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { type Deleted, type FlowLogs, flowLogs, meant } from './lenses/flow-logs.ts';
import { all, anywhere } from './lenses/grants.ts';
import { answered, asked, items, texts } from './lenses/record.ts';
import { listedOf } from './lenses/sharing.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-6';

const logs = 'https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html';

export const flowLogsDeleted = rule<Deleted, FlowLogs>({
  id: 'ec2/flow-logs-deleted',
  title: 'Flow logs were deleted',
  severity: 'high',
  why: 'Nothing records any more who talks to whom in that network. Intruders delete flow logs before they move on; what was recorded so far is still at its destination.',
  class: 'A',
  breaks: 'nothing',
  watcher: true,
  risk: 'None to the network: a flow log only watches. It costs what it cost before. Whoever takes down a VPC on purpose sees the flow log come back, unless the VPC is gone already.',
  mends:
    'creates the flow logs of VPCs and subnets again as they were, with the same destination, format and tags, where Firebreak had learned them: it reads all flow logs of a region after one is created, and learns them when they are the same a day later. Else it tells.',
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
  triggers: calls('ec2.amazonaws.com', 'DeleteFlowLogs'),
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
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const asking = texts(member(asked(signal), 'FlowLogId')).slice(0, 1000);
    if (asking.length === 0) return unreadable('requestParameters.DeleteFlowLogsRequest.FlowLogId');
    // The call succeeds, whatever becomes of each: API_DeleteFlowLogs, unsuccessful.
    const failed = new Set(texts(items(member(answered(signal), 'unsuccessful')), 'resourceId'));
    const ids = asking.filter((id) => !failed.has(id)).sort();
    if (ids.length === 0) return [];
    const [only] = ids;
    const resource = arn(signal, 'ec2', `vpc-flow-log/${ids.length === 1 ? only : '*'}`);
    const reason = `${ids.length === 1 ? 'the flow log' : 'the flow logs'} ${listedOf(ids)} ${ids.length === 1 ? 'was' : 'were'} deleted`;
    return [{ target: { ids }, resource, reason, certainty: 'certain' }];
  },
  fix: {
    kind: 'state',
    lens: flowLogs,
    desire(state, { target: { ids }, learned }) {
      if (state === null) return null;
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
