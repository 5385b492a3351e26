import { arn } from '../../shared/aws/arn.ts';
import { named } from '../../shared/aws/telling.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';

const everywhere = { regional: false, owned: true } as const;

export const protectionRemoved = rule({
  id: 'shield/protection-removed',
  title: 'Protection against floods was taken away',
  severity: 'high',
  why: 'Shield Advanced no longer guards a resource, its response team no longer calls, or the subscription ends at the end of its year. A flood then meets the application alone, and so does its bill.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'operating system, network and firewall configuration',
  controls: [],
  // DeleteProtection is shown in "Logging API calls with AWS CloudTrail", AWS WAF and Shield Advanced Developer Guide,
  // where all actions of Shield Advanced are said to be logged. Members of the others as in its API Reference.
  triggers: calls('shield.amazonaws.com', 'DeleteProtection', 'DisableProactiveEngagement', 'UpdateSubscription'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const subscription = arn(signal, 'shield', 'subscription', everywhere);
    if (signal.name === 'DisableProactiveEngagement')
      return [
        {
          target: { step: 'engagement', resource: subscription },
          resource: subscription,
          reason: 'the Shield Response Team no longer calls when an attack is seen',
          certainty: 'certain',
        },
      ];
    if (signal.name === 'UpdateSubscription') {
      // Without the member nothing is changed: API_UpdateSubscription.
      if (named(signal.request, 'autoRenew') !== 'DISABLED') return [];
      const target = { step: 'renewal', resource: subscription };
      return [
        { target, resource: subscription, reason: 'Shield Advanced is not renewed any more', certainty: 'certain' },
      ];
    }
    const id = named(signal.request, 'protectionId');
    if (id === undefined) return unreadable('requestParameters.protectionId');
    const resource = arn(signal, 'shield', `protection/${id}`, everywhere);
    const reason = `the protection ${id} was deleted: which resource it guarded is not told`;
    return [{ target: { step: 'protection', resource }, resource, reason, certainty: 'certain' }];
  },
});
