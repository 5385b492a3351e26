import { arn } from '../../shared/aws/arn.ts';
import { at, isObject, text } from '../../shared/core/json.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call } from '../../shared/core/signal.ts';
import { repositoryOf } from './lenses/repository.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/ecr-controls.html#ecr-1';

export const scanOff = rule({
  id: 'ecr/scan-off',
  title: 'Images are no longer scanned for vulnerabilities',
  severity: 'medium',
  why: 'Nobody is told of known vulnerabilities in the images that are pushed, and they go on to run.',
  class: 'N',
  breaks: 'nothing',
  responsibility: 'platform, applications, identity and access management',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'ECR.1', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'RA-5', source: page },
    { framework: 'PCI DSS v4.0.1', id: '6.2.4', source: page },
  ],
  // "All Amazon ECR API actions are logged by CloudTrail", with an example of CreateRepository: ECR user guide, "Logging
  // Amazon ECR actions with AWS CloudTrail"; ECR's own members begin small: Amazon ECR API reference.
  triggers: calls(
    'ecr.amazonaws.com',
    'PutImageScanningConfiguration',
    'CreateRepository',
    'PutRegistryScanningConfiguration',
  ),
  detect(signal) {
    if (signal.kind !== 'call') return [];
    return signal.name === 'PutRegistryScanningConfiguration' ? ofRegistry(signal) : ofRepository(signal);
  },
});

/** The registry's configuration comes before the repository's: whether it scans these images, only a read tells. */
function ofRepository(call: Call): readonly Finding[] | Unreadable {
  const resource = repositoryOf(call);
  if (resource === undefined) return unreadable('requestParameters.repositoryName');
  const scans =
    at(call.request, 'imageScanningConfiguration', 'scanOnPush') ??
    at(call.response, 'imageScanningConfiguration', 'scanOnPush') ??
    at(call.response, 'repository', 'imageScanningConfiguration', 'scanOnPush');
  if (scans === true || scans === 'true') return [];
  // A repository that is made without a word about it does not scan: API_ImageScanningConfiguration, scanOnPush.
  if (scans === undefined && call.name !== 'CreateRepository')
    return unreadable('requestParameters.imageScanningConfiguration.scanOnPush');
  const reason = `${resource.slice(resource.indexOf('/') + 1)} does not scan images when they are pushed; whether the registry does is not read`;
  return [{ target: { repository: resource }, resource, reason, certainty: 'possible' }];
}

/** Rules that scan on push or continuously; without any, only what somebody starts by hand is scanned. */
function ofRegistry(call: Call): readonly Finding[] | Unreadable {
  const asked = at(call.request, 'rules') ?? at(call.response, 'registryScanningConfiguration', 'rules');
  const rules = Array.isArray(asked) ? asked : [];
  const readable = rules.every((one) => isObject(one) && text(one, 'scanFrequency') !== undefined);
  if (!isObject(call.request) || !readable) return unreadable('requestParameters.rules');
  if (rules.some((one) => text(one, 'scanFrequency') !== 'MANUAL')) return [];
  const resource = arn(call, 'ecr', 'repository/*');
  const reason = 'the registry has no rule left that scans images by itself';
  return [{ target: { repository: resource }, resource, reason, certainty: 'certain' }];
}
