import { arn } from '../../shared/aws/arn.ts';
import { told } from '../../shared/aws/telling.ts';
import { at, isObject, text } from '../../shared/core/json.ts';
import { calls, type Finding, rule, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';

export const findingsHidden = rule({
  id: 'guardduty/findings-hidden',
  title: 'GuardDuty was told to keep findings to itself',
  severity: 'medium',
  why: 'A filter that archives, and a list of trusted addresses, make findings disappear before anybody sees them. Both are useful against noise, and to whoever wants to be taken for noise.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  // "CloudTrail captures all API calls for GuardDuty as events": Amazon GuardDuty User Guide, "Logging Amazon GuardDuty
  // API calls with AWS CloudTrail". Members: Amazon GuardDuty API Reference, CreateFilter, CreateIPSet.
  triggers: calls('guardduty.amazonaws.com', 'CreateFilter', 'UpdateFilter', 'CreateIPSet', 'UpdateIPSet'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    if (!isObject(signal.request)) return unreadable('requestParameters');
    return signal.name.endsWith('Filter') ? filtered(signal) : trusted(signal);
  },
});

/** Without an action a new filter only sorts (NOOP is the default); an update keeps the action that it does not name. */
function filtered(call: Call): readonly Finding<{ resource: string }>[] {
  const action = text(call.request, 'action');
  if (action === undefined ? call.name === 'CreateFilter' : action !== 'ARCHIVE') return [];
  const name = text(call.request, 'name') ?? text(call.request, 'filterName') ?? '*';
  const [resource, certain] = [resourceOf(call, `filter/${name}`), action === 'ARCHIVE'];
  return told(
    resource,
    certain
      ? `the filter ${name} archives findings as they come`
      : `the filter ${name} was changed, which may archive findings`,
    certain ? 'certain' : 'possible',
  );
}

/** A list that is not active hides nothing. */
function trusted(call: Call): readonly Finding<{ resource: string }>[] {
  if (at(call.request, 'activate') === false) return [];
  const name = text(call.request, 'name') ?? text(call.request, 'ipSetId') ?? '*';
  const certain = at(call.request, 'activate') === true;
  return told(
    resourceOf(call, `ipset/${text(call.response, 'ipSetId') ?? text(call.request, 'ipSetId') ?? '*'}`),
    `findings about the addresses of the trusted list ${name} ${certain ? 'are' : 'may be'} left out`,
    certain ? 'certain' : 'possible',
  );
}

const resourceOf = (call: Call, part: string): string =>
  arn(call, 'guardduty', `detector/${text(call.request, 'detectorId') ?? '*'}/${part}`);
