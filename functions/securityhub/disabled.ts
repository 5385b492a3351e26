import { arn, partitionOf } from '../../shared/aws/arn.ts';
import { listed, member, named } from '../../shared/aws/telling.ts';
import type { Json } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { type Hub, type Hubbed, hubLens } from './lenses/hub.ts';

const reference = 'https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecurityhub.html';
const hubs = 'arn:${AWS::Partition}:securityhub:${AWS::Region}:${AWS::AccountId}:hub/default' as const;

export const disabled = rule({
  id: 'securityhub/disabled',
  title: 'Security Hub or its standards were switched off',
  severity: 'high',
  why: 'What is configured badly in this region is not reported any more, and findings of other services are not gathered. Ninety days after Security Hub was disabled, what it had found is gone for good.',
  class: 'G',
  watcher: true,
  breaks: 'nothing',
  risk: 'None to applications. The checks cost what they cost before.',
  mends:
    'switches on what was switched off: the standards that the call names; of a hub that was disabled those that were seen to be on for a day. Controls that had been switched off one by one, members and custom actions have to be set again. Without such a state a disabled hub is only told.',
  undoes: 'switches it off again, with your own credentials: the role that switches checks on may not switch them off.',
  responsibility: 'platform, applications, identity and access management',
  proof: 'fake',
  controls: [],
  // "CloudTrail captures API calls for Security Hub CSPM as events": AWS Security Hub User Guide, "Logging Security Hub API
  // calls with CloudTrail", whose examples write members as the API does. DisableSecurityHub and its V2 have none.
  triggers: calls('securityhub.amazonaws.com', 'DisableSecurityHub', 'DisableSecurityHubV2', 'BatchDisableStandards'),
  permissions: {
    read: [
      { actions: ['securityhub:DescribeHub', 'securityhub:GetEnabledStandards'], resources: [hubs] },
      { actions: ['securityhub:DescribeSecurityHubV2'], resources: { noArn: `${reference}: no resource types` } },
    ],
    write: [
      {
        actions: [
          'securityhub:BatchEnableStandards',
          'securityhub:EnableSecurityHub',
          'securityhub:UpdateSecurityHubConfiguration',
        ],
        resources: [hubs],
      },
      { actions: ['securityhub:EnableSecurityHubV2'], resources: { noArn: `${reference}: no resource types` } },
    ],
    undo: ['securityhub:DisableSecurityHub', 'securityhub:DisableSecurityHubV2', 'securityhub:BatchDisableStandards'],
  },
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const { region } = signal;
    const resource = arn(signal, 'securityhub', 'hub/default');
    if (signal.name === 'BatchDisableStandards') {
      const standards = standardsOf(signal);
      if (standards.length === 0) return unreadable('requestParameters.StandardsSubscriptionArns');
      const names = standards.map((one) => one.replace(/^.*:(standards|ruleset)\//, ''));
      const reason = `standards are checked no more: ${names.join(', ')}`;
      return [{ target: { region, newer: false, standards }, resource, reason, certainty: 'certain' }];
    }
    const newer = signal.name === 'DisableSecurityHubV2';
    const reason = `Security Hub${newer ? '' : ' CSPM'} was disabled in this region (${signal.name})`;
    const about = newer ? arn(signal, 'securityhub', 'hubv2/*') : resource;
    return [{ target: { region, newer, standards: [] }, resource: about, reason, certainty: 'certain' }];
  },
  fix: {
    kind: 'state',
    lens: hubLens,
    learns: {
      // EnableSecurityHub switches standards on by itself, unless told not to: API_EnableSecurityHub, EnableDefaultStandards.
      triggers: calls(
        'securityhub.amazonaws.com',
        'EnableSecurityHub',
        'BatchEnableStandards',
        'UpdateSecurityHubConfiguration',
      ),
      target: ({ region }): Hub | null => (region === null ? null : { region, newer: false, standards: [] }),
    },
    desire(state, { target: { newer, standards }, learned }) {
      if (newer) return 'on';
      if (state === 'on') return state;
      const before = learned === null || learned.state === 'on' ? null : learned.state;
      if (state === null)
        return (
          before ?? { unknown: 'which standards were on before is not known: aws securityhub enable-security-hub' }
        );
      // A hub that somebody has switched on again, or an attempt of ours half, checks at least what it did.
      const back = standards.length > 0 ? standards : Object.keys(before?.standards ?? {});
      return withStandards(state, back, before);
    },
  },
});

/** All that are on, and those that were; a standard that was there before gets its former inputs. */
function withStandards(state: Hubbed, standards: readonly string[], before: Hubbed | null): Hubbed {
  const back = standards.map((one) => [one, state.standards[one] ?? before?.standards[one] ?? {}] as const);
  return { ...state, standards: { ...state.standards, ...Object.fromEntries(back) } };
}

/**
 * The standards' own ARNs, which the answer tells. Else as subscriptions are named after them: `standards/<name>` of the
 * region, except for the oldest of CIS, which belongs to none (API_StandardsSubscription, "Standards reference").
 */
function standardsOf(call: Call): readonly string[] {
  const answered = member(call.response, 'StandardsSubscriptions');
  const told = (Array.isArray(answered) ? answered : []).map((one: Json) => named(one, 'StandardsArn'));
  if (told.length > 0 && told.every((one) => one !== undefined)) return listed(told);
  const prefix = `arn:${partitionOf(call.region)}:securityhub:`;
  return listed(member(call.request, 'StandardsSubscriptionArns')).map((subscription) => {
    const name = subscription.split(':subscription/')[1] ?? subscription;
    return name === 'cis-aws-foundations-benchmark/v/1.2.0'
      ? `${prefix}::ruleset/${name}`
      : `${prefix}${call.region ?? ''}::standards/${name}`;
  });
}
