import { at, text } from '../../shared/core/json.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call, Found } from '../../shared/core/signal.ts';
import { trails } from './lenses/allowed.ts';
import { logging } from './lenses/logging.ts';
import { type Trail, trailCalled } from './lenses/trail.ts';

// Titles that GuardDuty writes: "AWS CloudTrail trail NAME was disabled." Older findings name the trail nowhere else.
const titled = /^AWS CloudTrail trail (\S+) was disabled\.?$/;

const hub = 'https://docs.aws.amazon.com/securityhub/latest/userguide';

export const loggingStopped = rule({
  id: 'cloudtrail/logging-stopped',
  title: 'A trail stopped logging',
  severity: 'critical',
  why: 'While a trail is stopped, what happens in the account is not recorded, and EventBridge gets no more management events if no other trail logs: every rule that waits for them is deaf. Intruders stop trails to hide what they do next.',
  class: 'G',
  watcher: true,
  breaks: 'nothing',
  risk: 'None to applications. Logging costs what it cost before.',
  mends: 'starts the trail again. What happened while it was stopped stays unrecorded.',
  undoes: 'stops the trail again, with your own credentials: the role that starts trails may not stop them.',
  responsibility: 'platform, applications, identity and access management',
  proof: 'emulator',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'CloudTrail.1', source: `${hub}/cloudtrail-controls.html#cloudtrail-1` },
    { framework: 'CIS AWS Foundations v3.0.0', id: '3.1', source: `${hub}/cis-aws-foundations-benchmark.html` },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'AU-12', source: `${hub}/cloudtrail-controls.html#cloudtrail-1` },
    { framework: 'MITRE ATT&CK', id: 'T1562.008', source: 'https://attack.mitre.org/techniques/T1562/008/' },
  ],
  triggers: [
    ...calls('cloudtrail.amazonaws.com', 'StopLogging'),
    // https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-iam.html
    { kind: 'finding', origin: 'guardduty', type: 'Stealth:IAMUser/CloudTrailLoggingDisabled' },
  ],
  permissions: {
    read: [{ actions: ['cloudtrail:GetTrailStatus'], resources: [trails] }],
    write: [{ actions: ['cloudtrail:StartLogging'], resources: [trails] }],
    undo: ['cloudtrail:StopLogging'],
  },
  detect: (signal) =>
    signal.kind === 'call' ? fromCall(signal) : signal.kind === 'finding' ? [fromGuardDuty(signal)] : [],
  fix: {
    kind: 'state',
    lens: logging,
    desire(state, { target: { trail } }) {
      if (state === null)
        return { unknown: `${trail} does not exist any more: a trail that was deleted has to be created again` };
      if (state !== 'unreachable') return true;
      const why = trail === null ? 'the finding does not say which trail it is' : `${trail} belongs to another account`;
      return { unknown: `${why}: look for a stopped trail and start it there (aws cloudtrail start-logging)` };
    },
  },
});

function fromCall(call: Call): readonly Finding<Trail>[] | Unreadable {
  const name = text(call.request, 'name');
  if (name === undefined) return unreadable('requestParameters.name');
  const target = trailCalled(name, call);
  const resource = target.trail ?? name;
  return [{ target, resource, reason: `StopLogging stopped the trail ${resource}`, certainty: 'certain' }];
}

/** GuardDuty counts updated and deleted trails as disabled, too: only a read tells whether this one is stopped. */
function fromGuardDuty(finding: Found): Finding<Trail> {
  const action = at(finding.body, 'service', 'action', 'awsApiCallAction');
  const name = text(action, 'affectedResources', 'AWS::CloudTrail::Trail') ?? titled.exec(finding.title)?.[1];
  const target = name === undefined ? { trail: null, ours: false } : trailCalled(name, finding);
  const resource = target.trail ?? text(finding.body, 'arn') ?? 'a trail';
  const reason = `GuardDuty reports that ${text(action, 'api') ?? 'a call'} disabled ${target.trail ?? 'a trail that it does not name'}; whether it is logging is read`;
  return { target, resource, reason, certainty: 'possible' };
}
