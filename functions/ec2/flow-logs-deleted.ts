import { arn } from '../../shared/aws/arn.ts';
import { member } from '../../shared/aws/telling.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { answered, asked, items, texts } from './lenses/record.ts';
import { listedOf } from './lenses/sharing.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-6';

/** `ids`: of the flow logs that were deleted. */
export type Deleted = { readonly ids: readonly string[] };

export const flowLogsDeleted = rule<Deleted>({
  id: 'ec2/flow-logs-deleted',
  title: 'Flow logs were deleted',
  severity: 'high',
  why: 'Nothing records any more who talks to whom in that network. Intruders delete flow logs before they move on; what was recorded so far is still at its destination.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'operating system, network and firewall configuration',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'EC2.6', source: page },
    { framework: 'CIS AWS Foundations v3.0.0', id: '3.7', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'AU-12', source: page },
    { framework: 'MITRE ATT&CK', id: 'T1562.008', source: 'https://attack.mitre.org/techniques/T1562/008/' },
  ],
  // Recorded: Stratus Red Team, aws.defense-evasion.vpc-remove-flow-logs.
  triggers: calls('ec2.amazonaws.com', 'DeleteFlowLogs'),
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
});
