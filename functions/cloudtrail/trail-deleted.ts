import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { leadsOut, passesLogRole, readsTrails, taught, teaching, trails } from './lenses/allowed.ts';
import { strictest } from './lenses/set.ts';
import { trailSettings } from './lenses/settings.ts';
import { trailOf } from './lenses/trail.ts';

const hub = 'https://docs.aws.amazon.com/securityhub/latest/userguide';

export const trailDeleted = rule({
  id: 'cloudtrail/trail-deleted',
  title: 'A trail was deleted',
  severity: 'critical',
  why: 'Nothing of what happens from now on is recorded by this trail, and if no other trail logs, EventBridge gets no more management events: every rule that waits for them is deaf. The log files that it wrote are still in their bucket.',
  class: 'C',
  watcher: true,
  breaks: 'nothing',
  risk: 'None to applications. A trail that was replaced by another on purpose is there twice, and so is its cost.',
  mends:
    'makes the trail again under its name, as it was seen to stand for a day, and starts it. Tags and Insights selectors are not made again, and what happened meanwhile stays unrecorded. Without such a state, and for a trail of the whole organization, the rule only tells.',
  undoes: 'deletes the new trail, with your own credentials: the role that makes trails may not delete one.',
  responsibility: 'platform, applications, identity and access management',
  proof: 'emulator',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'CloudTrail.1', source: `${hub}/cloudtrail-controls.html#cloudtrail-1` },
    { framework: 'CIS AWS Foundations v3.0.0', id: '3.1', source: `${hub}/cis-aws-foundations-benchmark.html` },
    { framework: 'MITRE ATT&CK', id: 'T1562.008', source: 'https://attack.mitre.org/techniques/T1562/008/' },
  ],
  // Recorded: Stratus Red Team, aws.defense-evasion.cloudtrail-delete.
  triggers: calls('cloudtrail.amazonaws.com', 'DeleteTrail'),
  permissions: {
    read: readsTrails,
    write: [
      { actions: ['cloudtrail:CreateTrail'], resources: [trails] },
      { actions: ['cloudtrail:UpdateTrail'], resources: [trails] },
      { actions: ['cloudtrail:PutEventSelectors'], resources: [trails] },
      { actions: ['cloudtrail:StartLogging'], resources: [trails] },
      passesLogRole,
    ],
    undo: ['cloudtrail:DeleteTrail'],
  },
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const target = trailOf(signal, 'name');
    if (target === null) return unreadable('requestParameters.name');
    const resource = target.trail ?? 'a trail';
    return [{ target, resource, reason: `DeleteTrail deleted the trail ${resource}`, certainty: 'certain' }];
  },
  fix: {
    kind: 'state',
    lens: trailSettings,
    learns: { triggers: teaching, target: taught },
    asks: leadsOut,
    desire(state, { target: { trail }, learned }) {
      if (state === 'unreachable')
        return { unknown: `${trail} belongs to another account: it has to be made again there` };
      const before = learned === null || learned.state === 'unreachable' ? null : learned.state;
      if (before === null)
        return (
          state ?? {
            unknown: `how ${trail} was set is not known: make it again (aws cloudtrail create-trail), and start it`,
          }
        );
      // One that somebody has made meanwhile, or an attempt of ours half, records at least what it did.
      if (state !== null) return { ...strictest(state, before), logging: true };
      return before.organization
        ? { unknown: `only the management account can make ${trail} again: it was a trail of the organization` }
        : { ...before, logging: true };
    },
  },
});
