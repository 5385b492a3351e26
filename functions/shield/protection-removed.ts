import { arn } from '../../shared/aws/arn.ts';
import { named } from '../../shared/aws/telling.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { type Advanced, advanced, type Lost } from './lenses/advanced.ts';

const reference = 'https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsshield.html';
const everywhere = { regional: false, owned: true } as const;

export const protectionRemoved = rule<Lost, Advanced, unknown>({
  id: 'shield/protection-removed',
  title: 'Protection against floods was taken away',
  severity: 'high',
  why: 'Shield Advanced no longer guards a resource, its response team no longer calls, or the subscription ends at the end of its year. A flood then meets the application alone, and so does its bill.',
  class: 'C',
  breaks: 'nothing',
  risk: 'None to applications. A renewal binds the account for another year, and costs what that costs.',
  mends:
    'protects the resource again, under a new id, if the protection was seen to stand for a day; lets the response team call again; has the subscription renew itself. Health checks and the automatic response to floods of requests have to be set again.',
  undoes:
    'ends the protection and the engagement again, with your own credentials: the role that protects may not. The renewal is switched off by the same action that switched it on.',
  responsibility: 'operating system, network and firewall configuration',
  proof: 'fake',
  controls: [],
  // DeleteProtection is shown in "Logging API calls with AWS CloudTrail", AWS WAF and Shield Advanced Developer Guide,
  // where all actions of Shield Advanced are said to be logged. Members of the others as in its API Reference.
  triggers: calls('shield.amazonaws.com', 'DeleteProtection', 'DisableProactiveEngagement', 'UpdateSubscription'),
  permissions: {
    read: [
      {
        actions: ['shield:DescribeSubscription', 'shield:ListProtections'],
        resources: { noArn: `${reference}: no resource types` },
      },
    ],
    write: [
      {
        actions: ['shield:CreateProtection', 'shield:EnableProactiveEngagement', 'shield:UpdateSubscription'],
        resources: { noArn: `${reference}: no resource types` },
      },
    ],
    undo: ['shield:DeleteProtection', 'shield:DisableProactiveEngagement'],
  },
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const subscription = arn(signal, 'shield', 'subscription', everywhere);
    if (signal.name === 'DisableProactiveEngagement')
      return [
        {
          target: { lost: 'engagement', protection: null },
          resource: subscription,
          reason: 'the Shield Response Team no longer calls when an attack is seen',
          certainty: 'certain',
        },
      ];
    if (signal.name === 'UpdateSubscription') {
      // Without the member nothing is changed: API_UpdateSubscription.
      if (named(signal.request, 'autoRenew') !== 'DISABLED') return [];
      const target: Lost = { lost: 'renewal', protection: null };
      return [
        { target, resource: subscription, reason: 'Shield Advanced is not renewed any more', certainty: 'certain' },
      ];
    }
    const id = named(signal.request, 'protectionId');
    if (id === undefined) return unreadable('requestParameters.protectionId');
    const resource = arn(signal, 'shield', `protection/${id}`, everywhere);
    const reason = `the protection ${id} was deleted: which resource it guarded is not told`;
    return [{ target: { lost: 'protection', protection: id }, resource, reason, certainty: 'certain' }];
  },
  fix: {
    kind: 'state',
    lens: advanced,
    learns: {
      triggers: calls('shield.amazonaws.com', 'CreateProtection'),
      target: () => ({ lost: 'protection', protection: null }),
    },
    desire(state, { target: { lost, protection }, learned }) {
      if (state === null) return { unknown: 'the account has no subscription to Shield Advanced any more' };
      if (lost === 'engagement') return state.engagement === 'DISABLED' ? { ...state, engagement: 'ENABLED' } : state;
      if (lost === 'renewal') return { ...state, renewal: 'ENABLED' };
      const before = learned?.state.protections[protection ?? ''];
      if (before === undefined)
        return { unknown: `what the protection ${protection} guarded is not known: aws shield create-protection` };
      const there = Object.values(state.protections).some(({ resource }) => resource === before.resource);
      return there ? state : { ...state, protections: { ...state.protections, [`${protection}`]: before } };
    },
  },
});
