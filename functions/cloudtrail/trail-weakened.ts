import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { leadsOut, passesLogRole, readsTrails, taught, teaching, trails } from './lenses/allowed.ts';
import { selected, updated } from './lenses/judged.ts';
import { strictest } from './lenses/set.ts';
import { trailSettings } from './lenses/settings.ts';
import { trailOf } from './lenses/trail.ts';

const hub = 'https://docs.aws.amazon.com/securityhub/latest/userguide/cloudtrail-controls.html';

export const trailWeakened = rule({
  id: 'cloudtrail/trail-weakened',
  title: 'A trail records less than before, or elsewhere',
  severity: 'high',
  why: 'A trail that leaves out regions, services or kinds of events, or that writes to a bucket of somebody else, still looks as if it were on. Intruders prefer that to stopping it: less is recorded, and nobody is told.',
  class: 'A',
  watcher: true,
  breaks: 'nothing',
  risk: 'None to applications. Logging costs what it cost before. A bucket or a key that was changed on purpose is changed back.',
  mends:
    'puts back what the trail recorded before, and where: regions, global services, kinds of events, validation, bucket, key, log group. Only what was seen to stand for a day counts as before; what is stricter now stays. Without such a state, and for a trail of the whole organization, the rule only tells.',
  undoes: 'puts the weaker settings back.',
  responsibility: 'platform, applications, identity and access management',
  proof: 'emulator',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'CloudTrail.1', source: `${hub}#cloudtrail-1` },
    { framework: 'AWS Security Hub CSPM', id: 'CloudTrail.2', source: `${hub}#cloudtrail-2` },
    { framework: 'AWS Security Hub CSPM', id: 'CloudTrail.4', source: `${hub}#cloudtrail-4` },
    { framework: 'MITRE ATT&CK', id: 'T1562.008', source: 'https://attack.mitre.org/techniques/T1562/008/' },
  ],
  // Recorded: Stratus Red Team, aws.defense-evasion.cloudtrail-event-selectors (PutEventSelectors, with its answer);
  // fivexl/terraform-aws-cloudtrail-to-slack (UpdateTrail, its members cut out). Members of UpdateTrail as in its API.
  triggers: calls('cloudtrail.amazonaws.com', 'UpdateTrail', 'PutEventSelectors'),
  permissions: {
    read: readsTrails,
    write: [
      { actions: ['cloudtrail:UpdateTrail'], resources: [trails] },
      { actions: ['cloudtrail:PutEventSelectors'], resources: [trails] },
      passesLogRole,
    ],
  },
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const selects = signal.name === 'PutEventSelectors';
    const called = trailOf(signal, selects ? 'trailName' : 'name');
    if (called === null) return unreadable(`requestParameters.${selects ? 'trailName' : 'name'}`);
    const judged = selects ? selected(signal.request) : updated(signal.request);
    if (judged === null) return unreadable('requestParameters.eventSelectors');
    const { reasons, ...found } = judged;
    if (reasons.length === 0) return [];
    const resource = called.trail ?? 'a trail';
    const reason = `${signal.name} on the trail ${resource}: ${reasons.join('; ')}`;
    return [{ target: called, resource, reason, ...found }];
  },
  fix: {
    kind: 'state',
    lens: trailSettings,
    learns: { triggers: teaching, target: taught },
    asks: leadsOut,
    desire(state, { target: { trail }, learned }) {
      if (state === null) return { unknown: `${trail} does not exist any more: a deleted trail has to be made again` };
      if (state === 'unreachable')
        return { unknown: `${trail} belongs to another account: compare its settings there` };
      if (learned === null || learned.state === 'unreachable')
        return { unknown: `how ${trail} was set before is not known: aws cloudtrail get-trail --name ${trail}` };
      if (learned.state.organization && !state.organization)
        return { unknown: `only the management account can make ${trail} a trail of the organization again` };
      return strictest(state, learned.state);
    },
  },
});
