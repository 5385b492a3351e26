import { arn } from '../../shared/aws/arn.ts';
import { member, named } from '../../shared/aws/telling.ts';
import { isObject, type Json } from '../../shared/core/json.ts';
import { calls, rule, unreadable } from '../../shared/core/rule.ts';

const hub = 'https://docs.aws.amazon.com/securityhub/latest/userguide/guardduty-controls.html#guardduty-1';

export const detectorTampering = rule({
  id: 'guardduty/detector-tampering',
  title: 'GuardDuty was switched off, wholly or in part',
  severity: 'critical',
  why: 'Nobody looks for threats in this region any more, or not in all that was looked at. A detector that is deleted takes its findings with it. Intruders switch it off before they begin.',
  class: 'N',
  watcher: true,
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'GuardDuty.1', source: hub },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'SI-4', source: hub },
  ],
  // "CloudTrail captures all API calls for GuardDuty as events": Amazon GuardDuty User Guide, "Logging Amazon GuardDuty
  // API calls with AWS CloudTrail". Members: Amazon GuardDuty API Reference, DeleteDetector, UpdateDetector.
  triggers: calls('guardduty.amazonaws.com', 'DeleteDetector', 'UpdateDetector'),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    const lost = signal.name === 'DeleteDetector' ? ['was deleted, with its findings'] : lossesOf(signal.request);
    const detector = named(signal.request, 'detectorId');
    if (detector === undefined) return unreadable('requestParameters.detectorId');
    if (lost.length === 0) return [];
    const reason = `the detector ${detector} ${lost.join('; it ')}`;
    const resource = arn(signal, 'guardduty', `detector/${detector}`);
    return [{ target: { detector, region: signal.region }, resource, reason, certainty: 'certain' }];
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
function featuresOff(features: unknown, depth = 0): readonly string[] {
  return (Array.isArray(features) ? features : [features]).flatMap((one) => {
    if (!isObject(one) || depth > 1) return [];
    const off = named(one, 'status') === 'DISABLED' ? [named(one, 'name') ?? 'a feature'] : [];
    return [...off, ...featuresOff(member(one, 'additionalConfiguration'), depth + 1)];
  });
}

/** The older API_DataSourceConfigurations: switches at any depth, each in an object that says what it switches. */
function sourcesOff(value: unknown, path: readonly string[] = []): readonly string[] {
  if (value === false) return [path.filter((key) => key.toLowerCase() !== 'enable').join(' ')];
  if (!isObject(value) || path.length > 4) return [];
  return Object.entries(value).flatMap(([key, inner]) => sourcesOff(inner, [...path, key]));
}
