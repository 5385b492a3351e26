import { arn } from '../../shared/aws/arn.ts';
import { member, named } from '../../shared/aws/telling.ts';
import { isObject, type Json } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';
import { detector, type Place } from './lenses/detector.ts';

const hub = 'https://docs.aws.amazon.com/securityhub/latest/userguide/guardduty-controls.html#guardduty-1';
const reference = 'https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonguardduty.html';
const detectors = 'arn:${AWS::Partition}:guardduty:${AWS::Region}:${AWS::AccountId}:detector/*' as const;

export const detectorTampering = rule({
  id: 'guardduty/detector-tampering',
  title: 'GuardDuty was switched off, wholly or in part',
  severity: 'critical',
  why: 'Nobody looks for threats in this region any more, or not in all that was looked at. A detector that is deleted takes its findings with it. Intruders switch it off before they begin.',
  class: 'G',
  watcher: true,
  breaks: 'nothing',
  risk: 'None to applications. Looking for threats costs what it cost before.',
  mends:
    'switches the detector on again, with the features that were seen to be on for a day; of features that a call switched off, those that it names. One that was deleted is made anew with those, under a new id; its findings, filters, lists and tags are gone. Without such a state the rule switches on what is suspended, and tells the rest.',
  undoes:
    'switches off again what was switched on. A detector that was made anew is deleted with your own credentials: the role that makes one may not.',
  responsibility: 'platform, applications, identity and access management',
  proof: 'emulator',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'GuardDuty.1', source: hub },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'SI-4', source: hub },
  ],
  // "CloudTrail captures all API calls for GuardDuty as events": Amazon GuardDuty User Guide, "Logging Amazon GuardDuty
  // API calls with AWS CloudTrail". Members: Amazon GuardDuty API Reference, DeleteDetector, UpdateDetector.
  triggers: calls('guardduty.amazonaws.com', 'DeleteDetector', 'UpdateDetector'),
  permissions: {
    read: [
      { actions: ['guardduty:ListDetectors'], resources: { noArn: `${reference}: no resource types` } },
      { actions: ['guardduty:GetDetector'], resources: [detectors] },
    ],
    write: [
      { actions: ['guardduty:CreateDetector'], resources: { noArn: `${reference}: no resource types` } },
      { actions: ['guardduty:UpdateDetector'], resources: [detectors] },
    ],
    undo: ['guardduty:DeleteDetector'],
  },
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const lost = signal.name === 'DeleteDetector' ? ['was deleted, with its findings'] : lossesOf(signal.request);
    if (lost.length === 0) return [];
    const id = named(signal.request, 'detectorId');
    if (id === undefined) return unreadable('requestParameters.detectorId');
    const whole = signal.name === 'DeleteDetector' || member(signal.request, 'enable') === false;
    const reason = `the detector ${id} ${lost.join('; it ')}`;
    const resource = arn(signal, 'guardduty', `detector/${id}`);
    // The older switches have other names than what is read.
    const older = sourcesOff(member(signal.request, 'dataSources')).length > 0;
    const off = whole || older ? [] : featuresOff(member(signal.request, 'features')).slice(0, 50);
    const target: Place = { region: signal.region, partly: !whole, ...(off.length > 0 && { features: off }) };
    return [{ target, resource, reason, certainty: 'certain' }];
  },
  fix: {
    kind: 'state',
    lens: detector,
    learns: {
      triggers: calls('guardduty.amazonaws.com', 'CreateDetector', 'UpdateDetector'),
      target: ({ region }) => (region === null ? null : { region, partly: false }),
    },
    desire(state, { target, learned }) {
      const before = learned?.state;
      if (state === null)
        return before?.enabled
          ? before
          : {
              unknown:
                'there is no detector any more, and how it was set is not known: aws guardduty create-detector --enable',
            };
      // What an earlier call switched off, and somebody left so, is none of this one's.
      const { features: off = [] } = target;
      const meant = (name: string): boolean =>
        off.length === 0 || off.some((one) => name === one || name.startsWith(`${one}/`));
      const on = Object.entries(before?.features ?? {}).filter(([name, was]) => was && meant(name));
      if (before === undefined && target.partly)
        return { unknown: 'the detector is on; which of its features were on before is not known: look at them' };
      return {
        ...state,
        enabled: state.enabled || !target.partly,
        features: { ...state.features, ...Object.fromEntries(on) },
      };
    },
  },
});

/** UpdateDetector leaves alone what it does not name. */
function lossesOf(request: Json): readonly string[] {
  const features = featuresOff(member(request, 'features'));
  const sources = sourcesOff(member(request, 'dataSources'));
  const off = [...new Set([...features, ...sources])].slice(0, 20);
  return [
    ...(member(request, 'enable') === false ? ['was suspended'] : []),
    ...(off.length > 0 ? [`no longer looks at ${off.join(', ')}`] : []),
  ];
}

/** API_DetectorFeatureConfiguration: `[{name, status, additionalConfiguration: [{name, status}]}]`. */
function featuresOff(features: unknown, of = '', depth = 0): readonly string[] {
  return (Array.isArray(features) ? features : [features]).flatMap((one) => {
    if (!isObject(one) || depth > 1) return [];
    const name = `${of}${named(one, 'name') ?? 'a feature'}`;
    const off = named(one, 'status') === 'DISABLED' ? [name] : [];
    return [...off, ...featuresOff(member(one, 'additionalConfiguration'), `${name}/`, depth + 1)];
  });
}

/** The older API_DataSourceConfigurations: switches at any depth, each in an object that says what it switches. */
function sourcesOff(value: unknown, path: readonly string[] = []): readonly string[] {
  if (value === false) return [path.filter((key) => key.toLowerCase() !== 'enable').join(' ')];
  if (!isObject(value) || path.length > 4) return [];
  return Object.entries(value).flatMap(([key, inner]) => sourcesOff(inner, [...path, key]));
}
