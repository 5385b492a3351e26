/** What the rules about a trail's settings have in common: permissions, and the calls that settings are learned from. */
import { parseArn } from '../../../shared/aws/arn.ts';
import type { Json } from '../../../shared/core/json.ts';
import { type Context, calls, type Permission } from '../../../shared/core/rule.ts';
import type { Signal } from '../../../shared/core/signal.ts';
import type { Settings } from './set.ts';
import { type Trail, trailOf } from './trail.ts';

// Of any region: a trail is changed in its home region, which may be another than the function's.
export const trails = 'arn:${AWS::Partition}:cloudtrail:*:${AWS::AccountId}:trail/*' as const;

export const readsTrails: readonly [Permission, ...Permission[]] = [
  { actions: ['cloudtrail:GetTrailStatus'], resources: [trails] },
  { actions: ['cloudtrail:GetEventSelectors', 'cloudtrail:GetTrail'], resources: [trails] },
];

/** The role that writes to the log group is handed to CloudTrail, and to nobody else. */
export const passesLogRole: Permission = {
  actions: ['iam:PassRole'],
  resources: ['arn:${AWS::Partition}:iam::${AWS::AccountId}:role/*'],
  conditions: { StringEquals: { 'iam:PassedToService': 'cloudtrail.amazonaws.com' } },
};

/** A trail that was just made does not log yet: the call that starts it comes last. */
export const teaching = calls('cloudtrail.amazonaws.com', 'StartLogging', 'UpdateTrail', 'PutEventSelectors');

export function taught(signal: Signal): Trail | null {
  const target =
    signal.kind === 'call' ? trailOf(signal, signal.name === 'PutEventSelectors' ? 'trailName' : 'name') : null;
  return target?.ours && target.trail?.startsWith('arn:') ? target : null;
}

/**
 * Whose the trail's key, topic or log group is, where it is a stranger's: what was set so for a day may have been set by
 * one, and a person has to say yes. A bucket's name does not tell whose it is.
 */
export function leadsOut(
  plan: Settings | 'unreachable' | null,
  { home }: Context<Trail, unknown, Json>,
): string | null {
  if (plan === null || plan === 'unreachable' || home.account === null) return null;
  const ours = [home.account, ...(home.trusted ?? [])];
  const owners = [plan.key, plan.topic, plan.logGroup].map((one) =>
    one === null ? '' : (parseArn(one)?.account ?? ''),
  );
  const stranger = owners.find((owner) => owner !== '' && !ours.includes(owner));
  return stranger === undefined ? null : `the trail uses what belongs to the account ${stranger}, which is not trusted`;
}
