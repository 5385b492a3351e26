import { arn } from '../../shared/aws/arn.ts';
import { listed, told } from '../../shared/aws/telling.ts';
import { at, text } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';

export const membershipChanged = rule({
  id: 'guardduty/membership-changed',
  title: 'GuardDuty findings no longer reach the administrator',
  severity: 'high',
  why: 'In an organisation one account looks at the findings of all. An account that leaves it, or is left out, raises its alarms where nobody looks.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  // "CloudTrail captures all API calls for GuardDuty as events": Amazon GuardDuty User Guide, "Logging Amazon GuardDuty
  // API calls with AWS CloudTrail". Members: Amazon GuardDuty API Reference.
  triggers: calls(
    'guardduty.amazonaws.com',
    'DisassociateFromMasterAccount',
    'DisassociateFromAdministratorAccount',
    'DisassociateMembers',
    'StopMonitoringMembers',
    'DeleteMembers',
  ),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const detector = text(signal.request, 'detectorId');
    if (detector === undefined) return unreadable('requestParameters.detectorId');
    const members = listed(at(signal.request, 'accountIds'));
    const who = members.length > 0 ? `the accounts ${members.join(', ')}` : 'this account';
    const how = signal.name === 'StopMonitoringMembers' ? 'no longer watched' : 'no longer with their administrator';
    return told(
      arn(signal, 'guardduty', `detector/${detector}`),
      `GuardDuty: ${who}: ${members.length > 0 ? how : 'no longer with its administrator'} (${signal.name})`,
    );
  },
});
