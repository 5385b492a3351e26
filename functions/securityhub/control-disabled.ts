import { arn } from '../../shared/aws/arn.ts';
import { member, named, told } from '../../shared/aws/telling.ts';
import type { Json } from '../../shared/core/json.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';

export const controlDisabled = rule({
  id: 'securityhub/control-disabled',
  title: 'A control of Security Hub was switched off',
  severity: 'medium',
  why: 'What the control checked is checked no more, and what it had found disappears within days. That is a way to get rid of noise, and of a finding that somebody wants to hide.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [],
  // "CloudTrail captures API calls for Security Hub CSPM as events": AWS Security Hub User Guide, "Logging Security Hub API
  // calls with CloudTrail". Members: API_UpdateStandardsControl, API_BatchUpdateStandardsControlAssociations.
  triggers: calls('securityhub.amazonaws.com', 'UpdateStandardsControl', 'BatchUpdateStandardsControlAssociations'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    return signal.name === 'UpdateStandardsControl' ? one(signal) : several(signal);
  },
});

type Told = readonly Finding<{ resource: string }>[] | Unreadable;

function one(call: Call): Told {
  const status = named(call.request, 'ControlStatus');
  if (status === undefined) return unreadable('requestParameters.ControlStatus');
  if (status !== 'DISABLED') return [];
  const control = named(call.request, 'StandardsControlArn');
  if (control === undefined) return unreadable('requestParameters.StandardsControlArn');
  return told(control, `the control ${control.split(':control/')[1] ?? control} was disabled`);
}

const updatesIn = (value: unknown): readonly Json[] =>
  (Array.isArray(value) ? value : value === undefined ? [] : [value]) as readonly Json[];

const idOf = (update: Json): string =>
  `${named(update, 'SecurityControlId') ?? '*'} in ${named(update, 'StandardsArn') ?? 'a standard'}`;

/** Up to a hundred at once; the answer lists those that were refused, with the update inside. */
function several(call: Call): Told {
  const updates = updatesIn(member(call.request, 'StandardsControlAssociationUpdates'));
  if (updates.length === 0) return unreadable('requestParameters.StandardsControlAssociationUpdates');
  const refused = new Set(
    updatesIn(member(call.response, 'UnprocessedAssociationUpdates')).map((unprocessed) =>
      idOf((member(unprocessed, 'StandardsControlAssociationUpdate') ?? null) as Json),
    ),
  );
  const off = updates.filter(
    (update) => named(update, 'AssociationStatus') === 'DISABLED' && !refused.has(idOf(update)),
  );
  if (off.length === 0) return [];
  const names = off.slice(0, 10).map(idOf).join(', ');
  const first = off.length === 1 ? (named(off[0] ?? null, 'SecurityControlId') ?? '*') : '*';
  return told(
    arn(call, 'securityhub', `security-control/${first}`),
    `controls were disabled: ${names}${off.length > 10 ? ` and ${off.length - 10} more` : ''}`,
  );
}
