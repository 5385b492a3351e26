import { arn } from '../../shared/aws/arn.ts';
import { failedControls, resourcesNamed, witness } from '../../shared/aws/noticed.ts';
import { at, isObject, text } from '../../shared/core/json.ts';
import { calls, type Finding, rule, type Unreadable, unreadable } from '../../shared/core/rule.ts';
import type { Call, Found } from '../../shared/core/signal.ts';
import { repositoryOf } from './lenses/repository.ts';
import { isRegistry, type Scanning, type ScanTarget, scanning, scansByItself } from './lenses/scanning.ts';

const page = 'https://docs.aws.amazon.com/securityhub/latest/userguide/ecr-controls.html#ecr-1';

const repositories = 'arn:${AWS::Partition}:ecr:${AWS::Region}:${AWS::AccountId}:repository/*' as const;
const noArn =
  'https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html: no resource types';

export const scanOff = rule<ScanTarget, Scanning>({
  id: 'ecr/scan-off',
  title: 'Images are no longer scanned for vulnerabilities',
  severity: 'medium',
  why: 'Nobody is told of known vulnerabilities in the images that are pushed, and they go on to run.',
  class: 'G',
  breaks: 'nothing',
  risk: 'None for images and those who push or pull them: a basic scan on push costs nothing and holds nothing up.',
  mends:
    'turns scan on push on for the repository; for the registry, where its basic scanning has no rule left, for all repositories. Where the registry’s own filters leave a repository out, or its scanning is the enhanced one, which Amazon Inspector bills, it only tells.',
  undoes: 'puts the former setting back. Findings of scans that were made stay.',
  proof: 'emulator',
  responsibility: 'platform, applications, identity and access management',
  controls: [
    { framework: 'AWS Security Hub CSPM', id: 'ECR.1', source: page },
    { framework: 'NIST SP 800-53 Rev. 5', id: 'RA-5', source: page },
    { framework: 'PCI DSS v4.0.1', id: '6.2.4', source: page },
  ],
  // "All Amazon ECR API actions are logged by CloudTrail", with an example of CreateRepository: ECR user guide, "Logging
  // Amazon ECR actions with AWS CloudTrail"; ECR's own members begin small: Amazon ECR API reference.
  triggers: [
    ...calls(
      'ecr.amazonaws.com',
      'PutImageScanningConfiguration',
      'CreateRepository',
      'PutRegistryScanningConfiguration',
    ),
    ...failedControls('ECR.1'),
  ],
  permissions: {
    read: [
      { actions: ['ecr:DescribeRepositories'], resources: [repositories] },
      { actions: ['ecr:GetRegistryScanningConfiguration'], resources: { noArn } },
    ],
    write: [
      { actions: ['ecr:PutImageScanningConfiguration'], resources: [repositories] },
      { actions: ['ecr:PutRegistryScanningConfiguration'], resources: { noArn } },
    ],
  },
  detect(signal) {
    if (signal.kind === 'finding') return noticed(signal);
    if (signal.kind !== 'call') return [];
    return signal.name === 'PutRegistryScanningConfiguration' ? ofRegistry(signal) : ofRepository(signal);
  },
  fix: {
    kind: 'state',
    lens: scanning,
    desire(state) {
      if (state === null) return null;
      if (isRegistry(state)) {
        if (scansByItself(state)) return state;
        if (state.scanType === 'BASIC') return { ...state, rules: [{ scanFrequency: 'SCAN_ON_PUSH', filters: ['*'] }] };
        return { unknown: 'enhanced scanning without a rule: Amazon Inspector bills what a new one would scan' };
      }
      if (state.scanOnPush || state.registry === 'scans') return state;
      if (state.registry === 'silent') return { ...state, scanOnPush: true };
      return { unknown: 'the registry’s filters say which repositories are scanned, and leave this one out' };
    },
  },
});

/** Security Hub names the repository by its ARN: AwsEcrRepository in the AWS Security Finding Format. */
const noticed = (signal: Found): readonly Finding<ScanTarget>[] =>
  resourcesNamed(signal, { securityHub: 'AwsEcrRepository' })
    .filter((of) => of.startsWith('arn:'))
    .map((of) => ({ target: { of }, resource: of, reason: `${witness(signal)}: it is read`, certainty: 'possible' }));

/** The registry's configuration comes before the repository's: whether it scans these images, only a read tells. */
function ofRepository(call: Call): readonly Finding<ScanTarget>[] | Unreadable {
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
  const reason = `${resource.slice(resource.indexOf('/') + 1)} does not scan images when they are pushed; whether the registry does is read`;
  return [{ target: { of: resource }, resource, reason, certainty: 'possible' }];
}

/** Rules that scan on push or continuously; without any, only what somebody starts by hand is scanned. */
function ofRegistry(call: Call): readonly Finding<ScanTarget>[] | Unreadable {
  const asked = at(call.request, 'rules') ?? at(call.response, 'registryScanningConfiguration', 'rules');
  const rules = Array.isArray(asked) ? asked : [];
  const readable = rules.every((one) => isObject(one) && text(one, 'scanFrequency') !== undefined);
  if (!isObject(call.request) || !readable) return unreadable('requestParameters.rules');
  if (rules.some((one) => text(one, 'scanFrequency') !== 'MANUAL')) return [];
  const resource = arn(call, 'ecr', 'repository/*');
  const reason = 'the registry has no rule left that scans images by itself';
  return [{ target: { of: resource }, resource, reason, certainty: 'certain' }];
}
